"""The overlays render, as kustomize does it, into objects that a cluster accepts."""

import json
import shutil
import subprocess
from pathlib import Path

import jsonschema_rs
import kubernetes_validate
import pytest
import yaml

from tests.k8s.conftest import OVERLAYS, rendered
from tests.k8s.kustomize import Object, render
from tests.k8s.objects import K8S, of_kind

# The oldest version that CloudNativePG supports beside PostgreSQL 18 and the newest that the schemas know.
VERSIONS = ("1.34", "1.37")
# The schemas of CloudNativePG 1.30 and its Barman Cloud plugin 0.14, cut down to the fields that are used here.
CUSTOM = json.loads((Path(__file__).parent / "custom-resources.json").read_text())


def in_order(objects: list[Object]) -> list[Object]:
    return sorted(objects, key=lambda item: (item["kind"], item["metadata"]["name"]))


def kustomize() -> list[str]:
    if shutil.which("kustomize"):
        return ["kustomize", "build"]
    return ["kubectl", "kustomize"]


class TestRender:
    @pytest.mark.skipif(
        shutil.which(kustomize()[0]) is None, reason="neither kustomize nor kubectl is installed"
    )
    @pytest.mark.parametrize("overlay", OVERLAYS)
    def test_equals_what_kustomize_builds(self, overlay: str) -> None:
        built = subprocess.run(
            [*kustomize(), str(K8S / "overlays" / overlay)], check=True, capture_output=True, text=True
        )
        assert in_order(list(yaml.safe_load_all(built.stdout))) == in_order(rendered(overlay))

    def test_refuses_a_field_that_it_does_not_know(self, tmp_path: Path) -> None:
        (tmp_path / "kustomization.yaml").write_text("nameSuffix: -x\n")
        with pytest.raises(ValueError, match="nameSuffix"):
            render(tmp_path)

    def test_refuses_a_patch_without_a_target(self, tmp_path: Path) -> None:
        told = "resources: []\npatches: [{target: {kind: Deployment}, patch: '[]'}]\n"
        (tmp_path / "kustomization.yaml").write_text(told)
        with pytest.raises(ValueError, match="no object is the target"):
            render(tmp_path)


class TestObjects:
    @pytest.mark.parametrize("version", VERSIONS)
    def test_each_keeps_the_schema_of_its_kind_strictly(self, objects: list[Object], version: str) -> None:
        for item in objects:
            if item["apiVersion"] not in CUSTOM:
                kubernetes_validate.validate(item, version, strict=True)

    def test_each_custom_one_uses_only_known_fields(self, objects: list[Object]) -> None:
        for item in objects:
            if item["apiVersion"] in CUSTOM:
                jsonschema_rs.validate(CUSTOM[item["apiVersion"]][item["kind"]], item)

    def test_each_exists_once_and_in_the_namespace_of_the_overlay(self, objects: list[Object]) -> None:
        names = [(item["kind"], item["metadata"]["name"]) for item in objects]
        assert len(names) == len(set(names))
        (namespace,) = of_kind(objects, "Namespace")
        own = {item["metadata"].get("namespace") for item in objects if item is not namespace}
        assert own == {namespace["metadata"]["name"]}

    def test_none_holds_secret_material(self, objects: list[Object]) -> None:
        assert not of_kind(objects, "Secret")
