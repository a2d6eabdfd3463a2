"""A service of three routes, to try the kit itself: notes that can be written once."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from decimal import Decimal
from typing import Annotated, Any, ClassVar

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict
from sqlalchemy import text
from sqlmodel import Field, SQLModel, col, select

from deploy.local.postgres import EmbeddedPostgres
from services.kit import events, idempotency  # noqa: F401 - their tables
from services.kit.app import create_app
from services.kit.db import DbSession, KitBase, create_engine, service_registry
from services.kit.events import Event, publish
from services.kit.idempotency import Once
from services.kit.identity import Identity, anyone, requires
from services.kit.money import Yuan
from services.kit.paging import Page, PageQuery, page
from services.kit.problems import Conflict, Text, answers


class Base(SQLModel, registry=service_registry()):
    pass


class Note(Base, table=True):
    name: str = Field(primary_key=True)
    amount: Decimal


class NoteWritten(Event):
    subject: ClassVar[str] = "toy.note.written"
    example: ClassVar[dict[str, Any]] = {"name": "甲"}

    name: str


class NoteRefused(Conflict):
    """A note that this service will not have (不收)."""

    slug = "note-refused"
    title = Text("不收此条", "Refused note")
    detail = Text("名称 {name} 不收，请换一个。", "The name {name} is refused; choose another.")


class NoteCreate(BaseModel):
    model_config = ConfigDict(extra="forbid")

    name: str = Field(min_length=1, max_length=10)
    amount: Yuan


class NoteRead(BaseModel):
    model_config = ConfigDict(from_attributes=True)

    name: str
    amount: Yuan


router = APIRouter()


@router.post("/notes", status_code=201, responses=answers(NoteRefused))
async def write_note(
    body: NoteCreate, session: DbSession, once: Once, caller: Annotated[Identity, requires("toy:write")]
) -> NoteRead:
    session.add(Note(name=body.name, amount=body.amount))
    publish(session, NoteWritten(name=body.name))
    await session.flush()
    if body.name == "坏":
        raise NoteRefused(name=body.name)
    return once.keep(NoteRead(name=body.name, amount=body.amount), status=201)


@router.get("/notes")
async def list_notes(
    session: DbSession, query: PageQuery, caller: Annotated[Identity, requires("toy:read")]
) -> Page[NoteRead]:
    rows, following = await page(session, select(Note), key=(col(Note.name),), query=query, descending=False)
    return Page(items=[NoteRead.model_validate(row) for row in rows], next=following)


@router.get("/open", dependencies=[anyone()])
async def read_open() -> str:
    return "open"


app = create_app("toy", title=Text("样例", "Toy"), routers=[router])


@asynccontextmanager
async def database(postgres: EmbeddedPostgres, name: str = "toy") -> AsyncIterator[str]:
    """A database with the kit's tables and the note table."""
    url = await postgres.ensure_database(name)
    engine = create_engine(url, name="toy")
    async with engine.begin() as connection:
        for metadata in (KitBase.metadata, Base.metadata):
            await connection.run_sync(metadata.drop_all)
            await connection.run_sync(metadata.create_all)
        await connection.execute(text("SELECT 1"))
    await engine.dispose()
    yield url
