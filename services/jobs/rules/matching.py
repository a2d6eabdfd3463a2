"""How well a person and a vacancy fit (人岗匹配): additive, explained, deterministic.

Nothing here but eligibility is a filter: skills, schooling and wage only move the score. Age, sex, ethnicity and
health are no inputs at all (就业促进法 §26–§29). What is not known counts as neutral and is marked, never as zero.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from enum import StrEnum

FULL = Decimal(1)
NOTHING = Decimal(0)
HUNDREDTH = Decimal("0.01")
SCHOOLING = (
    "none",
    "primary",
    "junior_middle",
    "senior_middle",
    "vocational",
    "junior_college",
    "bachelor",
    "master",
)


class Criterion(StrEnum):
    """What is compared; the code list `match-criteria` carries the names."""

    OCCUPATION = "occupation"
    SKILLS = "skills"
    EDUCATION = "education"
    WAGE = "wage"
    PLACE = "place"
    GROUP = "group"


@dataclass(frozen=True, kw_only=True)
class Weight:
    """How much one criterion counts, in points, with where that comes from."""

    points: Decimal
    version: str
    source: str


@dataclass(frozen=True, kw_only=True)
class Scale:
    """The dated figures of the score.

    `occupation_steps`: share for one, two, three equal levels of the occupation code (大类, 中类, 小类); all four are 1.
    `place_steps`: share for the same county, city, province as a wanted one. `schooling_step`: what each missing
    level of schooling costs. `neutral`: the share of what is not known.
    """

    weights: Mapping[Criterion, Weight]
    occupation_steps: Sequence[Decimal]
    place_steps: Sequence[Decimal]
    schooling_step: Decimal
    neutral: Decimal


@dataclass(frozen=True, kw_only=True)
class Wish:
    """What a person offers and wants; empty or None where he has not said. Wages are yuan a month."""

    occupations: Sequence[str]
    skills: frozenset[str]
    education: str | None
    wage: Decimal | None
    areas: Sequence[str]
    groups: frozenset[str]


@dataclass(frozen=True, kw_only=True)
class Post:
    """What a vacancy asks and gives; empty or None where it says nothing. Wages are yuan a month."""

    occupation: str
    skills: frozenset[str]
    education: str | None
    wage: Decimal | None
    area: str
    groups: frozenset[str]


@dataclass(frozen=True, kw_only=True)
class Part:
    """One criterion's part of the score: `points` = weight x share, and the sentence that says why."""

    criterion: Criterion
    weight: Decimal
    share: Decimal
    points: Decimal
    known: bool
    inputs: Mapping[str, object]
    sentence: str
    version: str
    source: str


@dataclass(frozen=True, kw_only=True)
class Match:
    """The score (满分 is the sum of the weights) and its parts, which sum to it exactly."""

    score: Decimal
    parts: Sequence[Part]


@dataclass(frozen=True, kw_only=True)
class _Found:
    share: Decimal
    sentence: str
    inputs: Mapping[str, object]
    known: bool = True


def match(wish: Wish, *, post: Post, scale: Scale) -> Match:
    """The score of a person for a vacancy with every part explained (个人信息保护法 §24: the person may ask why)."""
    found = {
        Criterion.OCCUPATION: _occupation(wish, post, scale),
        Criterion.SKILLS: _skills(wish, post, scale),
        Criterion.EDUCATION: _education(wish, post, scale),
        Criterion.WAGE: _wage(wish, post, scale),
        Criterion.PLACE: _place(wish, post, scale),
        Criterion.GROUP: _group(wish, post, scale),
    }
    parts = [_part(criterion, one, scale.weights[criterion]) for criterion, one in found.items()]
    return Match(score=sum((part.points for part in parts), Decimal("0.00")), parts=parts)


def _part(criterion: Criterion, found: _Found, weight: Weight) -> Part:
    return Part(
        criterion=criterion,
        weight=weight.points,
        share=found.share,
        points=(weight.points * found.share).quantize(HUNDREDTH, ROUND_HALF_UP),
        known=found.known,
        inputs=found.inputs,
        sentence=found.sentence,
        version=weight.version,
        source=weight.source,
    )


def _unknown(scale: Scale, sentence: str, **inputs: object) -> _Found:
    return _Found(share=scale.neutral, sentence=sentence, inputs=inputs, known=False)


