"""The tables of enrolment; constraints here are the last word on every invariant that SQL can say."""

from services.enrolment.models.base import Base
from services.enrolment.models.bills import Bill, CollectionEntry, EnrolmentMember, Receipt, ResidentEnrolment
from services.enrolment.models.coverage import Coverage, CoverageChange
from services.enrolment.models.determinations import Contribution, Determination, DeterminationLine
from services.enrolment.models.employers import (
    ContributionBase,
    Declaration,
    DeclarationLine,
    Employer,
    EmployerScheme,
    Employment,
    StandingChange,
)
from services.enrolment.models.households import Assistance, Household, HouseholdMember
from services.enrolment.models.people import Person, PersonCorrection, RecordAccess

__all__ = [
    "Assistance",
    "Base",
    "Bill",
    "CollectionEntry",
    "Contribution",
    "ContributionBase",
    "Coverage",
    "CoverageChange",
    "Declaration",
    "DeclarationLine",
    "Determination",
    "DeterminationLine",
    "Employer",
    "EmployerScheme",
    "Employment",
    "EnrolmentMember",
    "Household",
    "HouseholdMember",
    "Person",
    "PersonCorrection",
    "Receipt",
    "RecordAccess",
    "ResidentEnrolment",
    "StandingChange",
]
