"""Routes of the archive. Citizens have no access, whatever their scopes say."""

from services.archives.api import destructions, pieces, reference, registers, searches, transfers, uses

routers = (
    searches.router,
    pieces.router,
    uses.router,
    transfers.router,
    destructions.router,
    registers.router,
    reference.router,
)
