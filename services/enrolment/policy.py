"""The dated parameters of enrolment (政策参数), asked for by what the operations need."""

from datetime import date
from decimal import Decimal
from pathlib import Path

from services.enrolment.codes import InjuryClass, Payer, PremiumGrade, Scheme
from services.enrolment.rules.contributions import Rate, Window, window
from services.kit.parameters import NoParameter, Parameter, load
from services.kit.problems import Refused, Text

PARAMETERS = load(Path(__file__).parent / "parameters")


class NotConfigured(Refused):
    """The area has no such parameter for that day (政策参数未配置)."""

    slug = "parameter-not-configured"
    title = Text("政策参数未配置", "The parameter is not configured")
    detail = Text(
        "统筹区 {area} 在 {on} 没有适用的参数 {name}（{selectors}），请先按规定程序配置。",
        "Area {area} has no parameter {name} ({selectors}) for {on}; have it configured first.",
    )


def parameter(name: str, *, on: date, area: str, **selectors: str) -> Parameter:
    """The parameter in force. Raises NotConfigured."""
    try:
        return PARAMETERS.get(name, on=on, area=area, **selectors)
    except NoParameter as error:
        chosen = "、".join(f"{key}={value}" for key, value in sorted(selectors.items())) or "-"
        raise NotConfigured(area=area, on=on, name=name, selectors=chosen) from error


def rates(*, schemes: list[Scheme], injury_class: InjuryClass, area: str, on: date) -> list[Rate]:
    """The rates of a unit's schemes on a day, employer's and person's. Raises NotConfigured."""
    found = []
    for scheme in schemes:
        for payer in Payer:
            selectors = {"scheme": scheme, "payer": payer}
            if scheme == Scheme.WORK_INJURY and payer == Payer.EMPLOYER:
                selectors["injury_class"] = injury_class
            rate = parameter("contribution_rate", on=on, area=area, **selectors)
            found.append(
                Rate(scheme=scheme, payer=payer, value=rate.decimal, version=rate.version, source=rate.source)
            )
    return found


def determination_window(period: date, *, area: str) -> Window:
    """The determination window (核定业务期) of a month in an area."""
    first = parameter("determination_window_first_day", on=period, area=area).integer
    last = parameter("determination_window_last_day", on=period, area=area).integer
    return window(period=period, first_day=first, last_day=last)


def premium(grade: PremiumGrade, *, year: int, area: str) -> Parameter:
    """The personal premium of a grade in an insured year (个人缴费标准)."""
    return parameter("resident_premium", on=date(year, 1, 1), area=area, grade=grade)


def aided_premium(*, year: int, area: str) -> Decimal:
    """The premium that civil affairs pay for a member of an aid group (资助标准)."""
    grade = parameter("premium_aided_grade", on=date(year, 1, 1), area=area).value
    return premium(PremiumGrade(str(grade)), year=year, area=area).decimal


def is_premium_aided(*, category: str, hukou: str, on: date, area: str) -> bool:
    """Whether civil affairs pay the premium of that category (资助参保对象)."""
    try:
        return bool(PARAMETERS.get("premium_aided", on=on, area=area, category=category, hukou=hukou).value)
    except NoParameter:
        return False