def _occupation(wish: Wish, post: Post, scale: Scale) -> _Found:
    inputs = {"wanted": list(wish.occupations), "post": post.occupation}
    if not wish.occupations:
        return _unknown(scale, "求职者未填报意向职业，按中性计", **inputs)
    levels = max(_common(code, post.occupation) for code in wish.occupations)
    depth = post.occupation.count("-") + 1
    if levels >= depth:
        return _Found(share=FULL, sentence="意向职业与岗位职业一致", inputs=inputs)
    if levels == 0:
        return _Found(share=NOTHING, sentence="意向职业与岗位职业不属同一大类", inputs=inputs)
    name = ("大类", "中类", "小类")[levels - 1]
    return _Found(
        share=scale.occupation_steps[levels - 1], sentence=f"意向职业与岗位职业同属一个{name}", inputs=inputs
    )


def _common(one: str, other: str) -> int:
    levels = 0
    for left, right in zip(one.split("-"), other.split("-"), strict=False):
        if left != right:
            break
        levels += 1
    return levels


def _skills(wish: Wish, post: Post, scale: Scale) -> _Found:
    inputs = {"required": sorted(post.skills), "has": sorted(wish.skills & post.skills)}
    if not post.skills:
        return _Found(share=FULL, sentence="岗位没有技能要求", inputs=inputs)
    if not wish.skills:
        return _unknown(scale, "求职者未填报技能，按中性计", **inputs)
    has = len(wish.skills & post.skills)
    share = _ratio(Decimal(has), Decimal(len(post.skills)))
    return _Found(share=share, sentence=f"岗位要求{len(post.skills)}项技能，具备{has}项", inputs=inputs)


def _education(wish: Wish, post: Post, scale: Scale) -> _Found:
    inputs = {"required": post.education, "has": wish.education}
    if post.education is None:
        return _Found(share=FULL, sentence="岗位没有学历要求", inputs=inputs)
    if wish.education is None:
        return _unknown(scale, "求职者未填报学历，按中性计", **inputs)
    short = SCHOOLING.index(post.education) - SCHOOLING.index(wish.education)
    if short <= 0:
        return _Found(share=FULL, sentence="学历达到岗位要求", inputs=inputs)
    share = max(NOTHING, FULL - short * scale.schooling_step)
    return _Found(share=share, sentence=f"学历低于岗位要求{short}级", inputs=inputs)


def _wage(wish: Wish, post: Post, scale: Scale) -> _Found:
    inputs = {"wanted": _text(wish.wage), "offered": _text(post.wage)}
    if wish.wage is None or post.wage is None:
        return _unknown(scale, "求职者或岗位未填报工资，按中性计", **inputs)
    if post.wage >= wish.wage:
        return _Found(
            share=FULL, sentence=f"岗位月工资最高{post.wage}元，达到期望{wish.wage}元", inputs=inputs
        )
    share = _ratio(post.wage, wish.wage)
    return _Found(share=share, sentence=f"岗位月工资最高{post.wage}元，低于期望{wish.wage}元", inputs=inputs)


def _place(wish: Wish, post: Post, scale: Scale) -> _Found:
    inputs = {"wanted": list(wish.areas), "post": post.area}
    if not wish.areas:
        return _unknown(scale, "求职者未填报意向地点，按中性计", **inputs)
    for share, length, name in zip(
        scale.place_steps, (6, 4, 2), ("县（市、区）", "地市", "省份"), strict=True
    ):
        if any(area[:length] == post.area[:length] for area in wish.areas):
            return _Found(share=share, sentence=f"岗位在意向地点的同一{name}", inputs=inputs)
    return _Found(share=NOTHING, sentence="岗位不在意向地点所在省份", inputs=inputs)


def _group(wish: Wish, post: Post, scale: Scale) -> _Found:
    shared = sorted(wish.groups & post.groups)
    inputs = {"preferred": sorted(post.groups), "belongs_to": shared}
    if not post.groups:
        return _unknown(scale, "岗位未指定优先群体，按中性计", **inputs)
    if shared:
        return _Found(share=FULL, sentence="属于岗位优先录用的群体", inputs=inputs)
    return _Found(share=NOTHING, sentence="不属于岗位优先录用的群体", inputs=inputs)


def _ratio(part: Decimal, whole: Decimal) -> Decimal:
    return (part / whole).quantize(Decimal("0.0001"), ROUND_HALF_UP)


def _text(value: Decimal | None) -> str | None:
    return None if value is None else str(value)
