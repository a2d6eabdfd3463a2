"""The procedures of the job service (办理事项), declared."""

from datetime import date
from typing import Any
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field
from sqlmodel.ext.asyncio.session import AsyncSession

from services.jobs import operations
from services.jobs.codes import HardshipCategory
from services.jobs.events.published import CaseDecided, CaseOverdue
from services.kit.identity import Identity
from services.kit.problems import Text
from services.kit.procedures import Application, Desk, Document, Procedure, ProcedureCase, Step, Subject

HARDSHIP_CERTIFICATION = "hardship-certification"
VACANCY_PUBLICATION = "vacancy-publication"


class HardshipForm(BaseModel):
    """就业困难人员认定申请: the category, and for a 零就业家庭 its members of working age (their person ids)."""

    model_config = ConfigDict(extra="forbid")

    category: HardshipCategory
    family: list[UUID] = Field(default_factory=list, max_length=20)


class VacancyForm(BaseModel):
    """岗位发布审核: the vacancy itself is the subject, nothing more is asked."""

    model_config = ConfigDict(extra="forbid")


async def accept_hardship(session: AsyncSession, application: Application) -> Subject:
    """The conditions are checked when the application is accepted, and again when it is granted."""
    form = HardshipForm.model_validate(application.data)
    finding = await operations.check_hardship(
        session,
        person_id=application.subject_id,
        category=form.category,
        family=form.family,
        caller=application.caller,
        today=application.today,
    )
    return Subject(name=finding.person.name, area=finding.seeker.area)


async def grant_hardship(
    session: AsyncSession, case: ProcedureCase, caller: Identity, today: date
) -> dict[str, Any]:
    """The second review issues the certification."""
    form = HardshipForm.model_validate(case.data)
    certification = await operations.grant_certification(
        session,
        case_id=case.id,
        person_id=case.subject_id,
        category=form.category,
        family=form.family,
        caller=caller,
        today=today,
    )
    return {
        "certification_id": str(certification.certification_id),
        "number": certification.number,
        "valid_until": certification.valid_until.isoformat(),
    }


async def accept_vacancy(session: AsyncSession, application: Application) -> Subject:
    """A vacancy of a verified employer with a lawful text."""
    employer = await operations.check_vacancy(
        session, vacancy_id=application.subject_id, caller=application.caller, today=application.today
    )
    return Subject(name=employer.name, area=employer.area)


async def publish_vacancy(
    session: AsyncSession, case: ProcedureCase, caller: Identity, today: date
) -> dict[str, Any]:
    """The review publishes the vacancy."""
    vacancy = await operations.publish_vacancy(
        session, vacancy_id=case.subject_id, caller=caller, today=today
    )
    return {"vacancy_id": str(vacancy.vacancy_id)}


async def refuse_vacancy(session: AsyncSession, case: ProcedureCase, caller: Identity, today: date) -> None:
    """A rejected or withdrawn vacancy is not published."""
    await operations.refuse_vacancy(session, vacancy_id=case.subject_id)


def _is(*categories: HardshipCategory) -> Any:
    return lambda data: data.get("category") in categories


DESK = Desk(
    procedures=[
        Procedure(
            code=HARDSHIP_CERTIFICATION,
            title=Text("就业困难人员认定", "Certification as hard to employ"),
            legal_basis="就业促进法第五十二条；具体范围由省级政府规定。办理时限七个工作日为样例县承诺（郑州市办事指南同）。",
            applicants=Text(
                "有劳动能力和就业愿望、登记失业的就业困难人员",
                "registered unemployed who can and want to work",
            ),
            form=HardshipForm,
            documents=[
                Document(code="application_form", title=Text("就业困难人员认定申请表", "Application form")),
                Document(code="identity_card", title=Text("居民身份证", "Identity card")),
                Document(
                    code="disability_certificate",
                    title=Text("残疾人证", "Disability certificate"),
                    when=_is(HardshipCategory.DISABLED),
                    condition=Text("以残疾人身份申请的", "for persons with a disability"),
                ),
                Document(
                    code="land_requisition_certificate",
                    title=Text("征地证明", "Certificate of requisitioned land"),
                    when=_is(HardshipCategory.LANDLESS),
                    condition=Text("以失地农民身份申请的", "for farmers who lost their land"),
                ),
                Document(
                    code="household_register",
                    title=Text("户口簿", "Household register"),
                    when=_is(HardshipCategory.ZERO_EMPLOYMENT_FAMILY),
                    condition=Text("以零就业家庭成员身份申请的", "for members of a zero-employment family"),
                ),
                # 低保 is read from enrolment, unemployment from the register: the proofs of old are not asked for.
                Document(
                    code="village_unemployment_proof",
                    title=Text("村（居）委会失业证明", "Village proof of unemployment"),
                    cancelled_on=date(2019, 1, 1),
                    cancelled_by="002 §3.3 L363：取消了11项证明事项（名称未列，此项为样例县设定）",
                ),
            ],
            steps=[
                Step(
                    code="first_review",
                    title=Text("初审", "First review"),
                    role="jobs_clerk",
                    working_days=3,
                ),
                Step(
                    code="second_review",
                    title=Text("复审", "Second review"),
                    role="jobs_reviewer",
                    working_days=4,
                ),
            ],
            outcome=Text("就业困难人员认定（证号、有效期）", "a certification with number and validity"),
            accept=accept_hardship,
            effect=grant_hardship,
        ),
        Procedure(
            code=VACANCY_PUBLICATION,
            title=Text("招聘岗位发布审核", "Review of a vacancy before publication"),
            legal_basis="人力资源市场暂行条例第二十四条、第二十六条。办理时限为样例县承诺。",
            applicants=Text("已核验的用人单位", "verified employers"),
            form=VacancyForm,
            documents=[],
            steps=[
                Step(
                    code="review",
                    title=Text("岗位审核", "Review"),
                    role="jobs_reviewer",
                    working_days=2,
                ),
            ],
            outcome=Text("岗位发布", "the vacancy is published"),
            accept=accept_vacancy,
            effect=publish_vacancy,
            closing=refuse_vacancy,
            opener_may_review=False,
        ),
    ],
    decided=CaseDecided,
    overdue=CaseOverdue,
)
