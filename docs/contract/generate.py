"""Writes the contract documents from the code: `make contract`. A test compares them with what stands here."""

from pathlib import Path
from typing import Any

import msgspec
import orjson
import yaml
from app import __version__
from app.codes import CATALOGUE
from app.config import Settings
from app.main import create_app
from app.settlement.messages import Message
from app.settlement.records import Outcome

FOLDER = Path(__file__).parent


def documents() -> dict[str, str]:
    """Every document by file name."""
    return {"openapi.json": _openapi(), "asyncapi.yaml": _asyncapi(), "errors.md": _errors()}


def _openapi() -> str:
    return orjson.dumps(create_app(Settings()).openapi(), option=orjson.OPT_INDENT_2).decode() + "\n"


def _asyncapi() -> str:
    settings = Settings()
    _, schemas = msgspec.json.schema_components([Message, Outcome], ref_template="#/components/schemas/{name}")
    document: dict[str, Any] = {
        "asyncapi": "3.0.0",
        "info": {
            "title": "medsettle",
            "version": __version__,
            "description": "Card transactions in, settlement outcomes and dead letters out. The key of all three is "
            "person_no; the partition is murmur2(key) modulo the partition count, as Kafka's own partitioner takes it.",
        },
        "channels": {
            "transactions": {
                "address": settings.topic_transactions,
                "messages": {"transaction": {"$ref": "#/components/messages/transaction"}},
            },
            "outcomes": {
                "address": settings.topic_outcomes,
                "messages": {"outcome": {"$ref": "#/components/messages/outcome"}},
            },
            "deadLetters": {
                "address": settings.topic_dead_letters,
                "messages": {"deadLetter": {"$ref": "#/components/messages/deadLetter"}},
            },
        },
        "operations": {
            "receiveTransaction": {"action": "receive", "channel": {"$ref": "#/channels/transactions"}},
            "sendOutcome": {"action": "send", "channel": {"$ref": "#/channels/outcomes"}},
            "sendDeadLetter": {"action": "send", "channel": {"$ref": "#/channels/deadLetters"}},
        },
        "components": {
            "messages": {
                "transaction": {
                    "contentType": "application/json",
                    "payload": {"$ref": "#/components/schemas/Message"},
                    "description": "CloudEvents binary-mode headers (ce_*) may stand beside it and are not read.",
                    "headers": _headers(
                        medsettle_signature="where the operator asks for it: the key's id, a colon, and the base64 of "
                        "the Ed25519 signature over the bytes of the value",
                    ),
                },
                "outcome": {
                    "contentType": "application/json",
                    "payload": {"$ref": "#/components/schemas/Outcome"},
                    "headers": _headers(
                        ce_id="deduplicate by it: the settlement_id; for a conflict or rejection the place it answers",
                        ce_type="cn.medsettle.settlement.outcome.v1",
                        ce_source="/medsettle",
                        ce_specversion="1.0",
                        medsettle_source="partition/offset of the answered record, if it came from Kafka",
                    ),
                },
                "deadLetter": {
                    "description": "The refused record's key, value, headers and timestamp as they were, with these "
                    "headers added.",
                    "payload": {"description": "the original bytes"},
                    "headers": _headers(
                        medsettle_code="a code of errors.md",
                        medsettle_detail="what is wrong, without values of the message",
                        medsettle_topic="where it came from",
                        medsettle_partition="where it came from",
                        medsettle_offset="where it came from",
                        medsettle_value_bytes="length of the whole value; the value itself is cut at 900 KiB",
                        medsettle_failed_at_ms="when, in milliseconds since 1970",
                    ),
                },
            },
            "schemas": schemas,
        },
    }
    return str(yaml.safe_dump(document, sort_keys=False, allow_unicode=True, width=120))


def _headers(**meanings: str) -> dict[str, Any]:
    return {
        "type": "object",
        "properties": {name: {"type": "string", "description": text} for name, text in meanings.items()},
    }


def _errors() -> str:
    rows = [f"| `{code}` | {entry.meaning} | {entry.remedy} |" for code, entry in CATALOGUE.items()]
    return "\n".join(
        [
            "# Codes",
            "",
            "One catalogue for outcomes, refused requests (`code` of problem+json) and dead letters.",
            "Written from `app/codes.py` by `make contract`.",
            "",
            "| code | meaning | what to do |",
            "|---|---|---|",
            *rows,
            "",
        ]
    )


if __name__ == "__main__":
    for name, text in documents().items():
        (FOLDER / name).write_text(text, encoding="utf-8")
