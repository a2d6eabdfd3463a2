"""The public service guide 办事指南: what can be applied for, where, with what, in how many days."""

from functools import lru_cache
from typing import Any

import orjson
from fastapi import APIRouter

from gateway.routes import CONTRACTS
from gateway.schemas import GuideRead
from services.kit.identity import anyone

router = APIRouter(tags=["guide"])


@router.get("/guide", dependencies=[anyone()])
async def get_guide() -> GuideRead:
    """办事指南 · every procedure of every service: legal basis, documents, steps, promised days."""
    return GuideRead(procedures=_procedures())


@lru_cache(maxsize=1)
def _procedures() -> list[dict[str, Any]]:
    file = CONTRACTS / "procedures.json"
    found: list[dict[str, Any]] = orjson.loads(file.read_bytes()) if file.exists() else []
    return found
