"""The CAP1203 over minutes on its simulated chip: how late it is, and what does not fade."""

from __future__ import annotations

import pytest

from drivers.sim.cap1203 import SimCap1203
from tests.drivers.test_on_twin import MS, Rig


def _opened_after_ms(seed: int) -> float:
    """From letting go to the first sample that says so, of the slowest pad."""
    rig = Rig("cap1203")
    chip = rig.sim.chip(SimCap1203)
    rig.scene.forces = (0.0, 0.0, 0.0)
    rig.up()
    rig.scene.forces = (4.0, 4.0, 4.0)
    rig.run(300 + 1.7 * seed)
    chip.alert()  # what was before is made up before it changes
    rig.scene.forces = (0.0, 0.0, 0.0)
    let_go_ns = rig.clock.now_ns()
    closed = {0, 1, 2}
    while closed:
        for sample in rig.tick():
            if not sample.closed:
                closed.discard(sample.pad)
    return (rig.clock.now_ns() - let_go_ns) / MS


def test_a_pad_that_opens_is_seen_within_a_cycle_and_a_look() -> None:
    late_ms = sorted(_opened_after_ms(seed) for seed in range(40))
    assert late_ms[-1] <= 45.0
    assert late_ms[37] <= 42.0  # p95
    assert late_ms[0] >= 5.0


@pytest.mark.parametrize("force_n", [0.1, 0.3, 2.0])
def test_what_has_closed_a_pad_keeps_it_closed_however_long(force_n: float) -> None:
    """Also a light touch, of which the chip's own drift correction must keep its hands off."""
    rig = Rig("cap1203")
    rig.scene.forces = (0.0, 0.0, 0.0)
    rig.up()
    rig.scene.forces = (2.0, 2.0, 2.0)
    rig.run(200)
    rig.scene.forces = (force_n, force_n, force_n)
    first = {s.pad: s for s in rig.run(200)}
    assert all(s.closed for s in first.values())
    got = rig.run(400_000)
    assert all(sample.closed for sample in got)
    last = {s.pad: s.level for s in got[-3:]}
    assert all(abs(last[pad] - first[pad].level) <= 0.03 for pad in range(3))


def test_noise_that_costs_samples_leaves_a_gap_and_no_old_count() -> None:
    rig = Rig("cap1203")
    rig.scene.forces = (4.0, 4.0, 4.0)
    rig.up()
    rig.run(300)
    rig.sim.chip(SimCap1203).noisy(0b010)
    rig.scene.forces = (0.0, 0.0, 0.0)
    rig.run(100)
    got = rig.run(400)
    assert {s.pad for s in got} == {0, 2}
    rig.sim.chip(SimCap1203).noisy(0)
    assert {s.pad for s in rig.run(100)} == {0, 1, 2}
