"""Bills and receipts (账单、到账)."""

from datetime import date
from typing import Annotated
from uuid import UUID

from pydantic import StringConstraints

from services.enrolment.codes import (
    BillState,
    EntryKind,
    PayerKind,
    ReceiptKind,
)
from services.kit.money import Yuan
from services.kit.schemas import PRINTABLE, Incoming, Outgoing

ReceiptNumber = Annotated[
    str, StringConstraints(strip_whitespace=True, min_length=4, max_length=60, pattern=PRINTABLE)
]


class BillRead(Outgoing):
    """A bill: what is due, what was received, what is open."""

    bill_id: UUID
    payer_kind: PayerKind
    payer_id: UUID | None
    payer_name: str
    period: str
    area: str
    amount: Yuan
    received: Yuan
    open: Yuan
    state: BillState
    issued_on: date
    due_on: date
    paid_on: date | None


class ReceiptCreate(Incoming):
    """Money that came in, with its proof; `partial` says that less than the open amount is meant."""

    receipt_number: ReceiptNumber
    kind: ReceiptKind
    amount: Yuan
    paid_on: date
    partial: bool = False


class ReceiptRead(Outgoing):
    """A receipt and the bill after it."""

    receipt_id: UUID
    receipt_number: str
    kind: ReceiptKind
    amount: Yuan
    paid_on: date
    bill: BillRead


class EntryRead(Outgoing):
    """An entry of the collection ledger."""

    entry_id: UUID
    bill_id: UUID
    kind: EntryKind
    amount: Yuan
    entered_on: date
    entered_by: str
