"""Legal parameters (政策参数): dated values with unit, area and source, read from TOML files.

One entry of a file:

    [[inpatient_deductible]]
    title = "住院起付线"          # in the first entry of a name; the others inherit it
    level = "level_2"             # every key not named here selects: it must match the question
    area = "990101"               # or "990100" (its city), "990000" (its province), "*" (everywhere)
    value = "600"                 # a number is a string, so that it stays exact
    unit = "yuan"                 # "text" keeps a string of digits a string
    valid_from = 2020-01-01
    valid_until = 2021-01-01      # exclusive; left out while it is in force
    source = "…"
"""

import tomllib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal, InvalidOperation
from hashlib import sha256
from itertools import pairwise
from pathlib import Path
from typing import Any

from services.kit.problems import Refused, Text

Value = Decimal | int | bool | str | date | tuple[Any, ...]

_FIELDS = frozenset({"title", "area", "value", "unit", "valid_from", "valid_until", "source"})
_REQUIRED = ("area", "value", "unit", "valid_from", "source")


class ParameterNotConfigured(Refused):
    """No value is in force for this question (政策参数未配置)."""

    slug = "parameter-not-configured"
    title = Text("政策参数未配置", "The parameter is not configured")
    detail = Text(
        "地区 {area} 在 {on} 没有适用的参数 {name}（{selectors}），请先按规定程序配置。",
        "Area {area} has no parameter {name} ({selectors}) for {on}; have it configured first.",
    )


class BadParameter(ValueError):
    """The data break a rule: a missing field, an inexact number, overlapping periods (参数数据有误)."""


@dataclass(frozen=True)
class Parameter:
    """One value with its period of validity `[valid_from, valid_until)` and its source.

    `version` names exactly this value; a decision stores it (000 X1: a computation stores the
    version it used). Closing an open period or correcting the source text does not change it.
    """

    name: str
    title: str
    value: Value
    unit: str
    source: str
    valid_from: date
    valid_until: date | None
    area: str
    selectors: tuple[tuple[str, Any], ...]
    version: str

    @property
    def decimal(self) -> Decimal:
        """The value as a number; raises TypeError when it is not one."""
        if isinstance(self.value, Decimal | int) and not isinstance(self.value, bool):
            return Decimal(self.value)
        raise TypeError(f"{self.version} is not a number: {self.value!r}")

    @property
    def integer(self) -> int:
        """The value as a whole number; raises TypeError when it is not one."""
        number = self.decimal
        if number == int(number):
            return int(number)
        raise TypeError(f"{self.version} is not a whole number: {self.value!r}")

    def applies(self, on: date) -> bool:
        """Whether the value is in force on that day."""
        return self.valid_from <= on and (self.valid_until is None or on < self.valid_until)


_Key = tuple[str, str, tuple[tuple[str, Any], ...]]
_Layer = Mapping[_Key, Sequence[Parameter]]


class Parameters:
    """All parameters of a service: the shipped files, and above them the approved overrides."""

    def __init__(self, layers: Sequence[_Layer]) -> None:
        self._layers = layers

    def get(self, name: str, /, *, on: date, area: str, **selectors: Any) -> Parameter:
        """The value in force on a day in an area; raises ParameterNotConfigured.

        The nearest area wins: the area itself, its city, its province, then everywhere ("*"); within
        one area an override wins over the shipped file.
        """
        for parameter in self._candidates(name, area, selectors):
            if parameter.applies(on):
                return parameter
        chosen = ", ".join(f"{key}={value}" for key, value in sorted(selectors.items())) or "-"
        raise ParameterNotConfigured(area=area, on=on, name=name, selectors=chosen)

    def history(self, name: str, /, *, area: str, **selectors: Any) -> list[Parameter]:
        """What applied in an area over time, oldest first, each clipped to the period it was in force.

        A gap means that nothing was in force. An unknown name has an empty history.
        """
        found = list(self._candidates(name, area, selectors))
        days = sorted({day for p in found for day in (p.valid_from, p.valid_until) if day})
        spans = [*pairwise(days), (days[-1], None)] if days else []
        clipped: list[Parameter] = []
        for start, end in spans:
            winner = next((p for p in found if p.applies(start)), None)
            if winner is None:
                continue
            last = clipped[-1] if clipped else None
            if last and last.version == winner.version and last.valid_until == start:
                clipped[-1] = replace(last, valid_until=end)
            else:
                clipped.append(replace(winner, valid_from=start, valid_until=end))
        return clipped

    def with_overrides(self, rows: Iterable[Mapping[str, Any]]) -> "Parameters":
        """The same parameters with approved overrides above them.

        A row has the keys of a file entry and `name`. Raises BadParameter.
        """
        entries = ((row["name"], {k: v for k, v in row.items() if k != "name"}) for row in rows)
        return Parameters([_layer(_read(entries, place="override")), *self._layers])

    def _candidates(self, name: str, area: str, selectors: Mapping[str, Any]) -> Iterator[Parameter]:
        chosen = _selectors(selectors)
        for place in _nearest(area):
            for layer in self._layers:
                yield from layer.get((name, place, chosen), ())


