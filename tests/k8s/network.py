"""Who reaches whom, computed from the NetworkPolicies as a CNI does."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from tests.k8s.kustomize import WORKLOADS, Object
from tests.k8s.objects import matches, of_kind


@dataclass(frozen=True)
class Pod:
    """A kind of pod; `namespace` are the labels of a foreign namespace, None for the suite's own."""

    name: str
    labels: dict[str, str]
    ports: dict[str, int] = field(default_factory=dict)
    namespace: dict[str, str] | None = None


def pods(objects: Sequence[Object]) -> list[Pod]:
    """One pod of each workload and database."""
    found = []
    for item in of_kind(objects, *WORKLOADS):
        template = item["spec"]["template"]
        ports = {
            port["name"]: port["containerPort"]
            for container in template["spec"]["containers"]
            for port in container.get("ports", [])
        }
        found.append(Pod(name=item["metadata"]["name"], labels=template["metadata"]["labels"], ports=ports))
    for item in of_kind(objects, "Cluster"):
        name = item["metadata"]["name"]
        labels = {"cnpg.io/cluster": name, "app.kubernetes.io/name": "postgresql"}
        ports = {"postgresql": 5432, "status": 8000, "metrics": 9187}
        found.append(Pod(name=name, labels=labels, ports=ports))
    return found


def lets_out(policies: Sequence[Object], caller: Pod, called: Pod, port: int) -> bool:
    """Whether the caller's end allows the connection."""
    return _allows(policies, "Egress", own=caller, other=called, port=port, serving=called)


def lets_in(policies: Sequence[Object], caller: Pod, called: Pod, port: int) -> bool:
    """Whether the called end allows the connection."""
    return _allows(policies, "Ingress", own=called, other=caller, port=port, serving=called)


def _allows(policies: Sequence[Object], way: str, *, own: Pod, other: Pod, port: int, serving: Pod) -> bool:
    concerned = [
        policy["spec"]
        for policy in policies
        if way in policy["spec"]["policyTypes"] and matches(policy["spec"]["podSelector"], own.labels)
    ]
    rules = [rule for spec in concerned for rule in spec.get(way.lower(), [])]
    return not concerned or any(
        _rule_allows(rule, way, other=other, port=port, serving=serving) for rule in rules
    )


def _rule_allows(rule: Object, way: str, *, other: Pod, port: int, serving: Pod) -> bool:
    peers = rule.get("from" if way == "Ingress" else "to")
    ports = rule.get("ports")
    return (peers is None or any(_is_peer(peer, other) for peer in peers)) and (
        ports is None or any(serving.ports.get(entry["port"], entry["port"]) == port for entry in ports)
    )


def _is_peer(peer: Object, other: Pod) -> bool:
    if "ipBlock" in peer:
        return False  # pods have the cluster's private addresses
    if "namespaceSelector" in peer:
        in_namespace = other.namespace is not None and matches(peer["namespaceSelector"], other.namespace)
    else:
        in_namespace = other.namespace is None
    return in_namespace and matches(peer.get("podSelector", {}), other.labels)
