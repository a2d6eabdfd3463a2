"""Keyset pages: stable under inserts, constant cost at any depth."""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from typing import Annotated, Any, Generic, TypeVar
from uuid import UUID

import orjson
from fastapi import Depends, Query
from pydantic import BaseModel, ConfigDict, TypeAdapter
from sqlalchemy import tuple_
from sqlalchemy.sql.elements import BindParameter
from sqlmodel.ext.asyncio.session import AsyncSession
from sqlmodel.sql.expression import SelectOfScalar

from services.kit.problems import Problem, Text

T = TypeVar("T")
Key = Any  # a mapped column, as `col(Thing.name)` gives it
MOST = 200


class CursorRefused(Problem):
    """The cursor is not one of ours (游标无效)."""

    slug = "cursor-refused"
    title = Text("翻页标记无效", "The cursor is not valid")
    detail = Text(
        "请使用上一页返回的 next 值，或从第一页重新查询。",
        "Use the `next` of the page before, or start again.",
    )


class Page(BaseModel, Generic[T]):
    """One page, and where the next begins (null at the end)."""

    model_config = ConfigDict(from_attributes=True)

    items: list[T]
    next: str | None


class PageRequest(BaseModel):
    """Which page is asked for."""

    after: str | None
    size: int


def _page_request(
    after: Annotated[str | None, Query(description="上一页的 next · `next` of the page before")] = None,
    size: Annotated[int, Query(ge=1, le=MOST, description="每页条数 · rows per page")] = 50,
) -> PageRequest:
    return PageRequest(after=after, size=size)


PageQuery = Annotated[PageRequest, Depends(_page_request)]


async def page(
    session: AsyncSession,
    statement: SelectOfScalar[T],
    *,
    key: tuple[Key, ...],
    query: PageRequest,
    descending: bool = True,
) -> tuple[list[T], str | None]:
    """Rows of one page in the order of `key` (its last column unique), and the next cursor."""
    order = [column.desc() if descending else column.asc() for column in key]
    if query.after:
        edge = tuple_(
            *(_bound(column, part) for column, part in zip(key, read_cursor(query.after, key), strict=True))
        )
        statement = statement.where(tuple_(*key) < edge if descending else tuple_(*key) > edge)
    found = (await session.exec(statement.order_by(*order).limit(query.size + 1))).all()
    rows = list(found[: query.size])
    if len(found) <= query.size:
        return rows, None
    return rows, write_cursor(tuple(getattr(rows[-1], str(column.key)) for column in key))


def write_cursor(edge: tuple[Any, ...]) -> str:
    """The opaque mark of a row's place."""
    return urlsafe_b64encode(
        orjson.dumps([str(part) if isinstance(part, UUID) else part for part in edge])
    ).decode()


def read_cursor(cursor: str, key: tuple[Key, ...]) -> list[Any]:
    """The place that a mark names, in the types of the key. Raises CursorRefused."""
    try:
        parts = orjson.loads(urlsafe_b64decode(cursor.encode()))
        if not isinstance(parts, list) or len(parts) != len(key):
            raise ValueError
        return [_typed(part, column) for part, column in zip(parts, key, strict=True)]
    except (ValueError, TypeError) as error:
        raise CursorRefused from error


def _typed(part: Any, column: Any) -> Any:
    return TypeAdapter(column.class_.model_fields[column.key].annotation).validate_python(part)


def _bound(column: Any, part: Any) -> BindParameter[Any]:
    return BindParameter(None, part, type_=column.type, unique=True)
