"""The rules of the house, on the whole tree and on samples that break them."""

import pytest

from tests.structure import layers, style
from tests.structure.source import Rule, module, modules

RULES = [*layers.RULES, *style.RULES]
TREE = modules("services", "gateway", "deploy", "tests")


def name_of(rule: Rule) -> str:
    return rule.check.__name__


@pytest.mark.parametrize("rule", RULES, ids=name_of)
class TestRule:
    def test_is_kept_by_the_whole_tree(self, rule):
        broken = [line for one in TREE for line in rule.check(one)]
        assert not broken, "\n" + "\n".join(broken)

    def test_notices_what_breaks_it(self, rule):
        for path, text in rule.broken:
            assert list(rule.check(module(path, text))), f"not noticed: {path}: {text}"

    def test_lets_the_rest_pass(self, rule):
        for path, text in rule.kept:
            assert not list(rule.check(module(path, text))), f"wrongly noticed: {path}: {text}"


class TestTree:
    def test_is_not_empty(self):
        assert len(TREE) > 100
