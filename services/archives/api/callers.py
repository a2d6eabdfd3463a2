"""Who may call: staff and systems; a citizen is turned away before anything is read."""

from typing import Annotated

from fastapi import Depends

from services.kit.identity import Identity, requires
from services.kit.problems import Forbidden, Text


class NoCitizens(Forbidden):
    """The archive is not open to citizens here (档案不对个人开放查询)."""

    slug = "archive-not-open-to-citizens"
    title = Text("档案系统不对个人开放", "The archive is not open to citizens here")
    detail = Text("请到档案窗口持有效证件申请查阅。", "Apply at the archive's counter with a valid document.")


async def _reader(caller: Annotated[Identity, requires("archives:read")]) -> Identity:
    return _official(caller)


async def _filer(caller: Annotated[Identity, requires("archives:file")]) -> Identity:
    return _official(caller)


async def _lender(caller: Annotated[Identity, requires("archives:lend")]) -> Identity:
    return _official(caller)


def _official(caller: Identity) -> Identity:
    if caller.kind == "citizen":
        raise NoCitizens
    return caller


Reader = Annotated[Identity, Depends(_reader)]
Filer = Annotated[Identity, Depends(_filer)]
Lender = Annotated[Identity, Depends(_lender)]
