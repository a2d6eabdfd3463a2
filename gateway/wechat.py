"""Citizens through WeChat 微信小程序: code2Session, then one WeChat account to one person of the register.

The session key that WeChat returns never leaves this function and is not kept: nothing here needs it.
"""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

import httpx
import orjson
import structlog
from sqlmodel.ext.asyncio.session import AsyncSession

from gateway import queries
from gateway.auth import Signer
from gateway.config import Settings
from gateway.limits import TooManyRequests
from gateway.models import WechatUser
from gateway.proxy import IDENTITY, ServiceBroken, ServiceTimeout, ServiceUnavailable
from gateway.upstream import ConnectFailed, TimedOut, Upstream, UpstreamError
from services.kit.areas import covers
from services.kit.identifiers import mask_name
from services.kit.identity import Identity
from services.kit.problems import Conflict, Forbidden, Problem, Refused, Text, Unauthenticated, Unavailable

log = structlog.get_logger()

# https://developers.weixin.qq.com/miniprogram/dev/OpenApiDoc/user-login/code2Session.html
BUSY, CODE_INVALID, QUOTA, CODE_BLOCKED, CODE_USED = -1, 40029, 45011, 40226, 40163
ANSWER_BYTES = 64 * 1024


class WechatBusy(Unavailable):
    """WeChat is busy (-1) or cannot be reached (微信服务繁忙)."""

    slug = "wechat-busy"
    title = Text("微信服务繁忙", "WeChat is busy")
    detail = Text("请稍后重新登录。", "Sign in again shortly.")


class WechatCodeInvalid(Unauthenticated):
    """The code is wrong, used or older than five minutes (40029, 40163) (微信登录凭证无效)."""

    slug = "wechat-code-invalid"
    title = Text("微信登录凭证无效或已使用", "The WeChat code is not valid")
    detail = Text("请重新调用 wx.login 取得新的 code。", "Call wx.login again for a new code.")


class WechatUserBlocked(Forbidden):
    """WeChat rates the user a high risk (40226) (高风险微信用户)."""

    slug = "wechat-user-blocked"
    title = Text("微信判定为高风险用户，登录被拦截", "WeChat blocks this user as a high risk")
    detail = Text("请到经办窗口办理。", "Please come to the counter.")


class WechatMisconfigured(Problem):
    """App id or secret is wrong (40013, 40125): our mistake (微信接入配置错误)."""

    status = 502
    slug = "wechat-misconfigured"
    title = Text("微信接入配置错误", "The WeChat connection is misconfigured")
    detail = Text("请联系系统管理员（错误码 {errcode}）。", "Tell the administrator (error code {errcode}).")


class BindingRefused(Refused):
    """Name and id number do not belong to one registered person (实名信息不符)."""

    slug = "binding-refused"
    title = Text("姓名与身份证号不符或未参保登记", "Name and id number match nobody in the register")
    detail = Text(
        "请核对后重试，今日还可尝试 {left} 次。", "Check and try again; {left} attempts are left today."
    )


class BindingAttemptsUsed(Problem):
    """Too many wrong attempts today (今日实名尝试次数已用完)."""

    status = 429
    slug = "binding-attempts-used"
    title = Text("今日实名绑定次数已用完", "No attempts left today")
    detail = Text("请明天再试，或到经办窗口办理。", "Try again tomorrow, or come to the counter.")
    headers = {"Retry-After": "3600"}


class PersonBoundElsewhere(Conflict):
    """The person is bound to another WeChat account (已绑定其他微信)."""

    slug = "person-bound-elsewhere"
    title = Text("该人员已绑定其他微信", "The person is bound to another WeChat account")
    detail = Text("请先在原微信解绑，或到经办窗口解绑。", "Unbind there first, or at the counter.")


class Wechat:
    """The WeChat server."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._http = httpx.AsyncClient(
            base_url=settings.wechat_url, timeout=httpx.Timeout(5.0, connect=2.0), follow_redirects=False
        )

    async def close(self) -> None:
        """Lets the connections go."""
        await self._http.aclose()

    async def openid(self, code: str) -> str:
        """Who signed in on the phone. Raises the problem that the error code stands for."""
        answer = await self._call(code)
        errcode = answer.get("errcode", 0)
        openid = answer.get("openid")
        if errcode == 0 and isinstance(openid, str) and 0 < len(openid) <= 128:
            return openid
        raise _problem_of(errcode)

    async def _call(self, code: str) -> dict[str, Any]:
        asked = {
            "appid": self._settings.wechat_app_id,
            "secret": self._settings.wechat_app_secret.get_secret_value(),
            "js_code": code,
            "grant_type": "authorization_code",
        }
        try:
            answer = await self._http.get("/sns/jscode2session", params=asked)
            told = orjson.loads(answer.content[:ANSWER_BYTES])
        except (httpx.HTTPError, orjson.JSONDecodeError) as error:
            # The error's text holds the address with the secret: only its type is logged.
            log.warning("wechat.unreachable", error=type(error).__name__)
            raise WechatBusy from None
        return told if isinstance(told, dict) else {"errcode": BUSY}


def _problem_of(errcode: object) -> Problem:
    if errcode in (CODE_INVALID, CODE_USED):
        return WechatCodeInvalid()
    if errcode == QUOTA:
        return TooManyRequests(retry_after=60)
    if errcode == CODE_BLOCKED:
        return WechatUserBlocked()
    if errcode in (BUSY, 0):
        return WechatBusy()
    log.error("wechat.misconfigured", errcode=errcode)
    return WechatMisconfigured(errcode=errcode)


@dataclass(frozen=True, slots=True)
class Person:
    """Whom enrolment's register knows."""

    person_id: UUID
    area: str


