"""What the pods of the suite run, are told and may do."""

import importlib
import re

import pytest
from pydantic_settings import BaseSettings

from gateway.config import Settings as GatewaySettings
from services.kit.config import Settings as ServiceSettings
from services.kit.migrations.__main__ import Target
from services.kit.worker import DRAIN_SECONDS
from tests.k8s.kustomize import WORKLOADS, Object
from tests.k8s.objects import (
    COMPONENT,
    NAME,
    OWNERS,
    ROOT,
    SERVICES,
    Container,
    containers,
    of_kind,
    processes,
)

FOR_THE_MANIFEST_ONLY = {"SERVICE", "NATS_PASSWORD"}


def settings_of(container: Container) -> type[BaseSettings]:
    return GatewaySettings if container.labels[NAME] == "gateway" else ServiceSettings


def keeps_personal_data(service: str) -> bool:
    """Whether a route of the service takes the vault."""
    code = [path.read_text() for path in (ROOT / "services" / service).rglob("*.py")]
    return any("PersonalVault" in text for text in code)


class TestCommands:
    @pytest.mark.parametrize("owner", OWNERS)
    def test_an_api_starts_an_app_that_exists(self, production: list[Object], owner: str) -> None:
        (api,) = [process for process in processes(production, "api") if process.labels[NAME] == owner]
        python, _, server, target, *options = api.command
        module, _, name = target.partition(":")
        assert (python, server) == ("python", "uvicorn")
        assert callable(getattr(importlib.import_module(module), name))
        assert module == ("gateway.app" if owner == "gateway" else f"services.{owner}.app")
        assert f"--port={api.value('PORT')}" in options
        http = "gateway.protocol:Protocol" if owner == "gateway" else "httptools"
        assert {"--no-access-log", "--loop=uvloop", f"--http={http}"} <= set(options)
        assert not any(option.startswith("--workers") for option in options)

    @pytest.mark.parametrize("service", SERVICES)
    def test_a_worker_works_for_a_service_that_exists(self, production: list[Object], service: str) -> None:
        (worker,) = [
            process for process in processes(production, "worker") if process.labels[NAME] == service
        ]
        assert worker.command == ["python", "-m", "services.kit.worker", service]
        assert importlib.util.find_spec("services.kit.worker")
        assert importlib.util.find_spec(f"services.{service}.events")

    @pytest.mark.parametrize("owner", OWNERS)
    def test_a_job_migrates_each_database_and_no_pod_starts_before(
        self, production: list[Object], owner: str
    ) -> None:
        (job,) = [process for process in processes(production, "migration") if process.labels[NAME] == owner]
        assert job.command == ["python", "-m", "services.kit.migrations", owner, "upgrade"]
        assert Target(owner).versions.is_dir()
        waiting = [c for c in containers(production) if c.first and c.labels[NAME] == owner]
        assert len(waiting) == (1 if owner == "gateway" else 2)
        for container in waiting:
            assert container.command == ["python", "-m", "services.kit.migrations.wait", owner]
            assert container.value("DATABASE_URL") == job.value("DATABASE_URL")


class TestEnvironment:
    def test_tells_a_process_everything_that_it_needs(self, objects: list[Object]) -> None:
        for process in processes(objects, "api", "worker"):
            fields = settings_of(process).model_fields
            needed = {name.upper() for name, field in fields.items() if field.is_required()}
            assert needed <= set(process.env), process.where

    def test_gives_the_keys_for_personal_data_to_the_services_that_keep_it(
        self, objects: list[Object]
    ) -> None:
        keepers = {service for service in SERVICES if keeps_personal_data(service)}
        for process in processes(objects, "api", "worker"):
            if process.labels[NAME] in SERVICES:
                given = {"FIELD_KEY", "INDEX_KEY"} & set(process.env)
                assert len(given) == (2 if process.labels[NAME] in keepers else 0), process.where

    def test_tells_a_process_nothing_that_it_does_not_read(self, objects: list[Object]) -> None:
        for process in processes(objects, "api", "worker"):
            known = {name.upper() for name in settings_of(process).model_fields} | FOR_THE_MANIFEST_ONLY
            assert set(process.env) <= known, process.where

    def test_uses_a_variable_only_after_it_was_set(self, objects: list[Object]) -> None:
        for container in containers(objects):
            seen: set[str] = set()
            for entry in container.told.get("env", []):
                assert set(re.findall(r"\$\((\w+)\)", entry.get("value", ""))) <= seen, container.where
                seen.add(entry["name"])

    def test_listens_where_kubernetes_can_reach_it(self, objects: list[Object]) -> None:
        assert all("--host=0.0.0.0" in process.command for process in processes(objects, "api"))
        assert all(process.value("HOST") == "0.0.0.0" for process in processes(objects, "worker"))

    def test_serves_on_the_port_that_it_names(self, objects: list[Object]) -> None:
        for process in processes(objects, "api", "worker"):
            ports = {port["name"]: str(port["containerPort"]) for port in process.told["ports"]}
            annotations = process.workload["spec"]["template"]["metadata"]["annotations"]
            metrics = (
                process.value("METRICS_PORT") if "METRICS_PORT" in process.env else process.value("PORT")
            )
            assert ports["http"] == process.value("PORT"), process.where
            assert ports.get("metrics", ports["http"]) == metrics, process.where
            assert annotations["prometheus.io/port"] == metrics, process.where

    def test_hands_the_private_keys_to_the_gateway_only(self, objects: list[Object]) -> None:
        for process in processes(objects, "api", "worker", "migration"):
            private = {name for name in process.env if "PRIVATE" in name}
            is_gateway_api = process.labels[NAME] == "gateway" and process.labels[COMPONENT] == "api"
            assert bool(private) is is_gateway_api, process.where

    def test_keeps_as_many_copies_of_a_stream_as_there_are_servers(self, objects: list[Object]) -> None:
        (nats,) = of_kind(objects, "StatefulSet")
        for worker in processes(objects, "worker"):
            assert int(worker.value("STREAM_REPLICAS")) == nats["spec"]["replicas"], worker.where


