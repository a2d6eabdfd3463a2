"""Ports of a local run: free ones, or fixed ones that are refused clearly when they are taken."""

import random
import socket
import time

from deploy.local.problems import CannotRun

HOST = "127.0.0.1"
# Below the range from which the kernel gives ports to outgoing connections (32768 on Linux), so that
# a restarted process finds its port still free.
_LOWEST, _HIGHEST = 18000, 32000


class PortBusy(CannotRun):
    """A fixed port is taken by another program."""

    def __init__(self, port: int, *, variable: str, instead: int) -> None:
        super().__init__(
            f"端口 {port} 已被占用：请停止占用它的程序，或换一组端口，例如 {variable}={instead}。\n"
            f"Port {port} is in use: stop the program that uses it, or choose other ports, "
            f"for example {variable}={instead}."
        )


def is_free(port: int) -> bool:
    """Whether a server could listen on this port now."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError:
            return False
    return True


def free_port() -> int:
    """A port that nobody listens on."""
    for _ in range(1000):
        port = random.randint(_LOWEST, _HIGHEST)  # noqa: S311 (no secret)
        if is_free(port):
            return port
    raise RuntimeError(f"no free port between {_LOWEST} and {_HIGHEST}")


def require_free(port: int, *, variable: str, instead: int, patience: float = 3.0) -> int:
    """The port, once it is free; a run that was killed a moment ago may still be leaving it.

    Raises PortBusy, which names the port and the environment variable that chooses others.
    """
    until = time.monotonic() + patience
    while not is_free(port):
        if time.monotonic() > until:
            raise PortBusy(port, variable=variable, instead=instead)
        time.sleep(0.1)
    return port
