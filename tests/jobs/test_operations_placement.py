"""Matching, introductions and assistance on a real database; each test is rolled back."""

from datetime import date, timedelta
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from services.jobs import operations, problems, queries
from services.jobs.codes import (
    AssistanceState,
    EmploymentState,
    FollowUpResult,
    NotHired,
)
from services.jobs.models import HiringRecord, Seeker
from services.kit import metrics
from tests.conftest import caller
from tests.jobs import build
from tests.jobs.build import CLERK, NOW, TODAY
from tests.jobs.verbs import FIRST_PAGE, FITTING


class TestMatching:
    async def test_lists_the_best_first_in_a_fixed_order(self, jobs_session: AsyncSession) -> None:
        vacancy = await build.vacancy(jobs_session)
        weak = await build.seeker(jobs_session, **FITTING | {"skills": ["装配"]})
        best = await build.seeker(jobs_session, **FITTING)
        equal = await build.seeker(jobs_session, **FITTING)
        found = await operations.match_vacancy(
            jobs_session, vacancy_id=vacancy.vacancy_id, caller=CLERK, today=TODAY, most=20
        )
        assert [one.seeker.seeker_id for one in found] == [best.seeker_id, equal.seeker_id, weak.seeker_id]
        assert [str(one.match.score) for one in found] == ["95.00", "95.00", "82.50"]

    async def test_leaves_out_who_does_not_seek_and_who_is_far(self, jobs_session: AsyncSession) -> None:
        vacancy = await build.vacancy(jobs_session)
        await build.seeker(jobs_session, **FITTING | {"works": True})
        await build.seeker(jobs_session, **FITTING | {"willing": False})
        await build.seeker(jobs_session, by=caller("jobs:register", area="990102"), **FITTING)
        far: dict[str, Any] = {"occupations": ["2-01-01-01"], "skills": ["教学"], "areas": ["110101"]}
        await build.seeker(jobs_session, **far)
        found = await operations.match_vacancy(
            jobs_session, vacancy_id=vacancy.vacancy_id, caller=CLERK, today=TODAY, most=20
        )
        assert found == []

    async def test_prefers_certified_people_on_public_interest_posts(
        self, jobs_session: AsyncSession
    ) -> None:
        vacancy = await build.vacancy(jobs_session, public_interest=True)
        await build.seeker(jobs_session, **FITTING)
        certified = await build.seeker(jobs_session, **FITTING)
        await build.certified(jobs_session, certified)
        found = await operations.match_vacancy(
            jobs_session, vacancy_id=vacancy.vacancy_id, caller=CLERK, today=TODAY, most=20
        )
        assert [(one.seeker.seeker_id == certified.seeker_id, str(one.match.score)) for one in found] == [
            (True, "100.00"),
            (False, "90.00"),
        ]

    async def test_finds_vacancies_for_a_person(self, jobs_session: AsyncSession) -> None:
        near = await build.vacancy(jobs_session)
        await build.vacancy(jobs_session, occupation="2-01-01-01", skills=["教学"], area="110101")
        await build.vacancy(jobs_session, valid_until=TODAY - timedelta(days=1))
        seeker = await build.seeker(jobs_session, **FITTING)
        found = await operations.match_seeker(jobs_session, seeker=seeker, today=TODAY, most=20)
        assert [one.vacancy.vacancy_id for one in found] == [near.vacancy_id]

    async def test_scores_both_ways_the_same(self, jobs_session: AsyncSession) -> None:
        vacancy, seeker = await build.vacancy(jobs_session), await build.seeker(jobs_session, **FITTING)
        (one,) = await operations.match_vacancy(
            jobs_session, vacancy_id=vacancy.vacancy_id, caller=CLERK, today=TODAY, most=20
        )
        (other,) = await operations.match_seeker(jobs_session, seeker=seeker, today=TODAY, most=20)
        kept = (await build.introduction(jobs_session, seeker, vacancy)).match
        assert one.match == other.match
        assert kept["score"] == str(one.match.score)


