"""Resident medical insurance by household (城乡居民医保以家庭为单位参保, E14, E15, E18)."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from uuid import UUID

ZERO = Decimal("0.00")


def missing_members(
    *, members: Collection[UUID], enrolled: Collection[UUID], excluded: Collection[UUID]
) -> list[UUID]:
    """Members who are neither enrolled nor excluded with a reason; one of them blocks the household.

    Source: 004 E3 (应以家庭为单位参保).
    """
    return sorted(set(members) - set(enrolled) - set(excluded))


@dataclass(frozen=True, kw_only=True)
class Share:
    """Who pays how much for one person and year, in yuan."""

    person_id: UUID
    personal: Decimal
    aided: Decimal
    government: Decimal
    aided_as: str | None = None


def premium_shares(
    *,
    enrolled: Sequence[UUID],
    aided: Mapping[UUID, str],
    premium: Decimal,
    aided_premium: Decimal,
    subsidy: Decimal,
) -> list[Share]:
    """The premium of each enrolled person, split into household, civil affairs and government.

    Civil affairs pay the aided grade of the aid groups in full (004 §3E L479); what a higher grade costs
    beyond it stays with the household (inferred).
    """
    shares = []
    for person_id in enrolled:
        category = aided.get(person_id)
        by_aid = min(premium, aided_premium) if category else ZERO
        shares.append(
            Share(
                person_id=person_id,
                personal=premium - by_aid,
                aided=by_aid,
                government=subsidy,
                aided_as=category,
            )
        )
    return shares


@dataclass(frozen=True, kw_only=True)
class ClassCount:
    """Households and persons of one class of an assistance report (低保分类统计)."""

    label: str
    households: int
    persons: int


@dataclass(frozen=True, kw_only=True)
class TotalsCheck:
    """Whether the stated totals are the sums of the classes (E17, W24)."""

    households: int
    persons: int
    households_agree: bool
    persons_agree: bool

    @property
    def agree(self) -> bool:
        return self.households_agree and self.persons_agree


def check_class_totals(classes: Sequence[ClassCount], *, households: int, persons: int) -> TotalsCheck:
    """Adds up the classes and compares with what was entered; households and persons apart (户/人).

    Source: 001 §7 no. 5.
    """
    household_sum = sum(line.households for line in classes)
    person_sum = sum(line.persons for line in classes)
    return TotalsCheck(
        households=household_sum,
        persons=person_sum,
        households_agree=household_sum == households,
        persons_agree=person_sum == persons,
    )
