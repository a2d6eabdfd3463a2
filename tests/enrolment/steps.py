"""Steps that several tests of enrolment take: money in, a paid month, a household enrolled."""

from datetime import date

from sqlmodel.ext.asyncio.session import AsyncSession

from services.enrolment import queries
from services.enrolment.codes import (
    PremiumGrade,
    ReceiptKind,
    Scheme,
)
from services.enrolment.models import Bill
from services.enrolment.operations import (
    bills,
    records,
    residents,
)
from services.enrolment.schemas import (
    Exclusion,
    ReceiptCreate,
    ResidentEnrolmentCreate,
)
from services.kit.identity import Identity
from tests.conftest import caller
from tests.enrolment import build

FOUR = [Scheme.EMPLOYEE_MEDICAL, Scheme.UNEMPLOYMENT, Scheme.MATERNITY, Scheme.WORK_INJURY]
CASHIER = caller("enrolment:collect", subject="cashier")


def receipt(amount: str, paid_on: date, *, number: str = "SP0001", partial: bool = False) -> ReceiptCreate:
    return ReceiptCreate(
        receipt_number=number, kind=ReceiptKind.TAX_RECEIPT, amount=amount, paid_on=paid_on, partial=partial
    )


async def credited(
    session: AsyncSession, bill: Bill, draft: ReceiptCreate, *, on: date, by: Identity = CASHIER
) -> bills.Credited:
    return await bills.credit_bill(session, bill=bill, draft=draft, caller=by, now=build.at(on))


async def covered(session: AsyncSession, who: build.Somebody, scheme: Scheme, on: date) -> bool:
    return (await records.coverage_on(session, person_id=who.person_id, scheme=scheme, on=on)).covered


async def paid_month(session: AsyncSession, unit: object, month: date, *, on: date | None = None) -> Bill:
    determination = await build.determined(session, unit, month=month)  # type: ignore[arg-type]
    bill = await queries.get_bill_of_determination(session, determination.determination_id)
    day = on or month.replace(day=20)
    await credited(session, bill, receipt(str(bill.amount), day, number=f"SP{bill.bill_id}"), on=day)
    return bill


async def enrol(
    session: AsyncSession,
    home: tuple[object, list[build.Somebody]],
    *,
    year: int,
    on: date,
    grade: PremiumGrade = PremiumGrade.GRADE_1,
    members: list[build.Somebody] | None = None,
    exclusions: list[Exclusion] | None = None,
    area: str = build.AREA,
) -> tuple[object, dict[str, Bill]]:
    household, everybody = home
    draft = ResidentEnrolmentCreate(
        year=year,
        grade=grade,
        members=[who.person_id for who in members or everybody],
        exclusions=exclusions or [],
    )
    enrolment = await residents.enrol_household(
        session,
        household=household,  # type: ignore[arg-type]
        draft=draft,
        caller=build.clerk(area=area),
        now=build.at(on),
    )
    found = await queries.list_enrolment_bills(session, enrolment.enrolment_id)
    return enrolment, {bill.payer_kind: bill for bill in found}
