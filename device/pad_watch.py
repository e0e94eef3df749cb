"""Pads that are pressed by something else than a back: a hand, a cloth, a fault.

* Pressed alone, or all by themselves while nobody is there: for as long as that lasts.
* Held by a hand when the dowel was laid on (closed long before the others) and then as even over
  whole repetitions as only a hand is: until the dowel is put down.
"""

from __future__ import annotations

from device.pad_track import PadTrack

S = 1_000_000_000
ALONE_NS = 1_200_000_000
ALONE_BEFORE_NS = 1_000_000_000
"""A back that closes one pad closes the next one within this."""
STUCK_NS = 2 * S
EVEN_LEVEL = 0.03
"""A back's press changes more than this within a repetition, unless it is a full one all along."""
EVEN_REPS = 3
LEAST_TILT_DEG = 20.0
OFF_NS = 700_000_000

Three = tuple[bool, bool, bool]


class PadWatch:
    """Call ``step`` every tick, ``sample`` for each pad's sample, ``rep`` after each rep."""

    def __init__(self) -> None:
        self._alone_ns: list[int | None] = [None, None, None]
        self._early = [False, False, False]
        self._held = [False, False, False]
        self._even = [0, 0, 0]
        self._low = [1.0, 1.0, 1.0]
        self._high = [0.0, 0.0, 0.0]
        self._empty_ns: int | None = None
        self._open_ns: int | None = None
        self.pressed: Three = (False, False, False)
        """By something that is no back, now."""

    @property
    def held(self) -> Three:
        """Found to be held in this visit: not to be judged."""
        return (self._held[0], self._held[1], self._held[2])

    def sample(self, pad: int, level: float) -> None:
        """A sample within a movement."""
        self._low[pad] = min(self._low[pad], level)
        self._high[pad] = max(self._high[pad], level)

    def begin(self) -> None:
        """A movement begins."""
        self._low, self._high = [1.0, 1.0, 1.0], [0.0, 0.0, 0.0]

    def rep(self, peak_tilt_deg: float) -> None:
        """A repetition is over: was a pad pressed too evenly?"""
        if not peak_tilt_deg >= LEAST_TILT_DEG:  # also NaN: no IMU follows the movement
            return
        for pad in range(3):
            low, high = self._low[pad], self._high[pad]
            even = low > 0.0 and high - low < EVEN_LEVEL
            self._even[pad] = self._even[pad] + 1 if even else 0
            if self._early[pad] and self._even[pad] >= EVEN_REPS:
                self._held[pad] = True

    def step(self, t_ns: int, pads: tuple[PadTrack, ...], *, empty: bool, worn: bool) -> None:
        """``empty``: nobody is in range and the dowel is still. ``worn``: it is on a back."""
        closed = [pad.closed for pad in pads]
        count = sum(closed)
        pressed = [False, False, False]
        for pad in range(3):
            alone = closed[pad] and count == 1
            since_ns = self._alone_ns[pad]
            if alone and since_ns is None and not worn:
                self._alone_ns[pad] = t_ns
            elif alone and since_ns is not None:
                pressed[pad] = t_ns - since_ns >= ALONE_NS
            elif not alone and since_ns is not None:
                # Others have closed too, or it has opened.
                self._early[pad] = closed[pad] and t_ns - since_ns >= ALONE_BEFORE_NS
                self._alone_ns[pad] = None
        if not empty or count == 0:
            self._empty_ns = None
        elif self._empty_ns is None:
            self._empty_ns = t_ns
        elif t_ns - self._empty_ns >= STUCK_NS:
            pressed = closed
        self.pressed = (pressed[0], pressed[1], pressed[2])
        if count:
            self._open_ns = None
        elif self._open_ns is None:
            self._open_ns = t_ns
        elif t_ns - self._open_ns >= OFF_NS:
            self._forget()

    def _forget(self) -> None:
        """The dowel was put down: what comes next may be another hand."""
        self._early = [False, False, False]
        self._held = [False, False, False]
        self._even = [0, 0, 0]
