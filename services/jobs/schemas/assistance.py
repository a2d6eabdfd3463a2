"""Employment assistance and the citizen's own view over HTTP."""

from datetime import date, datetime
from typing import Annotated
from uuid import UUID

from pydantic import BaseModel, Field

from services.jobs.codes import AssistanceChannel, AssistanceState, FollowUpResult
from services.jobs.schemas.seekers import Reason, SeekerDetailRead
from services.jobs.schemas.vacancies import IntroductionRead
from services.kit.schemas import Incoming, Outgoing


class AssistanceCreate(Incoming):
    """A request by call or at the counter (援助申请)."""

    seeker_id: UUID
    channel: AssistanceChannel
    need: Annotated[str, Field(min_length=1, max_length=500)]


class AssistanceVerificationCreate(Incoming):
    """The result of the check (核实情况)."""

    confirmed: bool
    remark: Reason = ""


class OfferCreate(Incoming):
    """A suitable vacancy offered (推荐岗位)."""

    vacancy_id: UUID


class AnswerCreate(Incoming):
    """What the person answered; a refusal carries its reason."""

    accepted: bool
    reason: Reason = ""


class FollowUpCreate(Incoming):
    """A follow-up visit or call (回访登记)."""

    result: FollowUpResult
    remark: Annotated[str, Field(min_length=1, max_length=500)]


class ClosureCreate(Incoming):
    """Closing a request (办结); a reason is needed when the person was not placed."""

    remark: Reason = ""


class OfferRead(Outgoing):
    """An offer and its answer."""

    offer_id: UUID
    introduction_id: UUID
    offered_on: date
    accepted: bool | None
    answered_on: date | None
    reason: str


class FollowUpRead(Outgoing):
    """A follow-up entry."""

    result: FollowUpResult
    remark: str
    made_by: str
    made_on: date


class AssistanceRead(Outgoing):
    """A request with its promise clock (两个工作日)."""

    request_id: UUID
    number: str
    seeker_id: UUID
    area: str
    channel: AssistanceChannel
    need: str
    state: AssistanceState
    promise_holds: bool
    promise_ended_because: str
    received_at: datetime
    verified_on: date | None
    due_on: date | None
    overdue: bool = False
    placed_on: date | None
    closed_on: date | None
    remark: str


class AssistanceDetailRead(AssistanceRead):
    """A request with its offers and follow-ups."""

    offers: list[OfferRead] = []
    follow_ups: list[FollowUpRead] = []


class OwnRegistrationRead(BaseModel):
    """What a citizen sees of himself (我的就业登记)."""

    registration: SeekerDetailRead
    introductions: list[IntroductionRead]
    assistance: list[AssistanceRead]
