"""What may stand in any file of the repository, whatever its language."""

import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.structure.source import ROOT

# Split, so that this file does not break its own rules.
UNFINISHED = re.compile(r"\b(TO" + r"DO|FIX" + r"ME|XX" + r"X)\b")
SECRETS = re.compile(
    r"-----BEGIN [A-Z ]*PRIVATE KEY-----"
    r"|\bAKIA[0-9A-Z]{16}\b|\bgh[pousr]_[A-Za-z0-9]{36}\b|\bxox[abp]-[A-Za-z0-9-]{10,}"
    r"|\beyJ[A-Za-z0-9_-]{10,}\.eyJ[A-Za-z0-9_-]{10,}\.[A-Za-z0-9_-]{10,}"
    r"|postgresql(?:\+\w+)?://[^:/\s\"'{}$<]+:[^@\s\"'{}$<*]{6,}@(?!localhost|127\.0\.0\.1|host\b|server\b)"
)
MACHINE_PATHS = re.compile(
    r"(?<![\w.$}])/(?:work|root|home/[a-z]\w*|Users/[A-Za-z]\w*)/|\b[A-Z]:\\\\?Users\b"
)
GENERATED = ("requirements.lock", "requirements-dev.lock")
BINARY = (".png", ".jpg", ".svg", ".ico", ".woff2", ".pdf")


def files() -> list[Path]:
    """Every text file that is, or would be, committed."""
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard"]
    listed = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    paths = [ROOT / line for line in listed.splitlines()]
    return [
        path for path in paths if path.is_file() and path.suffix not in BINARY and path.name not in GENERATED
    ]


def found(pattern: re.Pattern[str], text: str) -> Iterator[tuple[int, str]]:
    for number, line in enumerate(text.splitlines(), 1):
        if match := pattern.search(line):
            yield number, match[0]


PATTERNS = {"nothing_unfinished": UNFINISHED, "no_secret": SECRETS, "no_path_of_a_machine": MACHINE_PATHS}
NOTICED = {
    "nothing_unfinished": ["# " + "TO" + "DO later", "FIX" + "ME"],
    "no_secret": [
        "-----BEGIN " + "PRIVATE KEY-----",
        "AKIA" + "ABCDEFGHIJKLMNOP",
        "postgresql://claims:" + "hunter22@db.example/claims",
        "eyJhbGciOiJFZERTQSJ9." + "eyJzdWIiOiJ1MSJ9zz." + "c2lnbmF0dXJlMTIz",
    ],
    "no_path_of_a_machine": [
        "cd /" + "work/main",
        "/" + "home/li/x",
        "open('/" + "root/x')",
        "C:" + "\\Users\\li",
    ],
}
PASSED = {
    "nothing_unfinished": ["todolist", "a mastodon"],
    "no_secret": [
        "postgresql://user:password@host:5432/db",
        'f"postgresql://{user}:{password}@{host}/db"',
        "postgresql://claims:$(PASSWORD)@claims-db-rw/claims",
    ],
    "no_path_of_a_machine": [
        "/workers/claims",
        "$HOME/.cache",
        "https://example.cn/home",
        "/claims/v1/work",
        "/app/home",
    ],
}


@pytest.mark.parametrize("name", PATTERNS)
class TestEveryFile:
    def test_has(self, name):
        broken = [
            f"{path.relative_to(ROOT)}:{number} {what}"
            for path in files()
            for number, what in found(PATTERNS[name], path.read_text("utf-8", errors="replace"))
        ]
        assert not broken, "\n" + "\n".join(broken)

    def test_is_checked_by_a_pattern_that_notices(self, name):
        assert [text for text in NOTICED[name] if not list(found(PATTERNS[name], text))] == []

    def test_is_checked_by_a_pattern_that_lets_the_rest_pass(self, name):
        assert [text for text in PASSED[name] if list(found(PATTERNS[name], text))] == []
