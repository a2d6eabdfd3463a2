"""Coded values (代码): a stable English code, its Chinese label, and the national code if one exists."""

from enum import StrEnum


class Code(StrEnum):
    """Base of every code list (代码表); a member is `NAME = "name", "中文", "national code"`.

    The value equals the name in lower case, so what is stored, sent and written in code is one word.
    The Chinese label is for people; `national` is the code of the national standard, or None.
    """

    label: str
    national: str | None

    def __new__(cls, value: str, label: str = "", national: str | None = None) -> "Code":
        member = str.__new__(cls, value)
        member._value_ = value
        member.label = label
        member.national = national
        return member

    def __init__(self, value: str, label: str = "", national: str | None = None) -> None:
        # The label has a default only so that Level("level_1") can be written to look a member up.
        if value != self.name.lower() or not label:
            raise TypeError(f'{type(self).__name__}.{self.name} must be "{self.name.lower()}", "中文名"')
