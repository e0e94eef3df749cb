"""What is measured ahead of a movement's end is what would have been measured at it."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from device import ahead as ahead_module
from device.ahead import Ahead
from device.measures import Measured, Pieces, Terms, finish, measure, measuring
from device.past import Past
from device.reps import RepMachine
from device.signals import Signals
from device.wall_touch import Upper
from drivers.samples import PadSample
from tests.device.rig import (
    B_MM,
    ODR_HZ,
    S_MM,
    Shape,
    Track,
    hinge,
    imu_samples,
    squat,
    tof_samples,
    visit,
)

JUDGED = Terms(1.70, True, (True, True, True), ODR_HZ, S_MM, B_MM)
QUICK = settings(max_examples=10)


class Rep(NamedTuple):
    ahead: Measured
    at_once: Measured
    pieces_left: int


def watch(
    track: Track,
    seed: int = 0,
    terms: Callable[[int], Terms] = lambda _: JUDGED,
    late_ns: int = 0,
    open_ns: tuple[int, int] = (0, 0),
) -> list[Rep]:
    """Every movement of a track. ``terms`` at a time; pads and ranges come ``late_ns`` after the
    IMU's samples, and the sacrum pad is open within ``open_ns``."""
    signals, upper = Signals(ODR_HZ, S_MM, B_MM), Upper((0.9,))
    machine, ahead = RepMachine(signals), Ahead(signals, upper)
    reps: list[Rep] = []
    taken = [0]

    def counted(pieces: Pieces) -> Pieces:
        while True:
            try:
                ready = next(pieces)
            except StopIteration as end:
                measured: Measured = end.value
                return measured
            taken[0] += 1
            yield ready

    def counting(*args: object) -> Pieces:
        return counted(measuring(*args))  # type: ignore[arg-type]  # passed through

    ranges = tof_samples(track, noise_mm=2.0, seed=seed)
    pads: list[PadSample] = []
    at = 0
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(ahead_module, "measuring", counting)
        for sample in imu_samples(track, noise=1.0, seed=seed):
            t_ns = sample.t_ns
            while at < len(ranges) and ranges[at].t_ns <= t_ns - late_ns:
                signals.tof(ranges[at])
                at += 1
            shut = not open_ns[0] <= t_ns < open_ns[1]
            pads += [PadSample(t_ns, pad, 1.0, shut or pad != 2) for pad in range(3)]
            while pads and pads[0].t_ns <= t_ns - late_ns:
                signals.pad(pads.pop(0))
            signals.imu(sample)
            movement = machine.step()
            if movement is not None:
                known = terms(t_ns)
                at_once = measure(signals, movement, known, upper)
                before = taken[0]
                reps.append(Rep(ahead.measure(movement, known), at_once, taken[0] - before))
                machine.done()
            elif not machine.moving and signals.at_rest() and abs(signals.tilt_deg) < 10:
                signals.take_zeroes()
            if machine.moving:
                ahead.step(machine, lambda: terms(t_ns))  # noqa: B023  # called at once
    return reps


SHAPES: dict[str, Shape] = {
    "hinge": hinge(),
    "squat": squat(),
    "squat, trunk leaning back": squat(-3.0, 250.0, 20.0),
}


@pytest.mark.parametrize("name", SHAPES)
@QUICK
@given(
    down_s=st.floats(0.7, 1.6),
    hold_s=st.floats(0.0, 1.0),
    pause_s=st.floats(0.5, 2.0),
    seed=st.integers(0, 1000),
)
def test_a_pause_is_used(
    name: str, down_s: float, hold_s: float, pause_s: float, seed: int
) -> None:
    track = visit().reps(2, SHAPES[name], down_s=down_s, hold_s=hold_s, pause_s=pause_s).stand(1.0)
    reps = watch(track, seed)
    assert len(reps) == 2
    for rep in reps:
        assert rep.ahead == rep.at_once
        assert rep.pieces_left == 0, "all but the last piece was done before the end"


@QUICK
@given(down_s=st.floats(0.7, 1.5), peak=st.floats(38.0, 60.0), seed=st.integers(0, 1000))
def test_so_is_a_turn(down_s: float, peak: float, seed: int) -> None:
    track = visit().reps(3, hinge(peak), down_s=down_s, up_s=down_s, pause_s=0.0).stand(1.5)
    reps = watch(track, seed)
    assert len(reps) == 3
    for rep in reps:
        assert rep.ahead == rep.at_once
    assert all(rep.pieces_left == 0 for rep in reps[:2])


