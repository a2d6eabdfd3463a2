"""Contracts: the OpenAPI document of each service, committed, so that the gateway starts without asking anyone.

`python -m gateway.contracts` writes them; `--check` only compares, and fails where one differs.
This is the only module that imports services, by name.
"""

import importlib
import sys
from datetime import date
from typing import Any

import orjson

from gateway.routes import CONTRACTS, SERVICES, build
from services.kit.procedures.schemas import guide


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
    # The last of all days, so that the file does not change overnight: a certificate with a known end is left out.
    told = (guide(procedure, on=date.max).model_dump(mode="json") for procedure in module.DESK.procedures)
    return [{"service": service} | entry for entry in told]


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
