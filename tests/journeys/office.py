"""Who calls in the journeys: staff by account, systems by organisation, citizens, strangers, and what they get."""

import time
from collections.abc import Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from secrets import token_urlsafe
from typing import Any, Self

import httpx

from deploy.local.caller import Caller
from deploy.local.people import AREA, Person
from deploy.local.sample import County
from deploy.local.suite import Suite
from services.kit.ids import new_id

HOSPITAL, OTHER_HOSPITAL = "H99010100002", "H99010100003"
FRESH_SECONDS = 600  # below the life of an access token


@dataclass
class Office:
    """Signs everybody in once; plain clients, so that a test sees status, headers and body."""

    suite: Suite
    county: County
    _stack: AsyncExitStack = field(default_factory=AsyncExitStack)
    _tokens: dict[str, tuple[float, str]] = field(default_factory=dict)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._stack.aclose()

    async def token(self, who: str) -> str:
        """The access token of an account (`canbao01`) or organisation (`H99010100002`)."""
        at, token = self._tokens.get(who, (0.0, ""))
        if time.monotonic() - at < FRESH_SECONDS and token:
            return token
        async with Caller(self.county.gateway) as nobody:
            token = await (self._system if who in self.county.clients else self._staff)(nobody, who)
        self._tokens[who] = time.monotonic(), token
        return token

    async def _staff(self, nobody: Caller, account: str) -> str:
        body = {"account": account, "password": self.county.passwords[account]}
        return str((await nobody.post("/gateway/v1/sessions", body))["access_token"])

    async def _system(self, nobody: Caller, organisation: str) -> str:
        client = self.county.clients[organisation]
        form = {"grant_type": "client_credentials", "client_id": client.client_id}
        form["client_secret"] = client.client_secret
        return str((await nobody.send("POST", "/gateway/v1/token", form=form))["access_token"])

    async def client(self, who: str = "", **headers: str) -> httpx.AsyncClient:
        """A client of the gateway as somebody; without a name, nobody."""
        if who:
            headers["Authorization"] = f"Bearer {await self.token(who)}"
        return await self.bearing(headers)

    async def bearing(self, headers: Mapping[str, str]) -> httpx.AsyncClient:
        """A client of the gateway with these headers."""
        client = httpx.AsyncClient(base_url=self.county.gateway, headers=headers, timeout=30)
        return await self._stack.enter_async_context(client)

    async def account(self, name: str, *roles: str, area: str = AREA) -> None:
        """A new member of staff, by the administrator."""
        password = self.county.passwords[name] = f"Cc3-{token_urlsafe(9)}"
        body = {"account": name, "name": name, "password": password, "roles": roles, "area": area}
        answer = await (await self.client("admin")).post("/gateway/v1/accounts", json=body)
        assert answer.status_code == 201, answer.text

    async def citizen(self, person: Person, *, openid: str) -> str:
        """The access token of a citizen who signs in through WeChat and is bound by name and id number."""
        session = await self._wechat(openid)
        if not session["bound"]:
            async with Caller(self.county.gateway, token=session["access_token"]) as unbound:
                body = {"name": person.name, "id_number": person.id_number}
                session = await unbound.post("/gateway/v1/wechat/binding", body)
        return str(session["access_token"])

    async def visitor(self, *, openid: str) -> str:
        """The access token of somebody who signs in through WeChat and is not bound."""
        return str((await self._wechat(openid))["access_token"])

    async def _wechat(self, openid: str) -> Any:
        async with httpx.AsyncClient(timeout=30) as phone:
            login = await phone.post(f"{self.county.wechat}/stand-in/login", json={"openid": openid})
        async with Caller(self.county.gateway) as nobody:
            return await nobody.post("/gateway/v1/wechat/sessions", {"code": login.json()["code"]})


def message() -> dict[str, str]:
    """The header of a new message."""
    return {"Idempotency-Key": str(new_id())}


def problem(answer: httpx.Response, status: int, slug: str) -> dict[str, Any]:
    """The problem of an answer, which is a problem of that type and nothing else."""
    assert (answer.status_code, answer.headers.get("content-type")) == (status, "application/problem+json"), (
        f"{answer.status_code} {answer.text[:300]}"
    )
    told: dict[str, Any] = answer.json()
    assert told["type"] == f"/problems/{slug}", told
    assert told["status"] == status
    assert told["title"]
    assert told["detail"]
    return told


def is_chinese(text: str) -> bool:
    """Whether a text has a Chinese character."""
    return any("\u4e00" <= letter <= "\u9fff" for letter in text)


def instructs(told: dict[str, Any], *, language: str = "zh") -> None:
    """The message is in the language asked for, and is a sentence."""
    assert is_chinese(told["detail"]) == is_chinese(told["title"]) == (language == "zh"), told
    assert told["detail"][-1] in "。.", told["detail"]
    assert "{" not in told["detail"], told["detail"]
