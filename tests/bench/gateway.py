"""The gateway's data path: a small authenticated GET with rate limit and audit on, one worker, 32 connections.

Every contender stands before the same upstream and is pinned to one processor; upstream, generator and PostgreSQL
have the other one. Controls: nginx that only passes on, and HAProxy that verifies an ES256 token on each request.
"""

import asyncio
from pathlib import Path

import jwt
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from deploy.local.ports import HOST, free_port
from services.kit.ids import new_id
from tests.bench.harness import Contender, Done, Rounds, compare, pin
from tests.bench.load import LoadFailed
from tests.bench.programs import HOW, burst, plain_proxy, program, upstream, verifying_proxy
from tests.bench.report import Row
from tests.bench.stage import Stage

CONNECTIONS, ROUNDS, SECONDS = 32, 8, 1.0
QUANTITY = "gateway GET, rate limit and audit on"


class Bench:
    """The stage of this bench; its contenders call `path` through one port each."""

    def __init__(self, folder: Path) -> None:
        self.path = f"/claims/v1/bills/{new_id()}"
        self.ports = {name: free_port() for name in ("upstream", "nginx", "haproxy")}
        behind = f"http://{HOST}:{self.ports['upstream']}"
        settings = {"CLAIMS_URL": behind, "RATE_SYSTEM": "1000000000", "LOG_LEVEL": "WARNING"}
        self.folder, self.stage = folder, Stage(state=folder, parts=["gateway"], settings=settings)
        self._key = ec.generate_private_key(ec.SECP256R1())

    async def contenders(self) -> list[Contender]:
        """Starts everything."""
        public = self._key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
        to, own = self.ports["upstream"], self.folder
        controls = [
            plain_proxy(own, self.ports["nginx"], to),
            verifying_proxy(own, self.ports["haproxy"], to, public),
        ]
        processes = [upstream(own, to), *(control for control in controls if control)]
        await self.stage.supervisor.start(*processes)
        await self.stage.start("gateway")
        self.ports["gateway"] = self.stage.ports.of["gateway"]
        names = ["gateway", *(process.name for process in processes[1:])]
        pids = self.stage.processes
        pin([pids[name] for name in names], processor=0)
        pin([pids["upstream"], pids["postgres"]], processor=1)
        return [self._contender(name, pids[name]) for name in names]

    def _contender(self, name: str, pid: int) -> Contender:
        url = f"http://{HOST}:{self.ports[name]}{self.path}"
        token = self.stage.token("hospital") if name == "gateway" else self._es256()

        async def run(seconds: float) -> Done:
            return await burst(url, token=token, connections=CONNECTIONS, seconds=seconds)

        return Contender(name, run, lambda: [pid])

    def _es256(self) -> str:
        """The gateway's own token, signed as HAProxy can verify it."""
        claims = jwt.decode(self.stage.token("hospital"), options={"verify_signature": False})
        return jwt.encode(claims, self._key, algorithm="ES256")


async def run(folder: Path) -> tuple[list[Row], list[str], float]:
    """The rows, the controls that are missing, and the steal."""
    missing = [name for name in ("nginx", "haproxy", "wrk") if program(name) is None]
    notes = [f"{' and '.join(missing)} not installed, so not compared: {HOW}"] if missing else []
    bench = Bench(folder)
    async with bench.stage:
        contenders = await bench.contenders()
        rounds = await compare(contenders, rounds=ROUNDS, seconds=SECONDS, say=print)
        await _check_trail(bench.stage, rounds)
    names = {contender.name for contender in contenders}
    rows = [_row(rounds, "nginx", "nginx, plain proxy", 0.13, names)]
    rows.append(_row(rounds, "haproxy", "HAProxy, ES256 each time", 1.0, names))
    return rows, notes, rounds.steal


async def _check_trail(stage: Stage, rounds: Rounds) -> None:
    """The audit was on: the trail holds a row for every answer that was counted. Raises LoadFailed."""
    await asyncio.sleep(1.5)
    connection = await stage.connect("gateway")
    rows = await connection.fetchval(
        "SELECT count(*) FROM audit_entry WHERE service = 'claims' AND status = 200"
    )
    await connection.close()
    answers = sum(one.slices["gateway"].units for one in rounds.all)
    if rows < answers:
        raise LoadFailed(f"{answers:,.0f} answers, but {rows:,} rows in the audit trail")
    print(f"  audit: {rows:,} rows for {answers:,.0f} answers and those of the warm-up")


def _row(rounds: Rounds, control: str, title: str, bound: float, names: set[str]) -> Row:
    quantity = f"{QUANTITY} / {title}"
    measured = f"{rounds.per_cpu_second('gateway'):,.0f}/cpu-s, {rounds.per_second('gateway'):,.0f}/s"
    if control not in names:
        return Row(quantity, measured, "not installed", None, "ratio", bound)
    told = f"{rounds.per_cpu_second(control):,.0f}/cpu-s, {rounds.per_second(control):,.0f}/s"
    value = rounds.cpu_ratio("gateway", control)
    return Row(quantity, measured, told, value, "ratio", bound)
