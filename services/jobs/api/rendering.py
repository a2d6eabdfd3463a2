"""Models into what travels, where several routes answer the same."""

from datetime import date

from services.jobs.codes import AssistanceState
from services.jobs.models import AssistanceRequest, Introduction
from services.jobs.operations.matching import Candidate, told
from services.jobs.schemas.assistance import AssistanceRead
from services.jobs.schemas.vacancies import IntroductionRead, MatchRead


def match_read(candidate: Candidate, *, seeker_name: str) -> MatchRead:
    """An explained match."""
    return MatchRead(
        vacancy_id=candidate.vacancy.vacancy_id,
        vacancy_title=candidate.vacancy.title,
        seeker_id=candidate.seeker.seeker_id,
        seeker_name=seeker_name,
        **told(candidate.match),
    )


def introduction_read(introduction: Introduction) -> IntroductionRead:
    """An introduction with its match."""
    return IntroductionRead.model_validate(introduction)


def request_read(request: AssistanceRequest, *, today: date) -> AssistanceRead:
    """A request with its clock as of today."""
    return AssistanceRead.model_validate(request).model_copy(
        update={"overdue": is_overdue(request, today=today)}
    )


def is_overdue(request: AssistanceRequest, *, today: date) -> bool:
    """Past the promised day and not placed, while the promise holds."""
    waiting = request.state in (AssistanceState.VERIFIED, AssistanceState.OFFERED)
    late = request.due_on is not None and request.due_on < today
    return waiting and late and request.promise_holds and request.placed_on is None
