"""Everything that can go wrong, as problem+json (RFC 9457), Chinese first and English on request.

Problem
├── Invalid            422  the request does not fit its schema
├── Unauthenticated    401  nobody is known to be calling
├── Forbidden          403  the caller may not do this
├── NotFound           404  there is no such thing, or the caller may not see it
├── Conflict           409  the thing is not in a state for this
├── Refused            422  a rule of the field says no
├── Unavailable        503  something that the answer needs is down; try again
└── Unexpected         500  our mistake

A service declares its own problems as subclasses beside the function that raises them.
"""

import re
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any, ClassVar, NamedTuple, cast
from uuid import UUID

import orjson
import structlog
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from sqlalchemy.exc import DBAPIError, IntegrityError, InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from starlette.exceptions import HTTPException
from starlette.responses import Response

log = structlog.get_logger()

MEDIA_TYPE = "application/problem+json"


class Text(NamedTuple):
    """One message in the two languages of the suite."""

    zh: str
    en: str

    def in_language(self, language: str) -> str:
        return self.en if language == "en" else self.zh


class Problem(Exception):
    """A refusal that the caller can understand; its members fill the detail and travel in the answer."""

    status: ClassVar[int] = 400
    slug: ClassVar[str] = "problem"
    title: ClassVar[Text] = Text("请求有误", "The request is wrong")
    detail: ClassVar[Text] = Text("请检查请求后重试。", "Check the request and try again.")
    headers: ClassVar[Mapping[str, str]] = {}

    def __init__(self, **members: object) -> None:
        super().__init__(self.slug)
        self.members = members

    def body(self, *, language: str, instance: str | None = None) -> dict[str, object]:
        """The RFC 9457 members, then the problem's own."""
        told = {name: _plain(value) for name, value in self.members.items()}
        shown = {name: _shown(value) for name, value in told.items()}
        body: dict[str, object] = {
            "type": f"/problems/{self.slug}",
            "title": self.title.in_language(language),
            "status": self.status,
            "detail": self.detail.in_language(language).format_map(shown),
        }
        if instance:
            body["instance"] = instance
        return body | told


class Invalid(Problem):
    """The request does not fit its schema (请求格式不符)."""

    status = 422
    slug = "invalid-request"
    title = Text("请求内容不符合要求", "The request does not fit its schema")
    detail = Text(
        "请按 errors 中列出的字段逐项更正后重新提交。", "Correct the fields listed in errors and send again."
    )


class Malformed(Problem):
    """The body is not readable JSON (请求体不是有效的 JSON)."""

    slug = "malformed-json"
    title = Text("请求体不是有效的 JSON", "The body is not valid JSON")
    detail = Text(
        "请以 UTF-8 编码的 JSON 重新提交；错误位置见 position。",
        "Send UTF-8 JSON; position says where it broke.",
    )


class TextRefused(Invalid):
    """A text holds what no database text can hold (文字含有不可存储的字符)."""

    slug = "text-refused"
    title = Text("文字中有不可存储的字符", "A text cannot be stored")
    detail = Text(
        "请删除文字中的控制字符（NUL）后重新提交。",
        "Remove the control character NUL from the text and send again.",
    )


class Unauthenticated(Problem):
    """Nobody is known to be calling (未登录)."""

    status = 401
    slug = "unauthenticated"
    title = Text("未登录或登录已失效", "Not signed in")
    detail = Text("请登录后重试。", "Sign in and try again.")
    headers: ClassVar[Mapping[str, str]] = {"WWW-Authenticate": "Bearer"}


class Forbidden(Problem):
    """The caller may not do this (无权限)."""

    status = 403
    slug = "forbidden"
    title = Text("无权办理", "Not permitted")
    detail = Text(
        "您没有办理此事项的权限，请联系管理员。", "You lack the permission; ask your administrator."
    )


class NotFound(Problem):
    """There is no such thing, or the caller may not see it (未找到)."""

    status = 404
    slug = "not-found"
    title = Text("未找到", "Not found")
    detail = Text("请核对编号后重试。", "Check the identifier and try again.")


class Conflict(Problem):
    """The thing is not in a state for this (状态冲突)."""

    status = 409
    slug = "conflict"
    title = Text("当前状态不能办理", "Not possible in the present state")
    detail = Text("请刷新后核对最新状态。", "Read the present state and decide again.")


class AlreadyExists(Conflict):
    """The database refused a second one (重复记录)."""

    slug = "already-exists"
    title = Text("记录已存在", "It exists already")
    detail = Text("已有相同的记录，请查询后再办理。", "There is such a record already; look it up first.")


