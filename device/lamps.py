"""Lamps that cannot flash: no lamp lights up more than three times in a second.

A chattering pad, a judgement at its limit or a bad plug may change their mind 200 times a second;
a lamp that followed them would flicker in the band that photosensitive people must not see. A
lost contact still lights on the very tick. What waits is the lamp's going out again.
"""

from __future__ import annotations

from math import cos, pi
from typing import Final, Literal

PadShow = Literal["closed", "open", "not_judged", "stale"]
Bar = tuple[float, float, float]
"""White, blue, orange, 0..1."""
Mode = Literal["stop", "lost", "warn", "good", "silent", "wait", "gauge"]

LIT_NS: Final = 334_000_000
"""From one lighting to the next at least this long: 3 in a second."""
BLINK_NS: Final = 500_000_000
"""2 Hz, two thirds of it lit."""
ALTERNATE_NS: Final = 1_000_000_000
BREATH_NS: Final = 2_000_000_000
BREATH_STEPS: Final = 24
BREATH_LEAST: Final = 4
"""Of the steps: a breath that goes dark would look like a lamp switched off and on."""
GAMMA: Final = 2.2
"""Light is seen by about this root of its power: even steps of power step visibly when dark."""
SILENT_LEVEL: Final = 0.3
GAUGE_STEP: Final = 0.05
NOTCH_OFF: Final = 0.95
_LONG_AGO: Final = -(10**18)
_URGENT: Final = frozenset({"stop", "lost", "warn"})
_RANK: Final[dict[Mode, int]] = {
    "stop": 0, "lost": 1, "warn": 2, "good": 3, "silent": 4, "wait": 4, "gauge": 4,
}  # fmt: skip


class PadLamp:
    """The two lamps of one pad: orange for lost, blue for kept."""

    __slots__ = ("_lost", "_lost_ns", "_ok", "_ok_ns")

    def __init__(self) -> None:
        self._lost = self._ok = False
        self._lost_ns = self._ok_ns = _LONG_AGO

    def step(self, t_ns: int, state: PadShow, since_ns: int) -> tuple[float, float]:
        """(lost, ok) at this tick. ``since_ns``: when the pad opened or closed."""
        if state in ("open", "closed"):
            # Samples are stamped at their read, a little after the tick's own time.
            phase_ns = max(t_ns - since_ns, 0) % BLINK_NS
            want = state == "open" and phase_ns < LIT_NS
            if want is not self._lost and t_ns - self._lost_ns >= LIT_NS:
                self._lost = want
                if want:
                    self._lost_ns = t_ns
        else:
            # Nothing is known: no lamp may say something, not even for a moment.
            self._lost = False
        want = state == "closed" and not self._lost
        if want and not self._ok and t_ns - self._ok_ns >= LIT_NS:
            self._ok, self._ok_ns = True, t_ns
        elif not want:
            self._ok = False
        return float(self._lost), float(self._ok)


class StatusBar:
    """The bar of the front light: what matters most, each for long enough to be seen."""

    def __init__(self) -> None:
        self._mode: Mode = "gauge"
        self._mode_ns = _LONG_AGO
        self._level = 0.0
        self._known_ns = _LONG_AGO
        self._notch = False
        self._lit = [False, False, False]
        self._lit_ns = [_LONG_AGO] * 3

    def step(self, t_ns: int, mode: Mode, gauge: float | None) -> Bar:
        """``mode``: what there is to show; ``gauge`` 0..1: toward the target, 1 = reached; None
        while the hips are not seen."""
        now = self._mode
        sooner = mode in _URGENT and _RANK[mode] < _RANK[now]
        if mode != now and (sooner or t_ns - self._mode_ns >= LIT_NS):
            self._mode, self._mode_ns = mode, t_ns
        if self._mode == "gauge":
            return self._steady(t_ns, self._gauge(t_ns, gauge))
        self._level, self._notch = 0.0, False
        return self._steady(t_ns, _look(self._mode, t_ns - self._mode_ns, t_ns))

    def _steady(self, t_ns: int, want: Bar) -> Bar:
        """Two modes that share a colour must not flash it between them."""
        out = list(want)
        for lamp, level in enumerate(want):
            if level > 0.0 and not self._lit[lamp]:
                if t_ns - self._lit_ns[lamp] < LIT_NS:
                    out[lamp] = 0.0
                    continue
                self._lit_ns[lamp] = t_ns
            self._lit[lamp] = level > 0.0
        return out[0], out[1], out[2]

    def _gauge(self, t_ns: int, travel: float | None) -> Bar:
        if travel is not None:
            self._known_ns = t_ns
            gauge = min(max(travel, 0.0), 1.0)
        else:
            # One range that is missing must not black the bar out.
            gauge = self._level if t_ns - self._known_ns < LIT_NS else 0.0
        if abs(gauge - self._level) > 0.75 * GAUGE_STEP or gauge in (0.0, 1.0):
            self._level = round(round(gauge / GAUGE_STEP) * GAUGE_STEP, 2)
        self._notch = gauge >= (NOTCH_OFF if self._notch else 1.0)
        return (1.0 if self._notch else 0.0), self._level, 0.0


def _look(mode: Mode, since_ns: int, t_ns: int) -> Bar:
    if mode in ("stop", "warn"):
        return 0.0, 0.0, 1.0
    if mode == "lost":
        return (1.0 if since_ns % ALTERNATE_NS < ALTERNATE_NS // 2 else 0.0), 0.0, 0.0
    if mode == "good":
        return 0.0, 1.0, 0.0
    if mode == "silent":
        return SILENT_LEVEL, 0.0, 0.0
    breath = 0.5 - 0.5 * cos(2.0 * pi * (t_ns % BREATH_NS) / BREATH_NS)
    step = BREATH_LEAST + round(breath * (BREATH_STEPS - BREATH_LEAST))
    return round((step / BREATH_STEPS) ** GAMMA, 3), 0.0, 0.0
