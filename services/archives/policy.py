"""The dated parameters of the archive, in the words of the operations."""

from datetime import date
from pathlib import Path

from services.kit.parameters import Parameter, ParameterNotConfigured, load
from services.kit.problems import Refused, Text

PARAMETERS = load(Path(__file__).parent / "parameters")


class NoFonds(Refused):
    """The area has no fonds here (该地区没有全宗)."""

    slug = "no-fonds"
    title = Text("该地区没有登记全宗", "The area has no fonds")
    detail = Text(
        "地区 {area} 没有登记全宗号，请先在参数 fonds_code 中登记。",
        "Area {area} has no fonds_code; register one.",
    )


def fonds_code(*, area: str, on: date) -> str:
    """Fonds number (全宗号) of an area. Raises NoFonds."""
    try:
        return str(PARAMETERS.get("fonds_code", on=on, area=area).value)
    except ParameterNotConfigured as error:
        raise NoFonds(area=area) from error


def responsible_party(*, kind: str, area: str, on: date) -> str:
    """The body whose work the piece shows (责任者)."""
    return str(PARAMETERS.get("responsible_party", on=on, area=area, kind=kind).value)


def retention(*, kind: str, area: str, on: date) -> Parameter:
    """The retention period (保管期限) of a kind of case, with its source."""
    return PARAMETERS.get("retention_period", on=on, area=area, kind=kind)


def required_papers(*, kind: str, care: str, area: str, on: date) -> list[str]:
    """The papers without which a piece is incomplete, in filing order."""
    listed = PARAMETERS.get("required_papers", on=on, area=area, kind=kind, care=care).value
    assert isinstance(listed, tuple)
    return [str(code) for code in listed]


def loan_days(*, area: str, on: date) -> int:
    """How many days a piece may be lent (借阅期限)."""
    return PARAMETERS.get("loan_days", on=on, area=area).integer


def transfer_deadline(*, area: str, year: int) -> date:
    """Last day on which a section hands over the pieces of a year (移交截止日)."""
    month, day = str(PARAMETERS.get("transfer_deadline", on=date(year, 12, 31), area=area).value).split("-")
    return date(year + 1, int(month), int(day))
