"""Every failure that medsettle reports, in one tree.

MedsettleError
├── UsageError              the command or its input is wrong; the message says what to do
│   ├── LoadError           a file was refused; names the lines
│   └── MigrationError      the database and the migration files disagree
├── StackError              the embedded Postgres or broker could not be run
├── Unauthenticated         the request does not prove who sends it
├── Forbidden               who sends the request may not do this; carries a code of the catalogue
├── RateLimited             this client calls too often; nothing was taken in, send again a little later
├── Refused                 what was asked for is against a rule; carries a code of the catalogue
├── DatabaseUnavailable     Postgres is away or busy; send the same messages again, they take effect once
├── KafkaUnavailable        no broker lets us in or takes what an operator sends again; that takes effect once
└── Overloaded              more messages wait than may; nothing was taken in, send again a little later

Business answers to card transactions (declines, rejections) are no exceptions: they are outcomes, see `app/codes.py`.
"""

from app.codes import Code


class MedsettleError(Exception):
    """Base of all; its text is meant for a person and says what to do next."""


class UsageError(MedsettleError):
    pass


class LoadError(UsageError):
    pass


class MigrationError(UsageError):
    pass


class StackError(MedsettleError):
    pass


class Unauthenticated(MedsettleError):
    pass


class Forbidden(MedsettleError):
    """The detail says nothing of what the caller may not see, not even whether it is there."""

    def __init__(self, code: Code, detail: str) -> None:
        super().__init__(detail)
        self.code = code
        self.detail = detail


class RateLimited(MedsettleError):
    """policy: the limit as RFC 9651 has it. wait: seconds until one more is let in."""

    def __init__(self, name: str, policy: str, wait: float) -> None:
        super().__init__(f"More {name} than this client may send.")
        self.name = name
        self.policy = policy
        self.wait = wait


class Refused(MedsettleError):
    """What the agency asked for is refused and nothing was changed. The detail holds no personal data."""

    def __init__(self, code: Code, detail: str, pointer: str | None = None) -> None:
        super().__init__(detail)
        self.code = code
        self.detail = detail
        self.pointer = pointer


class DatabaseUnavailable(MedsettleError):
    pass


class KafkaUnavailable(MedsettleError):
    pass


class Overloaded(MedsettleError):
    pass
