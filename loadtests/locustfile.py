"""Everyone at the HTTP door at once: what each does stands in `loadtests/users/`.

    medsettle dev --data-dir D        # writes D/dev.json
    MEDSETTLE_DEV_JSON=D/dev.json locust -f loadtests/locustfile.py

Every answer that is not the expected one is a failure. `make load` runs this and then proves the ledger.
"""

import os
from pathlib import Path

import orjson
from locust import events

from loadtests.users.customer import InHand
from loadtests.users.hospital import Hospital
from loadtests.users.national import NationalHospital
from loadtests.users.pharmacy import Pharmacy
from loadtests.users.platform import Platform
from loadtests.users.service_desk import ServiceDesk
from loadtests.users.till import recorded

# How many there are of each, of 24.
Hospital.weight = 12
NationalHospital.weight = 4
Pharmacy.weight = 5
ServiceDesk.weight = 2
Platform.weight = 1


@events.quitting.add_listener  # type: ignore[untyped-decorator]
def write_counts(**_: object) -> None:
    """Leave what was recorded, and how much was never answered, for whoever compares it with the ledger."""
    if file := os.environ.get("MEDSETTLE_LOAD_COUNTS"):
        Path(file).write_bytes(orjson.dumps({"recorded": recorded, "unanswered": InHand.transactions}))
