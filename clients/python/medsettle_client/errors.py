"""What can go wrong; a decline is not among it, but an outcome.

MedsettleError
├── Refused      the service refuses the request and did nothing; see `problem`
├── Conflict     the message id was used for other content; see `outcome.differing_fields`
└── Unanswered   no answer came, so the fate of what was sent is not known: send the same again, it takes effect once
"""

from medsettle_client.generated.models import Outcome, Problem


class MedsettleError(Exception):
    pass


class Refused(MedsettleError):
    def __init__(self, problem: Problem) -> None:
        super().__init__(f"{problem.code}: {problem.detail} (request {problem.request_id})")
        self.problem = problem


class Conflict(MedsettleError):
    def __init__(self, outcome: Outcome) -> None:
        super().__init__(f"{outcome.message_id} was used for other content: {', '.join(outcome.differing_fields)}")
        self.outcome = outcome


class Unanswered(MedsettleError):
    pass
