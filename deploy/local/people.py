"""Synthetic people and organisations of the fictional area 990101; no real person has such a number."""

import random
from dataclasses import dataclass
from datetime import date, timedelta

AREA = "990101"
_SURNAMES = "王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗"
_GIVEN = "伟芳娜敏静丽强磊军洋勇艳杰娟涛明超兰霞平刚桂英华玉建国晓东海燕志宏文秀云春梅雪松柏"
_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_CHECKS = "10X98765432"
_CREDIT_ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"
_CREDIT_WEIGHTS = tuple(pow(3, place, 31) for place in range(17))


@dataclass(frozen=True)
class Person:
    """A made-up person (虚构人员)."""

    name: str
    id_number: str
    born_on: date
    sex: str


class People:
    """Makes people and organisations, the same ones again for the same seed."""

    def __init__(self, seed: str) -> None:
        self._random = random.Random(seed)  # noqa: S311 - made-up people need no secrecy
        self._made: set[str] = set()

    def person(self, *, age: int, on: date, sex: str | None = None) -> Person:
        """A person of that age on that day, with a valid id number (GB 11643)."""
        born = on - timedelta(days=age * 365 + age // 4 + self._random.randrange(30, 330))
        chosen = sex or self._random.choice(("male", "female"))
        name = self._random.choice(_SURNAMES) + "".join(self._random.sample(_GIVEN, 2))
        number = self._id_number(born, male=chosen == "male")
        return Person(name=name, id_number=number, born_on=born, sex=chosen)

    def _id_number(self, born: date, *, male: bool) -> str:
        while True:
            serial = self._random.randrange(0, 500) * 2 + male
            body = f"{AREA}{born:%Y%m%d}{serial:03d}"
            number = body + _CHECKS[sum(int(d) * w for d, w in zip(body, _WEIGHTS, strict=True)) % 11]
            if number not in self._made:
                self._made.add(number)
                return number

    def credit_code(self) -> str:
        """A unified social credit code (GB 32100) of that area."""
        body = f"91{AREA}" + "".join(self._random.choices(_CREDIT_ALPHABET, k=9))
        total = sum(_CREDIT_ALPHABET.index(c) * w for c, w in zip(body, _CREDIT_WEIGHTS, strict=True))
        return body + _CREDIT_ALPHABET[-total % 31]
