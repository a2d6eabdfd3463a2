"""The sample county 样例县 (area 990101) of a local run. All people and numbers are made up."""

from deploy.local.suite import Suite


async def load(suite: Suite) -> list[str]:
    """Fill the suite through the gateway, unless it is filled already; return the sign-in data to print."""
    return [f"管理员 · administrator     admin  {suite.admin_password}"]