class TestIntroductions:
    async def test_a_hire_takes_the_place_and_updates_the_register(self, jobs_session: AsyncSession) -> None:
        vacancy, seeker = await build.vacancy(jobs_session, places=1), await build.seeker(jobs_session)
        introduction = await build.introduction(jobs_session, seeker, vacancy)
        await operations.record_hire(
            jobs_session, introduction_id=introduction.introduction_id, caller=CLERK, now=NOW
        )
        assert (introduction.state, introduction.ended_on) == ("hired", TODAY)
        assert (vacancy.taken, vacancy.state) == (1, "filled")
        assert (seeker.state, seeker.placement) == ("employed", "样例制造有限公司")
        assert await queries.count_workers(jobs_session, vacancy.employer_id) == 1
        assert (await jobs_session.exec(select(col(HiringRecord.hired_on)))).all() == [TODAY]

    async def test_a_refusal_keeps_its_reason(self, jobs_session: AsyncSession) -> None:
        vacancy, seeker = await build.vacancy(jobs_session), await build.seeker(jobs_session)
        introduction = await build.introduction(jobs_session, seeker, vacancy)
        await operations.schedule_interview(
            jobs_session, introduction_id=introduction.introduction_id, at=NOW, caller=CLERK
        )
        assert introduction.state == "interview"
        await operations.record_refusal(
            jobs_session,
            introduction_id=introduction.introduction_id,
            because=NotHired.SKILLS,
            remark="焊接证未取得",
            caller=CLERK,
            today=TODAY,
        )
        assert (introduction.state, introduction.not_hired, vacancy.taken) == ("not_hired", "skills", 0)
        with pytest.raises(problems.IntroductionEnded):
            await operations.record_hire(
                jobs_session, introduction_id=introduction.introduction_id, caller=CLERK, now=NOW
            )

    async def test_runs_once_for_a_person_and_a_vacancy(self, jobs_session: AsyncSession) -> None:
        vacancy, seeker = await build.vacancy(jobs_session), await build.seeker(jobs_session)
        await build.introduction(jobs_session, seeker, vacancy)
        with pytest.raises(problems.IntroducedAlready):
            await build.introduction(jobs_session, seeker, vacancy)

    async def test_needs_an_open_vacancy_and_a_seeking_person(self, jobs_session: AsyncSession) -> None:
        working = await build.seeker(jobs_session, works=True)
        with pytest.raises(problems.SeekerNotAvailable):
            await build.introduction(jobs_session, working, await build.vacancy(jobs_session))
        lapsed = await build.vacancy(jobs_session, valid_until=TODAY - timedelta(days=1))
        with pytest.raises(problems.VacancyNotOpen):
            await build.introduction(jobs_session, await build.seeker(jobs_session), lapsed)

    async def test_keeps_hiring_records_as_they_were(self, jobs_session: AsyncSession) -> None:
        vacancy, seeker = await build.vacancy(jobs_session), await build.seeker(jobs_session)
        introduction = await build.introduction(jobs_session, seeker, vacancy)
        await operations.record_hire(
            jobs_session, introduction_id=introduction.introduction_id, caller=CLERK, now=NOW
        )
        with pytest.raises(IntegrityError, match="append-only"):
            await (await jobs_session.connection()).execute(text("DELETE FROM hiring_record"))


