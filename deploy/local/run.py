"""make run: the suite on fixed ports with the sample county, until Ctrl-C."""

import asyncio
import os

from deploy.local.problems import CannotRun
from deploy.local.sample import load, sign_ins
from deploy.local.suite import ROOT, Ports, Suite
from deploy.local.supervisor import run_main, say

_LOWEST, _HIGHEST = 1024, 65000


class NoPort(CannotRun):
    """`PORT` is not a usable port number."""

    def __init__(self, given: str) -> None:
        super().__init__(
            f"PORT={given} 不是可用的端口：请用 {_LOWEST} 到 {_HIGHEST} 之间的数字。\n"
            f"PORT={given} is no usable port: give a number from {_LOWEST} to {_HIGHEST}."
        )


def first_port(given: str) -> int:
    """The port of the gateway, from `PORT`; the other processes take the following ones. Raises NoPort."""
    if not given.isascii() or not given.isdigit() or not _LOWEST <= int(given) <= _HIGHEST:
        raise NoPort(given)
    return int(given)


async def main() -> int:
    """Start everything, load the sample county, say where to look, and stay up."""
    ports = Ports.fixed(first_port(os.environ.get("PORT", "8000")))
    state = ROOT / ".local" / "run"
    say("正在启动 · starting")
    async with Suite(state=state, ports=ports) as suite:
        say("正在载入样例县 · loading the sample county")
        county = await load(suite)
        for line in (*_addresses(suite), *sign_ins(county), *_farewell(suite)):
            say(line)
        await asyncio.Event().wait()
    return 0


def _addresses(suite: Suite) -> list[str]:
    gateway = suite.gateway_url
    return [
        "",
        f"网关 · gateway            {gateway}",
        f"接口文档 · documentation  {gateway}/docs",
        f"OpenAPI                   {gateway}/openapi.json",
        "",
    ]


def _farewell(suite: Suite) -> list[str]:
    return [
        "",
        f"先看 · look first at      {suite.gateway_url}/docs",
        f"日志 · logs               {suite.supervisor.log('gateway').parent}",
        "按 Ctrl-C 停止 · Ctrl-C stops everything; the data stays for the next run",
    ]


if __name__ == "__main__":
    raise SystemExit(run_main(main, interrupted=0))
