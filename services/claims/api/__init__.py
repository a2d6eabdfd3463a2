"""Routes of the claims service; they translate, nothing more."""

from services.claims.api import bills, disclosure, entitlement, ledger, registers, settlements

ROUTERS = [
    registers.router,
    entitlement.router,
    bills.router,
    settlements.router,
    ledger.router,
    disclosure.router,
]
