"""The double entry of a settlement (基金分录): what the funds and the person owe, the institution is owed."""

from dataclasses import dataclass
from decimal import Decimal

from services.claims.rules.amounts import ZERO
from services.claims.rules.settlement import Decision

INSTITUTION = "institution"
PERSON = "person"


@dataclass(frozen=True, slots=True)
class Entry:
    """One side of a booking in yuan: debit above zero, credit below. `party` says whose account it is."""

    account: str
    party: str
    amount: Decimal


def entries_of(*, decision: Decision, area: str, person_id: str, institution_code: str) -> list[Entry]:
    """Debits each fund and the person with their parts, credits the institution with the bill; sums to zero."""
    entries = [Entry(layer.fund, area, layer.amount) for layer in decision.layers if layer.amount != ZERO]
    if decision.person_paid != ZERO:
        entries.append(Entry(PERSON, person_id, decision.person_paid))
    entries.append(Entry(INSTITUTION, institution_code, -decision.parts.total))
    return entries
