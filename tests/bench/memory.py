"""Memory of the whole idle suite: gateway, four apis, four workers, after one request to each.

PSS: a page that several processes share is counted once, split among them.
"""

import asyncio
from pathlib import Path

import httpx

from deploy.local.nats import SERVICES
from tests.bench.harness import machine_ticks, stolen, tree
from tests.bench.report import Row
from tests.bench.stage import Stage

SETTLE_SECONDS = 5.0
PROCESSES = ("gateway", *SERVICES, *(f"{service}-worker" for service in SERVICES))


async def run(folder: Path) -> tuple[list[Row], list[str], float]:
    """The row and the steal."""
    before = machine_ticks()
    stage = Stage(state=folder, parts=PROCESSES, settings={"LOG_LEVEL": "WARNING"})
    async with stage:
        await stage.start(*PROCESSES[1:])
        await stage.start("gateway")
        await _ask(stage)
        await asyncio.sleep(SETTLE_SECONDS)
        used = {name: pss(pid) for name, pid in stage.processes.items()}
    for name in PROCESSES:
        print(f"  {name:<20} {used[name]:6.1f} MB")
    total = sum(used[name] for name in PROCESSES)
    servers = f"PostgreSQL {used['postgres']:,.0f} MB, NATS {used['nats']:,.0f} MB"
    row = Row("memory of the idle suite (PSS)", f"{total:,.0f} MB", servers, total, "MB", 900, at_most=True)
    return [row], [], stolen(before, machine_ticks())


async def _ask(stage: Stage) -> None:
    """One request to each: the code lists of every service through the gateway, the health of every worker."""
    caller = {"Authorization": f"Bearer {stage.token('hospital')}"}
    async with httpx.AsyncClient(timeout=10, trust_env=False) as client:
        for service in SERVICES:
            url = f"{stage.gateway_url}/{service}/v1/codes"
            (await client.get(url, headers=caller)).raise_for_status()
            (await client.get(f"{stage.url(service)}/health/ready")).raise_for_status()
            (await client.get(f"{stage.url(f'{service}-worker')}/health/ready")).raise_for_status()


def pss(pid: int) -> float:
    """Proportional set size of a process and its children, in MB of 10^6 bytes."""
    total = 0
    for process in tree(pid):
        lines = Path(f"/proc/{process.pid}/smaps_rollup").read_text(encoding="ascii").splitlines()
        total += sum(int(line.split()[1]) for line in lines if line.startswith("Pss:"))
    return total * 1024 / 1_000_000