class Refused(Problem):
    """A rule of the field says no (不符合规定)."""

    status = 422
    slug = "refused"
    title = Text("不符合规定", "A rule refuses this")
    detail = Text("请按规定更正后重新提交。", "Correct it according to the rule and send again.")


class Unavailable(Problem):
    """Something that the answer needs is down (服务暂不可用)."""

    status = 503
    slug = "unavailable"
    title = Text("服务暂时不可用", "Temporarily unavailable")
    detail = Text(
        "请稍后用同一消息编号重试，不会重复办理。",
        "Try again shortly with the same key; nothing will be done twice.",
    )
    headers: ClassVar[Mapping[str, str]] = {"Retry-After": "2"}


class Unexpected(Problem):
    """Our mistake (系统错误)."""

    status = 500
    slug = "unexpected"
    title = Text("系统错误", "Unexpected error")
    detail = Text(
        "请稍后重试；如仍失败，请把 request_id 告知管理员。", "Try again; if it stays, report request_id."
    )


def answers(*problems: type[Problem]) -> dict[int | str, dict[str, Any]]:
    """The `responses=` of a route: each problem that it can raise, by status."""
    declared: dict[int | str, dict[str, Any]] = {}
    for problem in problems:
        entry = declared.setdefault(
            problem.status, {"description": "", "content": {MEDIA_TYPE: {"examples": {}}}}
        )
        entry["description"] = "；".join(filter(None, [entry["description"], problem.title.zh]))
        examples = cast(dict[str, Any], entry["content"][MEDIA_TYPE]["examples"])
        examples[problem.slug] = {
            "summary": problem.title.en,
            "value": {
                "type": f"/problems/{problem.slug}",
                "title": problem.title.zh,
                "status": problem.status,
            },
        }
    return declared


def language_of(accept_language: str | None) -> str:
    """`en` when the caller prefers English, else `zh`."""
    best, choice = 0.0, "zh"
    for part in (accept_language or "").split(","):
        tag, _, quality = part.strip().partition(";")
        try:
            weight = float(quality.partition("=")[2]) if quality else 1.0
        except ValueError:
            continue
        primary = tag.strip().lower().partition("-")[0]
        if primary in ("zh", "en") and weight > best:
            best, choice = weight, primary
    return choice


def answer(problem: Problem, *, language: str, instance: str | None = None, **extra: object) -> Response:
    """The HTTP answer of a problem."""
    return Response(
        orjson.dumps(problem.body(language=language, instance=instance) | extra),
        status_code=problem.status,
        media_type=MEDIA_TYPE,
        headers={"Content-Language": "en" if language == "en" else "zh-CN", **problem.headers},
    )


def install(app: FastAPI) -> None:
    """Every way a request can fail ends as a problem."""
    app.add_exception_handler(Problem, _on_problem)
    app.add_exception_handler(RequestValidationError, _on_invalid)
    app.add_exception_handler(HTTPException, _on_http)
    app.add_exception_handler(IntegrityError, _on_integrity)
    for down in (OperationalError, InterfaceError, DBAPIError, PoolTimeout, ConnectionError, TimeoutError):
        app.add_exception_handler(down, _on_database)
    app.add_exception_handler(Exception, _on_unexpected)


def _respond(request: Request, problem: Problem) -> Response:
    return answer(
        problem,
        language=language_of(request.headers.get("accept-language")),
        instance=request.url.path,
        request_id=getattr(request.state, "request_id", None),
    )


async def _on_problem(request: Request, error: Exception) -> Response:
    return _respond(request, cast(Problem, error))


async def _on_invalid(request: Request, error: Exception) -> Response:
    faults = cast(RequestValidationError, error).errors()
    broken = next((fault for fault in faults if fault["type"] == "json_invalid"), None)
    if broken:
        return _respond(request, Malformed(position=broken["loc"][-1]))
    language = language_of(request.headers.get("accept-language"))
    return _respond(request, Invalid(errors=[_fault(fault, language=language) for fault in faults]))


def _fault(fault: Mapping[str, Any], *, language: str) -> dict[str, object]:
    """One schema error without the offending value: it may be personal data."""
    where: Sequence[object] = fault["loc"]
    zh = _CHINESE.get(fault["type"]) if language == "zh" else None
    own = _BILINGUAL.fullmatch(fault["msg"])
    if own:
        message = own[language]
    else:
        message = zh.format_map(_in_chinese(fault.get("ctx", {}))) if zh else fault["msg"]
    return {"field": ".".join(map(str, where[1:])), "in": where[0], "code": fault["type"], "message": message}


# How a validator of ours says it: "日期先后有误 (the dates are out of order)".
_BILINGUAL = re.compile(r"(?P<zh>.*[\u4e00-\u9fff].*?) \((?P<en>[\x20-\x7e]+)\)", re.DOTALL)


