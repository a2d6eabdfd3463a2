"""What claims knows of a person, from its own copies."""

from dataclasses import dataclass
from uuid import UUID

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from services.claims.models import Accumulator, AssistanceCopy, CoverageCopy, PersonCopy
from services.kit.problems import NotFound, Text


class PersonNotFound(NotFound):
    """Nobody of this id is in the register of insured persons (参保登记中无此人)."""

    slug = "person-not-found"
    title = Text("参保登记中无此人", "Nobody like this is registered")
    detail = Text(
        "参保登记中没有此人，请核对证件号码；刚参保的请稍候重试。",
        "The register holds nobody like this; check the id number, or try again shortly after an enrolment.",
    )


@dataclass(frozen=True, slots=True)
class Insured:
    """A person with coverage and assistance identities."""

    person: PersonCopy
    coverage: CoverageCopy | None
    assistance: AssistanceCopy | None


async def get_person(
    session: AsyncSession, *, person_id: UUID | None = None, id_number_index: str | None = None
) -> PersonCopy:
    """By person id or by the blind index of the id number. Raises PersonNotFound."""
    statement = select(PersonCopy)
    if person_id is not None:
        statement = statement.where(PersonCopy.person_id == person_id)
    else:
        statement = statement.where(PersonCopy.id_number_index == id_number_index)
    found = (await session.exec(statement.order_by(col(PersonCopy.version).desc()).limit(1))).first()
    if found is None:
        raise PersonNotFound
    return found


async def get_insured(
    session: AsyncSession, *, person_id: UUID | None = None, id_number_index: str | None = None
) -> Insured:
    """Raises PersonNotFound."""
    person = await get_person(session, person_id=person_id, id_number_index=id_number_index)
    return Insured(
        person=person,
        coverage=await session.get(CoverageCopy, person.person_id),
        assistance=await session.get(AssistanceCopy, person.person_id),
    )


async def find_accumulator(
    session: AsyncSession, *, person_id: UUID, scheme: str, year: int, for_update: bool = False
) -> Accumulator | None:
    """What the person has used in the scheme and year; None before the first settlement."""
    return await session.get(Accumulator, (person_id, scheme, year), with_for_update=for_update or None)
