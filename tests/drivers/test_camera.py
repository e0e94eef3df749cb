"""The camera's door: stamps, pace, shapes."""

from __future__ import annotations

from itertools import accumulate

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.camera import Pace, as_picture, asked, clocks_ns, frameless, monotonic_ns, pace_of
from drivers.errors import CameraFault

S = 1_000_000_000


@given(
    now_ns=st.integers(100 * S, 10**6 * S),
    age_ns=st.integers(0, 10 * S),
    suspended_ns=st.integers(11 * S, 10**6 * S),
)
def test_a_stamp_of_either_clock_becomes_monotonic(
    now_ns: int, age_ns: int, suspended_ns: int
) -> None:
    taken_ns = now_ns - age_ns
    for stamp_ns in (taken_ns, taken_ns + suspended_ns):
        assert monotonic_ns(stamp_ns, now_ns, now_ns + suspended_ns) == taken_ns


@given(age_ns=st.one_of(st.integers(-(10**6) * S, -1), st.integers(10 * S + 1, 10**6 * S)))
def test_a_stamp_of_neither_clock_is_refused(age_ns: int) -> None:
    with pytest.raises(CameraFault) as caught:
        monotonic_ns(10**6 * S - age_ns, 10**6 * S, 10**6 * S)
    assert str(caught.value) == (
        f"camera: time stamp {10**6 * S - age_ns} ns is {age_ns * 1e-9:.3f} s old, expected 0 to "
        "10 s by CLOCK_MONOTONIC or CLOCK_BOOTTIME. Check libcamera's version."
    )


def test_ten_seconds_is_not_too_old() -> None:
    assert monotonic_ns(90 * S, 100 * S, 100 * S) == 90 * S


def test_the_two_clocks_are_the_machines() -> None:
    monotonic, boottime = clocks_ns()
    assert boottime >= monotonic > 0
    assert monotonic_ns(monotonic, *clocks_ns()) == monotonic


@given(
    period_us=st.integers(5_000, 200_000),
    missing=st.lists(st.integers(1, 3), max_size=9).map(lambda lost: [0, *lost, *[0] * 10]),
)
def test_lost_frames_are_counted_and_do_not_slow_the_rate(
    period_us: int, missing: list[int]
) -> None:
    steps = [1000 * period_us * (1 + lost) for lost in missing]
    pace = pace_of(list(accumulate(steps, initial=S)))
    assert pace.frames == len(missing) + 1
    assert pace.dropped == sum(missing)
    assert pace.rate_hz == pytest.approx(1e6 / period_us)
    assert pace.jitter_us == pytest.approx(0, abs=1e-6)


def test_jitter_is_the_rms_of_the_intervals() -> None:
    steps = [33_000_000 + (300_000 if n % 2 else -300_000) for n in range(40)]
    pace = pace_of(list(accumulate(steps, initial=0)))
    assert pace.jitter_us == pytest.approx(300.0)
    assert pace.rate_hz == pytest.approx(1e9 / 33_000_000)
    assert pace.dropped == 0


def test_of_two_frames_nothing_is_said() -> None:
    assert pace_of([1, 2]) == Pace(2, None, None, None)
    assert pace_of([]) == Pace(0, None, None, None)


def test_of_three_frames_it_is_said() -> None:
    assert pace_of([0, S, 2 * S]) == Pace(3, 1.0, 0.0, 0)


@pytest.mark.parametrize("error", [RuntimeError, ValueError, KeyError, IndexError, OSError])
def test_what_a_library_refuses_is_a_camera_fault(error: type[Exception]) -> None:
    with pytest.raises(CameraFault) as caught, asked("starting"):
        raise error("no")
    said = str(error("no"))
    assert str(caught.value) == (
        f"camera: starting gave {said}, expected it to work. Check the settings and the cable, "
        "and that no other program uses it."
    )
    with pytest.raises(TypeError), asked("starting"):
        raise TypeError("our own mistake stays one")


def test_what_is_said_of_a_camera_without_frames() -> None:
    assert str(frameless()) == (
        "camera: no frame for 1 s, expected one. Check its cable, and restart the camera program."
    )


@pytest.mark.parametrize("stamps", [[5, 6, 6, 7], [5, 6, 4, 7]])
def test_stamps_that_do_not_rise_are_a_fault(stamps: list[int]) -> None:
    with pytest.raises(CameraFault) as caught:
        pace_of(stamps)
    assert str(caught.value) == (
        f"camera: frame 2 is stamped {6 - stamps[2]} ns before the one before it, expected stamps "
        "that rise. Restart the camera."
    )


@pytest.mark.parametrize(
    "array",
    [
        np.zeros((4, 6), np.uint8),
        np.zeros((4, 6, 4), np.uint8),
        np.zeros((4, 6, 3), np.uint16),
    ],
)
def test_only_pictures_are_pictures(array: np.ndarray[tuple[int, ...], np.dtype[np.uint8]]) -> None:
    with pytest.raises(CameraFault) as caught:
        as_picture(array)
    assert str(caught.value) == (
        f"camera: frame of shape {array.shape} and type {array.dtype}, expected "
        "(height, width, 3) of uint8. Check the camera's pixel format."
    )
    fine = np.zeros((4, 6, 3), np.uint8)
    assert as_picture(fine) is fine
