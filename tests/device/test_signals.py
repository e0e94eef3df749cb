"""Zeroes, stillness, contacts and what is kept of the stream."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from device.pad_track import PadTrack
from device.signals import Signals
from device.strapdown import REST, TOP, UNKNOWN
from drivers.samples import ImuSample, PadSample
from tests.device.rig import (
    GRAVITY,
    MS,
    ODR_HZ,
    REST_RANGE_MM,
    T0_NS,
    S,
    Track,
    hinge,
    imu_samples,
    squat,
    tof_sample,
    tof_samples,
    visit,
)

STEP_NS = round(1e9 / ODR_HZ)


def fed(track: Track, **how: float) -> Signals:
    """Signals after a track, anchored while it stands."""
    signals = Signals(ODR_HZ)
    ranges = tof_samples(track)
    for sample in imu_samples(track, **how):  # type: ignore[arg-type]  # all are floats
        while ranges and ranges[0].t_ns <= sample.t_ns:
            signals.tof(ranges.pop(0))
        signals.imu(sample)
        if signals.at_rest() and abs(signals.tilt_deg) < 10:
            signals.take_zeroes()
            signals.anchor_here(REST)
    return signals


def still(t_ns: int, rate_dps: float = 0.0) -> ImuSample:
    return ImuSample(t_ns, GRAVITY, 0.0, 0.0, 0.0, rate_dps / 57.29578, 0.0)


def test_tilt_travel_and_drop_at_the_bottom_of_a_hinge() -> None:
    track = visit(2.0).rep(hinge(45.0), down_s=1.0, hold_s=0.0, up_s=0.0, pause_s=0.0)
    signals = fed(track)
    _, travel, drop = hinge(45.0)(np.array([1.0]))
    assert signals.rest_abs_deg == pytest.approx(3, abs=0.1)
    assert signals.tilt_deg == pytest.approx(45, abs=0.5)
    assert signals.travel_mm == pytest.approx(float(travel[0]), abs=3)
    assert signals.drop_mm == pytest.approx(float(drop[0]), abs=6)
    assert REST_RANGE_MM - (signals.range_mm or 0) == pytest.approx(signals.travel_mm, abs=3)


def test_signs_of_drop_and_travel() -> None:
    down = fed(visit(2.0).rep(squat(0, 200, -60), down_s=1.0, hold_s=0.0, up_s=0.0, pause_s=0.0))
    assert down.drop_mm == pytest.approx(200, abs=8)
    assert down.travel_mm == pytest.approx(-60, abs=3)
    up = fed(visit(2.0).rep(squat(0, -100, 0), down_s=1.0, hold_s=0.0, up_s=0.0, pause_s=0.0))
    assert up.drop_mm == pytest.approx(-100, abs=12)


@settings(max_examples=10)
@given(st.floats(-0.15, 0.15))
def test_the_accelerometers_bias_is_learnt_standing(bias: float) -> None:
    signals = fed(visit(3.0), bias_mps2=bias, noise=1.0)
    assert signals.bias_known
    # Along the dowel, 3 deg off the vertical.
    assert signals.bias_mps2 == pytest.approx(bias, abs=0.01)


@pytest.mark.parametrize(
    ("rate_dps", "rest", "top"),
    [(2.8, True, True), (3.2, False, True), (9.5, False, True), (10.5, False, False)],
)
def test_rest_is_below_3_and_a_top_below_10_degrees_a_second(
    rate_dps: float, rest: bool, top: bool
) -> None:
    signals = Signals(ODR_HZ)
    for i in range(round(0.35 * ODR_HZ)):
        # To and fro, so that it does not lean.
        signals.imu(still(T0_NS + i * STEP_NS, rate_dps if i % 2 else -rate_dps))
    assert (signals.at_rest(), signals.at_top()) == (rest, top)


def test_a_rest_takes_300_ms_and_a_top_150() -> None:
    signals = Signals(ODR_HZ)
    seen: dict[str, float] = {}
    for i in range(round(0.5 * ODR_HZ)):
        signals.imu(still(T0_NS + i * STEP_NS))
        at_ms = i * STEP_NS / MS
        if signals.at_top():
            seen.setdefault("top", at_ms)
        if signals.at_rest():
            seen.setdefault("rest", at_ms)
    assert seen["top"] == pytest.approx(150, abs=6)
    assert seen["rest"] == pytest.approx(300, abs=6)


@pytest.mark.parametrize(("step_mm", "steady"), [(5.0, True), (7.0, False), (-7.0, False)])
def test_a_range_that_moved_6_mm_is_no_rest(step_mm: float, steady: bool) -> None:
    signals = Signals(ODR_HZ)
    for i in range(21):
        signals.tof(tof_sample(T0_NS + i * 24 * MS, 500.0 + (step_mm if i > 10 else 0.0)))
    for i in range(100):
        signals.imu(still(T0_NS + i * STEP_NS))
    assert signals.range_steady is steady
    assert signals.at_rest() is steady


def test_leaning_is_no_top_and_leaning_far_back_neither() -> None:
    for tilt, top in ((4.0, True), (6.5, False), (-12.0, True), (-17.0, False)):
        signals = Signals(ODR_HZ)
        for sample in imu_samples(visit(1.0)):
            signals.imu(sample)
        signals.take_zeroes()
        leaning = Track().stand(0.5, lambda p, tilt=tilt: (3.0 + tilt + 0 * p, 0 * p, 0 * p))  # type: ignore[misc]  # bound per pass
        for sample in imu_samples(leaning, t0_ns=T0_NS + 2 * S):
            signals.imu(sample)
        assert signals.at_top() is top, tilt


def test_no_target_is_no_travel_and_no_body() -> None:
    signals = Signals(ODR_HZ)
    signals.tof(tof_sample(T0_NS, 500.0))
    assert (signals.travel_mm, signals.target_seen) == (0.0, True)
    signals.tof(tof_sample(T0_NS + 24 * MS, None))
    assert (signals.travel_mm, signals.target_seen) == (None, False)
    assert signals.tof_ns == T0_NS + 24 * MS
    signals.tof(tof_sample(T0_NS + 48 * MS, 1400.0))
    assert not signals.target_seen


def test_a_single_wild_range_does_not_move_the_travel() -> None:
    signals = Signals(ODR_HZ)
    for i, range_mm in enumerate((500.0, 500.0, 500.0, 300.0)):
        signals.tof(tof_sample(T0_NS + i * 24 * MS, range_mm))
    assert signals.travel_mm == 0.0


def test_a_hole_in_the_imu_loses_the_anchor_and_a_long_one_the_pose() -> None:
    for gap_ns, anchored in ((25 * MS, True), (60 * MS, False)):
        signals = fed(visit(1.5))
        t_ns = (signals.imu_ns or 0) + gap_ns
        signals.imu(still(t_ns))
        assert (signals.anchor is not UNKNOWN) is anchored
    signals = fed(visit(1.5).rep(hinge(45), down_s=0.8, hold_s=0.0, up_s=0.0, pause_s=0.0))
    assert signals.tilt_deg > 44
    t_ns = (signals.imu_ns or 0) + 500 * MS
    for sample in imu_samples(visit(0.3), t0_ns=t_ns):
        signals.imu(sample)
    assert signals.tilt_deg == pytest.approx(0, abs=0.5)


def test_the_live_drop_is_trusted_less_and_less() -> None:
    signals = fed(visit(1.5))
    before = signals.drop_uncertainty_mm()
    for sample in imu_samples(visit(1.0), t0_ns=(signals.imu_ns or 0) + STEP_NS):
        signals.imu(sample)
    # 15 mm, 5 mm/s and 10 mm/s2 over a second.
    assert before == pytest.approx(15, abs=0.1)
    assert signals.drop_uncertainty_mm() == pytest.approx(25, abs=0.3)
    assert signals.drop_uncertainty_mm(0.04) == pytest.approx(40, abs=0.5)
    signals.anchor_here(TOP)
    assert signals.drop_uncertainty_mm() == 15
    assert Signals(ODR_HZ).drop_uncertainty_mm() > 1e5


def test_days_of_a_hanging_dowel_do_not_fill_the_memory() -> None:
    signals = Signals(ODR_HZ)
    for i in range(round(60 * ODR_HZ)):
        # A cord that swings: never at rest, never anchored.
        signals.imu(still(T0_NS + i * STEP_NS, 30.0 if i // 100 % 2 else -30.0))
        signals.pad(PadSample(T0_NS + i * STEP_NS, 0, 0.0, i % 7 == 0))
        if i % 5 == 0:
            signals.tof(tof_sample(T0_NS + i * STEP_NS, 900.0))
    assert len(signals.samples) <= 24 * ODR_HZ + 1
    assert len(signals.ranges) <= 50 * ODR_HZ / 5
    assert len(signals.pads[0].losses) < 60 * ODR_HZ / 7
    assert signals.anchor is UNKNOWN


# -- a pad --------------------------------------------------------------------------------


def pad(t_ms: float, closed: bool) -> PadSample:
    return PadSample(round(t_ms * MS), 0, 1.0 if closed else 0.0, closed)


def test_a_pads_losses_begin_and_end_with_its_samples() -> None:
    track = PadTrack()
    changes = [
        track.update(pad(t, closed))
        for t, closed in ((0, True), (10, True), (20, False), (30, False), (40, True), (50, False))
    ]
    assert changes == [True, False, True, False, True, True]
    assert track.losses == [[20 * MS, 40 * MS], [50 * MS, 50 * MS]]
    track.update(pad(60, False))
    assert track.losses[-1] == [50 * MS, 60 * MS]
    track.clear()
    assert track.losses == [[50 * MS, 60 * MS]]
    track.update(pad(70, True))
    track.clear()
    assert track.losses == []


def test_a_pad_that_is_open_at_first_has_lost_contact() -> None:
    track = PadTrack()
    assert track.update(pad(0, False))
    assert (track.closed, track.since_ns, len(track.losses)) == (False, 0, 1)


def test_times_without_a_sample_are_kept() -> None:
    track = PadTrack()
    for t in (0, 15, 30, 130, 145, 200):
        track.update(pad(t, True))
    assert track.gaps == [(30 * MS, 130 * MS), (145 * MS, 200 * MS)]
    track.forget_before(140 * MS)
    assert track.gaps == [(145 * MS, 200 * MS)]


@given(st.lists(st.booleans(), min_size=1, max_size=60))
def test_losses_cover_exactly_the_open_samples(states: list[bool]) -> None:
    track = PadTrack()
    for i, closed in enumerate(states):
        track.update(pad(10 * i, closed))
    covered = sum(
        any(a <= 10 * i * MS <= b and not (10 * i * MS == b and closed) for a, b in track.losses)
        for i, closed in enumerate(states)
    )
    assert covered == states.count(False)
    assert all(a <= b for a, b in track.losses)
    assert track.closed is states[-1]
