"""make clean: remove the state of local runs. Standard library only, so that it needs no installation."""

import shutil
import sys
from contextlib import ExitStack
from pathlib import Path

from deploy.local.state import StateBusy, hold

LOCAL = Path(__file__).resolve().parents[2] / ".local"
_CACHES = (".ruff_cache", ".mypy_cache", ".pytest_cache", ".hypothesis")


def clean() -> int:
    """Remove `.local` and the tools' caches; refuse while a run still works in there."""
    try:
        with ExitStack() as held:
            for lock in LOCAL.glob("**/*.lock"):
                held.enter_context(hold(lock.parent, part=lock.stem))
    except StateBusy as busy:
        print(busy, file=sys.stderr)
        return 1
    for folder in (LOCAL, *(LOCAL.parent / cache for cache in _CACHES)):
        shutil.rmtree(folder, ignore_errors=True)
    return 0


if __name__ == "__main__":
    raise SystemExit(clean())
