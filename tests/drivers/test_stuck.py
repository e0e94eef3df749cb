"""Samples that are alike for too long are a chip that hangs."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers import CHIPS
from drivers.errors import BadData, StuckData
from drivers.link import Link
from drivers.stuck import ALIKE, Sameness
from tests.drivers.script import ScriptBus
from tests.drivers.test_on_twin import Rig


def made() -> Sameness:
    return Sameness(Link(ScriptBus(0x6A), "LSM6DSOX", 0x6A))


def test_the_twentieth_alike_is_one_too_many_until_one_differs() -> None:
    same = made()
    for _ in range(ALIKE - 1):
        same.check([(1.0, 2.0)])
    for n in (20, 21):
        with pytest.raises(BadData) as caught:
            same.check([(1.0, 2.0)])
        assert str(caught.value) == (
            f"LSM6DSOX at 0x6A on i2c-1: the last samples are all the same ({n} of them), "
            "expected some noise. Power it off and on."
        )
    same.check([(1.0, 2.5)])
    assert ALIKE == 20


def test_they_count_over_reads_of_any_size_and_an_empty_read_says_nothing_new() -> None:
    same = made()
    same.check([(3.0,)] * 12)
    same.check([])
    same.check([(3.0,)] * 7)
    with pytest.raises(BadData):
        same.check([(3.0,)])


@given(st.lists(st.lists(st.integers(0, 1), max_size=6), max_size=60))
def test_it_is_stuck_after_a_run_of_twenty_and_only_then(reads: list[list[int]]) -> None:
    same = made()
    seen: list[int] = []
    for read in reads:
        seen += read
        run = 0
        for value in reversed(seen):
            if value != seen[-1]:
                break
            run += 1
        try:
            same.check(read)
        except BadData:
            assert run >= ALIKE
        else:
            assert run < ALIKE


@pytest.mark.parametrize("name", [name for name, chip in CHIPS.items() if chip.kind != "pads"])
def test_a_chip_that_sticks_is_told_stays_lost_and_comes_back_with_its_noise(name: str) -> None:
    rig = Rig(name)
    rig.up()
    assert rig.run(300)
    rig.sim.chips[0].stick(True)
    with pytest.raises(StuckData, match=r"all the same.*expected some noise"):
        rig.run(700)  # at 40 Hz twenty take half a second
    rig.up()
    with pytest.raises(BadData, match="all the same"):
        rig.run(200)
    rig.sim.chips[0].stick(False)
    rig.up()
    assert len(rig.run(300)) > 5
