"""A program that supervises PostgreSQL and a plain process, for the test that kills it."""

import asyncio
import sys
from pathlib import Path

import asyncpg

from deploy.local.postgres import EmbeddedPostgres
from deploy.local.supervisor import Process, Supervisor, run_main


async def main() -> int:
    state = Path(sys.argv[1])
    async with (
        Supervisor(state / "logs", progress=lambda line: None) as supervisor,
        EmbeddedPostgres(state, supervisor=supervisor) as postgres,
    ):
        await supervisor.start(Process("sleep", ["sleep", "600"], ready=ready))
        client = await asyncpg.connect(postgres.admin_url, ssl=False)
        backend = await client.fetchval("SELECT pg_backend_pid()")  # must go together with its server
        print(*supervisor.pids.values(), backend, flush=True)
        await asyncio.sleep(600)
    return 0


async def ready() -> bool:
    return True


if __name__ == "__main__":
    raise SystemExit(run_main(main))
