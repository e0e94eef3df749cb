"""The rep machine over made streams: what counts, what does not, and where it begins and ends."""

from __future__ import annotations

from itertools import pairwise
from typing import NamedTuple

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from device.measures import Measured, Terms, measure
from device.reps import RepMachine, is_big_enough
from device.signals import Signals
from device.strapdown import REST, TOP, TURN
from drivers.samples import PadSample
from tests.device.rig import (
    B_MM,
    ODR_HZ,
    S_MM,
    T0_NS,
    Array,
    Pose,
    Shape,
    Track,
    World,
    hinge,
    imu_samples,
    run,
    squat,
    tof_samples,
    visit,
)

NO_PADS = (False, False, False)
QUICK = settings(max_examples=12)


class Found(NamedTuple):
    measured: list[Measured]
    anchors: list[str]


def watch(
    track: Track,
    noise: float = 1.0,
    seed: int = 0,
    gap: tuple[float, float] | None = None,
    bias: float = 0.0,
) -> Found:
    """Every movement of the track, measured."""
    signals = Signals(ODR_HZ, S_MM, B_MM)
    machine = RepMachine(signals)
    found = Found([], [])
    ranges = tof_samples(track, noise_mm=2.0 * noise, seed=seed)
    at = 0
    for sample in imu_samples(track, noise=noise, seed=seed, bias_mps2=bias):
        while at < len(ranges) and ranges[at].t_ns <= sample.t_ns:
            signals.tof(ranges[at])
            at += 1
        t_s = (sample.t_ns - T0_NS) * 1e-9
        if gap is not None and gap[0] <= t_s < gap[1]:
            continue
        for number in range(3):
            signals.pad(PadSample(sample.t_ns, number, 1.0, True))
        signals.imu(sample)
        movement = machine.step()
        if movement is not None:
            found.measured.append(
                measure(signals, movement, Terms(1.70, True, NO_PADS, ODR_HZ, S_MM, B_MM))
            )
            anchor = movement.end_anchor
            found.anchors.append({id(REST): "rest", id(TOP): "top", id(TURN): "turn"}[id(anchor)])
            machine.done()
        elif not machine.moving and signals.at_rest() and abs(signals.tilt_deg) < 10:
            signals.take_zeroes()
    return found


SHAPES: dict[str, Shape] = {
    "hinge": hinge(),
    "shallow hinge": hinge(20.0),
    "bend": hinge(45.0, ratio=0.5),
    "squat": squat(),
    "squat, trunk upright": squat(0.0, 250.0, 20.0),
    "squat, trunk leaning back": squat(-3.0, 250.0, 20.0),
}


@pytest.mark.parametrize("name", SHAPES)
@QUICK
@given(
    count=st.integers(1, 4),
    down_s=st.floats(0.7, 1.6),
    hold_s=st.floats(0.0, 1.0),
    pause_s=st.floats(0.5, 2.0),
    seed=st.integers(0, 1000),
)
def test_n_movements_with_pauses_are_n_reps(
    name: str, count: int, down_s: float, hold_s: float, pause_s: float, seed: int
) -> None:
    track = visit().reps(
        count, SHAPES[name], down_s=down_s, hold_s=hold_s, up_s=0.9 * down_s, pause_s=pause_s
    )
    found = watch(track.stand(1.0), seed=seed).measured
    assert len(found) == count
    length = 1.9 * down_s + hold_s
    for i, m in enumerate(found):
        began = 2.5 + i * (length + pause_s)
        start, bottom, end = ((t - T0_NS) * 1e-9 for t in (m.start_ns, m.bottom_ns, m.end_ns))
        assert began - 0.15 < start < began + 0.5 * down_s
        assert began + 0.6 * down_s < bottom < began + down_s + hold_s + 0.4 * down_s
        assert began + 0.75 * length < end < began + length + 0.25
        assert start < bottom < end
        assert m.t_down_s + m.t_hold_s + m.t_up_s == pytest.approx(end - start, abs=1e-6)
        assert min(m.t_down_s, m.t_hold_s, m.t_up_s) >= 0
        assert m.valid


