"""A hem that swings is told from skin, by how the range follows the hips."""

from __future__ import annotations

from math import pi

import numpy as np
import pytest
from numpy.typing import NDArray

from device.hem import HemWatch, hem_share
from device.signals import Signals

S = 1_000_000_000
Array = NDArray[np.float64]


def seen(
    hem: float,
    *,
    lead_s: float = 0.0,
    down_s: float = 1.5,
    peak_deg: float = 45.0,
    noise_mm: float = 2.0,
    travel: float = 1.0,
) -> tuple[Signals, int, int, Array, Array, float]:
    """What ``hem_share`` takes: a hinge, of which the range shows the hips and ``hem`` times a
    free hem's swing.

    ``lead_s``: hips ahead of the trunk. The pendulum is integrated here, on its own.
    """
    rng = np.random.default_rng(1)
    length_s = 2 * down_s + 0.5
    t = np.arange(0.0, length_s, 1 / 208)

    def jerk(x: Array) -> Array:
        x = np.clip(x, 0.0, 1.0)
        eased: Array = x**3 * (10 - 15 * x + 6 * x * x)
        return eased

    def bend(at: Array) -> Array:
        tilts: Array = 3.0 + peak_deg * (jerk(at / down_s) - jerk((at - down_s - 0.5) / down_s))
        return tilts

    tilt = bend(t)
    hips = 263.0 * travel * (np.sin(np.radians(bend(t + lead_s))) - np.sin(np.radians(3.0)))
    accel = np.gradient(np.gradient(hips, t), t)
    omega, away, speed = 2 * pi * 0.95, 0.0, 0.0
    swing = []
    for push in accel:
        speed += (-push - omega * omega * away - 2 * 0.15 * omega * speed) / 208
        away += speed / 208
        swing.append(away)
    range_mm = 455.0 - hips - hem * np.array(swing) + rng.normal(0, noise_mm, len(t))
    signals = Signals(208.0)
    signals.ranges = [(int(s * S), float(r)) for s, r in zip(t[::5], range_mm[::5], strict=True)]
    return signals, 0, int(t[-1] * S), t, tilt, peak_deg


@pytest.mark.parametrize("down_s", [1.0, 1.5])
@pytest.mark.parametrize("lead_s", [-0.1, 0.0, 0.1])
def test_skin_has_no_swing_in_it_and_a_hem_has(down_s: float, lead_s: float) -> None:
    skin = hem_share(*seen(0.0, lead_s=lead_s, down_s=down_s))
    hem = hem_share(*seen(1.0, lead_s=lead_s, down_s=down_s))
    assert skin is not None
    assert hem is not None
    assert abs(skin) < 0.3
    assert 0.6 < hem < 1.3


@pytest.mark.parametrize("travel", [0.6, 1.1])
def test_however_far_the_hips_go(travel: float) -> None:
    assert abs(hem_share(*seen(0.0, travel=travel)) or 0.0) < 0.25
    assert (hem_share(*seen(1.0, travel=travel)) or 0.0) > 0.6


def test_what_cannot_be_told_is_none() -> None:
    assert hem_share(*seen(1.0, peak_deg=15.0)) is None
    assert hem_share(*seen(1.0, down_s=6.0)) is None, "so slowly a hem does not swing"
    few = seen(1.0)
    few[0].ranges = few[0].ranges[:20]
    assert hem_share(*few) is None


@pytest.mark.parametrize(
    ("shares", "is_hem"),
    [
        ((0.95,), False),
        ((0.6, 0.53), True),
        ((0.9, 0.51), False),
        ((None, 0.6, None, 0.6), True),
        ((0.1, 0.46, 0.46), True),
        ((0.1, 0.9, 0.44), False),
        ((0.6, 0.6, 0.1), True),
        ((0.6, 0.6, 0.1, 0.1, 0.1), False),
        ((0.2, 0.37, 0.49, 0.51, 0.04), False),
        ((), False),
    ],
)
def test_reps_together_say_whether_it_is_one(
    shares: tuple[float | None, ...], is_hem: bool
) -> None:
    watch = HemWatch()
    for share in shares:
        watch.add(share)
    assert watch.is_hem is is_hem
