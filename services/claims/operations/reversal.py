"""Taking a settlement back (冲正): a row of its own, the year restored, the opposite entries booked."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import insert
from sqlmodel.ext.asyncio.session import AsyncSession

from services.claims.codes import BillState, Fund
from services.claims.events import SettlementReversed
from services.claims.models import Accumulator, LedgerEntry, Reversal, Settlement, SettlementLayer
from services.claims.queries import bills, persons, settlements
from services.claims.rules.settlement import Accumulated, Use
from services.kit.events import publish
from services.kit.identity import Identity
from services.kit.problems import Conflict, Text

ENTRY = ["transaction_id", "position", "kind", "account", "party", "amount", "area", "booked_on"]


class SettlementReversedBefore(Conflict):
    """The settlement was taken back before (结算单已冲正)."""

    slug = "settlement-reversed"
    title = Text("结算单已冲正", "The settlement was reversed before")
    detail = Text("此结算单已冲正，不能再次冲正。", "It was reversed before and cannot be reversed again.")


async def reverse_settlement(
    session: AsyncSession, *, settlement_id: UUID, reason: str, caller: Identity, today: date, now: datetime
) -> tuple[Settlement, Reversal]:
    """Takes a settlement back; its bill can be settled again.

    What the settlement added to the person's year is subtracted. Later settlements of the year stand: they were
    decided with no more left of any cap than there is now, so nothing was overpaid, and each can be reversed and
    settled again on request. Raises SettlementNotFound, SettlementReversedBefore.
    """
    settlement = await settlements.get_settlement(session, settlement_id=settlement_id, caller=caller)
    bill = await bills.get_bill(session, bill_id=settlement.bill_id, caller=caller, for_update=True)
    if bill.settlement_id != settlement.id:
        raise SettlementReversedBefore
    reversal = Reversal(
        settlement_id=settlement.id,
        reason=reason,
        reversed_on=today,
        reversed_at=now,
        reversed_by=caller.subject,
    )
    bill.state, bill.settlement_id = BillState.UPLOADED, None
    session.add(reversal)
    layers = (await settlements.layers_of(session, settlement_ids=[settlement.id]))[settlement.id]
    await _restore_year(session, settlement, layers)
    await session.flush()
    await _book_opposite(session, settlement, reversal)
    person = await persons.get_person(session, person_id=settlement.person_id)
    publish(session, _event(settlement, reversal, person.name))
    return settlement, reversal


async def _restore_year(session: AsyncSession, settlement: Settlement, layers: list[SettlementLayer]) -> None:
    row = await persons.find_accumulator(
        session,
        person_id=settlement.person_id,
        scheme=settlement.scheme,
        year=settlement.year,
        for_update=True,
    )
    assert row is not None, "a settlement has a year"
    use = Use(settlement.in_policy, settlement.deductible, {layer.fund: layer.amount for layer in layers})
    after = accumulated(row).minus(use)
    row.version, row.admissions = after.version, after.admissions
    row.in_policy, row.deductible_paid = after.in_policy, after.deductible_paid
    for fund, paid in after.paid.items():
        setattr(row, fund, paid)


def accumulated(row: Accumulator) -> Accumulated:
    """A stored year as the rules want it."""
    return Accumulated(
        version=row.version,
        in_policy=row.in_policy,
        deductible_paid=row.deductible_paid,
        admissions=row.admissions,
        paid={fund.value: getattr(row, fund.value) for fund in Fund},
    )


async def _book_opposite(session: AsyncSession, settlement: Settlement, reversal: Reversal) -> None:
    opposite = settlements.opposite_entries(
        settlement_id=settlement.id, reversal_id=reversal.id, booked_on=reversal.reversed_on
    )
    await session.exec(insert(LedgerEntry).from_select(ENTRY, opposite))


def _event(settlement: Settlement, reversal: Reversal, person_name: str) -> SettlementReversed:
    return SettlementReversed(
        settlement_id=settlement.id,
        reversal_id=reversal.id,
        bill_id=settlement.bill_id,
        institution_code=settlement.institution_code,
        institution_name=settlement.institution_name,
        person_id=settlement.person_id,
        person_name=person_name,
        area=settlement.area,
        total=settlement.total,
        reason=reversal.reason,
        reversed_on=reversal.reversed_on,
    )
