"""Procedures run on a real database, with a small desk declared here: a residence transfer (居转户) and a permit."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, date, datetime, timedelta
from typing import Any, ClassVar
from uuid import UUID

import pytest
from fastapi import FastAPI
from pydantic import BaseModel, ConfigDict
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError
from sqlmodel import select
from sqlmodel.ext.asyncio.session import AsyncSession

from services.kit import metrics
from services.kit.app import create_app
from services.kit.db import KitBase, Sessions, append_only, create_engine, sessions_of
from services.kit.events import Outbox
from services.kit.identity import Identity
from services.kit.ids import new_id
from services.kit.problems import Invalid, Refused, Text
from services.kit.procedures import (
    APPEND_ONLY,
    Application,
    CaseDecided,
    CaseKind,
    CaseOverdue,
    CaseState,
    Decision,
    Desk,
    Document,
    Duty,
    Move,
    Papers,
    Procedure,
    ProcedureActor,
    ProcedureCase,
    ProcedureStep,
    Step,
    StepKind,
    Subject,
    correct_case,
    decide_step,
    object_to_notice,
    open_case,
    problems,
    router_of,
    tell_overdue,
    withdraw_case,
)
from tests.conftest import Database, Keys, ServiceApi, caller, settings_for

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


class TestCaseDecided(CaseDecided):
    __test__: ClassVar[bool] = False
    subject = "guides.case.decided"


class TestCaseOverdue(CaseOverdue):
    __test__: ClassVar[bool] = False
    subject = "guides.case.overdue"


DESK = Desk([TRANSFER, PERMIT], decided=TestCaseDecided, overdue=TestCaseOverdue)


@pytest.fixture(scope="session")
async def desk_database(postgres: Any) -> Database:
    url = await postgres.ensure_database("procedures")
    engine = create_engine(url, pool=1, name="test")
    async with engine.begin() as connection:
        await connection.run_sync(KitBase.metadata.drop_all)
        await connection.run_sync(KitBase.metadata.create_all)
        for table in APPEND_ONLY:
            for statement in append_only(table):
                await connection.execute(text(statement))
    await engine.dispose()
    admin_url = f"{postgres.admin_url.rpartition('/')[0]}/procedures"
    return Database(url=url, admin_url=admin_url, lasting=frozenset())


@pytest.fixture
async def sessions(desk_database: Database) -> AsyncIterator[Sessions]:
    engine = create_engine(desk_database.url, pool=4, name="test")
    yield sessions_of(engine)
    await engine.dispose()
    await desk_database.empty()


@pytest.fixture
async def session(sessions: Sessions) -> AsyncIterator[AsyncSession]:
    async with sessions() as one:
        yield one
        await one.rollback()


@pytest.fixture
async def api(desk_database: Database, nats_server: Any, keys: Keys) -> AsyncIterator[ServiceApi]:
    routes = router_of(
        DESK, apply="guides:apply", review="guides:review", read="guides:read", own="guides:own"
    )
    app: FastAPI = create_app("guides", title=Text("办事", "Guides"), routers=[routes])
    app.state.settings = settings_for(database_url=desk_database.url, nats_url="nats://nowhere", keys=keys)
    async with app.router.lifespan_context(app):
        running = ServiceApi("guides", app, keys)
        yield running
        await running.close_clients()
    await desk_database.empty()


def person(subject: str, *roles: str, **more: Any) -> Identity:
    return caller("guides:review", subject=subject, roles=roles, **more)


CLERK, REVIEWER, PUBLISHER = person("c1", "clerk"), person("r1", "reviewer"), person("p1", "publisher")


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


class TestDeclaration:
    def test_refuses_a_chain_that_names_a_step_twice(self) -> None:
        with pytest.raises(ValueError, match="twice"):
            Procedure(**{**TRANSFER.__dict__, "steps": [FIRST, FIRST]})

    def test_refuses_a_special_chain_that_is_not_longer(self) -> None:
        with pytest.raises(ValueError, match="longer"):
            Procedure(**{**TRANSFER.__dict__, "special_steps": [FIRST, SECOND, BOARD]})


class TestOpening:
    async def test_starts_the_clock_of_the_first_step(self, session: AsyncSession) -> None:
        case = await opened(session)
        assert (case.state, case.step, case.due_on) == ("in_review", "first_review", date(2026, 3, 23))
        assert case.number == f"990101-2026-{case.serial:06d}"

    async def test_promises_the_sum_of_its_steps(self, session: AsyncSession) -> None:
        """000 R61: 初审 15, 审核 30, 公示 15 working days."""
        case = await opened(session)
        # To 23 March; to 8 May (清明, 劳动节 off); notice 8-27 May (9 May is worked), closed the day after.
        assert case.promised_on == date(2026, 5, 28)

    async def test_names_all_missing_documents_at_once(self, session: AsyncSession) -> None:
        with pytest.raises(problems.DocumentsMissing) as refused:
            await opened(session, papers=Papers(data={"years_of_permit": 8, "married": True}))
        assert refused.value.members["missing"] == ["permit", "marriage"]

    async def test_asks_a_conditional_document_only_on_its_condition(self, session: AsyncSession) -> None:
        assert (await opened(session)).documents == [{"code": "permit", "reference": "P-1"}]

    async def test_takes_no_cancelled_certificate_and_nothing_outside_the_list(
        self, session: AsyncSession
    ) -> None:
        for code in ("no_crime", "anything"):
            papers = Papers(data={"years_of_permit": 8}, documents=[{"code": "permit"}, {"code": code}])
            with pytest.raises(problems.DocumentNotListed):
                await opened(session, papers=papers)

    async def test_refuses_a_form_that_does_not_fit(self, session: AsyncSession) -> None:
        with pytest.raises(Invalid) as refused:
            await opened(session, papers=Papers(data={"years": 8}))
        fields = {fault["field"] for fault in refused.value.members["errors"]}  # type: ignore[attr-defined]
        assert fields == {"data.years", "data.years_of_permit"}

    async def test_lets_a_citizen_apply_for_himself_only(self, session: AsyncSession) -> None:
        with pytest.raises(problems.NotOwnApplication):
            await opened(session, caller=caller("guides:apply", kind="citizen", person_id=new_id()))
        await opened(session, caller=caller("guides:apply", kind="citizen", person_id=PERSON))

    async def test_asks_the_procedure_itself(self, session: AsyncSession) -> None:
        with pytest.raises(TooFewYears):
            await opened(session, papers=Papers(data={"years_of_permit": 6}, documents=[{"code": "permit"}]))

    async def test_refuses_a_second_open_case_of_the_same_subject(self, session: AsyncSession) -> None:
        first = await opened(session)
        with pytest.raises(problems.CaseOpen) as refused:
            await opened(session)
        assert refused.value.members["number"] == first.number

    async def test_refuses_a_second_open_case_in_the_database_too(self, sessions: Sessions) -> None:
        both = asyncio.gather(*(self._open(sessions) for _ in range(2)), return_exceptions=True)
        assert sorted(type(result).__name__ for result in await both) == ["IntegrityError", "ProcedureCase"]

    async def _open(self, sessions: Sessions) -> ProcedureCase:
        async with sessions.begin() as session:
            case = await opened(session)
            await asyncio.sleep(0.2)
            return case


class TestChain:
    async def test_has_its_effect_with_the_last_step(self, session: AsyncSession) -> None:
        case = await opened(session)
        await decided(session, case, CLERK)
        await decided(session, case, REVIEWER)
        assert (case.step, case.notice_ends_on) == ("notice", date(2026, 3, 20))
        case = await decided(session, case, PUBLISHER, now=MONDAY + timedelta(days=21))
        assert (case.state, case.due_on, case.open_subject_id) == ("approved", None, None)
        assert case.outcome == {"granted_on": "2026-03-23", "granted_by": "p1"}
        assert await subjects(session) == ["guides.case.decided"]

    async def test_special_cases_need_the_longer_chain(self, session: AsyncSession) -> None:
        case = await opened(session, kind=CaseKind.SPECIAL)
        await decided(session, case, CLERK)
        await decided(session, case, REVIEWER)
        assert case.step == "board"
        with pytest.raises(problems.MinuteMissing):
            await decided(session, case, person("b1", "board"), participants=["甲"], minute="第7号")
        await decided(session, case, person("b1", "board"), participants=["甲", "乙"], minute="第7号")
        assert case.step == "notice"

    async def test_records_who_when_from_where_and_why(self, session: AsyncSession) -> None:
        case = await opened(session)
        await decided(session, case, CLERK, Move.RETURN, reason="居住证已过期", missing=["permit"])
        entries = (await session.exec(select(ProcedureStep).order_by(ProcedureStep.id))).all()  # type: ignore[arg-type]
        apply, returned = entries
        assert (apply.move, apply.from_state, apply.actor) == ("apply", None, "c1")
        assert (returned.step, returned.move, returned.from_state, returned.to_state, returned.reason) == (
            "first_review",
            "return",
            "in_review",
            "returned",
            "居住证已过期",
        )
        assert returned.made_at == MONDAY
        assert returned.due_on == date(2026, 3, 23)

    async def test_rejects_with_a_reason(self, session: AsyncSession) -> None:
        case = await opened(session)
        with pytest.raises(problems.ReasonMissing):
            await decided(session, case, CLERK, Move.REJECT, reason="  ")
        await decided(session, case, CLERK, Move.REJECT, reason="不符合条件")
        assert case.state == CaseState.REJECTED
        with pytest.raises(problems.CaseClosed):
            await decided(session, case, REVIEWER)

    async def test_refuses_a_decision_on_another_step_than_the_one_seen(self, session: AsyncSession) -> None:
        case = await opened(session)
        await decided(session, case, CLERK)
        with pytest.raises(problems.CaseClosed):
            await decided(session, case, person("x", "clerk", "reviewer"), step="first_review")

    async def test_leaves_a_case_of_another_area_alone(self, session: AsyncSession) -> None:
        case = await opened(session)
        with pytest.raises(problems.CaseNotFound):
            await decided(session, case, person("c9", "clerk", area="990102"))


class TestSeparationOfDuties:
    async def test_refuses_the_same_person_at_another_step(self, session: AsyncSession) -> None:
        both = person("both", "clerk", "reviewer")
        case = await opened(session)
        await decided(session, case, both)
        with pytest.raises(problems.StepTakenBySamePerson):
            await decided(session, case, both)

    async def test_refuses_it_after_a_return_too(self, session: AsyncSession) -> None:
        both = person("both", "clerk", "reviewer")
        case = await opened(session)
        await decided(session, case, both, Move.RETURN, reason="补充", missing=["permit"])
        await correct_case(session, DESK, case_id=case.id, papers=PERMIT_AGAIN, caller=CLERK, now=MONDAY)
        await decided(session, case, CLERK)
        with pytest.raises(problems.StepTakenBySamePerson):
            await decided(session, case, both)

    async def test_lets_the_same_person_look_at_his_own_step_again(self, session: AsyncSession) -> None:
        case = await opened(session)
        await decided(session, case, CLERK, Move.RETURN, reason="补充", missing=["permit"])
        await correct_case(session, DESK, case_id=case.id, papers=PERMIT_AGAIN, caller=CLERK, now=MONDAY)
        await decided(session, case, CLERK)
        assert case.step == "second_review"

    @pytest.mark.parametrize("table", ["procedure_actor", "procedure_step"])
    async def test_is_kept_by_the_database_when_code_forgets(self, session: AsyncSession, table: str) -> None:
        case = await opened(session)
        await decided(session, case, CLERK)
        actor = "INSERT INTO procedure_actor (case_id, actor, step) VALUES (:case, 'c1', 'second_review')"
        entry = """INSERT INTO procedure_step (id, case_id, step, actor, actor_name, move, to_state, reason, made_at)
                   VALUES (:id, :case, 'second_review', 'c1', '甲', 'approve', 'in_review', '', now())"""
        with pytest.raises(IntegrityError, match=r"case_id_actor|pk_procedure_actor"):
            await (await session.connection()).execute(
                text(actor if table == "procedure_actor" else entry), {"case": case.id, "id": new_id()}
            )

    @pytest.mark.parametrize(
        "change", ["UPDATE procedure_step SET reason = 'x'", "DELETE FROM procedure_actor"]
    )
    async def test_keeps_history_as_it_was(self, session: AsyncSession, change: str) -> None:
        await decided(session, await opened(session), CLERK)
        with pytest.raises(IntegrityError, match="append-only"):
            await (await session.connection()).execute(text(change))

    async def test_keeps_the_opener_out_where_the_procedure_says_so(self, session: AsyncSession) -> None:
        case = await opened(session, procedure_code="permit-payment", papers=Papers())
        with pytest.raises(problems.StepTakenBySamePerson):
            await decided(session, case, CLERK)
        await decided(session, case, person("c2", "clerk"))

    async def test_refuses_business_and_finance_in_one_hand(self, session: AsyncSession) -> None:
        case = await opened(session, procedure_code="permit-payment", papers=Papers())
        both = person("both", "clerk", "finance")
        with pytest.raises(problems.DutiesIncompatible):
            await decided(session, case, both)
        await decided(session, case, person("c2", "clerk"))
        with pytest.raises(problems.DutiesIncompatible):
            await decided(session, case, both)
        await decided(session, case, person("f1", "finance"))
        assert case.state == CaseState.APPROVED

    async def test_refuses_a_role_that_the_step_is_not_for(self, session: AsyncSession) -> None:
        with pytest.raises(problems.RoleMissing):
            await decided(session, await opened(session), REVIEWER)

    async def test_refuses_the_applicant_himself(self, session: AsyncSession) -> None:
        with pytest.raises(problems.OwnCase):
            await decided(session, await opened(session), person("c1", "clerk", person_id=PERSON))

    async def test_lets_one_of_two_reviewers_at_once_have_the_step(self, sessions: Sessions) -> None:
        async with sessions.begin() as session:
            case = await opened(session)
        officers = [person("a", "clerk", "reviewer"), person("b", "clerk", "reviewer")]
        results = await asyncio.gather(
            *(self._decide(sessions, case, officer) for officer in officers), return_exceptions=True
        )
        assert sorted(type(result).__name__ for result in results) == ["CaseClosed", "ProcedureCase"]
        async with sessions() as session:
            assert len((await session.exec(select(ProcedureActor))).all()) == 1

    async def _decide(self, sessions: Sessions, case: ProcedureCase, officer: Identity) -> ProcedureCase:
        async with sessions.begin() as session:
            done = await decided(session, case, officer, step="first_review")
            await asyncio.sleep(0.2)
            return done


PERMIT_AGAIN = Papers(documents=[{"code": "permit", "reference": "P-2"}])


class TestCorrection:
    async def test_continues_the_same_case_at_the_step_that_returned_it(self, session: AsyncSession) -> None:
        case = await opened(session)
        number = case.number
        await decided(session, case, CLERK)
        await decided(session, case, REVIEWER, Move.RETURN, reason="居住证不清晰", missing=["permit"])
        assert (case.state, case.due_on, case.missing) == ("returned", None, ["permit"])
        later = MONDAY + timedelta(days=7)
        await correct_case(session, DESK, case_id=case.id, papers=PERMIT_AGAIN, caller=CLERK, now=later)
        assert (case.number, case.state, case.step) == (number, "in_review", "second_review")
        assert case.documents == [{"code": "permit", "reference": "P-2"}]
        assert case.due_on == date(2026, 4, 21)

    async def test_needs_every_document_that_the_return_named(self, session: AsyncSession) -> None:
        case = await opened(session)
        await decided(session, case, CLERK, Move.RETURN, reason="请补", missing=["permit", "marriage"])
        with pytest.raises(problems.DocumentsMissing) as refused:
            await correct_case(session, DESK, case_id=case.id, papers=PERMIT_AGAIN, caller=CLERK, now=MONDAY)
        assert refused.value.members["missing"] == ["marriage"]

    async def test_cannot_ask_for_a_cancelled_certificate(self, session: AsyncSession) -> None:
        case = await opened(session)
        with pytest.raises(problems.DocumentNotListed):
            await decided(session, case, CLERK, Move.RETURN, reason="请补", missing=["no_crime"])

    async def test_logs_the_old_and_the_new_value(self, session: AsyncSession) -> None:
        case = await opened(session)
        await decided(session, case, CLERK, Move.RETURN, reason="年限有误")
        papers = Papers(data={"years_of_permit": 9})
        await correct_case(session, DESK, case_id=case.id, papers=papers, caller=CLERK, now=MONDAY)
        entry = (await session.exec(select(ProcedureStep).where(ProcedureStep.move == Move.CORRECT))).one()
        assert entry.details["changed"] == {"years_of_permit": [8, 9]}

    async def test_is_refused_while_nothing_was_returned(self, session: AsyncSession) -> None:
        case = await opened(session)
        with pytest.raises(problems.CaseClosed):
            await correct_case(session, DESK, case_id=case.id, papers=PERMIT_AGAIN, caller=CLERK, now=MONDAY)


class TestWithdrawal:
    async def test_ends_the_case_and_lets_a_new_one_begin(self, session: AsyncSession) -> None:
        case = await opened(session)
        await withdraw_case(session, DESK, case_id=case.id, reason="改日再办", caller=CLERK, now=MONDAY)
        assert case.state == CaseState.WITHDRAWN
        assert (await opened(session)).id != case.id
        with pytest.raises(problems.CaseClosed):
            await withdraw_case(session, DESK, case_id=case.id, reason="", caller=CLERK, now=MONDAY)


class TestNotice:
    async def _on_notice(self, session: AsyncSession) -> ProcedureCase:
        case = await opened(session)
        await decided(session, case, CLERK)
        return await decided(session, case, REVIEWER)

    async def test_runs_its_days_before_anything_is_decided(self, session: AsyncSession) -> None:
        case = await self._on_notice(session)
        with pytest.raises(problems.NoticeRunning):
            await decided(session, case, PUBLISHER, now=MONDAY + timedelta(days=18))
        await decided(session, case, PUBLISHER, now=MONDAY + timedelta(days=19))
        assert case.state == CaseState.APPROVED

    async def test_answers_an_objection_before_it_closes(self, session: AsyncSession) -> None:
        case = await self._on_notice(session)
        await object_to_notice(session, DESK, case_id=case.id, reason="情况不实", caller=CLERK, now=MONDAY)
        after = MONDAY + timedelta(days=21)
        with pytest.raises(problems.ReasonMissing):
            await decided(session, case, PUBLISHER, now=after)
        await decided(session, case, PUBLISHER, now=after, reason="经核查，异议不成立")
        with pytest.raises(problems.NoNoticeRunning):
            await object_to_notice(session, DESK, case_id=case.id, reason="迟到", caller=CLERK, now=after)


class TestOverdue:
    async def test_is_told_once_for_each_due_day(self, session: AsyncSession) -> None:
        case = await opened(session)
        await tell_overdue(session, DESK, today=date(2026, 3, 23))
        assert await subjects(session) == []
        for _ in range(2):
            await tell_overdue(session, DESK, today=date(2026, 3, 24))
        assert await subjects(session) == ["guides.case.overdue"]
        assert metrics.REGISTRY.get_sample_value("cases_overdue", {"procedure": case.procedure}) == 1

    async def test_forgets_a_returned_case(self, session: AsyncSession) -> None:
        await decided(session, await opened(session), CLERK, Move.RETURN, reason="请补")
        await tell_overdue(session, DESK, today=date(2026, 6, 1))
        assert await subjects(session) == []


class TestApi:
    APPLICATION: ClassVar[dict[str, Any]] = {
        "procedure": "residence-transfer",
        "subject_id": str(PERSON),
        "data": {"years_of_permit": 8},
        "documents": [{"code": "permit", "reference": "P-1"}],
    }

    async def test_lists_the_service_guide_without_cancelled_certificates(self, api: ServiceApi) -> None:
        guide = (await api.client().get("/guides/v1/procedures")).json()
        assert [document["code"] for document in guide[0]["documents"]] == ["permit", "marriage"]
        assert guide[0]["promised_working_days"] == 60
        assert [entry["role"] for entry in guide[0]["steps"]] == ["clerk", "reviewer", "publisher"]

    @pytest.mark.proves("G04")
    async def test_walks_a_case_to_its_return_and_back(self, api: ServiceApi) -> None:
        clerk = api.client("guides:apply", "guides:review", "guides:read", subject="c1", roles=("clerk",))
        opened = await clerk.post("/guides/v1/cases", json=self.APPLICATION, headers={"Idempotency-Key": "1"})
        assert opened.status_code == 201, opened.text
        case = opened.json()
        path = f"/guides/v1/cases/{case['id']}"
        assert case["status"].startswith("受理通过")
        assert case["opened_on"] in case["status"]
        assert case["due_on"] in case["status"]
        citizen = api.client("guides:own", kind="citizen", person_id=PERSON)
        online = (await citizen.get(f"/guides/v1/my/cases/{case['id']}")).json()
        assert online == (await clerk.get(path)).json()
        body = {"decision": "return", "reason": "居住证不清晰", "missing": ["permit"]}
        returned = await clerk.post(f"{path}/steps", json=body, headers={"Idempotency-Key": "2"})
        assert returned.json()["missing"] == [{"code": "permit", "title": "居住证"}]
        assert returned.json()["return_reason"] == "居住证不清晰"
        papers = {"documents": [{"code": "permit", "reference": "P-2"}]}
        mended = await clerk.post(f"{path}/correction", json=papers, headers={"Idempotency-Key": "3"})
        assert (mended.json()["number"], mended.json()["state"]) == (case["number"], "in_review")
        again = (await clerk.get(path)).json()
        assert [entry["move"] for entry in again["history"]] == ["apply", "return", "correct"]

    async def test_answers_a_repeated_decision_with_the_first_answer(self, api: ServiceApi) -> None:
        clerk = api.client("guides:apply", "guides:review", subject="c1", roles=("clerk",))
        case = (
            await clerk.post("/guides/v1/cases", json=self.APPLICATION, headers={"Idempotency-Key": "1"})
        ).json()
        path, key = f"/guides/v1/cases/{case['id']}/steps", {"Idempotency-Key": "2"}
        first = await clerk.post(path, json={"decision": "approve"}, headers=key)
        second = await clerk.post(path, json={"decision": "approve"}, headers=key)
        assert second.headers["Idempotent-Replayed"] == "true"
        assert first.json() == second.json()

    async def test_filters_by_state_and_overdue(self, api: ServiceApi) -> None:
        async with api.sessions.begin() as session:
            late = await opened(session)
        reader = api.client("guides:read")
        path = "/guides/v1/cases"
        for query, found in (
            ("overdue=true", 1),
            ("overdue=false", 0),
            ("state=approved", 0),
            ("state=in_review", 1),
        ):
            items = (await reader.get(f"{path}?{query}")).json()["items"]
            assert [item["id"] for item in items] == [str(late.id)] * found
        assert (await reader.get(f"{path}?overdue=true")).json()["items"][0]["overdue"] is True

    async def test_shows_a_citizen_his_own_cases_only(self, api: ServiceApi) -> None:
        async with api.sessions.begin() as session:
            await opened(session)
            await opened(session, subject_id=new_id())
        citizen = api.client("guides:own", kind="citizen", person_id=PERSON)
        items = (await citizen.get("/guides/v1/my/cases")).json()["items"]
        assert [item["subject_id"] for item in items] == [str(PERSON)]
        assert items[0]["step_title"] == "初审"
        assert (await citizen.get(f"/guides/v1/my/cases/{items[0]['id']}")).status_code == 200

    @pytest.mark.parametrize("scopes", [("guides:read",), ("guides:own",)])
    async def test_refuses_a_caller_without_the_scope(self, api: ServiceApi, scopes: tuple[str, ...]) -> None:
        client = api.client(*scopes)
        answer = await client.post(
            "/guides/v1/cases", json=self.APPLICATION, headers={"Idempotency-Key": "1"}
        )
        assert answer.status_code == 403

    async def test_refuses_nobody(self, api: ServiceApi) -> None:
        assert (await api.client().get("/guides/v1/cases")).status_code == 401

    async def test_names_the_missing_documents(self, api: ServiceApi) -> None:
        clerk = api.client("guides:apply")
        body = self.APPLICATION | {"documents": []}
        answer = await clerk.post("/guides/v1/cases", json=body, headers={"Idempotency-Key": "1"})
        assert answer.status_code == 422
        assert answer.json()["type"] == "/problems/documents-missing"
        assert "居住证" in answer.json()["detail"]
