"""Step 5: a job seeker is registered and certified by two persons, a vacancy published, a match explained."""

from datetime import timedelta
from typing import Any

from deploy.local.caller import Caller, Refusal
from deploy.local.people import AREA
from deploy.local.walk.stage import Stage, arrives, check, refused, same, total

COOK = "4-03-02-01"


async def certify(stage: Stage) -> None:
    """The spouse of the household registers; two different persons review the certification."""
    clerk, reviewer = await stage.staff("jiuye01"), await stage.staff("jiuye02")
    seeker = await arrives("人员登记信息", lambda: _register(stage, clerk))
    stage.ids["seeker"] = seeker["seeker_id"]
    stage.tell(f"  求职登记：{seeker['name']}，{seeker['state_label']}")
    case = await arrives("救助身份", lambda: _apply(stage, clerk))
    path = f"/jobs/v1/cases/{case['case_id']}/steps"
    approve = {"decision": "approve", "step": "first_review"}
    await clerk.post(path, approve, key=stage.key("certification-first"))
    await refused(
        clerk.post(path, approve | {"step": "second_review"}, key=stage.key("certification-same")),
        problem="same-person-took-another-step",
    )
    stage.tell("  初审：就业经办一；同一人复审：拒绝")
    done = await reviewer.post(
        path, approve | {"step": "second_review"}, key=stage.key("certification-second")
    )
    same("case", done["state"], "approved")
    stage.tell(f"  复审：就业审核一；认定为就业困难人员，证号 {done['outcome']['number']}")


async def _register(stage: Stage, clerk: Caller) -> Any:
    body = {
        "id_number": stage.family["spouse"].id_number,
        "hukou": "urban",
        "able": True,
        "willing": True,
        "education": "junior_middle",
        "occupations": [COOK],
        "skills": ["中式烹饪", "食品安全"],
        "areas": [AREA],
        "wage": "3200.00",
    }
    return await _there(clerk, "/jobs/v1/seekers", body, key=stage.key("seeker"))


async def _apply(stage: Stage, clerk: Caller) -> Any:
    body = {
        "procedure": "hardship-certification",
        "subject_id": stage.ids["spouse"],
        "data": {"category": "minimum_living"},
        "documents": [{"code": "application_form"}, {"code": "identity_card"}],
    }
    return await _there(clerk, "/jobs/v1/cases", body, key=stage.key("certification"))


async def _there(clerk: Caller, path: str, body: dict[str, Any], *, key: str) -> Any:
    """None while what the request needs from enrolment is still on its way."""
    try:
        return await clerk.post(path, body, key=key)
    except Refusal as refusal:
        if refusal.status in (404, 422):
            return None
        raise


async def vacancy(stage: Stage) -> None:
    """A vacancy of the new employer, reviewed by another person, then published and matched."""
    clerk, reviewer = await stage.staff("jiuye01"), await stage.staff("jiuye02")
    employer = await clerk.post(
        "/jobs/v1/employers",
        {
            "credit_code": stage.ids["credit_code"],
            "name": f"样例县第三食品厂（{stage.run}）",
            "kind": "private",
            "contact_name": "招聘联系人",
        },
        key=stage.key("job-employer"),
    )
    verify = f"/jobs/v1/employers/{employer['employer_id']}/verification"
    await reviewer.post(verify, {"accepted": True}, key=stage.key("job-employer-verified"))
    made = await clerk.post("/jobs/v1/vacancies", _terms(stage, employer), key=stage.key("vacancy"))
    await reviewer.post(
        f"/jobs/v1/cases/{made['case_id']}/steps", {"decision": "approve"}, key=stage.key("vacancy-review")
    )
    published = await clerk.get(f"/jobs/v1/vacancies/{made['vacancy_id']}")
    same("vacancy", published["state"], "published")
    stage.ids["vacancy"] = made["vacancy_id"]
    stage.tell(f"  岗位「{published['title']}」{published['places']} 人：审核后发布")
    await _match(stage, clerk)


def _terms(stage: Stage, employer: dict[str, Any]) -> dict[str, Any]:
    return {
        "employer_id": employer["employer_id"],
        "title": "食堂厨师",
        "duties": "职工食堂中餐烹饪，遵守食品安全规定。",
        "occupation": COOK,
        "places": 2,
        "area": AREA,
        "valid_until": (stage.today + timedelta(days=30)).isoformat(),
        "wage_least": "3000.00",
        "wage_most": "3800.00",
        "education": "junior_middle",
        "skills": ["中式烹饪"],
        "groups": ["hardship"],
    }


async def _match(stage: Stage, clerk: Caller) -> None:
    answer = await clerk.get(f"/jobs/v1/vacancies/{stage.ids['vacancy']}/matches")
    match = next((m for m in answer if m["seeker_id"] == stage.ids["seeker"]), None)
    check("the seeker is on the match list", match)
    assert match is not None
    same("points sum", total([part["points"] for part in match["parts"]]), total([match["score"]]))
    stage.tell(f"  匹配 {match['seeker_name']}：{match['score']} 分")
    for part in match["parts"]:
        stage.tell(f"    {part['points']:>6}  {part['sentence']}")


async def promise(stage: Stage) -> None:
    """The promise of a placement within two working days (962110) starts with the verification."""
    clerk = await stage.staff("jiuye01")
    asked = await clerk.post(
        "/jobs/v1/assistance-requests",
        {"seeker_id": stage.ids["seeker"], "channel": "call", "need": "希望在本县就近就业"},
        key=stage.key("assistance-request"),
    )
    path = f"/jobs/v1/assistance-requests/{asked['request_id']}/verification"
    verified = await clerk.post(path, {"confirmed": True}, key=stage.key("assistance-verified"))
    check("the promise has its day", verified["due_on"])
    stage.tell(
        f"  就业援助 {verified['number']}：{verified['verified_on']} 核实，承诺 {verified['due_on']} 前安排上岗（两个工作日）"
    )
