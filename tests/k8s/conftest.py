"""The overlays, rendered once."""

from functools import cache

import pytest

from tests.k8s.kustomize import Object, render
from tests.k8s.objects import K8S

OVERLAYS = ("production", "evaluation")


@cache
def rendered(name: str) -> list[Object]:
    return render(K8S / "base" if name == "base" else K8S / "overlays" / name)


@pytest.fixture(params=OVERLAYS)
def objects(request: pytest.FixtureRequest) -> list[Object]:
    """Every object of an overlay; each test runs once for each."""
    return rendered(request.param)


@pytest.fixture
def production() -> list[Object]:
    return rendered("production")


@pytest.fixture
def evaluation() -> list[Object]:
    return rendered("evaluation")
