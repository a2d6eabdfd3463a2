"""Marks unpaid bills overdue and blocks their units (欠费、封锁名单, E08). Run by the clock."""

from datetime import datetime

from sqlmodel.ext.asyncio.session import AsyncSession

from services.enrolment import queries
from services.enrolment.codes import BillState, PayerKind, Standing
from services.enrolment.operations.employers import change_standing
from services.kit.clock import business_date

BATCH = 500
CLOCK = "clock"


async def mark_overdue(session: AsyncSession, *, now: datetime) -> None:
    """Bills not paid by their due day become 欠费; their units go onto the block list.

    Source: 002 R1-09 (L374): units that did not pay on time and in full are put on the block list by the system.
    """
    bills = await queries.lock_due_bills(session, today=business_date(now), most=BATCH)
    for bill in bills:
        bill.state = BillState.OVERDUE
        session.add(bill)
    await session.flush()
    units = {bill.payer_id for bill in bills if bill.payer_kind == PayerKind.EMPLOYER and bill.payer_id}
    for employer_id in sorted(units):
        employer = await queries.get_employer(session, employer_id, lock=True)
        if employer.standing == Standing.NORMAL:
            await change_standing(
                session,
                employer=employer,
                standing=Standing.BLOCKED,
                reason="逾期未缴费，系统列入封锁名单",
                by=CLOCK,
                now=now,
            )