def _in_chinese(context: Mapping[str, Any]) -> dict[str, Any]:
    """The context of a schema error, with its enumeration "'a', 'b' or 'c'" as Chinese writes it."""
    listed = str(context.get("expected", "")).replace(" or ", "、").replace(", ", "、")
    return {**context, "expected": listed}


_CHINESE = {
    "missing": "缺少必填项，请补充",
    "extra_forbidden": "不认识的字段，请删除",
    "string_too_short": "内容过短，至少 {min_length} 个字符",
    "string_too_long": "内容过长，最多 {max_length} 个字符",
    "string_type": "应为文字",
    "string_pattern_mismatch": "格式不符，应符合 {pattern}",
    "enum": "不在代码表内，应为 {expected} 之一",
    "literal_error": "不在允许范围内，应为 {expected} 之一",
    "greater_than": "应大于 {gt}",
    "greater_than_equal": "不能小于 {ge}",
    "less_than": "应小于 {lt}",
    "less_than_equal": "不能大于 {le}",
    "decimal_parsing": "应为数字",
    "decimal_type": "应为数字",
    "decimal_max_places": "最多 {decimal_places} 位小数",
    "decimal_max_digits": "最多 {max_digits} 位数字",
    "decimal_whole_digits": "整数部分最多 {whole_digits} 位",
    "int_parsing": "应为整数",
    "int_type": "应为整数",
    "date_from_datetime_parsing": "日期应写作 2026-01-31",
    "date_parsing": "日期应写作 2026-01-31",
    "date_type": "日期应写作 2026-01-31",
    "uuid_parsing": "编号格式不符",
    "too_short": "至少 {min_length} 项",
    "too_long": "最多 {max_length} 项",
    "model_attributes_type": "应为 JSON 对象，请检查 Content-Type 是否为 application/json",
    "json_invalid": "不是有效的 JSON",
    "bool_parsing": "应为 true 或 false",
}


async def _on_http(request: Request, error: Exception) -> Response:
    status = cast(HTTPException, error).status_code
    known: dict[int, type[Problem]] = {
        401: Unauthenticated,
        403: Forbidden,
        404: NotFound,
        405: _MethodNotAllowed,
    }
    return _respond(request, known.get(status, Malformed)())


class _MethodNotAllowed(Problem):
    status = 405
    slug = "method-not-allowed"
    title = Text("不支持此操作", "Method not allowed")
    detail = Text(
        "请查阅接口文档中此地址支持的方法。", "See the API document for the methods of this address."
    )


async def _on_integrity(request: Request, error: Exception) -> Response:
    """The database is the last guard; what it refused is a conflict, named by its constraint."""
    cause = getattr(cast(IntegrityError, error).orig, "__cause__", None)
    constraint = getattr(cause, "constraint_name", None)
    state = getattr(cause, "sqlstate", "")
    log.warning("database.refused", constraint=constraint, sqlstate=state)
    return _respond(request, AlreadyExists() if state == "23505" else Conflict(constraint=constraint))


_NOT_A_TEXT = ("22021", "22P05")  # NUL in a text, or in JSON
_BUSY = ("08", "53", "57", "40", "55")  # connection, resources, operator, serialisation, lock not available


async def _on_database(request: Request, error: Exception) -> Response:
    cause = getattr(getattr(error, "orig", None), "__cause__", None)
    state = getattr(cause, "sqlstate", None) or ""
    down = not isinstance(error, DBAPIError) or isinstance(error, InterfaceError | OperationalError)
    if state in _NOT_A_TEXT:
        return _respond(request, TextRefused())
    if down or state[:2] in _BUSY or error_is_disconnect(error):
        log.error("database.unavailable", error=type(error).__name__, sqlstate=state)
        return _respond(request, Unavailable())
    return await _on_unexpected(request, error)


def error_is_disconnect(error: Exception) -> bool:
    """Whether the connection was lost under the statement."""
    return bool(getattr(error, "connection_invalidated", False))


async def _on_unexpected(request: Request, error: Exception) -> Response:
    log.error("request.failed", error=type(error).__name__, exc_info=error)
    return _respond(request, Unexpected())


def _plain(value: object) -> object:
    match value:
        case Decimal() | UUID():
            return str(value)
        case date() | datetime():
            return value.isoformat()
        case Mapping():
            return {str(name): _plain(item) for name, item in value.items()}
        case list() | tuple() | set() | frozenset():
            return [_plain(item) for item in value]
        case _:
            return value


def _shown(value: object) -> object:
    return "、".join(map(str, value)) if isinstance(value, list) else value
