"""The claims service as an ASGI app."""

from services.claims.api import ROUTERS
from services.claims.codes import CODES
from services.claims.events import HEARS
from services.kit.app import create_app
from services.kit.problems import Text

app = create_app(
    "claims", title=Text("医保结算", "Medical claims"), routers=ROUTERS, hears=HEARS, codes=CODES
)
