"""The median against the library's."""

from __future__ import annotations

from statistics import median

import pytest
from hypothesis import given
from hypothesis import strategies as st

from device.middle import middle


@given(st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=30))
def test_as_the_library_says(values: list[float]) -> None:
    assert middle(values) == median(values)


def test_of_nothing_there_is_none() -> None:
    with pytest.raises(IndexError):
        middle([])
