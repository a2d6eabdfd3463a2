"""The routes of enrolment; they translate and nothing else."""

from services.enrolment.api import bills, coverage, employers, households, own, people, reference

ROUTERS = (
    people.router,
    households.router,
    employers.router,
    bills.router,
    coverage.router,
    own.router,
    reference.router,
)