@QUICK
@given(
    count=st.integers(2, 5),
    down_s=st.floats(0.7, 1.5),
    peak=st.floats(38.0, 60.0),
    seed=st.integers(0, 1000),
)
def test_touch_and_go_counts_without_any_pause(
    count: int, down_s: float, peak: float, seed: int
) -> None:
    track = visit().reps(count, hinge(peak), down_s=down_s, hold_s=0.0, up_s=down_s, pause_s=0.0)
    found = watch(track.stand(1.5), seed=seed).measured
    assert len(found) == count
    for m in found:
        assert m.peak_tilt_deg == pytest.approx(peak, abs=1.5)
    for before, after in pairwise(found):
        assert before.end_ns <= after.start_ns


def test_going_down_again_before_being_upright_ends_in_a_turn() -> None:
    shape = hinge()

    def again(p: Array) -> Pose:
        return shape(0.2 + 0.8 * p)

    def home(p: Array) -> Pose:
        return shape(0.2 * (1.0 - p))

    track = visit().rep(shape, down_s=1.0, hold_s=0.0, up_s=0.9, pause_s=0.0, back_to=0.2)
    track = track.rep(again, down_s=0.9, hold_s=0.0, up_s=1.0, pause_s=0.0)
    found = watch(track.rep(home, down_s=0.4, hold_s=0.0, up_s=0.0, pause_s=0.0).stand(1.5))
    assert found.anchors[0] == "turn"
    assert len(found.measured) == 2
    assert found.measured[0].end_ns <= found.measured[1].start_ns


@pytest.mark.parametrize("hold_s", [0.4, 1.0, 2.5, 4.0])
def test_a_hold_at_the_bottom_is_one_rep(hold_s: float) -> None:
    for shape in (hinge(), squat()):
        found = watch(visit().reps(2, shape, hold_s=hold_s, down_s=1.2, up_s=1.2)).measured
        assert len(found) == 2
        for m in found:
            assert m.t_hold_s == pytest.approx(hold_s + 0.45, abs=0.3)


@pytest.mark.parametrize(("down_s", "up_s"), [(4.0, 3.0), (3.0, 0.7), (0.7, 0.7), (0.5, 0.5)])
def test_slow_and_fast_hinges_count(down_s: float, up_s: float) -> None:
    found = watch(visit().reps(3, hinge(), down_s=down_s, up_s=up_s)).measured
    assert len(found) == 3
    for m in found:
        assert m.peak_tilt_deg == pytest.approx(47, abs=1)
        assert m.hip_drop_mm == pytest.approx(46, abs=15)


@pytest.mark.parametrize("seed", range(3))
def test_a_slow_squat_with_the_trunk_upright_counts(seed: int) -> None:
    """200 mm in 2 s accelerates by 0.3 m/s2 at most: it must not be taken for standing."""
    found = watch(visit(3.0).reps(2, squat(0.0, 200.0, 0.0)), seed=seed).measured
    assert len(found) == 2
    for m in found:
        assert m.hip_drop_mm > 170


@pytest.mark.parametrize(
    "shape",
    [hinge(12.0, ratio=0.8), squat(3.0, 35.0, 20.0), squat(0.0, 40.0, 0.0), squat(0.0, 0.0, 40.0)],
)
def test_too_small_a_movement_is_no_rep(shape: Shape) -> None:
    assert watch(visit().reps(3, shape, down_s=1.0, up_s=1.0)).measured == []


@pytest.mark.parametrize(
    ("tilt", "travel", "drop", "big"),
    [
        (15.0, 0.0, 0.0, True),
        (14.9, 49.9, 49.9, False),
        (0.0, 50.0, 0.0, True),
        (0.0, None, 50.0, True),
        (14.0, None, 49.0, False),
    ],
)
def test_how_small_is_too_small(tilt: float, travel: float | None, drop: float, big: bool) -> None:
    assert is_big_enough(tilt, travel, drop) is big


