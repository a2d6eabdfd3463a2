"""Steps 2 and 3: a hospital settles a bill; sent again, refused, reversed, settled again; the ledger balances."""

from typing import Any

from deploy.local.caller import Caller
from deploy.local.walk.stage import Stage, arrives, check, refused, same, total

HOSPITAL = "H99010100002"  # 二级: deductible 600, ratio 75 %
# item, name, quantity, unit price, amount, approval: categories A, B and C
LINES = [
    ("XA0002", "注射用头孢曲松钠 1.0g", "4", "28.50", "114.00", "none"),
    ("XB0001", "盐酸氨溴索注射液 15mg", "6", "12.40", "74.40", "none"),
    ("XB0003", "人血白蛋白 10g", "4", "480.00", "1920.00", "approved"),
    ("SB0001", "胸部CT平扫", "1", "260.00", "260.00", "none"),
    ("SA0001", "住院诊查费（日）", "1", "15.00", "15.00", "none"),
    ("SA0002", "普通床位费（日）", "1", "40.00", "40.00", "none"),
    ("MB0001", "留置针", "1", "36.00", "36.00", "none"),
    ("XC0001", "复合维生素片", "3", "58.00", "174.00", "none"),
]
TOTAL = "2633.40"
# Worked by hand from source 003 L193 and source 004 L479: in policy 2,027.96; (2,027.96 - 600) x 75 % = 1,070.97;
# own part 2,633.40 - 1,070.97 = 1,562.43, above 1,000 of cost: 60 % = 937.46.
EXPECTED = {
    "in_policy": "2027.96",
    "resident_pool": "1070.97",
    "medical_aid": "937.46",
    "person_paid": "624.97",
}


async def settle(stage: Stage) -> None:
    """Entitlement, bill, pre-settlement, settlement, with the working."""
    hospital = await stage.system(HOSPITAL)
    patient = stage.family["head"]
    question = {"id_number": patient.id_number, "on": stage.today.isoformat()}
    entitled = await arrives("参保与救助信息", lambda: _entitled(hospital, question))
    stage.tell(f"  待遇资格：{entitled['person']['name']} 在保，救助身份 {'、'.join(entitled['assistance'])}")
    bill = await _upload(stage, hospital, patient.id_number)
    shown = await hospital.post(f"/claims/v1/bills/{bill['bill_id']}/presettlement")
    presettled = {name: shown[name] for name in ("total", "own_paid", "over_limit", "prior_self_pay")}
    presettled |= {name: shown[name] for name in ("in_policy", "fund_paid", "person_paid")}
    stage.ids["presettled"] = shown["person_paid"]
    path = f"/claims/v1/bills/{bill['bill_id']}/settlement"
    settled = await hospital.post(path, {"presettled": presettled}, key=stage.key("settlement"))
    stage.ids["settlement"], stage.ids["bill"] = settled["settlement_id"], bill["bill_id"]
    _explain(stage, settled)
    await _balanced(stage)
    await _again(stage, hospital, path, presettled, settled)


async def _entitled(hospital: Caller, question: dict[str, str]) -> Any:
    try:
        answer = await hospital.post("/claims/v1/entitlements", question)
    except Exception as error:
        if getattr(error, "status", 0) == 404:  # enrolment's events are still on their way
            return None
        raise
    return answer if answer["coverage"]["covered"] and answer["assistance"] else None


