"""The programs that serve as controls, generator and upstream: nginx, HAProxy and wrk from the Debian packages."""

import os
import re
import shutil
import sys
from asyncio.subprocess import PIPE, create_subprocess_exec
from pathlib import Path

from deploy.local.ports import HOST
from deploy.local.supervisor import Process, answers_tcp
from tests.bench.harness import Done
from tests.bench.load import Job, LoadFailed, apart

ANSWER = (
    '{"id":"01926b1e-7a31-7c00-8000-000000000002","bill_number":"ZY2026010001","state":"settled",'
    '"total":"3000.00","fund_paid":"2400.00","person_paid":"600.00","settled_on":"2026-01-12"}'
)
HOW = "apt-get install nginx haproxy wrk"


def program(name: str) -> str | None:
    """The path of a program; Debian keeps servers where an ordinary user's PATH does not look."""
    return shutil.which(name, path=f"{os.environ.get('PATH', '')}:/usr/sbin:/usr/local/sbin")


def upstream(folder: Path, port: int) -> Process:
    """The service that all gateways stand before: a small JSON answer to everything."""
    nginx = program("nginx")
    if nginx is None:
        return _process("upstream", [sys.executable, "-m", "tests.bench.upstream", str(port)], port)
    serve = f"""location / {{ default_type application/json; return 200 '{ANSWER}'; }}"""
    return _nginx(nginx, folder, "upstream", port, server=serve)


def plain_proxy(folder: Path, port: int, to: int) -> Process | None:
    """nginx that passes everything on; None when it is not installed."""
    nginx = program("nginx")
    if nginx is None:
        return None
    pass_on = (
        'location / { proxy_pass http://service; proxy_http_version 1.1; proxy_set_header Connection ""; }'
    )
    service = f"upstream service {{ server {HOST}:{to}; keepalive 64; keepalive_requests 100000000; }}"
    return _nginx(nginx, folder, "nginx", port, server=pass_on, http=service)


def verifying_proxy(folder: Path, port: int, to: int, public_key: bytes) -> Process | None:
    """HAProxy that verifies an ES256 token on each request; None when it is not installed."""
    haproxy = program("haproxy")
    if haproxy is None:
        return None
    key, file = folder / "es256.pub.pem", folder / "haproxy.cfg"
    key.write_bytes(public_key)
    file.write_text(
        f"""global
    nbthread 1
defaults
    mode http
    timeout connect 5s
    timeout client 60s
    timeout server 60s
    http-reuse always
frontend callers
    bind {HOST}:{port}
    http-request set-var(txn.bearer) http_auth_bearer
    http-request deny deny_status 401 unless {{ var(txn.bearer),jwt_verify("ES256","{key}") -m int 1 }}
    default_backend service
backend service
    server one {HOST}:{to}
""",
        encoding="ascii",
    )
    return _process("haproxy", [haproxy, "-db", "-f", str(file)], port)


async def burst(url: str, *, token: str, connections: int, seconds: float) -> Done:
    """Closed-loop GETs over so many connections. Raises LoadFailed."""
    wrk = program("wrk")
    if wrk is None:
        job = Job(url, {"authorization": f"Bearer {token}"}, connections, seconds)
        return (await apart(job)).done
    command = [wrk, "-t1", f"-c{connections}", f"-d{max(1, round(seconds))}s"]
    child = await create_subprocess_exec(
        *command, "-H", f"Authorization: Bearer {token}", url, stdout=PIPE, stderr=PIPE
    )
    output, errors = await child.communicate()
    told = output.decode()
    found = re.search(r"(\d+) requests in ([\d.]+)s", told)
    if not found or "Non-2xx" in told or "Socket errors" in told or int(found[1]) == 0:
        raise LoadFailed(f"{url}\n{told}{errors.decode()}")
    return Done(int(found[1]), float(found[2]))


def _nginx(nginx: str, folder: Path, name: str, port: int, *, server: str, http: str = "") -> Process:
    home = folder / name
    home.mkdir(parents=True, exist_ok=True)
    temporary = "".join(
        f"{kind}_temp_path {home}/{kind};" for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    file = home / "nginx.conf"
    file.write_text(
        f"""{"user root;" if os.geteuid() == 0 else ""}
daemon off; worker_processes 1; pid {home}/nginx.pid; error_log {home}/error.log;
events {{ worker_connections 1024; }}
http {{
    access_log off; keepalive_requests 100000000; {temporary}
    {http}
    server {{ listen {HOST}:{port}; {server} }}
}}
""",
        encoding="utf-8",
    )
    return _process(name, [nginx, "-e", f"{home}/error.log", "-p", str(home), "-c", str(file)], port)


def _process(name: str, command: list[str], port: int) -> Process:
    environment = {"PATH": os.environ.get("PATH", "/usr/bin:/bin"), "PYTHONPATH": str(Path.cwd())}
    return Process(name, command, ready=lambda: answers_tcp(port), environment=environment)
