"""Comparing what was declared with the register (身份比对, E03, R1-02)."""

from collections.abc import Mapping


def differing_fields(*, declared: Mapping[str, str], registered: Mapping[str, str]) -> list[str]:
    """The declared fields that are not as registered; every one of them must agree or nothing changes.

    Source: 002 R1-02 (L368): 姓名、性别、身份证号码、个人社保编号.
    """
    return [name for name, value in declared.items() if registered.get(name) != value]
