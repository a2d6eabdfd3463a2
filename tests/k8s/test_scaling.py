"""How many pods there are, and that the databases bear them."""

import pytest

from gateway.config import Settings as GatewaySettings
from services.kit.config import Settings as ServiceSettings
from tests.k8s.kustomize import WORKLOADS, Object
from tests.k8s.objects import COMPONENT, NAME, OWNERS, matches, named, of_kind, processes

MIGRATION_CONNECTIONS = 2


def fewest(objects: list[Object], workload: Object) -> int:
    """How many pods of a workload there always are."""
    for scaler in of_kind(objects, "HorizontalPodAutoscaler"):
        if scaler["spec"]["scaleTargetRef"]["name"] == workload["metadata"]["name"]:
            return int(scaler["spec"]["minReplicas"])
    return int(workload["spec"]["replicas"])


def most(objects: list[Object], workload: Object) -> int:
    """How many there may be, with the one more of a roll-out."""
    for scaler in of_kind(objects, "HorizontalPodAutoscaler"):
        if scaler["spec"]["scaleTargetRef"]["name"] == workload["metadata"]["name"]:
            return int(scaler["spec"]["maxReplicas"]) + 1
    return int(workload["spec"]["replicas"]) + 1


class TestSelectors:
    def test_each_workload_selects_its_own_pods_and_no_other(self, objects: list[Object]) -> None:
        workloads = of_kind(objects, "Deployment", "StatefulSet")
        templates = [(w["metadata"]["name"], w["spec"]["template"]["metadata"]["labels"]) for w in workloads]
        templates += [
            (job["metadata"]["name"], job["spec"]["template"]["metadata"]["labels"])
            for job in of_kind(objects, "Job")
        ]
        for workload in workloads:
            taken = [name for name, labels in templates if matches(workload["spec"]["selector"], labels)]
            assert taken == [workload["metadata"]["name"]]

    def test_each_service_leads_to_one_workload_and_a_port_of_it(self, objects: list[Object]) -> None:
        for service in of_kind(objects, "Service"):
            chosen = [
                workload["spec"]["template"]
                for workload in of_kind(objects, *WORKLOADS)
                if matches(
                    {"matchLabels": service["spec"]["selector"]},
                    workload["spec"]["template"]["metadata"]["labels"],
                )
            ]
            assert len(chosen) == 1, service["metadata"]["name"]
            names = {port["name"] for c in chosen[0]["spec"]["containers"] for port in c["ports"]}
            assert {port["targetPort"] for port in service["spec"]["ports"]} <= names

    def test_no_service_is_open_to_the_outside(self, objects: list[Object]) -> None:
        for service in of_kind(objects, "Service"):
            assert service["spec"].get("type", "ClusterIP") == "ClusterIP", service["metadata"]["name"]

    def test_the_gateway_calls_the_services_by_names_that_exist(self, objects: list[Object]) -> None:
        (gateway,) = [process for process in processes(objects, "api") if process.labels[NAME] == "gateway"]
        for owner in OWNERS[:-1]:
            port = named(objects, "Service", f"{owner}-api")["spec"]["ports"][0]["port"]
            assert gateway.value(f"{owner.upper()}_URL") == f"http://{owner}-api:{port}"

    def test_the_workers_call_nats_by_a_name_that_exists(self, objects: list[Object]) -> None:
        port = named(objects, "Service", "nats")["spec"]["ports"][0]["port"]
        for worker in processes(objects, "worker"):
            owner = worker.labels[NAME]
            assert worker.value("NATS_URL") == f"nats://{owner}:<nats-users/{owner}>@nats:{port}"

    def test_the_ingress_leads_to_the_gateway(self, production: list[Object]) -> None:
        (ingress,) = of_kind(production, "Ingress")
        (backend,) = [path["backend"] for rule in ingress["spec"]["rules"] for path in rule["http"]["paths"]]
        assert backend == {"service": {"name": "gateway-api", "port": {"name": "http"}}}
        assert [rule["host"] for rule in ingress["spec"]["rules"]] == ingress["spec"]["tls"][0]["hosts"]


