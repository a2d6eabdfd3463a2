"""Routes of the claims service; they translate, nothing more."""

from services.claims.api import bills, disclosure, entitlement, ledger, reference, registers, settlements

# The router with the hot path comes first: routes are tried in this order, and each try costs.
ROUTERS = [
    settlements.hot_router,
    settlements.router,
    bills.router,
    entitlement.router,
    registers.router,
    ledger.router,
    disclosure.router,
    reference.router,
]
