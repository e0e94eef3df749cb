"""SPARC: what its authors say of it must hold here."""

from __future__ import annotations

import numpy as np
import pytest

from device.smoothness import smoothness, sparc

RATE_HZ = 208.0


def push(length_s: float, rate_hz: float = RATE_HZ) -> np.ndarray:
    """Speed of a minimum-jerk movement."""
    x = np.arange(round(length_s * rate_hz) + 1) / (length_s * rate_hz)
    speed: np.ndarray = x**2 * (1 - x) ** 2
    return speed


def value(speed: np.ndarray, rate_hz: float = RATE_HZ) -> float:
    found = sparc(speed, rate_hz)
    assert found is not None
    return found


def test_an_even_push_has_the_known_value_whatever_its_size_length_or_sampling() -> None:
    # The published figure for a minimum-jerk movement is about -1.4.
    assert value(push(2.0)) == pytest.approx(-1.41, abs=0.03)
    assert value(40.0 * push(2.0)) == pytest.approx(value(push(2.0)), abs=1e-9)
    assert value(push(1.0)) == pytest.approx(value(push(3.0)), abs=0.03)
    assert value(push(2.0, 100.0), 100.0) == pytest.approx(value(push(2.0)), abs=0.03)


def test_more_pushes_are_less_smooth() -> None:
    even = [value(np.concatenate([push(2.0 / n)] * n)) for n in (1, 2, 4)]
    assert even[0] - 0.2 > even[1] > even[2] + 0.2
    t = np.arange(len(push(2.0))) / RATE_HZ
    trembling = push(2.0) * (1.0 + 0.3 * np.sin(2 * np.pi * 5.0 * t))
    assert value(trembling) < value(push(2.0)) - 0.05


def test_noise_faster_than_ten_hertz_does_not_count() -> None:
    t = np.arange(len(push(2.0))) / RATE_HZ
    shaken = push(2.0) + 0.02 * np.sin(2 * np.pi * 40.0 * t)
    assert value(shaken) == pytest.approx(value(push(2.0)), abs=0.05)


def test_too_little_is_not_known() -> None:
    assert sparc(push(0.05), RATE_HZ) is None
    assert sparc(np.zeros(200), RATE_HZ) is None
    assert smoothness(np.zeros(1), np.zeros(1), 0) is None


def test_a_hold_at_the_bottom_is_no_lack_of_smoothness() -> None:
    def rep(hold_s: float) -> float:
        down = np.cumsum(push(2.0)) / np.sum(push(2.0))
        tilt = 47.0 * np.concatenate([down, np.ones(round(hold_s * RATE_HZ)), down[::-1]])
        found = smoothness(tilt, np.arange(len(tilt)) / RATE_HZ, len(down))
        assert found is not None
        return found

    assert rep(1.0) == pytest.approx(rep(0.0), abs=0.05)
    assert rep(0.0) == pytest.approx(-1.41, abs=0.05)
