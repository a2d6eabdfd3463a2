"""Step 6: a citizen signs in through WeChat, binds with name and id number, and sees only what is his."""

import httpx

from deploy.local.caller import Caller, Refusal
from deploy.local.walk.stage import Stage, StepFailed, check, refused, same

_BEGINNINGS = 10
_USED_UP = ("/problems/wechat-code-invalid", "/problems/token-revoked")


async def look(stage: Stage) -> None:
    """The head of the household sees his coverage and settlement; the spouse's own view shows none of it."""
    async with await _sign_in(stage, "head") as head, await _sign_in(stage, "spouse") as spouse:
        coverage = await head.get("/enrolment/v1/my/coverage")
        same("whose coverage", coverage["person"]["person_id"], stage.ids["head"])
        check("the id number is masked", "*" in coverage["person"]["id_number_masked"])
        stage.tell(
            f"  本人参保：{'、'.join(coverage['covered_by'])}；证件 {coverage['person']['id_number_masked']}"
        )
        mine = [
            settlement["settlement_id"]
            for settlement in (await head.get("/claims/v1/my/settlements"))["items"]
        ]
        check("his settlement is there", stage.ids["settlement"] in mine)
        theirs = (await spouse.get("/claims/v1/my/settlements"))["items"]
        same("settlements of the spouse", theirs, [])
        await refused(
            spouse.get(f"/claims/v1/settlements/{stage.ids['settlement']}"), problem="scope-missing"
        )
        stage.tell(f"  本人结算 {len(mine)} 笔；配偶看不到，也无权查询")


async def _sign_in(stage: Stage, relation: str) -> Caller:
    """What the mini-program does. A code and an unbound session work once: when the answer to them was lost on
    its way, it begins again with wx.login."""
    for _ in range(_BEGINNINGS):
        try:
            return await _bound(stage, relation)
        except Refusal as refusal:
            if refusal.problem.get("type") not in _USED_UP:
                raise
    raise StepFailed("the citizen could not sign in")


async def _bound(stage: Stage, relation: str) -> Caller:
    """wx.login, code to the gateway, real-name binding once."""
    async with httpx.AsyncClient(timeout=30) as phone:
        login = await phone.post(
            f"{stage.county.wechat}/stand-in/login", json={"openid": f"walk-{stage.run}-{relation}"}
        )
    person = stage.family[relation]
    async with Caller(stage.county.gateway) as nobody:
        session = await nobody.post("/gateway/v1/wechat/sessions", {"code": login.json()["code"]})
    if not session["bound"]:
        async with Caller(stage.county.gateway, token=session["access_token"]) as unbound:
            await refused(unbound.get("/enrolment/v1/my/coverage"), problem="binding-needed")
            body = {"name": person.name, "id_number": person.id_number}
            session = await unbound.post("/gateway/v1/wechat/binding", body)
        stage.tell(f"  微信登录并实名绑定：{person.name}")
    return Caller(stage.county.gateway, token=session["access_token"])