async def _upload(stage: Stage, hospital: Caller, id_number: str) -> Any:
    day = stage.today.isoformat()
    lines = [
        {
            "line_no": number,
            "item_code": code,
            "name": name,
            "quantity": quantity,
            "unit_price": price,
            "amount": amount,
            "occurred_on": day,
            "doctor_code": "D990101000001",
            "approval": approval,
        }
        for number, (code, name, quantity, price, amount, approval) in enumerate(LINES, start=1)
    ]
    body = {
        "bill_number": f"ZY{stage.run}",
        "id_number": id_number,
        "admitted_on": day,
        "discharged_on": day,
        "diagnosis_code": "J18.9",
        "total": TOTAL,
        "attachments_pages": 6,
        "lines": lines,
    }
    bill = await hospital.post("/claims/v1/bills", body, key=stage.key("bill"))
    parts = [bill[name] for name in ("own_paid", "over_limit", "prior_self_pay", "in_policy")]
    same("four parts of the bill", total(parts), total([TOTAL]))
    stage.tell(
        f"  账单 {bill['bill_number']}：总额 {bill['total']}，全自费 {bill['own_paid']}，超限价 {bill['over_limit']}，"
        f"先行自付 {bill['prior_self_pay']}，政策范围内 {bill['in_policy']}"
    )
    return bill


def _explain(stage: Stage, settled: dict[str, Any]) -> None:
    layers = {layer["fund"]: layer["amount"] for layer in settled["layers"]}
    found = layers | {"in_policy": settled["in_policy"], "person_paid": settled["person_paid"]}
    for name, wanted in EXPECTED.items():
        same(name, found.get(name), wanted)
    same("all parts", total([*layers.values(), settled["person_paid"]]), total([settled["total"]]))
    for step in settled["working"]:
        by_parameter = "." in step["step"]  # the split and the person's part are sums, without a parameter
        check("a step has its source and version", step["source"] and (step["version"] or not by_parameter))
        stage.tell(f"    {step['title']}：{step['formula']} = {step['amount']} 元 〔{step['source']}〕")
    paid = "，".join(f"{fund} {amount}" for fund, amount in layers.items())
    stage.tell(f"  结算：{paid}，个人 {settled['person_paid']}，合计 {settled['total']} 元")


async def _balanced(stage: Stage) -> dict[str, Any]:
    finance = await stage.staff("caiwu01")
    balance: dict[str, Any] = await finance.get("/claims/v1/ledger/balance")
    same("the ledger's difference", balance["difference"], "0.00")
    return balance


async def _again(
    stage: Stage, hospital: Caller, path: str, presettled: dict[str, Any], settled: dict[str, Any]
) -> None:
    before = await _balanced(stage)
    repeated = await hospital.post(path, {"presettled": presettled}, key=stage.key("settlement"))
    same("the repeated answer", repeated, settled)
    await refused(hospital.post(path, {}, key=stage.key("settlement")), problem="idempotency-key-reused")
    same("the ledger after the repetition", await _balanced(stage), before)
    stage.tell("  重发同一报文：同一答复，未动资金；同一编号不同内容：拒绝")


async def reverse(stage: Stage) -> None:
    """The reversal restores accumulators and ledger; then the bill is settled again."""
    hospital = await stage.system(HOSPITAL)
    question = {"id_number": stage.family["head"].id_number, "on": stage.today.isoformat()}
    path = f"/claims/v1/settlements/{stage.ids['settlement']}/reversal"
    await hospital.post(path, {"reason": "费用录入有误，重新结算"}, key=stage.key("reversal"))
    year = (await hospital.post("/claims/v1/entitlements", question))["year"]
    same("accumulated in policy after the reversal", year["in_policy"], "0.00")
    same("accumulated funds after the reversal", total(list(year["paid"].values())), total([]))
    await _balanced(stage)
    await refused(
        hospital.post(path, {"reason": "再次冲正"}, key=stage.key("reversal-2")),
        problem="settlement-reversed",
    )
    again = await hospital.post(
        f"/claims/v1/bills/{stage.ids['bill']}/settlement", {}, key=stage.key("settlement-2")
    )
    same("settled again", again["person_paid"], EXPECTED["person_paid"])
    stage.ids["settlement"] = again["settlement_id"]
    await _balanced(stage)
    stage.tell(f"  冲正后累计与账簿复原；重新结算，个人 {again['person_paid']} 元；借贷平衡，差额 0.00")
