"""The state folder of a local run: who holds it, and the secrets that were made for it."""

import fcntl
import json
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from secrets import token_urlsafe

from deploy.local.problems import CannotRun


class StateBusy(CannotRun):
    """Another process works in this state folder."""

    def __init__(self, folder: Path) -> None:
        super().__init__(
            f"另一个进程正在使用 {folder}：请先停止它，或换一个目录。\n"
            f"Another process is using {folder}: stop it first, or choose another folder."
        )


@contextmanager
def hold(folder: Path, *, part: str = "state") -> Iterator[Path]:
    """Hold a state folder until the block ends; a killed holder's lock is released by the kernel.

    Raises StateBusy when another process holds it.
    """
    folder.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(folder / f"{part}.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(descriptor)
        raise StateBusy(folder) from None
    try:
        yield folder
    finally:
        os.close(descriptor)


@contextmanager
def hold_free(folder: Path) -> Iterator[Path]:
    """Hold the first free one of `folder`, `folder-2`, `folder-3` …: test sessions may run side by side."""
    number = 1
    while True:
        candidate = folder if number == 1 else folder.with_name(f"{folder.name}-{number}")
        try:
            with hold(candidate, part="session") as held:
                yield held
                return
        except StateBusy:
            number += 1


class Secrets:
    """Secrets of one state folder, made at first use and kept in `secrets.json` (mode 0600)."""

    def __init__(self, folder: Path) -> None:
        self._file = folder / "secrets.json"
        self._known = self._read()

    def get(self, name: str, make: Callable[[], str] = lambda: token_urlsafe(24)) -> str:
        """The secret of this name; made and written down when there is none yet."""
        return self.get_many(lambda: {name: make()}, name)[name]

    def find(self, name: str) -> str | None:
        """The secret of this name, or None when there is none yet."""
        return self._known.get(name)

    def keep(self, name: str, secret: str) -> str:
        """A secret that somebody else made, written down."""
        return self.get(name, make=lambda: secret)

    def get_many(self, make: Callable[[], dict[str, str]], *names: str) -> dict[str, str]:
        """Secrets that are made together, such as the two halves of a key pair."""
        if any(name not in self._known for name in names):
            self._known = self._read()  # others write to the same file
        if any(name not in self._known for name in names):
            self._known.update(make())
            self._write()
        return {name: self._known[name] for name in names}

    def _read(self) -> dict[str, str]:
        return json.loads(self._file.read_text(encoding="utf-8")) if self._file.exists() else {}

    def _write(self) -> None:
        self._file.parent.mkdir(parents=True, exist_ok=True)
        draft = self._file.with_suffix(".new")
        descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            json.dump(self._known, file, indent=2, ensure_ascii=False)
            file.flush()
            os.fsync(file.fileno())
        draft.replace(self._file)
