"""From a pad's pressure to contact: zero, hysteresis and level, the same for every kind of pad."""

from __future__ import annotations

import math
from collections.abc import Sequence

from drivers.samples import PADS, PadSample

ZERO_LIMIT = 0.5
"""A zero never moves further than this share of a full press."""


Levels = float | Sequence[float]
"""One level for all pads, or one for each."""


def each(levels: Levels) -> tuple[float, ...]:
    """A level for each pad. Raises ``ValueError`` for another number of them."""
    if isinstance(levels, int | float):
        return (float(levels),) * len(PADS)
    if len(levels) != len(PADS):
        raise ValueError(f"pad levels {list(levels)}: expected one for all, or {len(PADS)}")
    return tuple(levels)


class PadLogic:
    """Level and contact of the three pads.

    A raw pressure of 0 is the pad's own zero at the start and 1 a full press. ``track_s`` is
    the time constant with which the zero of an *open* pad follows slow drift; None: it moves
    only in ``rezero``. The zero of a closed pad is never touched: a long press must not fade.

    Args:
        close_level: A pad closes at this level or above; one for all, or one each.
        open_level: A closed pad opens below this level; less than ``close_level``.
        track_s: Seconds, or None.
    """

    def __init__(
        self, close_level: Levels, open_level: Levels, *, track_s: float | None = None
    ) -> None:
        self.close_levels = each(close_level)
        self.open_levels = each(open_level)
        for opens, closes in zip(self.open_levels, self.close_levels, strict=True):
            if not 0.0 < opens < closes < 1.0:
                raise ValueError(
                    f"pad levels open {opens}, close {closes}: "
                    "expected 0 < open < close < 1 (shares of a full press)"
                )
        if track_s is not None and not track_s > 0.0:
            raise ValueError(f"pad tracking time {track_s} s, expected more than 0 or None")
        self.track_s = track_s
        self.zero = [0.0] * len(PADS)
        self.closed = [False] * len(PADS)
        self._raw: list[float | None] = [None] * len(PADS)
        self._t_ns = [0] * len(PADS)

    def step(self, t_ns: int, pad: int, raw: float) -> PadSample:
        """The sample of ``pad`` for a raw pressure (0 = start's zero, 1 = full press)."""
        zero = self.zero[pad]
        level = min(1.0, max(0.0, (raw - zero) / (1.0 - zero)))
        limit = (self.open_levels if self.closed[pad] else self.close_levels)[pad]
        closed = level >= limit
        self.closed[pad] = closed
        if self.track_s is not None and not closed and self._raw[pad] is not None:
            share = 1.0 - math.exp((self._t_ns[pad] - t_ns) * 1e-9 / self.track_s)
            self._set_zero(pad, zero + share * (raw - zero))
        self._raw[pad] = raw
        self._t_ns[pad] = t_ns
        return PadSample(t_ns, pad, level, closed)

    def rezero(self) -> None:
        """Take what each open pad reads now as its zero; a closed pad keeps its own."""
        for pad, raw in enumerate(self._raw):
            if raw is not None and not self.closed[pad]:
                self._set_zero(pad, raw)

    def forget_contact(self) -> None:
        """After a re-plug: contact must be seen anew, the zeros stay."""
        self.closed = [False] * len(PADS)
        self._raw = [None] * len(PADS)

    def _set_zero(self, pad: int, zero: float) -> None:
        self.zero[pad] = min(ZERO_LIMIT, max(-ZERO_LIMIT, zero))
