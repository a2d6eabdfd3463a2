"""Contracts: the OpenAPI document of each service, committed, so that the gateway starts without asking anyone.

`python -m gateway.contracts` writes them; `--check` only compares, and fails where one differs.
This is the only module that imports services, by name.
"""

import importlib
import sys
from dataclasses import fields, is_dataclass
from typing import Any

import orjson

from gateway.routes import CONTRACTS, SERVICES, build


def documents() -> dict[str, Any]:
    """The OpenAPI document of every service, and the declared procedures of all."""
    found: dict[str, Any] = {}
    for service in SERVICES:
        found[service] = importlib.import_module(f"services.{service}.app").app.openapi()
    build(found)  # a contract that the gateway would refuse must not be written
    return found | {"procedures": [entry for service in SERVICES for entry in _procedures(service)]}


def _procedures(service: str) -> list[dict[str, Any]]:
    try:
        module = importlib.import_module(f"services.{service}.procedures")
    except ModuleNotFoundError as error:
        if error.name != f"services.{service}.procedures":
            raise
        return []
    declared = getattr(module, "PROCEDURES", [])
    every = declared.values() if isinstance(declared, dict) else declared
    return [{"service": service} | _plain(entry) for entry in every]


def _plain(entry: Any) -> Any:
    """What travels of a declared procedure; code (the effect of approval) stays here."""
    if is_dataclass(entry) and not isinstance(entry, type):
        entry = {field.name: getattr(entry, field.name) for field in fields(entry)}
    if isinstance(entry, dict):
        return {str(name): _plain(value) for name, value in entry.items() if not _is_code(value)}
    if isinstance(entry, tuple) and hasattr(entry, "_asdict"):
        return _plain(entry._asdict())
    if isinstance(entry, list | tuple | set | frozenset):
        return [
            _plain(item) for item in (sorted(entry, key=str) if isinstance(entry, set | frozenset) else entry)
        ]
    return entry if isinstance(entry, str | int | float | bool | None) else str(entry)


def _is_code(value: Any) -> bool:
    return callable(value)


def main(arguments: list[str]) -> int:
    """The command line."""
    check = arguments == ["--check"]
    stale = []
    for name, document in documents().items():
        file = CONTRACTS / f"{name}.json"
        text = orjson.dumps(document, option=orjson.OPT_INDENT_2 | orjson.OPT_SORT_KEYS) + b"\n"
        if not file.exists() or file.read_bytes() != text:
            stale.append(file)
            if not check:
                file.write_bytes(text)
    for file in stale:
        print(f"{'不一致 differs' if check else '已更新 written'}: {file.name}")
    if check and stale:
        print("请运行 make contracts 并提交 · run `make contracts` and commit the result")
    return 1 if check and stale else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
