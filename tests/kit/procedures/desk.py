"""A small desk to try procedures on: a residence transfer (居转户) and a permit, with their officers."""

from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID

from pydantic import BaseModel, ConfigDict
from sqlmodel import select
from sqlmodel.ext.asyncio.session import AsyncSession

from services.kit.events import Outbox
from services.kit.identity import Identity
from services.kit.problems import Refused, Text
from services.kit.procedures import (
    Application,
    CaseDecided,
    CaseOverdue,
    Decision,
    Desk,
    Document,
    Duty,
    Move,
    Papers,
    Procedure,
    ProcedureCase,
    Step,
    StepKind,
    Subject,
    decide_step,
    open_case,
)
from tests.conftest import caller

MONDAY = datetime(2026, 3, 2, 2, 0, tzinfo=UTC)


PERSON = UUID("0198f0a0-0000-7000-8000-000000000001")


class TransferForm(BaseModel):
    model_config = ConfigDict(extra="forbid")

    married: bool = False
    years_of_permit: int


class TooFewYears(Refused):
    slug = "too-few-years"


async def accept(session: AsyncSession, application: Application) -> Subject:
    if application.data["years_of_permit"] < 7:
        raise TooFewYears
    return Subject(name="样例甲", area="990101")


async def effect(
    session: AsyncSession, case: ProcedureCase, officer: Identity, today: date
) -> dict[str, Any]:
    return {"granted_on": today.isoformat(), "granted_by": officer.subject}


def step(code: str, zh: str, role: str, days: int, **more: Any) -> Step:
    return Step(code=code, title=Text(zh, code), role=role, working_days=days, **more)


FIRST = step("first_review", "初审", "clerk", 15)


SECOND = step("second_review", "复审", "reviewer", 30)


NOTICE = step("notice", "公示", "publisher", 15, kind=StepKind.NOTICE)


BOARD = step("board", "集体研究", "board", 5, kind=StepKind.COLLECTIVE)


PAYMENT = step("payment", "拨付", "finance", 5, duty=Duty.FINANCE)


TRANSFER = Procedure(
    code="residence-transfer",
    title=Text("居住证转办常住户口", "Residence transfer"),
    legal_basis="000 R60–R63",
    applicants=Text("持证满七年的人员", "holders of a permit for seven years"),
    form=TransferForm,
    documents=[
        Document(code="permit", title=Text("居住证", "Residence permit")),
        Document(
            code="marriage",
            title=Text("结婚证", "Marriage certificate"),
            when=lambda data: bool(data["married"]),
            condition=Text("已婚的", "when married"),
        ),
        Document(
            code="no_crime",
            title=Text("无违法犯罪证明", "Certificate of no offence"),
            cancelled_on=date(2019, 5, 1),
            cancelled_by="002 §3.3 L363：取消了11项证明事项",
        ),
    ],
    steps=[FIRST, SECOND, NOTICE],
    special_steps=[FIRST, SECOND, BOARD, NOTICE],
    outcome=Text("准予落户", "Transfer granted"),
    accept=accept,
    effect=effect,
)


class PermitForm(BaseModel):
    model_config = ConfigDict(extra="forbid")


async def accept_anything(session: AsyncSession, application: Application) -> Subject:
    return Subject(name="样例乙", area="990101")


PERMIT = Procedure(
    code="permit-payment",
    title=Text("许可补贴", "Permit payment"),
    legal_basis="002 R2-09",
    applicants=Text("任何人", "anyone"),
    form=PermitForm,
    documents=[],
    steps=[FIRST, PAYMENT],
    outcome=Text("拨付", "Paid"),
    accept=accept_anything,
    effect=effect,
    opener_may_review=False,
)


class GuideDecided(CaseDecided):
    subject = "guides.case.decided"


class GuideOverdue(CaseOverdue):
    subject = "guides.case.overdue"


DESK = Desk([TRANSFER, PERMIT], decided=GuideDecided, overdue=GuideOverdue)


def person(subject: str, *roles: str, **more: Any) -> Identity:
    return caller("guides:review", subject=subject, roles=roles, **more)


CLERK = person("c1", "clerk")


REVIEWER = person("r1", "reviewer")


PUBLISHER = person("p1", "publisher")


PERMIT_AGAIN = Papers(documents=[{"code": "permit", "reference": "P-2"}])


async def opened(session: AsyncSession, **more: Any) -> ProcedureCase:
    arguments: dict[str, Any] = {
        "procedure_code": "residence-transfer",
        "subject_id": PERSON,
        "papers": Papers(data={"years_of_permit": 8}, documents=[{"code": "permit", "reference": "P-1"}]),
        "caller": CLERK,
        "now": MONDAY,
    }
    return await open_case(session, DESK, **(arguments | more))


async def decided(
    session: AsyncSession, case: ProcedureCase, officer: Identity, move: Move = Move.APPROVE, **more: Any
) -> ProcedureCase:
    now = more.pop("now", MONDAY)
    decision = Decision(move=move, **more)
    return await decide_step(session, DESK, case_id=case.id, decision=decision, caller=officer, now=now)


async def subjects(session: AsyncSession) -> list[str]:
    return list((await session.exec(select(Outbox.subject).order_by(Outbox.created_at))).all())  # type: ignore[arg-type]
