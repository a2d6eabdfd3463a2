"""Settlement through the gateway and at the service alone: 32 clients, bills of 8 lines, every commit on disk.

Control: pgbench with as many clients, on the same server, calling one function that decides and writes the same
(`settlement_control.sql`), in a copy of the database. No worker runs: events are measured for themselves.
"""

import re
from asyncio.subprocess import PIPE, create_subprocess_exec
from pathlib import Path
from urllib.parse import urlsplit

from deploy.local.postgres import binaries
from services.kit.identity import HEADER
from tests.bench.harness import Contender, Done, Rounds, compare
from tests.bench.load import Job, Told, apart
from tests.bench.report import Row
from tests.bench.stage import Stage

CLIENTS, ROUNDS, SECONDS, BILLS = 32, 6, 3.0, 60_000
INSTITUTION = "H99010100002"
CONTROL, SERVICE, GATEWAY = "pgbench", "service alone", "gateway"
HERE = Path(__file__).parent

_VERIFY = """
    SELECT count(*) AS settlements, count(DISTINCT bill_id) AS bills,
        (SELECT count(*) FROM bill WHERE state = 'settled') AS settled,
        (SELECT count(*) FROM idempotency_key) AS keys,
        (SELECT count(*) FROM outbox WHERE subject = 'claims.settlement.made') AS events,
        (SELECT coalesce(sum(amount), 0) FROM ledger_entry) AS ledger,
        (SELECT count(*) FROM (SELECT FROM ledger_entry GROUP BY transaction_id HAVING sum(amount) <> 0) u) AS unbalanced
    FROM settlement"""


_PATTERN = """
    SELECT s.working, k.answer, o.body
    FROM settlement s JOIN idempotency_key k ON k.key = 'bench-' || s.bill_id,
        LATERAL (SELECT body FROM outbox LIMIT 1) o
    LIMIT 1"""


class BenchWrong(Exception):
    """What was measured did not do what it said; its figures mean nothing."""


class Bills:
    """Bills that wait, each of which is given out once."""

    def __init__(self, ids: list[str]) -> None:
        self._ids, self._at = ids, 0
        self.settled = 0

    async def settle(self, url: str, headers: dict[str, str], *, seconds: float) -> Done:
        """Settles for so long, each bill once."""
        job = Job(url, headers, CLIENTS, seconds, self._ids[self._at : self._at + 10_000])
        told: Told = await apart(job)
        self._at += sum(told.answers.values())
        self.settled += int(told.done.units)
        return told.done


async def run(folder: Path) -> tuple[list[Row], list[str], float]:
    """The rows and the steal."""
    settings = {"RATE_SYSTEM": "1000000000", "ACCESS_MINUTES": "60", "LOG_LEVEL": "WARNING"}
    stage = Stage(state=folder, parts=["gateway", "claims"], settings=settings)
    async with stage:
        bills = await prepare(stage)
        rounds = await compare(contenders_of(stage, bills), rounds=ROUNDS, seconds=SECONDS, say=print)
        await verify(stage, "claims", bills.settled)
        await verify(stage, "control", None)
    return _rows(rounds), [], rounds.steal


async def prepare(stage: Stage) -> Bills:
    """Loads the bills, copies the database for the control, and lets the service settle one bill as its pattern."""
    ids = await _load(stage)
    await stage.copy_database("control", of="claims")
    control = await stage.connect("control")
    await control.execute((HERE / "settlement_control.sql").read_text(encoding="utf-8"), timeout=60)
    await stage.start("claims", "gateway")
    bills = Bills(ids)
    await bills.settle(_url(stage, "claims"), _as_service(stage), seconds=0.2)
    claims = await stage.connect("claims")
    pattern = await claims.fetchrow(_PATTERN)
    await control.execute("INSERT INTO control_text VALUES ($1, $2, $3)", *pattern)
    await claims.close()
    await control.close()
    return bills


async def _load(stage: Stage) -> list[str]:
    connection = await stage.connect("claims")
    try:
        script = (HERE / "settlement_bills.sql").read_text(encoding="utf-8")
        await connection.execute(script.replace(":count", str(BILLS)), timeout=120)
        await connection.execute("VACUUM ANALYZE", timeout=120)
        return [str(row["id"]) for row in await connection.fetch("SELECT id FROM bill ORDER BY id")]
    finally:
        await connection.close()


