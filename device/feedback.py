"""Lights, sounds and shakes as functions of time: what every output shows at a tick.

Blue, orange and white only; each state also has its own place and rhythm. Nothing flashes
faster than 3 Hz (``device.lamps``).
"""

from __future__ import annotations

from typing import Final

from msgspec import Struct

from device.lamps import Mode, PadLamp, PadShow, StatusBar
from device.patterns import SHAKES, SOUNDS, Playing
from device.tick import OutputChange
from drivers.samples import PADS

PINS: Final = (
    *(f"led_{pad}_{what}" for pad in PADS for what in ("lost", "ok")),
    "buzzer",
    "vibration",
    "status_white",
    "status_blue",
    "status_orange",
)
CUE_LIGHT_NS: Final = 1_500_000_000
TAIL_NS: Final = 180_000_000
"""The motor runs down: after three time constants under a hundredth of it is left."""
GOOD_LIGHT_NS: Final = 400_000_000


class Show(Struct, frozen=True, gc=False):
    """What the lights must say at a tick."""

    pads: tuple[PadShow, PadShow, PadShow]
    lost_since_ns: tuple[int, int, int]
    person: bool
    """Somebody is set up or being set up: lamps speak of pads only then."""
    measuring: bool
    stopped: bool
    waiting: bool
    """Ready or being made ready: hold still."""
    squat: bool
    gauge: float | None
    """0..1: travel toward the target; None while the hips are not seen."""
    muted: bool
    """No sound; lamps and motor stay."""
    silent: bool = False
    """A silent repetition: nothing is told of it, by lamps either."""
    cues_off: bool = False
    """The person wants no cues: no sound and no motor; lamps stay."""


class Feedback:
    """Plays one sound at a time and keeps the lamps; gives changes only.

    ``vibration``: whether a motor is fitted.
    """

    def __init__(self, *, vibration: bool = False) -> None:
        self._vibration = vibration
        self._levels = [0.0] * len(PINS)
        self._sound = Playing()
        self._shake = Playing()
        self._pads = tuple(PadLamp() for _ in PADS)
        self._bar = StatusBar()
        self._cue_until_ns = 0
        self._good_until_ns = 0
        self._shaken_ns: int | None = None

    def play(self, t_ns: int, sound: str) -> None:
        """Start a sound of ``SOUNDS``, and its shake; they replace what is playing."""
        self._sound.start(t_ns, SOUNDS[sound])
        if self._vibration:
            self._shake.start(t_ns, SHAKES.get(sound, ()))

    def cue_light(self, t_ns: int) -> None:
        """Light the bar orange for a cue at the rep's end."""
        self._cue_until_ns = t_ns + CUE_LIGHT_NS

    def good_light(self, t_ns: int) -> None:
        """Light the bar blue for a good rep."""
        self._good_until_ns = t_ns + GOOD_LIGHT_NS

    def shaken(self, t_ns: int) -> bool:
        """Whether the motor in the dowel runs, or still runs down."""
        return self._shaken_ns is not None and t_ns - self._shaken_ns < TAIL_NS

    def step(self, t_ns: int, show: Show) -> tuple[OutputChange, ...]:
        """What changes at this tick."""
        levels: list[float] = []
        dark = not show.person or not show.measuring or show.silent
        for pad, lamp in enumerate(self._pads):
            state: PadShow = "stale" if dark else show.pads[pad]
            levels += lamp.step(t_ns, state, show.lost_since_ns[pad])
        tone_hz, shake = self._sound.at(t_ns), self._shake.at(t_ns)
        if shake and not show.cues_off:
            self._shaken_ns = t_ns
        levels.append(0.0 if show.muted or show.cues_off else tone_hz)
        levels.append(0.0 if show.cues_off else shake)
        levels += self._bar.step(t_ns, self._mode(t_ns, show), 0.0 if show.silent else show.gauge)
        before, self._levels = self._levels, levels
        if levels == before:  # as at nearly every tick
            return ()
        return tuple(
            OutputChange(pin, value)
            for pin, value, was in zip(PINS, levels, before, strict=True)
            if value != was
        )

    def _mode(self, t_ns: int, show: Show) -> Mode:
        if show.stopped:
            return "stop"
        if not show.measuring:
            return "lost"
        if show.squat or t_ns < self._cue_until_ns:
            return "warn"
        if t_ns < self._good_until_ns:
            return "good"
        if show.waiting:
            return "wait"
        return "silent" if show.silent else "gauge"
