"""Pads that are pressed by something else than a back."""

from __future__ import annotations

import pytest

from device.pad_track import PadTrack
from device.pad_watch import PadWatch
from drivers.samples import PadSample

MS = 1_000_000
STEP_NS = 40 * MS
HEAD, THORACIC, SACRUM = 0, 1, 2


class Dowel:
    def __init__(self) -> None:
        self.watch = PadWatch()
        self.pads = tuple(PadTrack() for _ in range(3))
        self.t_ns = 0

    def be(self, for_s: float, *closed: int, worn: bool = False, empty: bool = False) -> Dowel:
        for _ in range(round(for_s * 25)):
            self.t_ns += STEP_NS
            for pad, track in enumerate(self.pads):
                on = pad in closed
                track.update(PadSample(self.t_ns, pad, 0.8 if on else 0.0, on))
            self.watch.step(self.t_ns, self.pads, empty=empty, worn=worn)
        return self

    def rep(self, *levels: tuple[float, float], tilt_deg: float = 45.0) -> Dowel:
        """A rep in which each pad's level goes between two values."""
        self.watch.begin()
        for pad, (low, high) in enumerate(levels):
            for level in (high, low, high):
                self.watch.sample(pad, level)
        self.watch.rep(tilt_deg)
        return self


EVEN, BACK = (0.80, 0.82), (0.6, 0.8)


def test_a_hand_on_a_hanging_dowel_is_found_while_it_presses() -> None:
    dowel = Dowel().be(2.0).be(1.1, SACRUM)
    assert dowel.watch.pressed == (False, False, False)
    assert dowel.be(0.3, SACRUM).watch.pressed == (False, False, True)
    assert dowel.be(0.1).watch.pressed == (False, False, False)
    assert dowel.watch.held == (False, False, False)


def test_a_hand_that_was_there_first_and_presses_evenly_is_held() -> None:
    dowel = Dowel().be(1.0).be(1.6, SACRUM).be(2.0, HEAD, THORACIC, SACRUM, worn=True)
    for count in range(3):
        assert not any(dowel.watch.held), count
        dowel.rep(BACK, EVEN, EVEN)
    assert dowel.watch.held == (False, False, True), "only the one that was there first"
    # It stays until the dowel is put down.
    assert dowel.rep(BACK, BACK, BACK).watch.held == (False, False, True)
    assert any(dowel.be(0.6).be(1.0, HEAD, THORACIC, SACRUM, worn=True).watch.held)
    assert dowel.be(1.0).watch.held == (False, False, False)


@pytest.mark.parametrize("alone_s", [0.3, 0.8])
def test_backs_that_lay_the_dowel_on_soon_are_judged_however_evenly_they_press(
    alone_s: float,
) -> None:
    dowel = Dowel().be(1.0).be(alone_s, SACRUM).be(2.0, HEAD, THORACIC, SACRUM, worn=True)
    for _ in range(10):
        dowel.rep(EVEN, EVEN, EVEN)
    assert not any(dowel.watch.held)


@pytest.mark.parametrize("tilt_deg", [10.0, 45.0])
def test_a_back_that_closed_early_but_breathes_is_judged(tilt_deg: float) -> None:
    dowel = Dowel().be(1.0).be(2.0, SACRUM).be(2.0, HEAD, THORACIC, SACRUM, worn=True)
    for _ in range(10):
        # Small movements say nothing, whatever the press.
        dowel.rep(BACK, BACK, EVEN if tilt_deg < 20.0 else BACK, tilt_deg=tilt_deg)
    assert not any(dowel.watch.held)


def test_pads_pressed_with_nobody_there_are_stuck() -> None:
    dowel = Dowel().be(1.0, empty=True).be(1.9, HEAD, THORACIC, SACRUM, empty=True)
    assert dowel.watch.pressed == (False, False, False)
    assert dowel.be(0.3, HEAD, THORACIC, SACRUM, empty=True).watch.pressed == (True, True, True)
    assert not any(dowel.be(0.1, HEAD, THORACIC, SACRUM, worn=True).watch.pressed)
