"""What is personal is masked in every line of a log, by the name that it stands under or by its shape."""

import json
import subprocess
import sys

from app.logs import mask

NUMBER = "11010519491231002X"

_LINES = f"""
import logging
from app import logs
logs.set_up("INFO", json=True)
log = logs.get("test")
log.info("found {NUMBER}", citizen_no="c", inner={{"name": "n", "rows": [{{"card_no": "k"}}]}}, batch_id=1024)
logging.getLogger("library").warning("said %s and %s", "{NUMBER}", "440524188001010014"[:15])
logs.flush()
"""


def test_values_under_personal_names_are_masked_however_deep() -> None:
    masked = mask(
        None, "info", {"event": "e", "card_no": "Z1", "inner": {"token": "t", "rows": [{"name": "n"}]}, "n": 1}
    )
    assert masked == {"event": "e", "card_no": "***", "inner": {"token": "***", "rows": [{"name": "***"}]}, "n": 1}


def test_what_looks_like_a_citizen_number_is_masked_in_any_text_and_other_numbers_are_not() -> None:
    masked = mask(
        None, "info", {"event": f"of {NUMBER}!", "batch_id": 110105194912310021, "time": "2026-01-02T03:04:05Z"}
    )
    assert masked == {"event": "of ***!", "batch_id": 110105194912310021, "time": "2026-01-02T03:04:05Z"}


def test_lines_of_ours_and_of_libraries_are_masked_and_stay_json() -> None:
    done = subprocess.run([sys.executable, "-c", _LINES], capture_output=True, text=True, check=True)
    ours, theirs = map(json.loads, done.stderr.splitlines())
    assert (ours["event"], ours["citizen_no"], ours["inner"]) == (
        "found ***",
        "***",
        {"name": "***", "rows": [{"card_no": "***"}]},
    )
    assert ours["batch_id"] == 1024
    assert theirs["event"] == "said *** and ***"
