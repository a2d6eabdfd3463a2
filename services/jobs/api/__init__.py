"""Routes of the job service: they translate, and nothing else."""

from services.jobs import procedures
from services.jobs.api import assistance, employers, introductions, reference, reports, seekers, vacancies
from services.kit.procedures import router_of

cases = router_of(procedures.DESK, apply="jobs:apply", review="jobs:review", read="jobs:read", own="jobs:own")

routers = (
    seekers.router,
    employers.router,
    vacancies.router,
    introductions.router,
    assistance.router,
    reports.router,
    reference.router,
    cases,
)
