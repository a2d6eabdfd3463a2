"""The embedded PostgreSQL: separate owners, and starts after every kind of end."""

import asyncio
import os
import signal
from pathlib import Path

import asyncpg
import pytest

from deploy.local import child
from deploy.local.postgres import EmbeddedPostgres
from deploy.local.state import StateBusy

SERVICES = ("enrolment", "claims", "jobs", "archives", "gateway")


@pytest.fixture(scope="module")
async def postgres(tmp_path_factory):
    async with EmbeddedPostgres(tmp_path_factory.mktemp("postgres")) as server:
        yield server


async def _ask(url, question):
    connection = await asyncpg.connect(url, ssl=False)
    try:
        return await connection.fetchval(question)
    finally:
        await connection.close()


class TestEmbeddedPostgres:
    @pytest.mark.parametrize("owner", SERVICES)
    async def test_gives_each_service_a_database_that_no_other_may_enter(self, postgres, owner):
        urls = {name: await postgres.ensure_database(name) for name in SERVICES}
        await _ask(urls[owner], "CREATE TABLE IF NOT EXISTS own (id int)")

        for other in {*SERVICES, "postgres", "template1"} - {owner}:
            with pytest.raises(asyncpg.InsufficientPrivilegeError):
                await _ask(urls[owner].rsplit("/", 1)[0] + f"/{other}", "SELECT 1")

    async def test_makes_owners_without_any_power_over_the_server(self, postgres):
        url = await postgres.ensure_database("claims")

        powers = "rolsuper OR rolcreatedb OR rolcreaterole OR rolreplication OR rolbypassrls"
        assert not await _ask(url, f"SELECT {powers} FROM pg_roles WHERE rolname = current_user")
        for command in ("CREATE DATABASE mine", "CREATE ROLE mine", "SET ROLE enrolment"):
            with pytest.raises(asyncpg.PostgresError):
                await _ask(url, command)

    async def test_refuses_a_wrong_password(self, postgres):
        url = await postgres.ensure_database("claims")
        with pytest.raises(asyncpg.InvalidPasswordError):
            await _ask(url.replace(url.split(":")[2].split("@")[0], "guess"), "SELECT 1")

    async def test_writes_through_to_the_disk(self, postgres):
        for setting in ("fsync", "synchronous_commit", "full_page_writes"):
            assert await _ask(postgres.admin_url, f"SHOW {setting}") == "on"

    async def test_keeps_what_was_there_when_asked_for_the_same_database_again(self, postgres):
        url = await postgres.ensure_database("jobs")
        await _ask(url, "CREATE TABLE kept AS SELECT 7 AS number")

        assert await postgres.ensure_database("jobs") == url
        assert await _ask(url, "SELECT number FROM kept") == 7

    async def test_keeps_the_values_of_rows_and_statements_out_of_its_log(self, postgres):
        connection = await asyncpg.connect(await postgres.ensure_database("jobs"), ssl=False)
        try:
            await connection.execute("CREATE TABLE person (name text, age int CHECK (age < 200))")
            with pytest.raises(asyncpg.CheckViolationError) as refused:
                await connection.execute("INSERT INTO person VALUES ($1, 999)", "Wang Erxiao")
            await connection.execute("SET statement_timeout = 100")
            with pytest.raises(asyncpg.QueryCanceledError):
                await connection.fetch("SELECT $1::text, pg_sleep(9)", "Wang Erxiao")
        finally:
            await connection.close()
        assert "Wang Erxiao" in refused.value.detail  # told to the service, which does not log it
        log = postgres._supervisor.log("postgres").read_text("utf-8")
        assert "person_age_check" in log
        assert "Wang Erxiao" not in log

    async def test_refuses_a_state_folder_that_another_server_holds(self, postgres):
        with pytest.raises(StateBusy, match="正在使用"):
            async with EmbeddedPostgres(postgres._state):
                pass


class TestAfterAnUncleanStop:
    async def test_comes_back_with_what_was_committed_when_killed(self, tmp_path):
        async with EmbeddedPostgres(tmp_path) as server:
            url = await server.ensure_database("claims")
            await _ask(url, "CREATE TABLE kept AS SELECT 7 AS number")
            os.kill(server.pid, signal.SIGKILL)
            await _until_answers(server.admin_url)
            assert await _ask(url, "SELECT number FROM kept") == 7

    async def test_starts_over_the_mark_of_a_server_whose_number_another_program_got(self, tmp_path):
        async with EmbeddedPostgres(tmp_path) as server:
            url = await server.ensure_database("claims")
            port = server.port
        mark = tmp_path / "postgres" / "data" / "postmaster.pid"
        mark.write_text(f"{os.getppid()}\n{mark.parent}\n1\n{port}\n\n127.0.0.1\n", encoding="ascii")

        async with EmbeddedPostgres(tmp_path, port=port):
            assert await _ask(url, "SELECT 1") == 1

    async def test_starts_over_a_half_made_cluster(self, tmp_path):
        half = tmp_path / "postgres" / "new"
        half.mkdir(parents=True)
        (half / "PG_VERSION").write_text("18\n", encoding="ascii")

        async with EmbeddedPostgres(tmp_path) as server:
            assert await _ask(server.admin_url, "SELECT 1") == 1


@pytest.mark.skipif(os.geteuid() != 0, reason="only root has to drop root")
class TestAsRoot:
    async def test_runs_as_an_unprivileged_account_where_user_namespaces_are_forbidden(
        self, tmp_path, monkeypatch
    ):
        def forbidden(uid, gid):
            raise PermissionError("unshare")

        child.disguise.cache_clear()
        monkeypatch.setattr(child, "_enter_namespace", forbidden)
        tmp_path.chmod(0o700)  # a folder that only root may enter, as `mktemp -d` makes
        try:
            async with EmbeddedPostgres(tmp_path) as server:
                assert await _ask(server.admin_url, "SELECT 1") == 1
                assert Path(f"/proc/{server.pid}").stat().st_uid != 0
        finally:
            child.disguise.cache_clear()


async def _until_answers(url):
    for _ in range(200):
        try:
            return await _ask(url, "SELECT 1")
        except (OSError, asyncpg.PostgresError):
            await asyncio.sleep(0.05)
    raise AssertionError("PostgreSQL did not come back")