class TestAssistance:
    async def verified(self, session: AsyncSession, *, on: date = TODAY) -> tuple[Any, Seeker]:
        seeker = await build.seeker(session)
        await build.certified(session, seeker, on=min(on, TODAY), until=date(2030, 1, 1))
        request = await build.request(session, seeker)
        await operations.verify_request(
            session, request_id=request.request_id, confirmed=True, remark="", caller=CLERK, today=on
        )
        return request, seeker

    async def answer(self, session: AsyncSession, request: Any, *, accepted: bool) -> None:
        vacancy = await build.vacancy(session)
        key = {"request_id": request.request_id, "caller": CLERK}
        await operations.offer_vacancy(session, vacancy_id=vacancy.vacancy_id, today=TODAY, **key)
        await operations.answer_offer(
            session, accepted=accepted, reason="" if accepted else "嫌远", now=NOW, **key
        )

    @pytest.mark.proves("J06", "W16")
    async def test_is_due_in_two_working_days_and_closes_only_after_a_follow_up(
        self, jobs_session: AsyncSession
    ) -> None:
        """Verified on Friday 2006-03-03, due on Tuesday 2006-03-07."""
        request, _ = await self.verified(jobs_session, on=date(2006, 3, 3))
        assert request.due_on == date(2006, 3, 7)
        await self.answer(jobs_session, request, accepted=True)
        key = {"request_id": request.request_id, "caller": CLERK, "today": TODAY}
        with pytest.raises(problems.FollowUpMissing):
            await operations.close_request(jobs_session, remark="", **key)
        await operations.follow_up(jobs_session, result=FollowUpResult.STABLE, remark="在岗", **key)
        await operations.close_request(jobs_session, remark="", **key)
        assert request.state == AssistanceState.CLOSED

    async def test_cannot_be_closed_without_a_follow_up_by_sql(self, jobs_session: AsyncSession) -> None:
        await self.verified(jobs_session)
        close = "UPDATE assistance_request SET state = 'closed', closed_on = '2026-03-03'"
        with pytest.raises(IntegrityError, match="followed_up"):
            await (await jobs_session.connection()).execute(text(close))

    async def test_places_the_person_and_updates_the_register(self, jobs_session: AsyncSession) -> None:
        request, seeker = await self.verified(jobs_session)
        await self.answer(jobs_session, request, accepted=True)
        assert (request.state, request.placed_on) == ("placed", TODAY)
        assert seeker.state == EmploymentState.EMPLOYED

    async def test_wants_the_follow_up_after_the_placement(self, jobs_session: AsyncSession) -> None:
        request, _ = await self.verified(jobs_session)
        key = {"request_id": request.request_id, "caller": CLERK, "today": TODAY}
        await operations.follow_up(jobs_session, result=FollowUpResult.CONTINUES, remark="等待", **key)
        await self.answer(jobs_session, request, accepted=True)
        with pytest.raises(problems.FollowUpMissing):
            await operations.close_request(jobs_session, remark="", **key)

    async def test_ends_the_promise_of_who_picks_and_chooses(self, jobs_session: AsyncSession) -> None:
        request, _ = await self.verified(jobs_session)
        await self.answer(jobs_session, request, accepted=False)
        assert (request.state, request.promise_holds) == ("verified", False)
        assert request.promise_ended_because
        late = await queries.list_requests(
            jobs_session, caller=CLERK, query=FIRST_PAGE, today=date(2026, 4, 1), overdue=True
        )
        assert late == ([], None)

    async def test_lists_broken_promises(self, jobs_session: AsyncSession) -> None:
        request, _ = await self.verified(jobs_session)
        for today, found in ((date(2026, 3, 4), []), (date(2026, 3, 5), [request])):
            rows, _ = await queries.list_requests(
                jobs_session, caller=CLERK, query=FIRST_PAGE, today=today, overdue=True
            )
            assert rows == found
            await operations.count_broken_promises(jobs_session, today=today)
            told = metrics.REGISTRY.get_sample_value("cases_overdue", {"procedure": "employment-assistance"})
            assert told == len(found)

    async def test_promises_nothing_to_who_is_not_certified(self, jobs_session: AsyncSession) -> None:
        request = await build.request(jobs_session, await build.seeker(jobs_session))
        with pytest.raises(problems.NotCertified):
            await operations.verify_request(
                jobs_session,
                request_id=request.request_id,
                confirmed=True,
                remark="",
                caller=CLERK,
                today=TODAY,
            )

    async def test_has_one_open_request_a_person(self, jobs_session: AsyncSession) -> None:
        _, seeker = await self.verified(jobs_session)
        with pytest.raises(problems.AssistanceOpen):
            await build.request(jobs_session, seeker)

    async def test_lets_nobody_go_unplaced_without_a_reason(self, jobs_session: AsyncSession) -> None:
        request, _ = await self.verified(jobs_session)
        key = {"request_id": request.request_id, "caller": CLERK, "today": TODAY}
        await operations.follow_up(jobs_session, result=FollowUpResult.UNREACHED, remark="三次未接", **key)
        with pytest.raises(problems.ReasonNeeded):
            await operations.close_request(jobs_session, remark=" ", **key)
        await operations.close_request(jobs_session, remark="本人迁往外地", **key)
