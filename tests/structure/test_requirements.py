"""The acceptance list, the mark that refers to it, and the printed rows."""

import json
import os
import re
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

from tests import rows
from tests.proves import RESULTS, requirements

ROOT = Path(__file__).parents[2]

MARKED = """
import pytest

@pytest.mark.proves("E01")
def test_passes(): pass

@pytest.mark.proves("E01", "W01")
def test_fails(): assert False

@pytest.mark.proves("E02")
@pytest.mark.parametrize("n", [1, 2])
def test_passes_twice(n): pass

@pytest.mark.proves("E03")
def test_is_skipped(): pytest.skip("no")

@pytest.mark.proves("E04")
@pytest.mark.xfail(reason="not yet")
def test_is_expected_to_fail(): assert False

@pytest.fixture
def broken():
    yield
    raise RuntimeError

@pytest.mark.proves("E05")
def test_breaks_afterwards(broken): pass

def test_proves_nothing(): pass
"""


def run(folder: Path, source: str) -> subprocess.CompletedProcess[str]:
    """A run of pytest over one file in a folder of its own, with nothing but the plugin."""
    (folder / "test_sample.py").write_text(source, "utf-8")
    (folder / "pytest.ini").write_text("[pytest]\nmarkers = proves(*ids): ids\n", "utf-8")
    command = [
        sys.executable,
        "-m",
        "pytest",
        "-p",
        "tests.proves",
        "-p",
        "no:cacheprovider",
        "test_sample.py",
    ]
    environment = os.environ | {"PYTHONPATH": str(ROOT), "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}
    return subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)


class TestRequirements:
    def test_are_complete(self):
        assert Counter(row.kind for row in requirements().values()) == {
            "system": 194,
            "figure": 57,
            "control": 45,
        }

    def test_have_well_formed_ids_and_both_names(self):
        for row in requirements().values():
            assert re.fullmatch(r"[ECJAGW]\d\d|R\d-\d\d[ab]?|R\d-\d-\d|R\d-\d", row.id), row
            assert row.name_en and re.search("[\u4e00-\u9fff]", row.name_zh), row

    def test_are_listed_once(self):
        ids = [
            line.split("\t")[0] for line in (ROOT / "tests/requirements.tsv").read_text("utf-8").splitlines()
        ]
        assert len(ids) == len(set(ids)) == 1 + len(requirements())


class TestProves:
    def test_records_what_came_out(self, tmp_path):
        assert run(tmp_path, MARKED).returncode == 1
        told = json.loads((tmp_path / RESULTS).read_text("utf-8"))
        assert told["tests"] == 8
        states = {id_: rows.state(tests) for id_, tests in told["proofs"].items()}
        assert states == dict.fromkeys(["E01", "W01", "E03", "E04", "E05"], "failing") | {"E02": "proved"}
        assert len(told["proofs"]["E02"]) == 2

    def test_forgets_the_run_before(self, tmp_path):
        run(tmp_path, MARKED)
        run(tmp_path, "def test_passes(): pass")
        assert json.loads((tmp_path / RESULTS).read_text("utf-8"))["proofs"] == {}

    def test_stops_the_run_for_an_unknown_id(self, tmp_path):
        stopped = run(tmp_path, "import pytest\n@pytest.mark.proves('E99')\ndef test_x(): pass")
        assert stopped.returncode == pytest.ExitCode.USAGE_ERROR
        assert "test_sample.py::test_x: E99" in stopped.stderr


class TestRows:
    def results(self, folder: Path, proofs: dict[str, dict[str, str]]) -> Path:
        path = folder / "proves.json"
        path.write_text(json.dumps({"finished": "2026-01-01", "tests": 3, "proofs": proofs}), "utf-8")
        return path

    def test_say_what_is_proved_and_what_is_not(self, tmp_path, capsys):
        assert (
            rows.main(
                self.results(tmp_path, {"E01": {"t1": "passed"}, "W05": {"t1": "passed", "t2": "failed"}})
            )
            == 0
        )
        printed = capsys.readouterr().out
        assert "1 / 194" in printed
        assert "0 / 57" in printed
        assert "✓ E01" in printed
        assert "· E02" in printed
        assert "✗ W05" in printed
        assert "failed: t2" in printed

    def test_refuse_an_id_that_does_not_exist(self, tmp_path, capsys):
        assert rows.main(self.results(tmp_path, {"E99": {"t1": "passed"}})) == 1
        assert "E99" in capsys.readouterr().err

    def test_say_what_to_do_before_the_first_run(self, tmp_path, capsys):
        assert rows.main(tmp_path / "none.json") == 1
        assert "make test" in capsys.readouterr().err
