"""create_app(): the one way a service becomes a FastAPI app."""

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Any

import asyncpg
from fastapi import APIRouter, FastAPI, Response
from fastapi.openapi.utils import get_openapi
from fastapi.routing import APIRoute
from sqlalchemy import text
from starlette.requests import Request

from services.kit import idempotency, logging, metrics, operate, problems
from services.kit.code_lists import router_of as code_lists_of
from services.kit.codes import Code
from services.kit.config import Settings
from services.kit.db import create_engine, server_settings, sessions_of
from services.kit.events import Hears, OutboxBell
from services.kit.idempotency import IdempotencyKeyMissing, IdempotencyKeyReused
from services.kit.identity import Verifier
from services.kit.observe import Observe
from services.kit.problems import MEDIA_TYPE, Forbidden, Invalid, Text, Unauthenticated, Unavailable, answers

VERSION = "v1"
CLOSE_SECONDS = 3.0


def create_app(
    name: str,
    *,
    title: Text,
    routers: Sequence[APIRouter],
    hears: Sequence[Hears] = (),
    codes: Mapping[str, type[Code]] | None = None,
) -> FastAPI:
    """The service as an ASGI app: its routes under /{name}/v1, health, metrics, problems, identity."""
    app = FastAPI(
        title=f"{title.zh} · {title.en}",
        version=VERSION,
        lifespan=_lifespan,
        docs_url=None,
        redoc_url=None,
        openapi_url=None,
        generate_unique_id_function=lambda route: route.name,
        responses=answers(Invalid, Unauthenticated, Forbidden, Unavailable),
    )
    app.state.name = name
    app.state.hears = {entry.view.subject: entry for entry in hears}
    operated = operate.router_of(name)
    for router in (*routers, operated, code_lists_of(codes or {})):
        app.include_router(router, prefix=f"/{name}/{VERSION}")
    app.include_router(_health)
    problems.install(app)
    idempotency.install(app)
    app.add_middleware(Observe)
    app.openapi = lambda: _openapi(app)  # type: ignore[method-assign]
    return app


@asynccontextmanager
async def _lifespan(app: FastAPI) -> AsyncIterator[None]:
    settings: Settings = getattr(app.state, "settings", None) or Settings()
    name = app.state.name
    logging.configure(service=name, level=settings.log_level)
    engine = create_engine(settings.database_url, pool=settings.database_pool, name=f"{name}-api")
    pool = await hot_pool(settings, name=f"{name}-hot")
    app.state.settings = settings
    app.state.sessions = sessions_of(engine)
    app.state.pool = pool
    app.state.outbox_bell = OutboxBell(pool)
    app.state.verifier = Verifier(public_key=settings.identity_key, audience=name)
    try:
        yield
    finally:
        await _close(pool)
        await engine.dispose()


async def hot_pool(settings: Settings, *, name: str) -> asyncpg.Pool:
    """Plain asyncpg connections for measured hot paths; no reset query on release, so leave no session state."""
    return await asyncpg.create_pool(
        settings.database_url.get_secret_value(),
        min_size=0,
        max_size=settings.hot_pool,
        timeout=5,
        command_timeout=10,
        reset=_keep,
        server_settings=server_settings(name),
    )


async def _close(pool: asyncpg.Pool) -> None:
    # A connection that somebody still holds would keep `close` waiting past the stop budget.
    try:
        await asyncio.wait_for(pool.close(), CLOSE_SECONDS)
    except TimeoutError:
        pool.terminate()


async def _keep(connection: asyncpg.Connection) -> None:
    """No reset: nothing on the hot path sets session state."""


_health = APIRouter(include_in_schema=False)


@_health.get("/health/live")
async def live() -> dict[str, str]:
    return {"status": "live"}


@_health.get("/health/ready")
async def ready(request: Request) -> dict[str, str]:
    """Ready when the database answers; not NATS, for the outbox bears a broker that is away."""
    async with request.app.state.sessions() as session:
        await (await session.connection()).execute(text("SELECT 1"))
    return {"status": "ready"}


@_health.get("/metrics")
async def exposition() -> Response:
    return Response(metrics.exposition(), media_type=metrics.CONTENT_TYPE)


def _openapi(app: FastAPI) -> dict[str, Any]:
    if app.openapi_schema:
        return app.openapi_schema
    document = get_openapi(title=app.title, version=app.version, routes=_api_routes(app))
    schemas = document.setdefault("components", {}).setdefault("schemas", {})
    schemas["Problem"] = _PROBLEM
    for unused in ("HTTPValidationError", "ValidationError"):
        schemas.pop(unused, None)
    for path in document["paths"].values():
        for operation in path.values():
            if _has_message_id(operation):
                _declare(operation, answers(IdempotencyKeyMissing, IdempotencyKeyReused))
            _describe_problems(operation)
    app.openapi_schema = document
    return document


def _api_routes(app: FastAPI) -> list[Any]:
    return [route for route in app.routes if not isinstance(route, APIRoute) or route.include_in_schema]


def _describe_problems(operation: dict[str, Any]) -> None:
    for response in operation["responses"].values():
        content = response.get("content", {})
        if (
            content.get("application/json", {})
            .get("schema", {})
            .get("$ref", "")
            .endswith("HTTPValidationError")
        ):
            del content["application/json"]
        if MEDIA_TYPE in content:
            content[MEDIA_TYPE]["schema"] = {"$ref": "#/components/schemas/Problem"}
            content.pop("application/json", None)


def _has_message_id(operation: dict[str, Any]) -> bool:
    """Whether the operation has one effect per message id, which the contract then requires."""
    named = [entry for entry in operation.get("parameters", ()) if entry["name"] == idempotency.HEADER]
    for parameter in named:
        # Optional in the code, so that a missing one is its own problem; required for whoever reads the contract.
        parameter["required"] = True
    return bool(named)


def _declare(operation: dict[str, Any], problems_by_status: dict[int | str, dict[str, Any]]) -> None:
    """Adds problems to what the route itself declares."""
    for status, entry in problems_by_status.items():
        there = operation["responses"].setdefault(str(status), {"description": "", "content": {}})
        there["description"] = "；".join(filter(None, [there["description"], entry["description"]]))
        examples = there["content"].setdefault(MEDIA_TYPE, {}).setdefault("examples", {})
        examples.update(entry["content"][MEDIA_TYPE]["examples"])


_PROBLEM = {
    "type": "object",
    "title": "Problem",
    "description": "RFC 9457 problem details; further members belong to the problem type.",
    "required": ["type", "title", "status", "detail"],
    "properties": {
        "type": {"type": "string", "format": "uri-reference"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string"},
        "instance": {"type": "string"},
        "request_id": {"type": ["string", "null"]},
    },
}
