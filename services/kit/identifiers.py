"""Identifiers of persons and organisations (证件与号码): check, normalise, mask.

Every check takes what people type (full-width digits, lower-case x, spaces) and returns the normal
form, or raises InvalidIdentifier with a message for them.
"""

import re
from collections.abc import Callable
from datetime import date
from typing import Annotated, Literal

from pydantic import AfterValidator, Field, WithJsonSchema
from pydantic_core import PydanticCustomError

Sex = Literal["male", "female"]

_HALF_WIDTH = {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)} | {0x3000: 0x20}
_ID_NUMBER = re.compile(r"[1-9][0-9]{16}[0-9X]", re.ASCII)
_CREDIT_ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"
_CREDIT_CODE = re.compile(rf"[{_CREDIT_ALPHABET}]{{2}}[0-9]{{6}}[{_CREDIT_ALPHABET}]{{10}}")
_BANK_CARD = re.compile(r"[1-9][0-9]{15,18}", re.ASCII)
_PHONE = re.compile(r"(?:\+?86)?(1[3-9][0-9]{9})", re.ASCII)


class InvalidIdentifier(ValueError):
    """What was given is not such an identifier; the message says why, Chinese first."""


def id_number(text: str, *, on: date | None = None) -> str:
    """A citizen's identity number (公民身份号码, GB 11643-1999), normalised.

    Checks form, birth date and check character (ISO 7064 MOD 11-2: every single wrong digit and
    every swap of neighbours is found). With `on`, a birth after that day is refused.
    """
    number = _normal(text)
    if not _ID_NUMBER.fullmatch(number):
        raise InvalidIdentifier("身份证号码应为18位 (an id number has 18 characters)")
    born = birth_of(number)
    if on is not None and born > on:
        raise InvalidIdentifier("身份证号码的出生日期在将来 (the birth date lies in the future)")
    if number[-1] != _id_check(number[:-1]):
        raise InvalidIdentifier("身份证号码校验码不符，请核对 (wrong check digit)")
    return number


def birth_of(number: str) -> date:
    """The birth date (出生日期) in an identity number; raises InvalidIdentifier for no such date."""
    try:
        return date(int(number[6:10]), int(number[10:12]), int(number[12:14]))
    except ValueError:
        raise InvalidIdentifier("身份证号码中的出生日期不存在 (no such birth date)") from None


def sex_of(number: str) -> Sex:
    """The sex (性别) in an identity number: the seventeenth digit is odd for men."""
    return "male" if int(number[16]) % 2 else "female"


def credit_code(text: str) -> str:
    """A unified social credit code (统一社会信用代码, GB 32100-2015), normalised and checked."""
    code = _normal(text)
    if not _CREDIT_CODE.fullmatch(code):
        raise InvalidIdentifier(
            "统一社会信用代码应为18位数字或大写字母，不含I、O、S、V、Z "
            "(18 digits or capitals without I, O, S, V, Z)"
        )
    if code[-1] != _credit_check(code[:-1]):
        raise InvalidIdentifier("统一社会信用代码校验码不符，请核对 (wrong check character)")
    return code


def bank_card(text: str) -> str:
    """A bank card number (银行卡号): 16 to 19 digits with the Luhn check of ISO/IEC 7812-1."""
    number = _normal(text)
    if not _BANK_CARD.fullmatch(number):
        raise InvalidIdentifier("银行卡号应为16至19位数字 (a bank card has 16 to 19 digits)")
    if _luhn(number):
        raise InvalidIdentifier("银行卡号校验位不符，请核对 (wrong check digit)")
    return number


def phone(text: str) -> str:
    """A mobile phone number of the mainland (手机号码), eleven digits without +86."""
    found = _PHONE.fullmatch(_normal(text).replace("-", ""))
    if found is None:
        raise InvalidIdentifier("手机号码应为11位 (a mainland mobile number has 11 digits)")
    return found[1]


def mask_id_number(number: str) -> str:
    """The number with everything hidden but the first three and last four characters."""
    return _mask(number, 3, 4)


def mask_phone(number: str) -> str:
    """The number with the four middle digits hidden: 138****5678."""
    return _mask(number, 3, 4)


def mask_bank_card(number: str) -> str:
    """The number with everything hidden but the last four digits."""
    return _mask(number, 0, 4)


def mask_name(name: str) -> str:
    """The name with everything hidden but its first character: 张**."""
    return _mask(name, 1, 0)


def _mask(text: str, head: int, tail: int) -> str:
    hidden = len(text) - head - tail
    if hidden <= 0:
        return "*" * len(text)
    return text[:head] + "*" * hidden + text[len(text) - tail :]


def _normal(text: str) -> str:
    return "".join(text.translate(_HALF_WIDTH).upper().split())


def _id_check(body: str) -> str:
    total = sum(int(digit) * pow(2, 17 - place, 11) for place, digit in enumerate(body))
    return "10X98765432"[total % 11]


def _credit_check(body: str) -> str:
    total = sum(_CREDIT_ALPHABET.index(char) * pow(3, place, 31) for place, char in enumerate(body))
    return _CREDIT_ALPHABET[-total % 31]


def _luhn(number: str) -> int:
    """The Luhn remainder: zero for a valid number."""
    doubled = (int(digit) * (1 + place % 2) for place, digit in enumerate(reversed(number)))
    return sum(value // 10 + value % 10 for value in doubled) % 10


def _validator(check: Callable[[str], str], kind: str) -> AfterValidator:
    def validate(text: str) -> str:
        try:
            return check(text)
        except InvalidIdentifier as problem:
            raise PydanticCustomError(kind, "{reason}", {"reason": str(problem)}) from None

    return AfterValidator(validate)


def _schema(description: str, example: str) -> WithJsonSchema:
    return WithJsonSchema({"type": "string", "description": description, "examples": [example]})


IdNumber = Annotated[
    str,
    _validator(id_number, "id_number"),
    _schema("公民身份号码 (GB 11643-1999)", "11010519491231002X"),
]
AreaCode = Annotated[
    str,
    Field(pattern=r"^[1-9][0-9]{5}$", description="行政区划代码，6 位 (GB/T 2260)", examples=["990101"]),
]
CreditCode = Annotated[
    str,
    _validator(credit_code, "credit_code"),
    _schema("统一社会信用代码 (GB 32100-2015)", "91350100M000100Y43"),
]
BankCard = Annotated[
    str, _validator(bank_card, "bank_card"), _schema("银行卡号 (ISO/IEC 7812-1)", "6200000000000005")
]
Phone = Annotated[str, _validator(phone, "phone"), _schema("手机号码", "13800000000")]
