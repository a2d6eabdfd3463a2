"""The code lists (代码表) of a service over HTTP."""

from collections.abc import Mapping

from fastapi import APIRouter
from pydantic import BaseModel

from services.kit.codes import Code
from services.kit.identity import anyone
from services.kit.problems import NotFound, Text, answers


class CodeListNotFound(NotFound):
    """No such code list (代码表不存在)."""

    slug = "code-list-not-found"
    detail = Text(
        "没有代码表 {name}，可用的有：{known}。", "There is no code list {name}; there are: {known}."
    )


class CodeRead(BaseModel):
    """One code with its label and, where there is one, the national code."""

    code: str
    label: str
    national: str | None


def router_of(codes: Mapping[str, type[Code]]) -> APIRouter:
    """`GET /codes` names the lists, `GET /codes/{name}` gives one; both are open to everyone."""
    router = APIRouter(tags=["codes"], dependencies=[anyone()])

    @router.get("/codes")
    async def list_code_lists() -> list[str]:
        """代码表目录 · names of the code lists."""
        return sorted(codes)

    @router.get("/codes/{name}", responses=answers(CodeListNotFound))
    async def get_code_list(name: str) -> list[CodeRead]:
        """代码表 · one code list."""
        if name not in codes:
            raise CodeListNotFound(name=name, known=sorted(codes))
        return [CodeRead(code=code.value, label=code.label, national=code.national) for code in codes[name]]

    return router
