import io

from app.progress import shown


class _Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_a_log_gets_a_line_now_and_then_and_at_each_end() -> None:
    log = io.StringIO()
    with shown(log) as progress:
        for done in range(1, 1_001):
            progress("persons", done * 1_000, 1_000_000)
        progress("cards", 5, 5)
    assert log.getvalue().splitlines() == [
        "persons: 1,000 of 1,000,000",
        "persons: 1,000,000 of 1,000,000",
        "cards: 5 of 5",
    ]


def test_a_terminal_gets_bars() -> None:
    terminal = _Terminal()
    with shown(terminal) as progress:
        progress("persons", 20_000, 40_000)
        progress("persons", 40_000, 40_000)
    assert "40000/40000" in terminal.getvalue()
