"""make demo: the suite on free ports, the main job through the gateway, each step told; 0, or 1 with the step."""

import sys
from base64 import b32encode
from collections.abc import Awaitable, Callable
from os import urandom

import httpx

from deploy.local.caller import Refusal
from deploy.local.sample import load
from deploy.local.suite import ROOT, Suite
from deploy.local.supervisor import run_main, say
from deploy.local.walk import audit, citizen, enrol, file, settle, work
from deploy.local.walk.stage import Stage, StepFailed
from services.kit import clock

Step = Callable[[Stage], Awaitable[None]]
STEPS: list[tuple[str, Step]] = [
    ("1a 居民户参保缴费 · a household is enrolled and pays", enrol.household),
    ("1b 单位申报、核定、缴费 · an employer declares and pays", enrol.employer),
    ("2  住院结算 · a hospital settles a bill", settle.settle),
    ("3  冲正与账簿 · reversal and ledger", settle.reverse),
    ("4  归档与全文检索 · the case is filed and found", file.find),
    ("5a 就业困难人员认定 · two persons certify a job seeker", work.certify),
    ("5b 岗位发布与匹配 · a vacancy and its explained matches", work.vacancy),
    ("5c 两个工作日承诺 · the two-working-day promise", work.promise),
    ("6  微信实名查询 · a citizen sees what is his", citizen.look),
    ("7  审计 · who did what, when, from where", audit.read),
]


async def walk(stage: Stage) -> None:
    """All steps in order. Raises StepFailed, Refusal or a transport error, with the step's title told before."""
    for title, step in STEPS:
        stage.tell(f"\n{title}")
        await step(stage)


def new_run() -> str:
    """A name for this walk, new each time."""
    return b32encode(urandom(5)).decode()


async def main() -> int:
    """Starts the suite, loads the sample county, walks."""
    say("正在启动 · starting")
    async with Suite(state=ROOT / ".local" / "demo") as suite:
        say("正在载入样例县 · loading the sample county")
        county = await load(suite)
        async with Stage(county=county, run=new_run(), today=clock.today(), tell=say) as stage:
            try:
                await walk(stage)
            except (StepFailed, Refusal, httpx.HTTPError, TimeoutError) as failure:
                print(f"\n此步失败 · this step failed: {failure}", file=sys.stderr)
                return 1
        say("\n演示完成，各步相符 · every step did what it should")
    return 0


if __name__ == "__main__":
    raise SystemExit(run_main(main))
