"""A set that turns bad, one that scatters, and one with a single bad rep."""

from __future__ import annotations

import numpy as np
import pytest

from device.fatigue import is_tired, loss_share, stop_advised
from services.schema import RepBody
from tests.device.by_chips import EVEN, codes, play
from tests.device.test_sets import rep

STATURE_M = 1.75


def advised(reps: list[RepBody]) -> bool:
    return stop_advised([is_tired(reps[: i + 1], STATURE_M) for i in range(len(reps))])


def test_loss_is_a_share_of_the_rep() -> None:
    assert loss_share(rep(loss_ms=1000)) == pytest.approx(0.25)


@pytest.mark.parametrize(
    ("late", "tired"),
    [
        (rep(loss_ms=640), True),
        (rep(loss_ms=560), False),
        (rep(ratio=0.84), True),
        (rep(ratio=0.86), False),
        (rep(ratio=None), False),
        (rep(excess_mm=18.0), True),
        (rep(excess_mm=16.5), False),
        (rep(down_s=2.7), True),
        (rep(down_s=1.3), True),
        (rep(down_s=2.5), False),
    ],
)
def test_fatigue_is_the_last_three_against_the_second_to_fourth(late: RepBody, tired: bool) -> None:
    reps = [rep() for _ in range(7)] + [late] * 3
    assert is_tired(reps, STATURE_M) is tired


def test_a_short_set_is_never_called_tired_and_unscored_reps_do_not_count() -> None:
    assert not is_tired([rep()] * 2 + [rep(ratio=0.5)] * 3, STATURE_M)
    assert not is_tired([rep()] * 4 + [rep(verdict="UNSCORED", ratio=0.1)] * 6, STATURE_M)


def test_stop_is_advised_after_two_in_a_row() -> None:
    assert stop_advised([False, True, True])
    assert not stop_advised([True, False, True])
    assert not stop_advised([])


@pytest.mark.parametrize("at", range(10))
def test_one_bad_rep_anywhere_is_no_fatigue(at: int) -> None:
    reps = [rep() for _ in range(10)]
    reps[at] = rep(ratio=0.4, excess_mm=120.0, down_s=3.5, loss_ms=3000)
    assert not advised(reps)


def test_two_kinds_of_reps_in_turn_are_no_fatigue() -> None:
    assert not advised([rep(down_s=1.5 if i % 2 else 2.3) for i in range(10)])
    assert not advised([rep(ratio=1.0 if i % 2 else 0.75) for i in range(10)])


@pytest.mark.parametrize(
    "worse",
    [
        lambda f: rep(ratio=1.0 - 0.35 * f),
        lambda f: rep(excess_mm=45.0 * f),
        lambda f: rep(down_s=2.0 + 1.2 * f),
        lambda f: rep(down_s=2.0 - 0.9 * f),
        lambda f: rep(loss_ms=round(1600 * f)),
    ],
    ids=["ratio", "excess", "slower", "faster", "loss"],
)
def test_who_gets_worse_rep_by_rep_is_told(worse: object) -> None:
    assert callable(worse)
    assert advised([worse(max(i - 3, 0) / 6) for i in range(10)])


def test_natural_tempo_does_not_tire() -> None:
    rng = np.random.default_rng(4)
    told = sum(
        advised([rep(down_s=float(2.0 * (1 + 0.15 * rng.normal()))) for _ in range(10)])
        for _ in range(300)
    )
    assert told <= 6


# -- by a body, through the chips ------------------------------------------------------------


def told_by_chips(*changes: dict[str, float]) -> list[bool]:
    """Whether FATIGUE stands in each rep of a set."""
    return [
        "FATIGUE" in codes(one)
        for one in play([("hinge", {**EVEN, "pause_s": 0.8, **change}) for change in changes])
    ]


def test_a_body_that_tires_is_told_and_a_steady_one_is_not() -> None:
    scattered = [{"down_s": s, "up_s": u} for s, u in zip(
        (2.0, 1.8, 2.2, 2.1, 1.7, 2.0, 2.3, 1.9, 2.1, 1.8),
        (1.9, 2.0, 1.7, 1.8, 2.1, 1.9, 1.8, 2.0, 1.6, 1.9), strict=True,
    )]  # fmt: skip
    assert not any(told_by_chips(*scattered))
    rounding = [{**one, "shift_m": 0.06 * max(i - 3, 0) / 6} for i, one in enumerate(scattered)]
    told = told_by_chips(*rounding)
    assert any(told)
    assert not any(told[:6])