class Register:
    """Enrolment's register of persons, asked under the gateway's own signed identity."""

    def __init__(self, upstream: Upstream, signer: Signer) -> None:
        self._upstream, self._signer = upstream, signer

    async def person(self, *, name: str, id_number: str, request_id: str) -> Person | None:
        """The person of that name and id number, if there is one. Raises ServiceUnavailable, -Timeout, -Broken."""
        body = orjson.dumps({"name": name, "id_number": id_number})
        try:
            status, content = await self._post(body, request_id.encode("ascii"))
        except ConnectFailed as error:
            raise ServiceUnavailable(service="enrolment") from error
        except TimedOut as error:
            raise ServiceTimeout(service="enrolment") from error
        except UpstreamError as error:
            raise ServiceBroken(service="enrolment") from error
        if status in (200, 201):
            told = orjson.loads(content)
            return Person(UUID(told["person_id"]), told["area"])
        if status in (404, 409, 422):
            return None
        log.error("binding.failed", status=status)
        raise ServiceUnavailable(service="enrolment")

    async def _post(self, body: bytes, request_id: bytes) -> tuple[int, bytes]:
        lines = [
            b"POST /enrolment/v1/identity-bindings HTTP/1.1",
            b"host: " + self._upstream.host,
            b"content-type: application/json",
            b"content-length: %d" % len(body),
            b"idempotency-key: " + request_id,
            b"x-request-id: " + request_id,
            IDENTITY + self._signer.sign(GATEWAY, "enrolment"),
            b"\r\n",
        ]
        head = b"\r\n".join(lines)
        connection = await self._upstream.exchange(head, body=body, lines=len(lines) - 1, repeatable=False)
        try:
            pieces = []
            while piece := await connection.read():
                pieces.append(piece)
            return connection.status, b"".join(pieces)
        finally:
            self._upstream.release(connection)


GATEWAY = Identity(
    subject="gateway",
    kind="system",
    name="网关",
    roles=frozenset(),
    scopes=frozenset(("enrolment:bind",)),
    area="",
)


async def meet(session: AsyncSession, *, openid: str, now: datetime) -> WechatUser:
    """The WeChat user, known from now on."""
    user = await queries.find_wechat_user(session, openid=openid)
    if user is None:
        user = WechatUser(openid=openid, first_seen_at=now)
        session.add(user)
        await session.flush()
    return user


async def take_attempt(session: AsyncSession, *, user_id: UUID, today: date, most: int) -> int:
    """Counts an attempt before it is made, so that parallel ones count too. How many are left."""
    user = await _user(session, user_id)
    used = user.attempts if user.attempted_on == today else 0
    if used >= most:
        raise BindingAttemptsUsed
    user.attempts, user.attempted_on = used + 1, today
    return most - user.attempts


async def give_back_attempt(session: AsyncSession, *, user_id: UUID) -> None:
    """An attempt that could not be decided does not count."""
    user = await _user(session, user_id)
    user.attempts = max(0, user.attempts - 1)


async def bind(
    session: AsyncSession, *, user_id: UUID, person: Person, name: str, now: datetime
) -> WechatUser:
    """The WeChat account now stands for the person. Raises PersonBoundElsewhere."""
    other = await queries.find_wechat_user(session, person_id=person.person_id)
    if other is not None and other.id != user_id:
        raise PersonBoundElsewhere
    user = await _user(session, user_id)
    user.person_id, user.area, user.name = person.person_id, person.area, mask_name(name)
    # Failed attempts stay counted: else binding oneself in between would allow to guess others without end.
    user.bound_at, user.attempts = now, max(0, user.attempts - 1)
    return user


async def unbind(
    session: AsyncSession, *, person_id: UUID, now: datetime, within: str | None = None
) -> list[str]:
    """The person (`within` an area, where an administrator unbinds) is bound to nothing. The ended sessions."""
    user = await queries.find_wechat_user(session, person_id=person_id)
    if user is None or (within is not None and not covers(within, user.area or "")):
        raise queries.BindingNotFound
    user.person_id = user.area = user.name = user.bound_at = None
    return await queries.end_sessions(session, owner=str(user.id), now=now)


async def _user(session: AsyncSession, user_id: UUID) -> WechatUser:
    user = await queries.find_wechat_user(session, user_id=user_id)
    if user is None:
        raise queries.BindingNotFound
    return user
