"""Tables of the claims service. The database's constraints are the last word on every sum."""

from services.claims.models.base import Base
from services.claims.models.bill import Bill, BillLine
from services.claims.models.copies import AssistanceCopy, CoverageCopy, PersonCopy
from services.claims.models.registers import Agreement, CatalogueItem, Institution
from services.claims.models.settlement import Accumulator, LedgerEntry, Reversal, Settlement, SettlementLayer

__all__ = [
    "Accumulator",
    "Agreement",
    "AssistanceCopy",
    "Base",
    "Bill",
    "BillLine",
    "CatalogueItem",
    "CoverageCopy",
    "Institution",
    "LedgerEntry",
    "PersonCopy",
    "Reversal",
    "Settlement",
    "SettlementLayer",
]
