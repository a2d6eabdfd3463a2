"""Codes are stable words with Chinese labels."""

import pytest
from pydantic import TypeAdapter, ValidationError

from services.kit.codes import Code


class Level(Code):
    LEVEL_1 = "level_1", "一级", "01"
    LEVEL_2 = "level_2", "二级"


class TestCode:
    def test_is_its_value(self):
        assert str(Level.LEVEL_1) == "level_1"
        assert f"{Level.LEVEL_1}" == "level_1"
        assert Level("level_2") is Level.LEVEL_2

    def test_has_a_label_and_perhaps_a_national_code(self):
        assert (Level.LEVEL_1.label, Level.LEVEL_1.national) == ("一级", "01")
        assert (Level.LEVEL_2.label, Level.LEVEL_2.national) == ("二级", None)

    def test_travels_as_a_string(self):
        adapter = TypeAdapter(Level)
        assert adapter.dump_json(Level.LEVEL_1) == b'"level_1"'
        assert adapter.validate_json('"level_1"') is Level.LEVEL_1
        assert adapter.json_schema()["enum"] == ["level_1", "level_2"]
        with pytest.raises(ValidationError):
            adapter.validate_python("LEVEL_1")

    @pytest.mark.parametrize("member", [("third", "三级"), ("level_3",)])
    def test_refuses_a_value_that_is_not_its_name_and_a_missing_label(self, member):
        with pytest.raises(TypeError, match="must be"):

            class Wrong(Code):
                LEVEL_3 = member
