"""What the services promise over HTTP, as they are now."""

import importlib
import json
from typing import Any


def contract(service: str) -> dict[str, Any]:
    """The OpenAPI document of the service as it is now."""
    app = importlib.import_module(f"services.{service}.app").app
    document: dict[str, Any] = json.loads(json.dumps(app.openapi()))
    return document
