"""The job service as an ASGI app."""

from services.jobs.api import routers
from services.jobs.codes import LISTS
from services.jobs.events import HEARS
from services.kit.app import create_app
from services.kit.problems import Text

app = create_app(
    "jobs", title=Text("就业服务", "Employment services"), routers=routers, hears=HEARS, codes=LISTS
)
