"""What an administrative area covers."""

import pytest

from services.kit.areas import covers


class TestCovers:
    @pytest.mark.parametrize(
        ("area", "other", "covered"),
        [
            ("000000", "990101", True),
            ("000000", "", True),
            ("990000", "990101", True),
            ("990100", "990101", True),
            ("990101", "990101", True),
            ("100000", "100101", True),
            ("990110", "990111", False),  # 10 is a county, not the counties 10 to 19
            ("990101", "990102", False),
            ("990101", "990100", False),
            ("990100", "990201", False),
            ("990101", "", False),
        ],
    )
    def test_itself_and_what_lies_below(self, area, other, covered):
        assert covers(area, other) is covered

    @pytest.mark.parametrize("area", ["", "00", "0000000", "99010x", "９９０１０１"])
    def test_nothing_that_is_no_area(self, area):
        with pytest.raises(ValueError, match="area"):
            covers(area, "990101")
