"""`make demo` on a state folder of its own, for a test that kills it: python -m tests.journeys.demo_at FOLDER"""

import sys
from pathlib import Path

from deploy.local import demo
from deploy.local.supervisor import run_main

if __name__ == "__main__":
    vars(demo)["ROOT"] = Path(sys.argv[1])
    raise SystemExit(run_main(demo.main))
