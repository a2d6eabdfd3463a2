"""Who reaches whom: exactly the connections that are listed here, and no other."""

from collections.abc import Callable

from tests.k8s.kustomize import Object
from tests.k8s.network import Pod, lets_in, lets_out, pods
from tests.k8s.objects import OWNERS, SERVICES, matches, of_kind

OUTSIDERS = [
    Pod(name="ingress", labels={}, namespace={"minsheng/access": "ingress"}),
    Pod(name="monitoring", labels={}, namespace={"minsheng/access": "monitoring"}),
    Pod(
        name="operator",
        labels={"app.kubernetes.io/name": "cloudnative-pg"},
        namespace={"kubernetes.io/metadata.name": "cnpg-system"},
    ),
    Pod(
        name="stranger",
        labels={"app.kubernetes.io/name": "gateway", "app.kubernetes.io/component": "api"},
        namespace={"kubernetes.io/metadata.name": "elsewhere"},
    ),
    Pod(name="neighbour", labels={"app.kubernetes.io/name": "something"}),
]

Connection = tuple[str, str, int]


def wanted() -> set[Connection]:
    found: set[Connection] = {("ingress", "gateway-api", 8000), ("monitoring", "gateway-api", 9000)}
    found |= {("nats", "nats", 6222), ("monitoring", "nats", 8222)}
    for service in SERVICES:
        found |= {("gateway-api", f"{service}-api", 8000), (f"{service}-worker", "nats", 4222)}
        found |= {("monitoring", f"{service}-api", 8000), ("monitoring", f"{service}-worker", 8080)}
        found |= {(f"{service}-worker", f"{service}-database", 5432)}
    for owner in OWNERS:
        database = f"{owner}-database"
        found |= {(f"{owner}-api", database, 5432), (f"{owner}-migration", database, 5432)}
        found |= {(database, database, 5432), (database, database, 8000)}
        found |= {("operator", database, 5432), ("operator", database, 8000), ("monitoring", database, 9187)}
    return found


def connections(
    callers: list[Pod], called: list[Pod], policies: list[Object], allows: Callable[..., bool]
) -> set[Connection]:
    """The connections that one end allows."""
    return {
        (caller.name, pod.name, port)
        for caller in callers
        for pod in called
        for port in pod.ports.values()
        if allows(policies, caller, pod, port)
    }


class TestNetwork:
    def test_lets_in_the_callers_that_the_design_names_and_no_other(self, objects: list[Object]) -> None:
        policies, inside = of_kind(objects, "NetworkPolicy"), pods(objects)
        assert connections([*inside, *OUTSIDERS], inside, policies, lets_in) == wanted()

    def test_lets_out_to_those_that_the_design_names_and_no_other(self, objects: list[Object]) -> None:
        policies, inside = of_kind(objects, "NetworkPolicy"), pods(objects)
        names = {pod.name for pod in inside}
        assert connections(inside, inside, policies, lets_out) == {one for one in wanted() if one[0] in names}

    def test_refuses_what_no_policy_names(self, objects: list[Object]) -> None:
        (deny,) = [
            item for item in of_kind(objects, "NetworkPolicy") if item["metadata"]["name"] == "deny-all"
        ]
        assert deny["spec"] == {"podSelector": {}, "policyTypes": ["Ingress", "Egress"]}

    def test_lets_only_the_gateway_out_to_public_addresses(self, objects: list[Object]) -> None:
        outward = [
            (policy["metadata"]["name"], peer["ipBlock"], rule["ports"])
            for policy in of_kind(objects, "NetworkPolicy")
            for rule in policy["spec"].get("egress", [])
            for peer in rule.get("to", [])
            if "ipBlock" in peer
        ]
        ((name, block, ports),) = outward
        assert (name, ports) == ("gateway-to-wechat", [{"port": 443}])
        assert {"10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "169.254.0.0/16"} <= set(block["except"])

    def test_lets_only_databases_out_to_any_address(self, objects: list[Object]) -> None:
        anywhere = [
            policy["metadata"]["name"]
            for policy in of_kind(objects, "NetworkPolicy")
            for rule in policy["spec"].get("egress", [])
            if "to" not in rule
        ]
        assert anywhere == ["databases"]

    def test_opens_only_ports_on_which_a_container_listens(self, objects: list[Object]) -> None:
        inside = pods(objects)
        for policy in of_kind(objects, "NetworkPolicy"):
            serving = [pod for pod in inside if matches(policy["spec"]["podSelector"], pod.labels)]
            for rule in policy["spec"].get("ingress", []):
                for entry in rule["ports"]:
                    for pod in serving:
                        assert entry["port"] in {*pod.ports, *pod.ports.values()}, policy["metadata"]["name"]

    def test_each_policy_concerns_a_pod(self, objects: list[Object]) -> None:
        inside = pods(objects)
        for policy in of_kind(objects, "NetworkPolicy"):
            assert any(matches(policy["spec"]["podSelector"], pod.labels) for pod in inside), policy[
                "metadata"
            ]["name"]
