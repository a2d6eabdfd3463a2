"""python -m tests.bench [gateway] [settlement] [events] [memory]: all of them when none is named."""

import shutil
import sys
from statistics import median

from deploy.local.state import hold
from deploy.local.suite import ROOT
from deploy.local.supervisor import run_main
from tests.bench import events, gateway, memory, settlement
from tests.bench.report import Row, keep, table

FOLDER = ROOT / ".local" / "bench"
BENCHES = {"gateway": gateway.run, "settlement": settlement.run, "events": events.run, "memory": memory.run}


async def main() -> int:
    """Runs the named benches one after the other and tells their figures."""
    asked = sys.argv[1:] or list(BENCHES)
    if unknown := set(asked) - set(BENCHES):
        print(f"{', '.join(unknown)}: ? · {' '.join(BENCHES)}", file=sys.stderr)
        return 2
    rows: list[Row] = []
    notes: list[str] = []
    steals: list[float] = []
    with hold(FOLDER):
        for name in asked:
            print(f"\n== {name}", flush=True)
            folder = FOLDER / name
            shutil.rmtree(folder, ignore_errors=True)
            found, said, steal = await BENCHES[name](folder)
            shutil.rmtree(folder, ignore_errors=True)
            rows += found
            notes += said
            steals.append(steal)
    _tell(rows, notes, median(steals))
    return 0


def _tell(rows: list[Row], notes: list[str], steal: float) -> None:
    print(f"\n{table(rows)}\n")
    for note in notes:
        print(f"! {note}")
    keep(rows, file=FOLDER / "last.json", notes=notes, steal=steal)
    print(f"{(FOLDER / 'last.json').relative_to(ROOT)}", flush=True)


if __name__ == "__main__":
    raise SystemExit(run_main(main))
