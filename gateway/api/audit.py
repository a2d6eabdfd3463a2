"""The audit trail, for auditors; reading it is on the trail too."""

from typing import Annotated, Any

from fastapi import APIRouter, Query

from gateway import queries
from gateway.models import AuditEntry
from gateway.schemas import AuditRead
from services.kit.clock import Moment
from services.kit.db import DbSession
from services.kit.identity import Identity, requires
from services.kit.paging import CursorRefused, Page, PageQuery
from services.kit.problems import answers

router = APIRouter(tags=["audit"])


@router.get("/audit", responses=answers(CursorRefused))
async def list_audit(
    session: DbSession,
    query: PageQuery,
    caller: Annotated[Identity, requires("gateway:audit")],
    subject: Annotated[str | None, Query(max_length=100, description="调用方 · who")] = None,
    action: Annotated[
        str | None, Query(max_length=100, description="操作 · what, e.g. claims.settle")
    ] = None,
    service: Annotated[str | None, Query(max_length=40)] = None,
    outcome: Annotated[str | None, Query(max_length=20, description="done, refused, failed, begun")] = None,
    area: Annotated[str | None, Query(max_length=6)] = None,
    request_id: Annotated[str | None, Query(max_length=64)] = None,
    client_ip: Annotated[str | None, Query(max_length=64, description="来源地址 · from where")] = None,
    since: Annotated[Moment | None, Query(alias="from", description="起（含）· from")] = None,
    until: Annotated[Moment | None, Query(description="止（不含）· until")] = None,
) -> Page[AuditRead]:
    """审计查询 · who of the caller's area and below did what, when, from where; the newest first."""
    rows, following = await queries.list_audit(
        session,
        query,
        within=caller.area,
        since=since,
        until=until,
        subject=subject,
        action=action,
        service=service,
        outcome=outcome,
        area=area,
        request_id=request_id,
        client_ip=client_ip,
    )
    return Page(items=[_read(row) for row in rows], next=following)


def _read(row: AuditEntry) -> AuditRead:
    plain: dict[str, Any] = row.model_dump()
    pairs = (pair.partition("=") for pair in row.resources.split("&") if pair)
    return AuditRead.model_validate(plain | {"resources": {name: value for name, _, value in pairs}})
