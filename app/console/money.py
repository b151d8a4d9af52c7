"""How figures are written for a person. Money is fen, an integer, to the last character."""

from datetime import date, datetime

from app.config import ZONE


def yuan(fen: int) -> str:
    """1234567 → 12,345.67"""
    sign = "−" if fen < 0 else ""
    return f"{sign}{abs(fen) // 100:,}.{abs(fen) % 100:02d}"


def moment(at: datetime) -> str:
    return f"{at.astimezone(ZONE):%Y-%m-%d %H:%M:%S}"


def iso(text: str) -> str:
    """Of a moment as outcomes write it."""
    return moment(datetime.fromisoformat(text))


def epoch(seconds: float) -> str:
    """Of seconds since 1970."""
    return moment(datetime.fromtimestamp(seconds, ZONE))


def day(of: date) -> str:
    return of.isoformat()


def masked(number: str) -> str:
    """Enough to compare with what somebody holds in hand, too little to use."""
    shown = 4 if len(number) > 8 else 2 if len(number) > 4 else 0
    return "••••\N{NO-BREAK SPACE}" + number[-shown:] if shown else "••••"


def seconds(value: float | None) -> str:
    """With the unit that reads best."""
    if value is None:
        return "–"
    if value < 1:
        return f"{value * 1000:.0f} ms"
    if value < 120:
        return f"{value:.1f} s"
    if value < 7_200:
        return f"{value / 60:.0f} min"
    return f"{value / 3600:.0f} h" if value < 172_800 else f"{value / 86400:.0f} d"