def load(folder: Path | str) -> Parameters:
    """All parameters in the TOML files of a folder; raises BadParameter naming file and entry."""
    paths = sorted(Path(folder).glob("*.toml"))
    return Parameters([_layer([row for path in paths for row in _file(path)])])


def _file(path: Path) -> list[Parameter]:
    # Numbers are strings or integers in these files: a float has already lost its exact value.
    try:
        tables = tomllib.loads(path.read_text("utf-8"), parse_float=_no_float)
    except ValueError as error:
        raise BadParameter(f"{path.name}: {error}") from None
    entries = ((name, row) for name, rows in tables.items() for row in _rows(path, name, rows))
    return list(_read(entries, place=path.name))


def _rows(path: Path, name: str, rows: object) -> list[dict[str, Any]]:
    if isinstance(rows, list) and all(isinstance(row, dict) for row in rows):
        return rows
    raise BadParameter(f"{path.name}: {name} must be written as [[{name}]]")


def _no_float(text: str) -> object:
    raise BadParameter(f'write the number {text} as a string: "{text}" (小数请写成字符串)')


def _read(entries: Iterable[tuple[str, Mapping[str, Any]]], *, place: str) -> Iterator[Parameter]:
    titles: dict[str, str] = {}
    for name, row in entries:
        title = titles.setdefault(name, row.get("title", ""))
        yield _parameter(name, {**row, "title": row.get("title", title)}, place)


def _parameter(name: str, row: Mapping[str, Any], place: str) -> Parameter:
    missing = [key for key in ("title", *_REQUIRED) if row.get(key) in ("", None)]
    if missing:
        raise BadParameter(f"{place}: {name} lacks {', '.join(missing)} (缺少必填项): {dict(row)}")
    area, unit, since = row["area"], row["unit"], row["valid_from"]
    value = _value(row["value"], unit)
    chosen = _selectors({key: row[key] for key in row if key not in _FIELDS})
    until = row.get("valid_until")
    if until is not None and until <= since:
        raise BadParameter(f"{place}: {_label(name, area, chosen)} ends before it starts")
    mark = sha256(f"{value!r} {unit}".encode()).hexdigest()[:8]
    return Parameter(
        name=name,
        title=row["title"],
        value=value,
        unit=unit,
        source=row["source"],
        valid_from=since,
        valid_until=until,
        area=area,
        selectors=chosen,
        version=f"{_label(name, area, chosen)}@{since}#{mark}",
    )


def _value(raw: Any, unit: str) -> Value:
    if isinstance(raw, float):
        raise BadParameter(f"a value is never a float: {raw}")
    if isinstance(raw, list | tuple):
        return tuple(_value(item, unit) for item in raw)
    if isinstance(raw, str) and unit != "text":
        try:
            number = Decimal(raw)
        except InvalidOperation:
            return raw
        return number if number.is_finite() else raw
    if isinstance(raw, Decimal | int | str | date):
        return raw
    raise BadParameter(f"not a value: {raw!r}")


def _selectors(selectors: Mapping[str, Any]) -> tuple[tuple[str, Any], ...]:
    return tuple(sorted(selectors.items()))


def _label(name: str, area: str, selectors: tuple[tuple[str, Any], ...]) -> str:
    return f"{name}[{', '.join([area, *(f'{key}={value}' for key, value in selectors)])}]"


def _nearest(area: str) -> list[str]:
    return list(dict.fromkeys([area, f"{area[:4]}00", f"{area[:2]}0000", "*"]))


def _layer(parameters: Iterable[Parameter]) -> _Layer:
    layer: dict[_Key, list[Parameter]] = {}
    for parameter in sorted(parameters, key=lambda p: p.valid_from):
        layer.setdefault((parameter.name, parameter.area, parameter.selectors), []).append(parameter)
    for key, versions in layer.items():
        for earlier, later in pairwise(versions):
            if earlier.applies(later.valid_from):
                raise BadParameter(
                    f"{_label(*key)}: {earlier.valid_from} 与 {later.valid_from} 起的两个值有效期重叠 "
                    f"(the periods overlap; give the earlier one a valid_until)"
                )
    return layer
