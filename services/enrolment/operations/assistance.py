"""Dated assistance categories of people (救助对象身份, E17)."""

from collections.abc import Sequence
from datetime import date, datetime

from sqlmodel.ext.asyncio.session import AsyncSession

from services.enrolment import queries
from services.enrolment.codes import AssistanceCategory
from services.enrolment.models import Assistance, Person
from services.enrolment.operations.coverage import DatesOutOfOrder
from services.enrolment.operations.publishing import publish_assistance
from services.enrolment.rules.residents import ClassCount, TotalsCheck, check_class_totals
from services.enrolment.schemas import AssistanceCreate, ClassReport
from services.kit.identity import Identity
from services.kit.problems import Conflict, Refused, Text


class AssistanceOverlaps(Conflict):
    """The person has the category in that period already (救助身份期限重叠)."""

    slug = "assistance-overlaps"
    title = Text("救助身份期限重叠", "The assistance period overlaps another")
    detail = Text(
        "该人员自 {valid_from} 起已有同类救助身份，请先终止原记录。",
        "The person has this category from {valid_from}; end that record first.",
    )


class ClassWithoutAllowance(Refused):
    """Only the minimum living allowance has classes (仅低保对象分类)."""

    slug = "class-without-allowance"
    title = Text("仅低保对象分 A、B、C 类", "Only the minimum living allowance has classes")
    detail = Text(
        "请删除 assistance_class 或更正救助类别。", "Leave assistance_class out or correct the category."
    )


class ClassTotalsDiffer(Refused):
    """The classes do not add up to the totals (分类合计与总数不符)."""

    slug = "class-totals-differ"
    title = Text("分类合计与总数不符", "The classes do not add up")
    detail = Text(
        "各类合计 {households} 户、{persons} 人，填报 {stated_households} 户、{stated_persons} 人，请核对后重新填报。",
        "The classes give {households} households and {persons} persons; "
        "{stated_households} and {stated_persons} were entered.",
    )


async def record_assistance(
    session: AsyncSession, *, person: Person, draft: AssistanceCreate, caller: Identity, now: datetime
) -> Assistance:
    """Records a category with certificate and deciding office; the person is locked.

    Raises DatesOutOfOrder, ClassWithoutAllowance, AssistanceOverlaps.
    """
    _check_draft(draft)
    overlap = await queries.find_assistance_overlap(
        session, person.person_id, draft.category, start=draft.valid_from, end=draft.valid_until
    )
    if overlap is not None:
        raise AssistanceOverlaps(valid_from=overlap.valid_from)
    row = Assistance(
        person_id=person.person_id, recorded_by=caller.subject, recorded_at=now, **draft.model_dump()
    )
    session.add(row)
    await publish_assistance(session, person=person)
    return row


def _check_draft(draft: AssistanceCreate) -> None:
    if draft.valid_until is not None and draft.valid_until <= draft.valid_from:
        raise DatesOutOfOrder(valid_from=draft.valid_from, valid_until=draft.valid_until)
    if draft.assistance_class and draft.category != AssistanceCategory.MINIMUM_LIVING_ALLOWANCE:
        raise ClassWithoutAllowance


async def end_assistance(
    session: AsyncSession, *, person: Person, row: Assistance, valid_until: date, reason: str
) -> Assistance:
    """Ends a category; `valid_until` is the first day without it. The person is locked. Raises DatesOutOfOrder."""
    if valid_until <= row.valid_from:
        raise DatesOutOfOrder(valid_from=row.valid_from, valid_until=valid_until)
    row.valid_until, row.ended_because = valid_until, reason
    session.add(row)
    await publish_assistance(session, person=person)
    return row


def check_class_report(report: ClassReport) -> TotalsCheck:
    """The totals of a report by class. Raises ClassTotalsDiffer (W24)."""
    lines: Sequence[ClassCount] = [
        ClassCount(label=line.assistance_class, households=line.households, persons=line.persons)
        for line in report.classes
    ]
    check = check_class_totals(lines, households=report.households, persons=report.persons)
    if not check.agree:
        raise ClassTotalsDiffer(
            households=check.households,
            persons=check.persons,
            stated_households=report.households,
            stated_persons=report.persons,
        )
    return check
