"""The archive as an ASGI app."""

from services.archives import codes
from services.archives.api import routers
from services.archives.events import HEARS
from services.kit.app import create_app
from services.kit.problems import Text

app = create_app(
    "archives",
    title=Text("档案", "Archives"),
    routers=routers,
    hears=HEARS,
    codes={
        "carriers": codes.Carrier,
        "case-kinds": codes.CaseKind,
        "categories": codes.Category,
        "completeness": codes.Completeness,
        "consent-authorities": codes.ConsentAuthority,
        "destruction-stages": codes.DestructionStage,
        "holdings": codes.Holding,
        "movement-kinds": codes.MovementKind,
        "openness": codes.Openness,
        "paper-kinds": codes.PaperKind,
        "purposes": codes.Purpose,
        "retentions": codes.Retention,
        "secrecy": codes.Secrecy,
        "transfer-states": codes.TransferState,
        "use-forms": codes.UseForm,
        "use-states": codes.UseState,
    },
)
