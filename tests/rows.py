"""The acceptance list: which requirements the last test run proved. `python -m tests.rows`"""

import json
import sys
from collections.abc import Iterator
from itertools import groupby
from pathlib import Path
from typing import Any

from tests.proves import RESULTS, Requirement, requirements

KINDS = {"system": "系统 Systems", "figure": "算例 Worked figures", "control": "内控风险点 Internal control"}
SIGNS = {"proved": "✓", "failing": "✗", "open": "·"}


def state(proofs: dict[str, str]) -> str:
    """An id is proved when tests say so and all of them passed."""
    if not proofs:
        return "open"
    return "proved" if set(proofs.values()) == {"passed"} else "failing"


def lines(known: dict[str, Requirement], proofs: dict[str, dict[str, str]]) -> Iterator[str]:
    """The list, kind by kind, each with its count."""
    for kind, rows in groupby(known.values(), key=lambda row: row.kind):
        listed = [(row, proofs.get(row.id, {})) for row in rows]
        proved = sum(state(tests) == "proved" for _, tests in listed)
        yield f"\n{KINDS[kind]}: {proved} / {len(listed)} 已验证 proved"
        for row, tests in listed:
            count = f"  ({len(tests)} tests)" if tests else ""
            yield f"  {SIGNS[state(tests)]} {row.id:<7} {row.name_zh} · {row.name_en}{count}"
            yield from (f"      {outcome}: {test}" for test, outcome in tests.items() if outcome != "passed")


def main(path: Path = RESULTS) -> int:
    """Prints the list; 1 when there was no run or it names an id that does not exist."""
    if not path.exists():
        print("还没有测试结果：请先运行 make test (no test run yet: run `make test` first)", file=sys.stderr)
        return 1
    run: dict[str, Any] = json.loads(path.read_text("utf-8"))
    known = requirements()
    print(f"最近一次测试 last run: {run['finished']}, {run['tests']} tests")
    print("\n".join(lines(known, run["proofs"])))
    strange = sorted(run["proofs"].keys() - known.keys())
    if strange:
        print(f"没有这样的需求编号 (no such requirement): {', '.join(strange)}", file=sys.stderr)
    return 1 if strange else 0


if __name__ == "__main__":
    sys.exit(main())