def _url(stage: Stage, name: str) -> str:
    return f"{stage.url(name)}/claims/v1/bills/ID/settlement"


def _as_service(stage: Stage) -> dict[str, str]:
    return {HEADER.lower(): stage.identity("claims", scope="claims:settle", organisation=INSTITUTION)}


def contenders_of(stage: Stage, bills: Bills) -> list[Contender]:
    """Through the gateway, at the service alone, and the control."""
    pids = stage.processes
    caller = {"authorization": f"Bearer {stage.token('hospital', organisation=INSTITUTION)}"}

    async def through_gateway(seconds: float) -> Done:
        return await bills.settle(_url(stage, "gateway"), caller, seconds=seconds)

    async def at_service(seconds: float) -> Done:
        return await bills.settle(_url(stage, "claims"), _as_service(stage), seconds=seconds)

    async def control(seconds: float) -> Done:
        return await pgbench(stage, seconds=seconds)

    return [
        Contender(GATEWAY, through_gateway, lambda: [pids["gateway"], pids["claims"], pids["postgres"]]),
        Contender(SERVICE, at_service, lambda: [pids["claims"], pids["postgres"]]),
        Contender(CONTROL, control, lambda: [pids["postgres"]]),
    ]


async def pgbench(stage: Stage, *, seconds: float) -> Done:
    """The control for so long; its seconds are without the time to connect. Raises BenchWrong."""
    script = stage.state / "control.pgbench"
    script.write_text("SELECT control_settle();\n", encoding="ascii")
    parts = urlsplit(stage.admin_url("control"))
    child = await create_subprocess_exec(
        *(str(binaries() / "pgbench"), "--no-vacuum", "--protocol=prepared", f"--file={script}"),
        *(f"--client={CLIENTS}", "--jobs=2", f"--time={max(1, round(seconds))}"),
        *(f"--host={parts.hostname}", f"--port={parts.port}", f"--username={parts.username}", "control"),
        env={"PGPASSWORD": parts.password or "", "PATH": "/usr/bin:/bin"},
        stdout=PIPE,
        stderr=PIPE,
    )
    output, errors = await child.communicate()
    number = re.search(r"actually processed: (\d+)", output.decode())
    rate = re.search(r"tps = ([\d.]+)", output.decode())
    if not number or not rate or "failed transactions: 0 " not in output.decode():
        raise BenchWrong(output.decode() + errors.decode())
    return Done(int(number[1]), int(number[1]) / float(rate[1]))


async def verify(stage: Stage, database: str, settled: int | None) -> None:
    """Each bill was settled once, with its message id, its event and entries that sum to zero. Raises BenchWrong."""
    connection = await stage.connect(database)
    found = await connection.fetchrow(_VERIFY)
    await connection.close()
    counts = {found[name] for name in ("settlements", "bills", "settled", "keys", "events")}
    if len(counts) != 1 or found["ledger"] != 0 or found["unbalanced"] or settled not in (None, *counts):
        raise BenchWrong(f"{database}: {dict(found)}, answered: {settled}")
    print(f"  {database}: {counts.pop():,} settlements, each once; the ledger sums to zero")


def _rows(rounds: Rounds) -> list[Row]:
    return [
        _row(rounds, GATEWAY, "settlement through the gateway", 0.25),
        _row(rounds, SERVICE, "settlement, service alone", None),
        _cpu_row(rounds, GATEWAY),
    ]


def _row(rounds: Rounds, name: str, quantity: str, bound: float | None) -> Row:
    measured, control = rounds.per_second(name), rounds.per_second(CONTROL)
    value = rounds.ratio(name, CONTROL)
    return Row(f"{quantity} / pgbench", f"{measured:,.0f}/s", f"{control:,.0f}/s", value, "ratio", bound)


def _cpu_row(rounds: Rounds, name: str) -> Row:
    measured, control = rounds.per_cpu_second(name), rounds.per_cpu_second(CONTROL)
    value = rounds.cpu_ratio(name, CONTROL)
    told = f"{control:,.0f}/cpu-s (server)"
    return Row("the same by CPU of all its processes", f"{measured:,.0f}/cpu-s", told, value, "ratio")
