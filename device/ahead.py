"""Measures a movement while the pause that ends it is not yet long enough to be one.

A movement ends where a pause or a turn begins, and is over a tenth of a second later at the
soonest. By then its samples are all there: a piece of the measuring is done at each tick in
between, so that none has to do it all. What is said, and when, does not depend on it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from device.measures import Measured, Pieces, Terms, finish, measuring
from device.reps import Movement, RepMachine
from device.signals import Signals
from device.wall_touch import Upper


class _Basis(NamedTuple):
    """All that the pieces were begun with."""

    movement: Movement
    first_ns: int
    end_ns: int
    bias_mps2: float
    rest_abs_deg: float
    rest_range_mm: float | None
    terms: Terms


class Ahead:
    """For one station: ``step`` at every tick within a movement, ``measure`` at its end."""

    def __init__(self, signals: Signals, upper: Upper) -> None:
        self._signals = signals
        self._upper = upper
        self._movement: Movement | None = None
        self._basis: _Basis | None = None
        self._pieces: Pieces | None = None
        self._ready = False

    def step(self, machine: RepMachine, terms: Callable[[], Terms]) -> None:
        """Do one more piece of what the movement is likely to be."""
        likely = machine.likely()
        if likely is None:
            return
        if likely != self._movement:
            self._movement, self._ready = likely, False
            basis = self._basis = self._based(likely, terms())
            self._pieces = measuring(self._signals, likely, basis.terms, self._upper)
        if self._pieces is not None and not self._ready:
            self._ready = next(self._pieces)

    def measure(self, movement: Movement, terms: Terms) -> Measured:
        """The finished ``movement``, from what was done ahead of it where that still holds."""
        pieces, basis = self._pieces, self._basis
        self._movement = self._basis = self._pieces = None
        if pieces is None or basis != self._based(movement, terms):
            pieces = measuring(self._signals, movement, terms, self._upper)
        return finish(pieces)

    def _based(self, movement: Movement, terms: Terms) -> _Basis:
        signals = self._signals
        times_ns = signals.samples.times_ns
        return _Basis(
            movement,
            times_ns[0],
            times_ns[movement.end_index],
            signals.bias_mps2,
            signals.rest_abs_deg,
            signals.rest_range_mm,
            terms,
        )
