"""Registers, corrects and recognises people (参保人登记、更正、实名绑定)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from pydantic import ValidationError
from sqlalchemy.exc import IntegrityError
from sqlmodel.ext.asyncio.session import AsyncSession

from services.enrolment import queries
from services.enrolment.codes import Sex
from services.enrolment.models import Person, PersonCorrection, RecordAccess
from services.enrolment.operations.publishing import publish_person
from services.enrolment.problems import OtherArea
from services.enrolment.schemas import PersonCreate, PersonUpdate, RejectedLine
from services.kit.clock import business_date
from services.kit.crypto import Vault
from services.kit.identifiers import birth_of, mask_id_number, sex_of
from services.kit.identity import Identity
from services.kit.ids import new_id
from services.kit.problems import Conflict, Problem, Refused, Text


class IdNumberRegistered(Conflict):
    """The id number is registered already (该身份证号码已登记)."""

    slug = "id-number-registered"
    title = Text("该身份证号码已登记", "The id number is registered already")
    detail = Text(
        "一人只能登记一次：请按身份证号码查询已有记录，需要时办理信息更正。",
        "A person is registered once: look the record up by id number and correct it if needed.",
    )


class BornInFuture(Refused):
    """The birth date in the id number lies in the future (出生日期在将来)."""

    slug = "born-in-future"
    title = Text("出生日期在将来", "The birth date lies in the future")
    detail = Text(
        "身份证号码中的出生日期 {birth_on} 晚于今天，请核对号码。",
        "{birth_on} is after today; check the number.",
    )


class NothingToCorrect(Refused):
    """The correction changes nothing (更正内容与现登记一致)."""

    slug = "nothing-to-correct"
    title = Text("更正内容与现登记一致", "The correction changes nothing")
    detail = Text(
        "请填写与现登记不同的内容，否则无需更正。", "Give at least one value that differs from the register."
    )


class IdentityNotConfirmed(Refused):
    """Name and id number do not belong to one registered person (身份未能确认); never says which is wrong."""

    slug = "identity-not-confirmed"
    title = Text("身份未能确认", "The identity could not be confirmed")
    detail = Text(
        "姓名或身份证号码与参保登记不符，请核对；如确认无误，请到经办窗口办理。",
        "Name or id number is not as registered; check both, or visit the service window.",
    )


def _of_number(number: str, *, person_id: UUID, vault: Vault) -> dict[str, Any]:
    """The columns that follow from an id number; sealed for this person's row."""
    return {
        "id_number_sealed": vault.encrypt(number, context=f"person.id_number:{person_id}"),
        "id_number_index": vault.index(number),
        "id_number_masked": mask_id_number(number),
        "sex": Sex(sex_of(number)),
        "birth_on": birth_of(number),
    }


def _check_birth(number: str, *, today: date) -> None:
    if birth_of(number) > today:
        raise BornInFuture(birth_on=birth_of(number))


async def register_person(
    session: AsyncSession, *, draft: PersonCreate, vault: Vault, caller: Identity, now: datetime
) -> Person:
    """Registers a person once over all schemes. Raises OtherArea, BornInFuture, IdNumberRegistered."""
    if draft.area != caller.area:
        raise OtherArea(own=caller.area, area=draft.area)
    _check_birth(draft.id_number, today=business_date(now))
    person_id = new_id()
    person = Person(
        person_id=person_id,
        name=draft.name,
        area=draft.area,
        hukou=draft.hukou,
        registered_by=caller.subject,
        registered_at=now,
        **_of_number(draft.id_number, person_id=person_id, vault=vault),
    )
    await _flush_unique(session, person)
    publish_person(session, person=person)
    return person


async def _flush_unique(session: AsyncSession, person: Person) -> None:
    # The unique index decides between two at once; a query before would only be an opinion.
    try:
        async with session.begin_nested():
            session.add(person)
            await session.flush()
    except IntegrityError as error:
        raise IdNumberRegistered from error


@dataclass(frozen=True)
class Imported:
    """What an import did."""

    registered: list[Person]
    rejected: list[RejectedLine]


async def import_people(
    session: AsyncSession,
    *,
    lines: Sequence[Mapping[str, Any]],
    vault: Vault,
    caller: Identity,
    now: datetime,
) -> Imported:
    """Registers each correct line and lists each wrong one with the reason (批量导入, E02)."""
    done = Imported([], [])
    for number, line in enumerate(lines, start=1):
        try:
            draft = PersonCreate.model_validate(line)
            done.registered.append(
                await register_person(session, draft=draft, vault=vault, caller=caller, now=now)
            )
        except ValidationError as error:
            done.rejected.append(RejectedLine(line=number, type="invalid-line", message=_faults(error)))
        except Problem as problem:
            done.rejected.append(RejectedLine(line=number, type=problem.slug, message=problem.title.zh))
    return done


def _faults(error: ValidationError) -> str:
    """The faults without the values: they may be personal data."""
    return "；".join(f"{'.'.join(map(str, fault['loc']))}：{fault['msg']}" for fault in error.errors())


async def correct_person(
    session: AsyncSession,
    *,
    person: Person,
    change: PersonUpdate,
    vault: Vault,
    caller: Identity,
    now: datetime,
) -> Person:
    """Replaces what is given and logs old and new; `person` is locked.

    Raises NothingToCorrect, BornInFuture, IdNumberRegistered.
    """
    before = _shown(person)
    for name in ("name", "area", "hukou"):
        value = getattr(change, name)
        if value is not None:
            setattr(person, name, value)
    if change.id_number is not None:
        _check_birth(change.id_number, today=business_date(now))
        for name, value in _of_number(change.id_number, person_id=person.person_id, vault=vault).items():
            setattr(person, name, value)
    changed = {name: (old, new) for name, new in _shown(person).items() if (old := before[name]) != new}
    if not changed:
        raise NothingToCorrect
    person.version += 1
    await _flush_unique(session, person)
    for name, (old, new) in changed.items():
        session.add(
            PersonCorrection(
                person_id=person.person_id,
                field=name,
                old_value=old,
                new_value=new,
                reason=change.reason,
                corrected_by=caller.subject,
                corrected_at=now,
            )
        )
    publish_person(session, person=person)
    return person


def _shown(person: Person) -> dict[str, str]:
    return {
        "name": person.name,
        # Two numbers can look the same masked; a piece of the blind index tells them apart.
        "id_number": f"{person.id_number_masked} #{person.id_number_index[:8]}",
        "sex": str(person.sex),
        "birth_on": person.birth_on.isoformat(),
        "area": person.area,
        "hukou": str(person.hukou),
    }


async def confirm_identity(session: AsyncSession, *, name: str, id_number: str, vault: Vault) -> Person:
    """The person to whom both belong. Raises IdentityNotConfirmed, the same for a wrong name or number."""
    person = await queries.find_person_by_index(session, vault.index(id_number))
    if person is None or person.name != name:
        raise IdentityNotConfirmed
    return person


def log_access(session: AsyncSession, *, person: Person, query: str, caller: Identity, now: datetime) -> None:
    """Writes down who read whose record, and when (X9, E34, E46)."""
    session.add(
        RecordAccess(
            person_id=person.person_id,
            query=query,
            reader=caller.subject,
            reader_kind=caller.kind,
            reader_name=caller.name,
            read_at=now,
        )
    )