@pytest.mark.parametrize(("hold_s", "count"), [(10.5, 1), (14.5, 0)])
def test_over_15_s_is_no_rep(hold_s: float, count: int) -> None:
    track = visit().rep(hinge(), hold_s=hold_s).rep(hinge(), pause_s=1.5)
    # The one after it counts again.
    assert len(watch(track).measured) == count + 1


def test_a_jerk_of_under_600_ms_is_no_rep() -> None:
    assert watch(visit().reps(2, hinge(18.0), down_s=0.22, hold_s=0.0, up_s=0.2)).measured == []


@pytest.mark.parametrize("at_s", [0.8, 1.2, 2.1, 3.0])
def test_a_hole_in_the_samples_makes_it_unscored_not_unseen(at_s: float) -> None:
    for hole_s in (0.06, 0.25):
        track = visit().rep(pause_s=2.0).rep(pause_s=1.5)
        found = watch(track, gap=(2.5 + at_s, 2.5 + at_s + hole_s)).measured
        assert [m.why_unscored for m in found] == ["imu", None]
        assert found[0].start_ns < T0_NS + 3.2e9
        whole_s = (found[0].end_ns - found[0].start_ns) * 1e-9
        assert found[0].t_down_s + found[0].t_hold_s + found[0].t_up_s == pytest.approx(whole_s)


def test_a_hole_while_standing_harms_nothing() -> None:
    found = watch(visit(4.0).rep(), gap=(1.0, 1.6)).measured
    assert [m.valid for m in found] == [True]


def test_the_pause_at_the_end_does_not_belong_to_the_rep() -> None:
    for pause_s in (0.6, 3.0):
        (m,) = watch(
            visit().rep(hinge(), down_s=1.0, up_s=1.0, hold_s=0.2, pause_s=pause_s)
        ).measured
        end_s = (m.end_ns - T0_NS) * 1e-9
        assert end_s == pytest.approx(2.5 + 2.2, abs=0.2)


def test_the_start_is_where_five_degrees_are_passed() -> None:
    track = visit().rep(hinge(), down_s=2.0)
    (m,) = watch(track, noise=0.0).measured
    tilt, _, _ = track.at(np.array([(m.start_ns - T0_NS) * 1e-9]))
    # Whichever of 5 deg and 20 mm of travel comes first.
    assert 4.5 < float(tilt[0]) - 3.0 < 5.5


def test_standing_swaying_and_walking_about_make_no_rep() -> None:
    track = visit().reps(5, squat(1.5, 2.0, 12.0), down_s=1.5, up_s=1.5, pause_s=0.2)
    assert watch(track).measured == []


def test_nothing_is_a_rep_outside_a_set() -> None:
    """Nobody has set up: the pads never close."""
    world = World(visit().reps(2), opens=((0, 0, 99), (1, 0, 99), (2, 0, 99)))
    log = run(world)
    assert log.reps == []
    assert log.cues == []
    assert log.rises("buzzer") == []
    assert "SET" not in [name for _, name in log.states]


@pytest.mark.parametrize("bias", [-0.15, 0.15])
def test_fifteen_milli_g_of_bias_change_nothing(bias: float) -> None:
    found = watch(visit(3.0).reps(3, hinge()), bias=bias).measured
    assert len(found) == 3
    for m in found:
        assert m.hip_drop_mm == pytest.approx(46, abs=15)


def test_tilt_alone_starts_it_at_five_degrees() -> None:
    track = visit().rep(hinge(ratio=0.0), down_s=2.0)
    (m,) = watch(track, noise=0.0).measured
    tilt, _, _ = track.at(np.array([(m.start_ns - T0_NS) * 1e-9]))
    assert 4.8 < float(tilt[0]) - 3.0 < 5.6
