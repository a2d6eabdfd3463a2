"""Step 7: the auditor reads who did what, when, from where."""

from deploy.local.people import AREA
from deploy.local.walk.stage import Stage, check


async def read(stage: Stage) -> None:
    """The trail of the settlement and of the certification; the auditor may read and nothing else."""
    auditor = await stage.staff("shenji01")
    for action, what in (("claims.settle_bill", "结算"), ("jobs.decide_step", "审查")):
        rows = (await auditor.get("/gateway/v1/audit", action=action, size=5))["items"]
        check(f"the trail has {action}", rows)
        row = rows[0]
        stage.tell(
            f"  {row['at'][:19]}Z {row['name']}（{row['subject']}，{AREA}）{what} → {row['status']}，"
            f"来自 {row['client_ip']}，请求 {row['request_id']}"
        )
