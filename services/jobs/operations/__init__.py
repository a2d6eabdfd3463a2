"""The verbs of the job service. None commits, none calls another service."""

from services.jobs.operations.assistance import (
    answer_offer,
    apply_for_assistance,
    close_request,
    count_broken_promises,
    follow_up,
    offer_vacancy,
    verify_request,
)
from services.jobs.operations.certification import check_hardship, grant_certification
from services.jobs.operations.copies import copy_assistance, copy_employments, copy_person
from services.jobs.operations.introductions import (
    introduce,
    record_hire,
    record_refusal,
    schedule_interview,
)
from services.jobs.operations.matching import match_seeker, match_vacancy, matched
from services.jobs.operations.seekers import Survey, change_seeker, register_seeker
from services.jobs.operations.vacancies import (
    VacancyTerms,
    check_vacancy,
    close_vacancy,
    expire_vacancies,
    publish_vacancy,
    refuse_vacancy,
    register_employer,
    resubmit_vacancy,
    submit_vacancy,
    verify_employer,
)

__all__ = [
    "Survey",
    "VacancyTerms",
    "answer_offer",
    "apply_for_assistance",
    "change_seeker",
    "check_hardship",
    "check_vacancy",
    "close_request",
    "close_vacancy",
    "copy_assistance",
    "copy_employments",
    "copy_person",
    "count_broken_promises",
    "expire_vacancies",
    "follow_up",
    "grant_certification",
    "introduce",
    "match_seeker",
    "match_vacancy",
    "matched",
    "offer_vacancy",
    "publish_vacancy",
    "record_hire",
    "record_refusal",
    "refuse_vacancy",
    "register_employer",
    "register_seeker",
    "resubmit_vacancy",
    "schedule_interview",
    "submit_vacancy",
    "verify_employer",
    "verify_request",
]
