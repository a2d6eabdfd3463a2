"""Every SELECT of the archive. A row of another area is not found."""

from services.archives.queries import destructions, pieces, registers, transfers, uses

__all__ = ["destructions", "pieces", "registers", "transfers", "uses"]
