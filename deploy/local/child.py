"""What happens in a child process between fork and exec: it dies with its parent, and it may drop root.

PostgreSQL refuses to run as root. A root caller is therefore given one of two disguises:

- *namespace*: the child enters a user namespace of its own in which root is called nobody. Files stay
  root's, so folders that only root may enter (`mktemp -d`, /root) are no obstacle. Preferred.
- *account*: the child becomes the unprivileged account `nobody`, and keeps only the capability to
  pass through folders. For machines and containers that forbid user namespaces.
"""

import ctypes
import os
import pwd
import signal
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from deploy.local.problems import CannotRun

_libc = ctypes.CDLL(None, use_errno=True)

_PR_SET_PDEATHSIG, _PR_SET_SECUREBITS, _PR_CAP_AMBIENT, _PR_CAP_AMBIENT_RAISE = 1, 28, 47, 2
_SECBIT_NO_SETUID_FIXUP = 4
_CLONE_NEWUSER = 0x10000000
_CAP_DAC_OVERRIDE = 1
_CAPABILITY_VERSION_3 = 0x20080522

Step = Callable[[], None]


class CannotDropRoot(CannotRun):
    """PostgreSQL needs a user that is not root, and this machine offers no way to become one."""

    def __init__(self) -> None:
        super().__init__(
            "PostgreSQL 不能以 root 身份运行，而本机既不允许用户命名空间，也不允许切换用户："
            "请用普通用户运行，或用 *_DATABASE_URL 指向已有的 PostgreSQL 18。\n"
            "PostgreSQL refuses to run as root, and this machine allows neither user namespaces nor a change "
            "of user: run as an ordinary user, or point *_DATABASE_URL to a PostgreSQL 18 of yours."
        )


@dataclass(frozen=True)
class Disguise:
    """How a child of a root process stops being root; `uid` and `gid` own its files, seen from outside."""

    uid: int
    gid: int
    enter: Step


def before_exec(*, parent: int, death_signal: int, disguise: Disguise | None) -> Step:
    """What to run in the child before exec: drop root if asked, then die when the parent dies."""

    def run() -> None:
        if disguise is not None:
            disguise.enter()
        # Last, because a change of user clears it.
        _call("prctl", _PR_SET_PDEATHSIG, death_signal, 0, 0, 0)
        if os.getppid() != parent:
            os.kill(os.getpid(), signal.SIGKILL)

    return run


@cache
def disguise(program: Path) -> Disguise | None:
    """The disguise in which this machine lets `program` run; None when this process is not root.

    Raises CannotDropRoot when neither way works.
    """
    if os.geteuid() != 0:
        return None
    account = pwd.getpwnam("nobody")
    namespace = Disguise(uid=0, gid=0, enter=lambda: _enter_namespace(account.pw_uid, account.pw_gid))
    plain = Disguise(
        uid=account.pw_uid,
        gid=account.pw_gid,
        enter=lambda: _become(account.pw_uid, account.pw_gid),
    )
    for candidate in (namespace, plain):
        if _works(candidate, program):
            return candidate
    raise CannotDropRoot


def give(folder: Path, owner: Disguise) -> None:
    """Make a folder and all in it the property of the disguised child, unless it is already."""
    if folder.stat().st_uid == owner.uid:
        return
    os.chown(folder, owner.uid, owner.gid)
    for path in folder.rglob("*"):
        os.chown(path, owner.uid, owner.gid, follow_symlinks=False)


def _works(candidate: Disguise, program: Path) -> bool:
    def enter() -> None:
        candidate.enter()
        if not os.access(program, os.X_OK):
            raise PermissionError(program)

    try:
        subprocess.run([program, "--version"], preexec_fn=enter, check=True, stdout=subprocess.DEVNULL)
    except (subprocess.SubprocessError, OSError):
        return False
    return True


def _enter_namespace(uid: int, gid: int) -> None:
    outer_uid, outer_gid = os.getuid(), os.getgid()
    _call("unshare", _CLONE_NEWUSER)
    Path("/proc/self/setgroups").write_text("deny", encoding="ascii")
    Path("/proc/self/uid_map").write_text(f"{uid} {outer_uid} 1", encoding="ascii")
    Path("/proc/self/gid_map").write_text(f"{gid} {outer_gid} 1", encoding="ascii")


def _become(uid: int, gid: int) -> None:
    # Without this bit access(2) ignores the capability, and PostgreSQL asks access(2) for its own program.
    _call("prctl", _PR_SET_SECUREBITS, _SECBIT_NO_SETUID_FIXUP, 0, 0, 0)
    os.setgroups([])
    os.setgid(gid)
    os.setuid(uid)
    _keep_folder_capability()


def _keep_folder_capability() -> None:
    bit = 1 << _CAP_DAC_OVERRIDE
    header = (ctypes.c_uint32 * 2)(_CAPABILITY_VERSION_3, 0)
    effective_permitted_inheritable = (ctypes.c_uint32 * 6)(bit, bit, bit, 0, 0, 0)
    _call("capset", ctypes.byref(header), ctypes.byref(effective_permitted_inheritable))
    _call("prctl", _PR_CAP_AMBIENT, _PR_CAP_AMBIENT_RAISE, _CAP_DAC_OVERRIDE, 0, 0)


def _call(name: str, *arguments: object) -> None:
    if getattr(_libc, name)(*arguments) != 0:
        code = ctypes.get_errno()
        raise OSError(code, f"{name}: {os.strerror(code)}")