class TestSecurity:
    def test_every_container_is_without_privileges_and_cannot_write_its_image(
        self, objects: list[Object]
    ) -> None:
        for container in containers(objects):
            context = container.told["securityContext"]
            assert context["readOnlyRootFilesystem"] is True, container.where
            assert context["allowPrivilegeEscalation"] is False, container.where
            assert context["capabilities"] == {"drop": ["ALL"]}, container.where

    def test_every_pod_runs_as_an_ordinary_user_without_a_token(self, objects: list[Object]) -> None:
        for workload in of_kind(objects, *WORKLOADS):
            pod = workload["spec"]["template"]["spec"]
            assert pod["securityContext"]["runAsNonRoot"] is True, workload["metadata"]["name"]
            assert pod["securityContext"]["runAsUser"] >= 10_000
            assert pod["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
            assert pod["automountServiceAccountToken"] is False
            assert not {"hostNetwork", "hostPID", "hostIPC"} & set(pod)

    def test_every_service_account_exists_and_mounts_no_token(self, objects: list[Object]) -> None:
        accounts = {item["metadata"]["name"]: item for item in of_kind(objects, "ServiceAccount")}
        used = {
            item["spec"]["template"]["spec"]["serviceAccountName"] for item in of_kind(objects, *WORKLOADS)
        }
        assert used == set(accounts)
        assert all(account["automountServiceAccountToken"] is False for account in accounts.values())

    def test_every_image_has_a_version(self, objects: list[Object]) -> None:
        images = [container.told["image"] for container in containers(objects)]
        images += [cluster["spec"]["imageName"] for cluster in of_kind(objects, "Cluster")]
        for image in images:
            assert re.search(r":\d+\.\d+[\w.-]*$", image), image

    def test_no_database_writes_personal_data_into_its_log(self, objects: list[Object]) -> None:
        """A refused row stands in DETAIL and a slow statement's values beside it, unless they are left out."""
        for cluster in of_kind(objects, "Cluster"):
            told = cluster["spec"]["postgresql"]["parameters"]
            assert (told["log_min_messages"], told["log_parameter_max_length"]) == ("log", "0")

    def test_every_container_says_what_it_takes_and_at_most(self, objects: list[Object]) -> None:
        for container in containers(objects):
            resources = container.told["resources"]
            assert set(resources["requests"]) == set(resources["limits"]) == {"cpu", "memory"}, (
                container.where
            )


class TestStopAndProbes:
    def test_every_process_has_its_three_probes(self, objects: list[Object]) -> None:
        paths = {
            "startupProbe": "/health/live",
            "livenessProbe": "/health/live",
            "readinessProbe": "/health/ready",
        }
        for process in processes(objects, "api", "worker"):
            for probe, path in paths.items():
                assert process.told[probe]["httpGet"] == {"path": path, "port": "http"}, process.where

    def test_a_pod_is_given_longer_than_its_stop_takes(self, objects: list[Object]) -> None:
        for process in processes(objects, "api", "worker"):
            sleep = process.told.get("lifecycle", {}).get("preStop", {}).get("sleep", {}).get("seconds", 0)
            graceful = [
                int(option.partition("=")[2])
                for option in process.command
                if option.startswith("--timeout-graceful-shutdown=")
            ]
            if process.labels[COMPONENT] == "api":
                assert sleep >= 5 and len(graceful) == 1, process.where
            assert process.pod["terminationGracePeriodSeconds"] > sleep + sum(graceful) + DRAIN_SECONDS, (
                process.where
            )