def test_a_pause_that_is_none_is_forgotten() -> None:
    halt = hinge(20.0, ratio=1.0)
    track = visit().rep(hinge(), pause_s=0.11).rep(halt, pause_s=1.5)
    for rep in watch(track):
        assert rep.ahead == rep.at_once


def test_what_has_changed_meanwhile_is_measured_anew() -> None:
    """Known at the end: another stature than while it was measured ahead."""
    track = visit().rep(hinge(), pause_s=2.0)
    (rep,) = watch(track)
    changed = iter([JUDGED._replace(stature_m=1.60)])
    (other,) = watch(track, terms=lambda _: next(changed, JUDGED))
    assert other.ahead == other.at_once == rep.ahead
    assert other.pieces_left > 0


@pytest.mark.parametrize("late_ms", [0, 20, 60, 120])
def test_a_contact_that_is_heard_of_late_counts(late_ms: int) -> None:
    """The pad's and the ranger's samples of the last instant come after the IMU's."""
    track = visit().rep(hinge(), pause_s=2.0)
    ((rep, *_),) = watch(track)
    lost = (rep.end_ns - 90_000_000, rep.end_ns + 50_000_000)
    (late,) = watch(track, late_ns=late_ms * 1_000_000, open_ns=lost)
    assert late.ahead == late.at_once
    if late_ms < 100:
        assert late.ahead.contacts_kept is False


def test_pieces_say_when_nothing_but_the_end_is_missing() -> None:
    signals = Signals(ODR_HZ, S_MM, B_MM)
    machine = RepMachine(signals)
    for sample in imu_samples(visit().rep(hinge(), pause_s=2.0), noise=1.0):
        signals.imu(sample)
        movement = machine.step()
        if movement is not None:
            pieces = measuring(signals, movement, JUDGED)
            said = [next(pieces)]
            while not said[-1]:
                said.append(next(pieces))
            assert len(said) >= 6
            assert said.count(True) == 1
            assert finish(pieces) == measure(signals, movement, JUDGED)
            return
    pytest.fail("no movement")


ROW = st.tuples(*[st.floats(-10, 10)] * 4)


@given(
    rows=st.lists(ROW, min_size=2, max_size=30),
    cut=st.integers(0, 29),
    speed_mps=st.floats(-1, 1),
)
def test_the_past_against_a_list(
    rows: list[tuple[float, float, float, float]], cut: int, speed_mps: float
) -> None:
    cut = min(cut, len(rows) - 1)
    past = Past()
    times = [5_000_000 * i + 7 for i in range(len(rows))]
    for t_ns, row in zip(times, rows, strict=True):
        past.add(t_ns, *row)
    assert len(past) == len(rows)
    columns = past.columns(cut + 1)
    assert columns.times_ns.tolist() == times[: cut + 1]
    for at, column in enumerate((columns.tilt_abs_deg, columns.up_mps2, columns.rate_dps)):
        assert column.tolist() == [row[at] for row in rows[: cut + 1]]
    assert past.tilt_abs_deg(cut) == past.tilt_abs_deg(cut - len(rows)) == rows[cut][0]
    assert past.rise_m(cut) == past.rise_m(cut - len(rows)) == rows[cut][3]
    assert past.least_tilt_abs_deg(cut) == min(row[0] for row in rows[cut:])
    assert past.least_tilt_abs_deg(len(rows)) is None
    assert past.index_at(times[cut]) == past.index_at(times[cut] - 1) == cut
    assert past.index_at(times[-1] + 1) == len(rows) - 1
    past.anchor_at(cut, speed_mps)
    assert past.times_ns.tolist() == times[cut:]
    for i, t_ns in enumerate(times[cut:]):
        expected = rows[cut + i][3] - rows[cut][3] - speed_mps * (t_ns - times[cut]) * 1e-9
        assert past.rise_m(i) == pytest.approx(expected, abs=1e-12)
    past.anchor_at_last()
    assert (len(past), past.rise_m(0), past.tilt_abs_deg(0)) == (1, 0.0, rows[-1][0])
    past.clear()
    assert len(past) == 0
