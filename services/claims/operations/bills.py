"""Bills: uploaded once with their lines split, and withdrawn while they are not settled."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from uuid import UUID

from sqlmodel.ext.asyncio.session import AsyncSession

from services.claims.codes import Approval, BillState, CareType, ItemCategory, LineReason
from services.claims.models import Bill, BillLine, CatalogueItem, Institution, PersonCopy
from services.claims.operations.settlement import BillSettled, BillWithdrawn
from services.claims.policy import pooling_area
from services.claims.queries import bills, registers
from services.claims.rules.lines import Fault, Item, Line, item_on, line_faults, split_line
from services.kit.identity import Identity
from services.kit.problems import Conflict, Forbidden, Refused, Text


class NotAnInstitution(Forbidden):
    """Only a designated institution uploads bills (非定点机构)."""

    slug = "not-an-institution"
    title = Text("非定点机构", "Not a designated institution")
    detail = Text(
        "账单只能由定点机构的系统上传；请使用该机构的接入账号。",
        "Only an institution's own system uploads bills.",
    )


class BillNumberUsed(Conflict):
    """The institution used this bill number before (单据号重复)."""

    slug = "bill-number-used"
    title = Text("单据号重复", "The bill number was used")
    detail = Text(
        "单据号 {bill_number} 已上传，账单编号 {bill_id}；请核对是否重复上传。",
        "Bill number {bill_number} was uploaded as {bill_id}; check for a double upload.",
    )


class DatesOutOfOrder(Refused):
    """Admission, discharge and today are not in order (日期先后有误)."""

    slug = "dates-out-of-order"
    title = Text("日期先后有误", "The dates are out of order")
    detail = Text(
        "入院日期 {admitted_on}、出院日期 {discharged_on} 先后有误，且出院日期不能晚于今天；请更正。",
        "Admission {admitted_on} and discharge {discharged_on} must be in order and not after today.",
    )


class LinesDoNotSum(Refused):
    """The lines do not add up to the bill (明细合计与总额不符)."""

    slug = "lines-do-not-sum"
    title = Text("明细合计与总额不符", "The lines do not sum to the bill")
    detail = Text(
        "明细合计 {lines} 元，账单总额 {total} 元，请核对后重新上传。",
        "Lines sum to {lines}, the bill says {total}; correct and upload again.",
    )


class LinesRefused(Refused):
    """Single lines are wrong; `errors` names each with line and field (费用明细有误)."""

    slug = "lines-refused"
    title = Text("费用明细有误", "Some lines are wrong")
    detail = Text("请按 errors 逐行更正后重新上传。", "Correct the lines named in errors and upload again.")


MESSAGES: dict[Fault, Text] = {
    "unknown_item": Text("目录编码不存在，请核对", "unknown item code"),
    "amount_mismatch": Text("金额应等于数量乘以单价", "amount is not quantity times unit price"),
    "outside_stay": Text("发生日期应在住院期间内", "the date lies outside the stay"),
    "doubled_line": Text("行号重复", "the line number occurs twice"),
}


@dataclass(frozen=True, slots=True)
class Charge:
    """One line as the hospital sent it (费用明细)."""

    line_no: int
    item_code: str
    name: str
    quantity: Decimal
    unit_price: Decimal
    amount: Decimal
    occurred_on: date
    doctor_code: str
    approval: Approval

    def line(self) -> Line:
        return Line(
            self.line_no,
            self.item_code,
            self.quantity,
            self.unit_price,
            self.amount,
            self.occurred_on,
            self.approval,
        )


Versions = Mapping[str, Sequence[Item]]


async def upload_bill(
    session: AsyncSession,
    *,
    person: PersonCopy,
    bill_number: str,
    care_type: CareType,
    admitted_on: date,
    discharged_on: date,
    diagnosis_code: str,
    total: Decimal,
    attachments_pages: int,
    charges: Sequence[Charge],
    caller: Identity,
    today: date,
    now: datetime,
) -> Bill:
    """Takes in an inpatient bill and splits its lines by the catalogue of each line's day.

    The catalogue is that of the person's pooling area (参保地统筹区), whose fund pays.

    Raises NotAnInstitution, BillNumberUsed, DatesOutOfOrder, LinesDoNotSum, LinesRefused.
    """
    institution = await _institution(session, caller)
    if known := await bills.find_bill(session, institution_code=institution.code, bill_number=bill_number):
        raise BillNumberUsed(bill_number=bill_number, bill_id=known.id)
    if not admitted_on <= discharged_on <= today:
        raise DatesOutOfOrder(admitted_on=admitted_on, discharged_on=discharged_on)
    if (lines := sum(charge.amount for charge in charges)) != total:
        raise LinesDoNotSum(lines=lines, total=total)
    versions = await _versions(session, charges, pooling_area(area=person.area, on=discharged_on))
    _check_lines(charges, versions, admitted_on, discharged_on)
    bill = Bill(
        institution_code=institution.code,
        bill_number=bill_number,
        person_id=person.person_id,
        area=person.area,
        care_type=care_type,
        admitted_on=admitted_on,
        discharged_on=discharged_on,
        diagnosis_code=diagnosis_code,
        total=total,
        line_count=len(charges),
        attachments_pages=attachments_pages,
        state=BillState.UPLOADED,
        uploaded_by=caller.subject,
        uploaded_at=now,
    )
    session.add(bill)
    await session.flush()
    session.add_all(_split(charge, versions, institution, bill.id) for charge in charges)
    await session.flush()
    return bill


async def withdraw_bill(session: AsyncSession, *, bill_id: UUID, caller: Identity) -> Bill:
    """Takes back a bill that is not settled (撤回账单). Raises BillNotFound, BillSettled, BillWithdrawn."""
    bill = await bills.get_bill(session, bill_id=bill_id, caller=caller, for_update=True)
    if bill.state == BillState.SETTLED:
        raise BillSettled(settlement_id=bill.settlement_id)
    if bill.state == BillState.WITHDRAWN:
        raise BillWithdrawn
    bill.state = BillState.WITHDRAWN
    await session.flush()
    return bill


def _split(charge: Charge, versions: Versions, institution: Institution, bill_id: UUID) -> BillLine:
    """The line as it is stored, with its four parts and the catalogue version that decided them.

    For an item that was not in the catalogue on the day, that is its newest version.
    """
    line = charge.line()
    item = item_on(versions=versions[charge.item_code], day=charge.occurred_on)
    parts = split_line(line=line, item=item, level=institution.level)
    return BillLine(
        bill_id=bill_id,
        line_no=charge.line_no,
        item_code=charge.item_code,
        item_name=charge.name,
        catalogue_item_id=(item or versions[charge.item_code][0]).id,
        category=ItemCategory(item.category) if item else None,
        quantity=charge.quantity,
        unit_price=charge.unit_price,
        amount=charge.amount,
        occurred_on=charge.occurred_on,
        doctor_code=charge.doctor_code,
        approval=charge.approval,
        own_paid=parts.own_paid,
        over_limit=parts.over_limit,
        prior_self_pay=parts.prior_self_pay,
        in_policy=parts.in_policy,
        reason=LineReason(parts.reason),
    )


async def _institution(session: AsyncSession, caller: Identity) -> Institution:
    if caller.kind != "system" or caller.organisation is None:
        raise NotAnInstitution
    return await registers.get_institution(session, code=caller.organisation)


async def _versions(session: AsyncSession, charges: Sequence[Charge], pool: str) -> Versions:
    versions: dict[str, list[Item]] = defaultdict(list)
    codes = {charge.item_code for charge in charges}
    for row in await registers.versions_of(session, pooling_area=pool, codes=codes):
        versions[row.code].append(_item(row))
    return versions


def _item(row: CatalogueItem) -> Item:
    return Item(
        id=row.id,
        category=row.category,
        prior_self_pay_ratio=row.prior_self_pay_ratio,
        restricted=row.restricted,
        price_limits={level: Decimal(limit) for level, limit in row.price_limits.items()},
        valid_from=row.valid_from,
        valid_until=row.valid_until,
    )


def _check_lines(
    charges: Sequence[Charge], versions: Versions, admitted_on: date, discharged_on: date
) -> None:
    errors: list[dict[str, object]] = []
    seen: set[int] = set()
    for position, charge in enumerate(charges):
        faults = line_faults(
            line=charge.line(),
            known=charge.item_code in versions,
            admitted_on=admitted_on,
            discharged_on=discharged_on,
            seen=seen,
        )
        seen.add(charge.line_no)
        errors += [_error(position, charge.line_no, field, fault) for field, fault in faults]
    if errors:
        raise LinesRefused(errors=errors)


def _error(position: int, line_no: int, field: str, fault: Fault) -> dict[str, object]:
    message = MESSAGES[fault]
    return {
        "field": f"lines.{position}.{field}",
        "line_no": line_no,
        "code": fault,
        "message": f"{message.zh} · {message.en}",
    }
