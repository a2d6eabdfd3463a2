"""The part of kustomize that deploy/k8s uses, and nothing else: an unknown field is an error, never ignored.

The machine that runs the tests has no kustomize. Where one is found, test_render compares the two.
"""

import copy
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

Object = dict[str, Any]

FIELDS = {
    "apiVersion",
    "kind",
    "resources",
    "configMapGenerator",
    "generatorOptions",
    "patches",
    "namespace",
    "namePrefix",
    "labels",
    "replicas",
    "images",
}
WORKLOADS = {"Deployment", "StatefulSet", "Job"}
CLUSTER_WIDE = {"Namespace"}
MERGE_KEYS = {"containers": "name", "initContainers": "name", "env": "name", "ports": "containerPort"}


def render(folder: Path) -> list[Object]:
    """The objects of a kustomization, as `kubectl kustomize` prints them."""
    told = yaml.safe_load((folder / "kustomization.yaml").read_text())
    if unknown := set(told) - FIELDS:
        raise ValueError(f"{folder}: this renderer does not know {sorted(unknown)}")
    objects = [item for name in told.get("resources", []) for item in _resource(folder / name)]
    for generator in told.get("configMapGenerator", []):
        _generate(objects, generator, folder=folder, options=told.get("generatorOptions", {}))
    for patch in told.get("patches", []):
        _patch(objects, patch, folder=folder)
    if "namespace" in told:
        for item in objects:
            if item["kind"] not in CLUSTER_WIDE:
                item["metadata"]["namespace"] = told["namespace"]
    _prefix(objects, told.get("namePrefix", ""))
    for labels in told.get("labels", []):
        _label(objects, labels)
    for replicas in told.get("replicas", []):
        _count(objects, replicas)
    for image in told.get("images", []):
        _image(objects, image)
    return objects


def _resource(path: Path) -> list[Object]:
    if path.is_dir():
        return render(path)
    return [item for item in yaml.safe_load_all(path.read_text()) if item]