class TestScaling:
    def test_each_api_is_scaled_by_cpu_within_bounds(self, objects: list[Object]) -> None:
        apis = {item["metadata"]["name"] for item in of_kind(objects, "Deployment") if is_api(item)}
        scalers = of_kind(objects, "HorizontalPodAutoscaler")
        assert {scaler["spec"]["scaleTargetRef"]["name"] for scaler in scalers} == apis
        for scaler in scalers:
            assert scaler["spec"]["minReplicas"] <= scaler["spec"]["maxReplicas"]
            assert scaler["spec"]["metrics"][0]["resource"]["name"] == "cpu"

    def test_what_is_scaled_has_no_count_of_its_own(self, objects: list[Object]) -> None:
        for item in of_kind(objects, "Deployment"):
            assert ("replicas" in item["spec"]) is not is_api(item), item["metadata"]["name"]

    def test_a_disruption_budget_lets_one_pod_go_and_in_production_keeps_one(
        self, objects: list[Object], production: list[Object]
    ) -> None:
        for workload in of_kind(objects, "Deployment", "StatefulSet"):
            labels = workload["spec"]["template"]["metadata"]["labels"]
            (budget,) = [
                item
                for item in of_kind(objects, "PodDisruptionBudget")
                if matches(item["spec"]["selector"], labels)
            ]
            assert budget["spec"]["maxUnavailable"] == 1
            assert objects is not production or fewest(objects, workload) > budget["spec"]["maxUnavailable"]

    @pytest.mark.parametrize("owner", OWNERS)
    def test_the_pools_of_all_pods_fit_into_the_database(self, objects: list[Object], owner: str) -> None:
        cluster = named(objects, "Cluster", f"{owner}-database")
        allowed = int(cluster["spec"]["postgresql"]["parameters"]["max_connections"])
        # An engine may grow to twice its pool; a service has a hot pool or its relay's connection besides.
        fields = (GatewaySettings if owner == "gateway" else ServiceSettings).model_fields
        pool = 2 * fields["database_pool"].default + (
            fields["hot_pool"].default if "hot_pool" in fields else 0
        )
        pods = sum(
            most(objects, item)
            for item in of_kind(objects, "Deployment")
            if item["spec"]["template"]["metadata"]["labels"][NAME] == owner
        )
        assert pods * pool + MIGRATION_CONNECTIONS <= allowed / 2

    def test_production_spreads_each_process_over_nodes_and_zones(self, production: list[Object]) -> None:
        for item in of_kind(production, "Deployment"):
            constraints = item["spec"]["template"]["spec"]["topologySpreadConstraints"]
            keys = {constraint["topologyKey"] for constraint in constraints}
            assert keys == {"kubernetes.io/hostname", "topology.kubernetes.io/zone"}
            labels = item["spec"]["template"]["metadata"]["labels"]
            assert all(matches(constraint["labelSelector"], labels) for constraint in constraints)
            assert {NAME, COMPONENT} <= set(constraints[0]["matchLabelKeys"])


class TestDatabases:
    def test_each_owner_has_its_own(self, objects: list[Object]) -> None:
        clusters = of_kind(objects, "Cluster")
        assert {cluster["metadata"]["name"] for cluster in clusters} == {
            f"{owner}-database" for owner in OWNERS
        }
        for cluster in clusters:
            owner = cluster["metadata"]["labels"][NAME]
            assert cluster["spec"]["bootstrap"]["initdb"]["database"] == owner
            assert cluster["spec"]["bootstrap"]["initdb"]["owner"] == owner

    def test_each_process_is_given_its_own_only(self, objects: list[Object]) -> None:
        for process in processes(objects, "api", "worker", "migration"):
            assert process.value("DATABASE_URL") == f"<{process.labels[NAME]}-database-app/uri>", (
                process.where
            )

    def test_production_loses_no_committed_row_with_one_server(self, production: list[Object]) -> None:
        for cluster in of_kind(production, "Cluster"):
            synchronous = cluster["spec"]["postgresql"]["synchronous"]
            assert cluster["spec"]["instances"] == 3
            assert (synchronous["number"], synchronous["dataDurability"]) == (1, "required")
            assert synchronous["failoverQuorum"] is True

    def test_production_backs_each_up_to_the_store_that_exists(self, production: list[Object]) -> None:
        (store,) = of_kind(production, "ObjectStore")
        clusters = of_kind(production, "Cluster")
        for cluster in clusters:
            (plugin,) = cluster["spec"]["plugins"]
            assert plugin["isWALArchiver"] is True
            assert plugin["parameters"]["barmanObjectName"] == store["metadata"]["name"]
        scheduled = [item["spec"]["cluster"]["name"] for item in of_kind(production, "ScheduledBackup")]
        assert sorted(scheduled) == sorted(cluster["metadata"]["name"] for cluster in clusters)


def is_api(item: Object) -> bool:
    labels: dict[str, str] = item["spec"]["template"]["metadata"]["labels"]
    return labels[COMPONENT] == "api"
