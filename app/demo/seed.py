"""Loads a made population, as an agency would load a real one."""

from pathlib import Path

from app.clearing.files.terms import file_terms, list_terms
from app.config import Settings
from app.database import Pool, open_pool, transaction
from app.demo.population import Population, make_bank_terms, make_population, write_csv
from app.loading import LoadFiles, load
from app.parties.vault import Vault
from app.progress import shown
from app.settlement.rules import RuleBook

_SEED = 20_261_122
_FILED_BY = "medsettle demo"
_PERSONS_AN_INSTITUTION = 25
_INSTITUTIONS_MAX = 400


async def load_population(settings: Settings, folder: Path, persons: int) -> Population:
    """Make the same people each time, by way of files in the folder, and load those that are not there yet."""
    institutions = max(2, min(_INSTITUTIONS_MAX, persons // _PERSONS_AN_INSTITUTION))
    population = make_population(persons, institutions, _SEED)
    files = LoadFiles(*write_csv(population, folder / "population"))
    pool = await open_pool(settings.database_url.get_secret_value(), size_max=2, application_name="medsettle load")
    owner_url = settings.owner_database_url.get_secret_value()
    async with pool:
        with shown() as progress:
            await load(
                pool,
                files,
                rules=RuleBook(settings.cut_off),
                vault=Vault.of(settings.data_keys),
                progress=progress,
                owner_url=owner_url,
            )
        await _tell_banks(pool)
    return population


async def _tell_banks(pool: Pool) -> None:
    """File the terms of banks that have none."""
    async with transaction(pool) as connection:
        told = {filed.terms.bank for filed in await list_terms(connection)}
        for terms in make_bank_terms():
            if terms.bank not in told:
                await file_terms(connection, terms, clerk=_FILED_BY)