def _generate(objects: list[Object], generator: Object, *, folder: Path, options: Object) -> None:
    if options != {"disableNameSuffixHash": True} or not set(generator) <= {"name", "files", "behavior"}:
        raise ValueError(f"{folder}: only files, merged or created, without a hash in the name")
    data = {name: (folder / name).read_text() for name in generator["files"]}
    if generator.get("behavior", "create") == "merge":
        found = next(
            item
            for item in objects
            if (item["kind"], item["metadata"]["name"]) == ("ConfigMap", generator["name"])
        )
        found["data"] |= data
    else:
        metadata = {"name": generator["name"]}
        objects.append({"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata, "data": data})


def _patch(objects: list[Object], patch: Object, *, folder: Path) -> None:
    if not set(patch) <= {"target", "patch", "path"} or not set(patch["target"]) <= {
        "kind",
        "name",
        "labelSelector",
    }:
        raise ValueError(f"{folder}: a patch has a target by kind, name or label, and a text or a path")
    change = yaml.safe_load(patch["patch"] if "patch" in patch else (folder / patch["path"]).read_text())
    targets = [item for item in objects if _is_target(item, patch["target"])]
    if not targets:
        raise ValueError(f"{folder}: no object is the target {patch['target']}")
    for item in targets:
        if isinstance(change, list):
            for operation in copy.deepcopy(change):
                _operate(item, operation)
        else:
            body = {
                key: value for key, value in change.items() if key not in {"apiVersion", "kind", "metadata"}
            }
            _merge(item, copy.deepcopy(body))


def _is_target(item: Object, target: Object) -> bool:
    key, _, value = target.get("labelSelector", "").partition("=")
    return (
        re.fullmatch(target.get("kind", ".*"), item["kind"]) is not None
        and re.fullmatch(target.get("name", ".*"), item["metadata"]["name"]) is not None
        and (not key or item["metadata"].get("labels", {}).get(key) == value)
    )


def _operate(item: Object, operation: Object) -> None:
    """One JSON patch operation (RFC 6902): add, replace or remove a member."""
    *parents, last = [
        part.replace("~1", "/").replace("~0", "~") for part in operation["path"].removeprefix("/").split("/")
    ]
    place: Any = item
    for part in parents:
        place = place[int(part) if isinstance(place, list) else part]
    if operation["op"] != "add" and last not in place:
        raise ValueError(f"nothing to {operation['op']} at {operation['path']}")
    if operation["op"] == "remove":
        del place[last]
    else:
        place[last] = operation["value"]


def _merge(into: Object, change: Object) -> None:
    """A strategic merge: maps are merged, lists of things with a key by that key, other lists replaced."""
    for key, value in change.items():
        if isinstance(value, dict) and isinstance(into.get(key), dict):
            _merge(into[key], value)
        elif key in MERGE_KEYS and key in into:
            into[key] = _merge_list(into[key], value, key=MERGE_KEYS[key])
        else:
            into[key] = value


def _merge_list(into: list[Object], change: list[Object], *, key: str) -> list[Object]:
    """What the patch names comes first, in the patch's order, as kustomize has it."""
    known = {item[key]: item for item in into}
    patched = []
    for item in change:
        target = known.pop(item[key], {})
        _merge(target, item)
        patched.append(target)
    return patched + list(known.values())


def _prefix(objects: list[Object], prefix: str) -> None:
    names = {(item["kind"], item["metadata"]["name"]) for item in objects}
    for item in objects:
        item["metadata"]["name"] = prefix + item["metadata"]["name"]
        if item["kind"] in WORKLOADS:
            pod = item["spec"]["template"]["spec"]
            if ("ServiceAccount", pod["serviceAccountName"]) in names:
                pod["serviceAccountName"] = prefix + pod["serviceAccountName"]
        if item["kind"] == "HorizontalPodAutoscaler":
            target = item["spec"]["scaleTargetRef"]
            if (target["kind"], target["name"]) in names:
                target["name"] = prefix + target["name"]


def _label(objects: list[Object], labels: Object) -> None:
    if not set(labels) <= {"pairs", "includeSelectors", "includeTemplates"}:
        raise ValueError(
            f"labels: this renderer knows pairs, includeSelectors and includeTemplates, not {labels}"
        )
    for item in objects:
        places = [item["metadata"].setdefault("labels", {})]
        if labels.get("includeSelectors") or labels.get("includeTemplates"):
            places += _template_labels(item)
        if labels.get("includeSelectors"):
            places += _selectors(item)
        for place in places:
            place |= labels["pairs"]


def _template_labels(item: Object) -> Iterator[Object]:
    if item["kind"] in WORKLOADS:
        yield item["spec"]["template"]["metadata"].setdefault("labels", {})
    for claim in item["spec"].get("volumeClaimTemplates", []) if item["kind"] == "StatefulSet" else []:
        yield claim["metadata"].setdefault("labels", {})


def _selectors(item: Object) -> Iterator[Object]:
    if item["kind"] == "Service":
        yield item["spec"]["selector"]
    if item["kind"] in {"Deployment", "StatefulSet", "PodDisruptionBudget"}:
        yield item["spec"]["selector"]["matchLabels"]
    if item["kind"] == "NetworkPolicy":
        raise ValueError("includeSelectors would also change the peers of a NetworkPolicy: keep them apart")
    if item["kind"] in WORKLOADS:
        for terms in item["spec"]["template"]["spec"].get("affinity", {}).values():
            for term in terms.get("requiredDuringSchedulingIgnoredDuringExecution", []):
                yield term["labelSelector"]["matchLabels"]


def _count(objects: list[Object], replicas: Object) -> None:
    for item in objects:
        if item["kind"] in WORKLOADS and item["metadata"]["name"] == replicas["name"]:
            item["spec"]["replicas"] = replicas["count"]
            return
    raise ValueError(f"replicas: there is no {replicas['name']}")


def _image(objects: list[Object], image: Object) -> None:
    for item in objects:
        if item["kind"] in WORKLOADS:
            pod = item["spec"]["template"]["spec"]
            for container in [*pod.get("initContainers", []), *pod["containers"]]:
                name, _, tag = container["image"].partition(":")
                if name == image["name"]:
                    container["image"] = f"{image.get('newName', name)}:{image.get('newTag', tag)}"
