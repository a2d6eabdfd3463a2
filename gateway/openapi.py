"""One OpenAPI document for all services, merged from the committed contracts; names carry their service."""

from collections.abc import Mapping
from typing import Any

SECURITY = {
    "gateway": {
        "type": "http",
        "scheme": "bearer",
        "bearerFormat": "JWT",
        "description": "访问令牌：账号登录、微信登录或 OAuth 2 客户端凭证取得 · access token of a sign-in",
    }
}
INFO = {
    "title": "民生 · Minsheng",
    "version": "v1",
    "description": (
        "参保、医保结算、就业、档案四个服务的统一入口。错误一律为 application/problem+json，默认中文，"
        "Accept-Language: en 时为英文。\n\nThe common entrance of enrolment, claims, jobs and archives. "
        "Every error is application/problem+json, Chinese by default, English on Accept-Language: en."
    ),
}


def merged(contracts: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    """The merged document; components and operation ids are prefixed with the service."""
    paths: dict[str, Any] = {}
    components: dict[str, dict[str, Any]] = {}
    for service, contract in contracts.items():
        for path, operations in contract["paths"].items():
            paths[path] = {method: _operation(service, entry) for method, entry in operations.items()}
        for kind, entries in contract.get("components", {}).items():
            if kind != "securitySchemes":
                named = {f"{service}.{name}": _renamed(service, entry) for name, entry in entries.items()}
                components.setdefault(kind, {}).update(named)
    tags = [
        {"name": service, "description": contract["info"]["title"]} for service, contract in contracts.items()
    ]
    return {
        "openapi": "3.1.0",
        "info": INFO,
        "tags": tags,
        "paths": paths,
        "components": components | {"securitySchemes": SECURITY},
    }


def _operation(service: str, operation: Any) -> Any:
    if not isinstance(operation, dict):
        return operation
    renamed: dict[str, Any] = _renamed(service, operation)
    if "operationId" in renamed:
        renamed["operationId"] = f"{service}.{renamed['operationId']}"
        renamed["tags"] = [service, *(f"{service}.{tag}" for tag in renamed.get("tags", ()))]
    return renamed


def _renamed(service: str, part: Any) -> Any:
    """The same part with its references pointing to the prefixed components."""
    if isinstance(part, dict):
        return {
            key: _reference(service, value)
            if key == "$ref" and isinstance(value, str)
            else _renamed(service, value)
            for key, value in part.items()
        }
    if isinstance(part, list):
        return [_renamed(service, item) for item in part]
    return part


def _reference(service: str, reference: str) -> str:
    place, _, name = reference.rpartition("/")
    return f"{place}/{service}.{name}" if place.startswith("#/components/") else reference
