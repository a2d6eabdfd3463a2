"""The dated parameters of enrolment (政策参数), asked for by what the operations need."""

from datetime import date
from decimal import Decimal
from pathlib import Path

from services.enrolment.codes import InjuryClass, Payer, PremiumGrade, Scheme
from services.enrolment.rules.contributions import Rate, Window, window
from services.kit.parameters import Parameter, ParameterNotConfigured, load

PARAMETERS = load(Path(__file__).parent / "parameters")


def rates(*, schemes: list[Scheme], injury_class: InjuryClass, area: str, on: date) -> list[Rate]:
    """The rates of a unit's schemes on a day, employer's and person's. Raises ParameterNotConfigured."""
    found = []
    for scheme in schemes:
        for payer in Payer:
            selectors = {"scheme": scheme, "payer": payer}
            if scheme == Scheme.WORK_INJURY and payer == Payer.EMPLOYER:
                selectors["injury_class"] = injury_class
            rate = PARAMETERS.get("contribution_rate", on=on, area=area, **selectors)
            found.append(
                Rate(scheme=scheme, payer=payer, value=rate.decimal, version=rate.version, source=rate.source)
            )
    return found


def determination_window(period: date, *, area: str) -> Window:
    """The determination window (核定业务期) of a month in an area."""
    first = PARAMETERS.get("determination_window_first_day", on=period, area=area).integer
    last = PARAMETERS.get("determination_window_last_day", on=period, area=area).integer
    return window(period=period, first_day=first, last_day=last)


def premium(grade: PremiumGrade, *, year: int, area: str) -> Parameter:
    """The personal premium of a grade in an insured year (个人缴费标准)."""
    return PARAMETERS.get("resident_premium", on=date(year, 1, 1), area=area, grade=grade)


def aided_premium(*, year: int, area: str) -> Decimal:
    """The premium that civil affairs pay for a member of an aid group (资助标准)."""
    grade = PARAMETERS.get("premium_aided_grade", on=date(year, 1, 1), area=area).value
    return premium(PremiumGrade(str(grade)), year=year, area=area).decimal


def is_premium_aided(*, category: str, hukou: str, on: date, area: str) -> bool:
    """Whether civil affairs pay the premium of that category (资助参保对象)."""
    try:
        return bool(PARAMETERS.get("premium_aided", on=on, area=area, category=category, hukou=hukou).value)
    except ParameterNotConfigured:
        return False
