"""The enrolment service as an ASGI app."""

from services.enrolment.api import ROUTERS
from services.enrolment.codes import CODES
from services.enrolment.events import HEARS
from services.enrolment.procedures import DESK
from services.kit import procedures
from services.kit.app import create_app
from services.kit.problems import Text

app = create_app(
    "enrolment",
    title=Text("参保", "Enrolment"),
    routers=[
        *ROUTERS,
        procedures.router_of(
            DESK, apply="enrolment:declare", review="enrolment:assess", read="enrolment:read"
        ),
    ],
    hears=HEARS,
    codes=CODES,
)
