"""The filing plan (归档方案): what a finished case of another service becomes in the archive.

Titles follow DA/T 18-2022 (责任者、问题、文种 in words a reader finds again); the order of papers in a piece is
main form before attachments, result before basis, important voucher before secondary (源002 §A-03).
Periods, required papers and responsible parties are dated data in ``parameters/``.
"""

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID


@dataclass(frozen=True)
class Place:
    """Where pieces of one kind belong: category 门类, matter 机构（问题）, and whether they are accounting papers."""

    category: str
    section: str
    record: str
    accounting: bool = False


PLAN: Mapping[str, Place] = {
    "settlement": Place("yb", "医疗待遇结算", "settlement_sheet"),
    "reversal": Place("yb", "医疗待遇结算", "reversal_notice"),
    "contribution": Place("sb", "社会保险费征缴", "payment_receipt", accounting=True),
    "certification": Place("jy", "就业援助", "certification_form"),
}

CARE_NAMES: Mapping[str, str] = {"inpatient": "住院", "outpatient": "门诊"}


@dataclass(frozen=True)
class ClosedCase:
    """A finished case (办结事项) as its event told it; amounts and diagnoses stay where they belong."""

    kind: str
    source: str
    source_id: UUID
    area: str
    title: str
    formed_on: date
    names: tuple[str, ...]
    keywords: tuple[str, ...]
    record: bytes
    care: str = "none"
    attachment_pages: int = 0
    follows_source_id: UUID | None = None


def settlement_title(*, person: str, institution: str, care_type: str, begun_on: date, ended_on: date) -> str:
    """Title of a settlement's piece: 张三住院医疗费用结算材料（样例县人民医院，2024-05-01至2024-05-08）."""
    care = CARE_NAMES.get(care_type, "")
    return f"{person}{care}医疗费用结算材料（{institution}，{begun_on}至{ended_on}）"


def reversal_title(*, person: str, institution: str, reversed_on: date) -> str:
    """Title of a reversal's piece: 张三医疗费用结算撤销材料（样例县人民医院，2024-05-20）."""
    return f"{person}医疗费用结算撤销材料（{institution}，{reversed_on}）"


def contribution_title(*, payer: str, period: str, receipt_number: str) -> str:
    """Title of a paid contribution bill's piece: 某公司2024-05社会保险费缴费材料（收据0001）."""
    return f"{payer}{period}社会保险费缴费材料（收据{receipt_number}）"


def certification_title(*, person: str, granted_on: date) -> str:
    """Title of a certification's piece: 李四就业困难人员认定材料（2024-05-06）."""
    return f"{person}就业困难人员认定材料（{granted_on}）"


def care_group(*, care_type: str) -> str:
    """The group of required papers: inpatient care has a discharge record, other care has none."""
    return "inpatient" if care_type == "inpatient" else "outpatient"


def record_of(data: Mapping[str, Any]) -> bytes:
    """The electronic record of a case: its event's data in one canonical form, so that the digest can be repeated."""
    return json.dumps(data, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()


def digest(content: bytes) -> str:
    """SHA-256 of a paper's content, hexadecimal (固化信息)."""
    return hashlib.sha256(content).hexdigest()


def missing_papers(*, required: Iterable[str], present: Iterable[str]) -> tuple[str, ...]:
    """Required papers that the piece lacks, in filing order; an empty answer means complete (齐全)."""
    have = set(present)
    return tuple(code for code in required if code not in have)
