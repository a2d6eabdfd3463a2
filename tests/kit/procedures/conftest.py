"""The database, sessions and app of the desk."""

from collections.abc import AsyncIterator
from typing import Any

import pytest
from fastapi import FastAPI
from sqlalchemy import text
from sqlmodel.ext.asyncio.session import AsyncSession

from services.kit.app import create_app
from services.kit.db import KitBase, Sessions, append_only, create_engine, sessions_of
from services.kit.problems import Text
from services.kit.procedures import (
    APPEND_ONLY,
    router_of,
)
from tests.conftest import Database, Keys, ServiceApi, settings_for
from tests.kit.procedures.desk import DESK


@pytest.fixture(scope="session")
async def desk_database(postgres: Any) -> Database:
    url = await postgres.ensure_database("procedures")
    engine = create_engine(url, pool=1, name="test")
    async with engine.begin() as connection:
        await connection.run_sync(KitBase.metadata.drop_all)
        await connection.run_sync(KitBase.metadata.create_all)
        for table in APPEND_ONLY:
            for statement in append_only(table):
                await connection.execute(text(statement))
    await engine.dispose()
    admin_url = f"{postgres.admin_url.rpartition('/')[0]}/procedures"
    return Database(url=url, admin_url=admin_url, lasting=frozenset())


@pytest.fixture
async def desk_sessions(desk_database: Database) -> AsyncIterator[Sessions]:
    engine = create_engine(desk_database.url, pool=4, name="test")
    yield sessions_of(engine)
    await engine.dispose()
    await desk_database.empty()


@pytest.fixture
async def desk_session(desk_sessions: Sessions) -> AsyncIterator[AsyncSession]:
    async with desk_sessions() as one:
        yield one
        await one.rollback()


@pytest.fixture
async def desk_api(desk_database: Database, nats_server: Any, keys: Keys) -> AsyncIterator[ServiceApi]:
    routes = router_of(
        DESK, apply="guides:apply", review="guides:review", read="guides:read", own="guides:own"
    )
    app: FastAPI = create_app("guides", title=Text("办事", "Guides"), routers=[routes])
    app.state.settings = settings_for(database_url=desk_database.url, nats_url="nats://nowhere", keys=keys)
    async with app.router.lifespan_context(app):
        running = ServiceApi("guides", app, keys)
        yield running
        await running.close_clients()
    await desk_database.empty()
