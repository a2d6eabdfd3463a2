"""The gateway's own routes as a FastAPI application."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

from fastapi import FastAPI

from gateway.accounts import Credentials
from gateway.api import accounts, audit, clients, guide, sessions, wechat
from gateway.config import Settings
from gateway.credentials import Sealer
from gateway.roles import Roles
from gateway.sessions import Desk
from gateway.wechat import Register, Wechat
from services.kit import problems
from services.kit.db import create_engine, sessions_of
from services.kit.identity import Verifier
from services.kit.problems import Forbidden, Invalid, Unauthenticated, Unavailable, answers

if TYPE_CHECKING:
    from gateway.app import Gateway

PREFIX = "/gateway/v1"


def create_own(settings: Settings, *, roles: Roles, gateway: "Gateway") -> FastAPI:
    """The application; `gateway` lends its tokens, signer, upstreams and revocations."""
    app = FastAPI(
        title="网关 · gateway",
        version="v1",
        lifespan=_lifespan,
        docs_url=None,
        redoc_url=None,
        openapi_url=None,
        generate_unique_id_function=lambda route: route.name,
        responses=answers(Invalid, Unauthenticated, Forbidden, Unavailable),
    )
    for module in (sessions, accounts, clients, wechat, audit, guide):
        app.include_router(module.router, prefix=PREFIX)
    problems.install(app)
    app.state.settings, app.state.roles = settings, roles
    app.state.revoked = gateway.revoked
    app.state.desk = Desk(settings, gateway.tokens, roles.scopes)
    app.state.credentials = Credentials(settings, Sealer(settings.field_key.get_secret_value()))
    app.state.register = Register(gateway.upstreams["enrolment"], gateway.signer)
    app.state.verifier = Verifier(public_key=settings.identity_key.public_key(), audience="gateway")
    return app


@asynccontextmanager
async def _lifespan(app: FastAPI) -> AsyncIterator[dict[str, Any]]:
    settings: Settings = app.state.settings
    engine = create_engine(settings.database_url, pool=settings.database_pool, name="gateway-api")
    app.state.sessions, app.state.wechat = sessions_of(engine), Wechat(settings)
    try:
        yield {}
    finally:
        await app.state.wechat.close()
        await engine.dispose()
