"""What the checks ask of rendered objects."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.k8s.kustomize import WORKLOADS, Object

ROOT = Path(__file__).resolve().parents[2]
K8S = ROOT / "deploy" / "k8s"
GUIDE = ROOT / "docs" / "operators.md"
SERVICES = ("enrolment", "claims", "jobs", "archives")
OWNERS = (*SERVICES, "gateway")
NAME, COMPONENT = "app.kubernetes.io/name", "app.kubernetes.io/component"


@dataclass(frozen=True)
class Container:
    """A container with the workload that it belongs to; `first` when it runs before the others."""

    workload: Object
    told: Object
    first: bool

    @property
    def where(self) -> str:
        return f"{self.workload['kind']} {self.workload['metadata']['name']}/{self.told['name']}"

    @property
    def pod(self) -> Object:
        spec: Object = self.workload["spec"]["template"]["spec"]
        return spec

    @property
    def labels(self) -> dict[str, str]:
        labels: dict[str, str] = self.workload["spec"]["template"]["metadata"]["labels"]
        return labels

    @property
    def is_ours(self) -> bool:
        return self.labels[NAME] in OWNERS

    @property
    def env(self) -> dict[str, Object]:
        return {entry["name"]: entry for entry in self.told.get("env", [])}

    @property
    def command(self) -> list[str]:
        """Command and arguments with $(NAME) put in, as the kubelet does."""
        return [self.expand(part) for part in [*self.told.get("command", []), *self.told.get("args", [])]]

    def expand(self, part: str) -> str:
        return re.sub(r"\$\((\w+)\)", lambda match: self.value(match[1]), part)

    def value(self, name: str) -> str:
        """What the process sees; a secret's value is its reference."""
        entry = self.env[name]
        if "value" in entry:
            return self.expand(entry["value"])
        source = entry["valueFrom"]
        if "secretKeyRef" in source:
            return f"<{source['secretKeyRef']['name']}/{source['secretKeyRef']['key']}>"
        label = re.fullmatch(r"metadata\.labels\['(.+)'\]", source["fieldRef"]["fieldPath"])
        return self.labels[label[1]] if label else f"<{source['fieldRef']['fieldPath']}>"


def of_kind(objects: Iterable[Object], *kinds: str) -> list[Object]:
    return [item for item in objects if item["kind"] in kinds]


def named(objects: Iterable[Object], kind: str, name: str) -> Object:
    return next(item for item in objects if (item["kind"], item["metadata"]["name"]) == (kind, name))


def containers(objects: Iterable[Object]) -> Iterator[Container]:
    for workload in of_kind(objects, *WORKLOADS):
        pod = workload["spec"]["template"]["spec"]
        for told in pod.get("initContainers", []):
            yield Container(workload=workload, told=told, first=True)
        for told in pod["containers"]:
            yield Container(workload=workload, told=told, first=False)


def processes(objects: Iterable[Object], *components: str) -> list[Container]:
    """The main containers of our own pods of these components."""
    return [
        container
        for container in containers(objects)
        if container.is_ours and not container.first and container.labels[COMPONENT] in components
    ]


def matches(selector: Object, labels: dict[str, str]) -> bool:
    """Whether a label selector (matchLabels, matchExpressions) takes these labels."""
    if any(labels.get(key) != value for key, value in selector.get("matchLabels", {}).items()):
        return False
    return all(_holds(expression, labels) for expression in selector.get("matchExpressions", []))


def _holds(expression: Object, labels: dict[str, str]) -> bool:
    value: Any = labels.get(expression["key"])
    match expression["operator"]:
        case "In":
            return value in expression["values"]
        case "NotIn":
            return value not in expression["values"]
        case "Exists":
            return value is not None
        case "DoesNotExist":
            return value is None
    raise ValueError(f"no such operator: {expression['operator']}")
