"""What a bench tells: one row for each quantity, and the table of all at the end."""

import platform
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from os import sched_getaffinity
from pathlib import Path
from unicodedata import east_asian_width

import orjson

HEADS = ("quantity", "measured", "control", "ratio", "asked for")


@dataclass(frozen=True)
class Row:
    """A quantity with its control of the same run; `bound` is what was asked of `value`."""

    quantity: str
    measured: str
    control: str
    value: float | None
    unit: str
    bound: float | None = None
    at_most: bool = False
    noisy: bool = False

    @property
    def ratio(self) -> str:
        """The ratio, when the value is one."""
        return f"{self.value:.2f}" if self.value is not None and self.unit == "ratio" else "-"

    @property
    def asked(self) -> str:
        """What was asked for, and whether it was reached."""
        if self.bound is None:
            return "-"
        bound = f"{'<' if self.at_most else '>='} {self.bound:,g} {self.unit}"
        if self.value is None:
            return f"{bound}  ? not measured"
        reached = self.value < self.bound if self.at_most else self.value >= self.bound
        return f"{bound}  {'✓ reached' if reached else '✗ missed'}"


def table(rows: Sequence[Row]) -> str:
    """All rows, aligned."""
    cells = [HEADS, *(_cells(row) for row in rows)]
    widths = [max(_width(line[place]) for line in cells) for place in range(len(HEADS))]
    lines = ["  ".join(_padded(cell, widths[place]) for place, cell in enumerate(line)) for line in cells]
    lines.insert(1, "  ".join("-" * width for width in widths))
    return "\n".join(line.rstrip() for line in lines)


def keep(rows: Sequence[Row], *, file: Path, notes: Iterable[str], steal: float) -> None:
    """Writes the figures down for whoever compares two runs."""
    file.parent.mkdir(parents=True, exist_ok=True)
    told = {
        "at": datetime.now(UTC),
        "machine": {"processors": len(sched_getaffinity(0)), "kernel": platform.release()},
        "python": platform.python_version(),
        "steal": round(steal, 4),
        "notes": list(notes),
        "rows": [asdict(row) for row in rows],
    }
    file.write_bytes(orjson.dumps(told, option=orjson.OPT_INDENT_2) + b"\n")


def _cells(row: Row) -> tuple[str, ...]:
    return f"{row.quantity}{' !' if row.noisy else ''}", row.measured, row.control, row.ratio, row.asked


def _width(text: str) -> int:
    return sum(2 if east_asian_width(letter) in "WF" else 1 for letter in text)


def _padded(text: str, width: int) -> str:
    return text + " " * (width - _width(text))
