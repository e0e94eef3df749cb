"""One electrode of an MPR121: baseline filter, thresholds and debounce (AN3891, AN3892)."""

from __future__ import annotations

from typing import NamedTuple

_ZERO_COUNT = 16


class Filter(NamedTuple):
    """MHD, NHD, NCL and FDL of one direction. A touched electrode has no MHD (1 here)."""

    max_half_delta: int
    noise_half_delta: int
    noise_count: int
    delay: int


class Electrode:
    """State of one electrode; ``data`` and ``baseline`` are 10-bit counts.

    Zeros in the touched filter are undocumented (a step's range is 1..63). The twin takes them
    as one count every sixteen updates, so that a long touch is tracked away within seconds,
    as people see it on real chips.
    """

    __slots__ = (
        "_against",
        "_bounce",
        "_debounce",
        "_falling",
        "_rising",
        "_touched",
        "_wait",
        "baseline",
        "data",
        "full_scale",
        "idle",
        "is_touched",
        "number",
        "release",
        "touch",
        "tracks",
    )

    def __init__(
        self,
        number: int,
        *,
        touch: int,
        release: int,
        debounce_touch: int,
        debounce_release: int,
        rising: Filter,
        falling: Filter,
        touched: Filter,
    ) -> None:
        self.number = number
        self.touch = touch
        self.release = release
        self._debounce = (debounce_touch, debounce_release)
        self._rising = rising
        self._falling = falling
        self._touched = touched
        self.baseline = 0
        self.data = 0
        self.full_scale = 0.0  # data times picofarads
        self.is_touched = False
        self.tracks = True
        self.idle = False
        self._bounce = 0
        self._against = 0
        self._wait = 0

    def step(self, counts: int) -> bool:
        """One update with new electrode data; returns whether it is touched now."""
        self.data = counts
        below = self.baseline - counts
        # Touch: data falls to the threshold or below it; release: back above the release one.
        wants = below >= self.release if self.is_touched else self.touch <= below and below > 0
        if wants == self.is_touched:
            self._bounce = 0
        else:
            self._bounce += 1
            if self._bounce > self._debounce[self.is_touched]:
                self.is_touched = wants
                self._bounce = 0
        if self.tracks and below:
            self._track(-below)
        return self.is_touched

    def _track(self, delta: int) -> None:
        """Move the baseline toward the data, which is ``delta`` counts above it."""
        if self.is_touched:
            rule = self._touched
            count = rule.noise_count or _ZERO_COUNT
        else:
            rule = self._rising if delta > 0 else self._falling
            count = rule.noise_count or 1
        self._wait += 1
        if self._wait <= rule.delay:
            return
        self._wait = 0
        sign = 1 if delta > 0 else -1
        size = abs(delta)
        if not self.is_touched and size <= 2 * rule.max_half_delta:
            self._against = 0
            self.baseline += delta  # a small change is followed at once
            return
        self._against = self._against + sign if self._against * sign >= 0 else sign
        if abs(self._against) >= count:
            self._against = 0
            self.baseline += sign * min(size, max(rule.noise_half_delta, 1))
