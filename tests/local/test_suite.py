"""The whole suite: starts, comes back after every process was killed, and starts again on what it kept."""

import asyncio
import os
import signal

import pytest

from deploy.local.nats import SERVICES
from deploy.local.suite import Suite
from deploy.local.supervisor import answers_http

EVERY = {"postgres", "nats", "wechat", "gateway", *SERVICES, *(f"{name}-worker" for name in SERVICES)}


@pytest.mark.slow
class TestSuite:
    async def test_comes_back_when_all_processes_are_killed_and_starts_again_on_what_it_kept(self, tmp_path):
        async with Suite(state=tmp_path, progress=_quiet) as suite:
            password = suite.admin_password
            assert set(suite.processes) == EVERY
            for pid in suite.processes.values():
                os.kill(pid, signal.SIGKILL)
            await asyncio.sleep(0.1)
            await _until_ready(suite)

        async with Suite(state=tmp_path, progress=_quiet) as again:
            assert again.admin_password == password
            assert await answers_http(f"{again.gateway_url}/health/ready")


async def _until_ready(suite):
    names = ["gateway", *SERVICES, *(f"{name}-worker" for name in SERVICES)]
    async with asyncio.timeout(60):
        for name in names:
            while not await answers_http(f"{suite.url(name)}/health/ready"):
                await asyncio.sleep(0.1)


def _quiet(line):
    pass
