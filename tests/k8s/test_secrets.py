"""Every Secret that is referred to is in the operators' guide, and every one in the guide is used."""

import re

from tests.k8s.kustomize import Object
from tests.k8s.objects import GUIDE, OWNERS, containers, of_kind

MADE_BY_CLOUDNATIVEPG = {(f"{owner}-database-app", "uri") for owner in OWNERS}

Reference = tuple[str, str]


def referred(objects: list[Object]) -> set[Reference]:
    found = {
        (entry["valueFrom"]["secretKeyRef"]["name"], entry["valueFrom"]["secretKeyRef"]["key"])
        for container in containers(objects)
        for entry in container.told.get("env", [])
        if "secretKeyRef" in entry.get("valueFrom", {})
    }
    for store in of_kind(objects, "ObjectStore"):
        found |= {
            (ref["name"], ref["key"]) for ref in store["spec"]["configuration"]["s3Credentials"].values()
        }
    for ingress in of_kind(objects, "Ingress"):
        found |= {
            (tls["secretName"], key) for tls in ingress["spec"]["tls"] for key in ("tls.crt", "tls.key")
        }
    return found


def documented() -> set[Reference]:
    """The rows | `name` | `key` `key` | … of the guide's table of Secrets."""
    table = GUIDE.read_text().partition("## Secrets")[2].partition("\n## ")[0]
    rows = re.findall(r"^\| `([\w-]+)` \| ([^|]+) \|", table, flags=re.MULTILINE)
    return {(name, key) for name, keys in rows for key in re.findall(r"`([^`]+)`", keys)}


class TestSecrets:
    def test_the_guide_names_exactly_the_secrets_of_production(self, production: list[Object]) -> None:
        assert documented() == referred(production) - MADE_BY_CLOUDNATIVEPG

    def test_evaluation_needs_no_other(self, evaluation: list[Object]) -> None:
        assert referred(evaluation) <= documented() | MADE_BY_CLOUDNATIVEPG

    def test_the_commands_of_the_guide_make_each_key_of_evaluation(self, evaluation: list[Object]) -> None:
        text = GUIDE.read_text()
        for name, key in referred(evaluation) - MADE_BY_CLOUDNATIVEPG:
            optional = name == "gateway-keys" and key.startswith("wechat")
            assert optional or f"--from-literal={key}=" in text, (name, key)
