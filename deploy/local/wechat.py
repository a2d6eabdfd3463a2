"""A stand-in for the WeChat server: `code2Session` with its real answers and error codes.

`POST /stand-in/login {"openid": ...}` does what `wx.login` does on the phone and returns a code, valid once
and for five minutes. `POST /stand-in/behaviour {"errcode": -1, "times": 1}` makes the next answers fail, as
the real server does when it is busy (-1) or takes the user for a risk (40226).
https://developers.weixin.qq.com/miniprogram/dev/OpenApiDoc/user-login/code2Session.html
"""

import base64
import hashlib
import os
import secrets
import time
from collections import defaultdict, deque
from dataclasses import dataclass, field
from typing import Annotated, Any

from fastapi import FastAPI, Query
from pydantic import BaseModel, Field

CODE_SECONDS = 300
MINUTE_QUOTA = 100  # calls a minute and user
MESSAGES = {
    -1: "system error",
    40013: "invalid appid",
    40029: "invalid code",
    40125: "invalid appsecret",
    40163: "code been used",
    40226: "code blocked",
    41002: "appid missing",
    41004: "appsecret missing",
    41008: "missing code",
    45011: "api minute-quota reach limit  mustslower  retry next minute",
}


class Login(BaseModel):
    """Who holds the phone."""

    openid: Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]{6,64}$")]


class Behaviour(BaseModel):
    """How the next answers fail."""

    errcode: int
    times: Annotated[int, Field(ge=1, le=1000)] = 1


@dataclass
class _Code:
    openid: str
    made: float
    used: bool = False


@dataclass
class StandIn:
    """The codes that are out, and the calls of the last minute."""

    codes: dict[str, _Code] = field(default_factory=dict)
    calls: dict[str, deque[float]] = field(default_factory=lambda: defaultdict(deque))
    failures: deque[int] = field(default_factory=deque)

    def login(self, openid: str) -> str:
        """A code as wx.login returns it."""
        code = "0" + secrets.token_urlsafe(23)[:31]
        self.codes[code] = _Code(openid, time.monotonic())
        return code

    def session(self, code: str) -> dict[str, Any]:
        """What code2Session answers."""
        if self.failures:
            return refusal(self.failures.popleft())
        known = self.codes.get(code)
        if known is None or time.monotonic() - known.made > CODE_SECONDS:
            return refusal(40029)
        if not self._within_quota(known.openid):
            return refusal(45011)
        if known.used:
            return refusal(40163)
        known.used = True
        key = base64.b64encode(hashlib.sha256(code.encode()).digest()[:16]).decode()
        return {"session_key": key, "openid": known.openid}

    def _within_quota(self, openid: str) -> bool:
        now, calls = time.monotonic(), self.calls[openid]
        while calls and now - calls[0] >= 60:
            calls.popleft()
        calls.append(now)
        return len(calls) <= MINUTE_QUOTA


def refusal(errcode: int) -> dict[str, Any]:
    """The body of an error; the real server answers 200 with it."""
    message = MESSAGES.get(errcode, "system error")
    return {"errcode": errcode, "errmsg": f"{message}, rid: {secrets.token_hex(4)}-{secrets.token_hex(4)}"}


def create_app(*, app_id: str, secret: str) -> FastAPI:
    """The stand-in for one mini-program."""
    app = FastAPI(title="微信服务器替身 · stand-in for the WeChat server", openapi_url=None)
    stand_in = app.state.stand_in = StandIn()

    @app.get("/sns/jscode2session")
    async def code_to_session(
        appid: Annotated[str, Query()] = "",
        secret_given: Annotated[str, Query(alias="secret")] = "",
        js_code: Annotated[str, Query()] = "",
        grant_type: Annotated[str, Query()] = "",
    ) -> dict[str, Any]:
        for value, missing in ((appid, 41002), (secret_given, 41004), (js_code, 41008)):
            if not value:
                return refusal(missing)
        if appid != app_id:
            return refusal(40013)
        if not secrets.compare_digest(secret_given.encode(), secret.encode()):
            return refusal(40125)
        return stand_in.session(js_code)

    @app.post("/stand-in/login")
    async def login(body: Login) -> dict[str, str]:
        return {"code": stand_in.login(body.openid)}

    @app.post("/stand-in/behaviour", status_code=204)
    async def behave(body: Behaviour) -> None:
        stand_in.failures.extend([body.errcode] * body.times)

    return app


app = create_app(
    app_id=os.environ.get("WECHAT_APP_ID", "wx0000000000000000"),
    secret=os.environ.get("WECHAT_APP_SECRET", "stand-in"),
)
