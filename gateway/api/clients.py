"""Systems that call with client credentials."""

from typing import Annotated

from fastapi import APIRouter, Request

from gateway import queries
from gateway.accounts import AreaOutside, change_secret, check_area, register_client
from gateway.api.acting import resource
from gateway.credentials import hashed, new_secret
from gateway.models import Client
from gateway.queries import ClientNotFound
from gateway.roles import DutiesIncompatible, RoleUnknown
from gateway.schemas import ClientCreate, ClientRead, ClientSecretRead
from services.kit import clock
from services.kit.db import DbSession
from services.kit.identity import Identity, requires
from services.kit.paging import Page, PageQuery
from services.kit.problems import answers

router = APIRouter(prefix="/clients", tags=["clients"])
Administrator = Annotated[Identity, requires("gateway:accounts")]


def _with_secret(client: Client, secret: str) -> ClientSecretRead:
    return ClientSecretRead.model_validate(client.model_dump() | {"client_secret": secret})


@router.post("", status_code=201, responses=answers(AreaOutside, RoleUnknown, DutiesIncompatible))
async def create_client(request: Request, body: ClientCreate, caller: Administrator) -> ClientSecretRead:
    """接入系统登记 · the secret is shown once."""
    check_area(body.area, own=caller.area)
    state, secret = request.app.state, new_secret()
    roles = state.roles.check(body.roles, kind="system")
    secret_hash = await hashed(secret)
    async with state.sessions.begin() as session:
        client = await register_client(
            session,
            name=body.name,
            organisation=body.organisation,
            roles=roles,
            area=body.area,
            secret_hash=secret_hash,
            by=caller.subject,
            now=clock.now(),
        )
    resource(request, name="client_id", value=client.client_id)
    resource(request, name="roles", value="+".join(roles))
    resource(request, name="organisation", value=client.organisation)
    resource(request, name="area", value=client.area)
    return _with_secret(client, secret)


@router.get("")
async def list_clients(session: DbSession, query: PageQuery, caller: Administrator) -> Page[ClientRead]:
    """接入系统清单 · the systems of the administrator's area and below."""
    rows, following = await queries.list_clients(session, query, within=caller.area)
    return Page(items=[ClientRead.model_validate(row) for row in rows], next=following)


@router.post("/{client_id}/secret", status_code=201, responses=answers(ClientNotFound))
async def rotate_secret(request: Request, client_id: str, caller: Administrator) -> ClientSecretRead:
    """更换密钥 · a new secret, shown once; the old one works for 24 hours."""
    secret = new_secret()
    secret_hash = await hashed(secret)
    async with request.app.state.sessions.begin() as session:
        client = await change_secret(
            session, client_id=client_id, within=caller.area, secret_hash=secret_hash, now=clock.now()
        )
    return _with_secret(client, secret)


@router.post("/{client_id}/disablement", responses=answers(ClientNotFound))
async def disable_client(
    request: Request, session: DbSession, client_id: str, caller: Administrator
) -> ClientRead:
    """停用接入系统 · its tokens end at once, and the old secret with them."""
    client = await queries.get_client(session, client_id, within=caller.area)
    client.disabled_at, client.previous_hash = client.disabled_at or clock.now(), None
    for ended in await queries.end_sessions(session, owner=client_id, now=clock.now()):
        request.app.state.revoked.add(ended)
    return ClientRead.model_validate(client)


@router.delete("/{client_id}/disablement", responses=answers(ClientNotFound))
async def enable_client(session: DbSession, client_id: str, caller: Administrator) -> ClientRead:
    """启用接入系统 · the system may call again."""
    client = await queries.get_client(session, client_id, within=caller.area)
    client.disabled_at = None
    return ClientRead.model_validate(client)
