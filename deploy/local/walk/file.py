"""Step 4: the settled case is a filed piece in the archives, found by two characters."""

from typing import Any

from deploy.local.caller import Caller
from deploy.local.walk.stage import Stage, arrives, check


async def find(stage: Stage) -> None:
    """The piece of the settlement, described and found by a fragment of its title."""
    archivist = await stage.staff("dangan01")
    name = stage.family["head"].name
    found = await arrives("归档件", lambda: _search(archivist, stage, f"{name} 结算"))
    piece = await archivist.get(f"/archives/v1/pieces/{found['piece_id']}", purpose="service")
    for field in ("piece_number", "responsible_party", "title", "formed_on", "pages", "retention"):
        check(f"the piece has its {field}", piece[field])
    stage.tell(f"  件号 {piece['piece_number']}")
    stage.tell(f"  题名 {piece['title']}；责任者 {piece['responsible_party']}；日期 {piece['formed_on']}")
    stage.tell(f"  页数 {piece['pages']}；保管期限 {piece['retention']}〔{piece['retention_source']}〕")
    fragment = name[-2:]
    check(f"「{fragment}」 finds it", await _search(archivist, stage, fragment))
    stage.tell(f"  全文检索「{fragment}」找到该件")


async def _search(archivist: Caller, stage: Stage, q: str) -> Any:
    question = {"q": q, "year": stage.today.year, "purpose": "service"}
    answer = await archivist.post("/archives/v1/searches", question)
    pieces = [hit["piece"] for hit in answer["items"]]
    name = stage.family["head"].name
    return next((piece for piece in pieces if name in piece["title"] and "结算" in piece["title"]), None)
