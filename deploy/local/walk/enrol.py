"""Step 1: a household and an employer's staff are enrolled, contributions assessed and paid, coverage starts."""

from typing import Any

from deploy.local.caller import Caller
from deploy.local.people import AREA, Person
from deploy.local.sample import Client, household_of, register
from deploy.local.walk.stage import Stage, check, same, total

EMPLOYEE_SCHEMES = ["pension", "employee_medical", "unemployment", "maternity", "work_injury"]
BASES = {"first": "5000.00", "second": "6200.00"}


async def household(stage: Stage) -> None:
    """A resident household of four, its head in 低保, enrolled for this year and paid."""
    clerk = await stage.staff("canbao01")
    stage.family = household_of(stage.people, on=stage.today)
    for relation, person in stage.family.items():
        made = await register(clerk, person, key=stage.key(f"person-{relation}"))
        stage.ids[relation] = made["person_id"]
    members = [{"person_id": stage.ids[relation], "relation": relation} for relation in stage.family]
    home = await clerk.post(
        "/enrolment/v1/households",
        {"area": AREA, "address": "样例县城关镇和平村", "members": members},
        key=stage.key("household"),
    )
    for relation in ("head", "spouse"):
        await _assist(stage, clerk, relation)
    enrolled = await clerk.post(
        f"/enrolment/v1/households/{home['household_id']}/resident-enrolments",
        {"year": stage.today.year, "grade": "grade_1", "members": list(_ids(stage))},
        key=stage.key("resident-enrolment"),
    )
    for bill in enrolled["bills"]:
        await pay(stage, bill)
        stage.tell(f"  账单 {bill['payer_name']} {bill['amount']} 元 → 已缴")
    await _covered(stage, stage.ids["head"], "resident_medical", stage.today.isoformat())
    stage.tell(f"  居民医保自 {stage.today} 起生效（户主 {stage.family['head'].name}，低保）")


def _ids(stage: Stage) -> list[str]:
    return [stage.ids[relation] for relation in stage.family]


async def _assist(stage: Stage, clerk: Caller, relation: str) -> None:
    await clerk.post(
        f"/enrolment/v1/people/{stage.ids[relation]}/assistance",
        {
            "category": "minimum_living_allowance",
            "assistance_class": "a",
            "hukou": "rural",
            "certificate_number": f"DB-{stage.run}-{relation}",
            "deciding_office": "样例县民政局",
            "valid_from": stage.today.replace(day=1).isoformat(),
        },
        key=stage.key(f"assistance-{relation}"),
    )


async def pay(stage: Stage, bill: dict[str, Any]) -> None:
    """Finance credits the bill against its tax receipt; a bill of nothing needs no payment."""
    if total([bill["open"]]) == 0:
        return
    finance = await stage.staff("caiwu01")
    number = f"SP{stage.run}{bill['bill_id'][-8:]}"
    receipt = {
        "receipt_number": number,
        "kind": "tax_receipt",
        "amount": bill["open"],
        "paid_on": stage.today.isoformat(),
    }
    path = f"/enrolment/v1/bills/{bill['bill_id']}/receipts"
    credited = await finance.post(path, receipt, key=stage.key(number))
    same("bill", credited["bill"]["state"], "paid")


async def _covered(stage: Stage, person_id: str, scheme: str, since: str) -> None:
    clerk = await stage.staff("canbao01")
    answer = await clerk.get(
        f"/enrolment/v1/people/{person_id}/coverage", scheme=scheme, on=stage.today.isoformat()
    )
    check(f"{scheme} covered on {stage.today}: {answer['reason']}", answer["covered"])
    same("coverage starts", answer["periods"][-1]["valid_from"], since)


async def employer(stage: Stage) -> None:
    """A new employer declares two people through its own system; two reviewers; a month determined and paid."""
    clerk = await stage.staff("canbao01")
    code = stage.people.credit_code()
    unit = await clerk.post(
        "/enrolment/v1/employers",
        {
            "name": f"样例县第三食品厂（{stage.run}）",
            "credit_code": code,
            "unit_kind": "enterprise",
            "injury_class": "class_2",
            "area": AREA,
            "schemes": EMPLOYEE_SCHEMES,
        },
        key=stage.key("employer"),
    )
    stage.ids["employer"], stage.ids["credit_code"] = unit["employer_id"], code
    await _give_client(stage, code, unit["name"])
    workers = await _workers(stage, clerk)
    declared = await _declare(stage, workers)
    await _review(stage, declared["case_id"])
    month = f"{stage.today:%Y-%m}"
    determined = await clerk.post(
        f"/enrolment/v1/employers/{unit['employer_id']}/determinations",
        {"period": month},
        key=stage.key("determination"),
    )
    parts = [line["amount"] for line in determined["lines"]]
    same("contributions sum", total(parts), total([determined["total"]]))
    bill = await clerk.get(f"/enrolment/v1/bills/{determined['bill_id']}")
    await pay(stage, bill)
    stage.tell(f"  单位 {unit['name']} 申报 2 人，{month} 核定 {determined['total']} 元 → 已缴")
    first = stage.today.replace(day=1).isoformat()
    await _covered(stage, stage.ids["worker-first"], "employee_medical", first)
    stage.tell(f"  职工医保自 {first} 起生效")


async def _give_client(stage: Stage, code: str, name: str) -> None:
    if code in stage.county.clients:
        return
    administrator = await stage.staff("admin")
    body = {"name": name[:60], "organisation": code, "roles": ["employer"], "area": AREA}
    made = await administrator.post("/gateway/v1/clients", body)
    stage.county.clients[code] = Client(code, name, made["client_id"], made["client_secret"])


async def _workers(stage: Stage, clerk: Caller) -> dict[str, Person]:
    workers = {name: stage.people.person(age=30 + 8 * i, on=stage.today) for i, name in enumerate(BASES)}
    for name, person in workers.items():
        made = await register(clerk, person, key=stage.key(f"worker-{name}"))
        stage.ids[f"worker-{name}"] = made["person_id"]
    return workers


async def _declare(stage: Stage, workers: dict[str, Person]) -> Any:
    system = await stage.system(stage.ids["credit_code"])
    lines = [
        {"kind": "addition", "name": p.name, "sex": p.sex, "id_number": p.id_number, "base": BASES[name]}
        for name, p in workers.items()
    ]
    body = {
        "effective_month": f"{stage.today:%Y-%m}",
        "lines": lines,
        "documents": [{"code": "labour_contract", "reference": f"HT-{stage.run}"}],
    }
    path = f"/enrolment/v1/employers/{stage.ids['employer']}/declarations"
    return await system.post(path, body, key=stage.key("declaration"))


async def _review(stage: Stage, case_id: str) -> None:
    for account, step in (("canbao01", "first_review"), ("canbao02", "second_review")):
        reviewer = await stage.staff(account)
        await reviewer.post(
            f"/enrolment/v1/cases/{case_id}/steps",
            {"decision": "approve", "step": step},
            key=stage.key(f"declaration-{step}"),
        )
