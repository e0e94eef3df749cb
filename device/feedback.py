"""Lights and sounds as functions of time: what every output should show at a tick.

Blue, orange and white only; each state also has its own place and rhythm. Sounds differ by
count and rhythm, not only pitch, and lie between 500 and 2000 Hz. Nothing flashes faster
than 3 Hz.
"""

from __future__ import annotations

from math import cos, pi
from typing import Literal, NamedTuple

from device.tick import OutputChange
from drivers.samples import PADS

PadShow = Literal["closed", "open", "not_judged", "stale"]
Sound = tuple[tuple[float, float], ...]
"""(frequency in Hz, 0 = pause; length in ms), one after the other."""

SOUNDS: dict[str, Sound] = {
    "contact": ((880.0, 80.0), (0.0, 80.0), (880.0, 80.0)),
    "squat": ((520.0, 300.0),),
    "good": ((1200.0, 40.0),),
    "rep_cue": ((880.0, 120.0), (660.0, 160.0)),
    "set_end": ((660.0, 100.0), (0.0, 60.0), (880.0, 100.0), (0.0, 60.0), (1100.0, 160.0)),
    "stop": ((520.0, 400.0), (0.0, 150.0)) * 3,
}
SOUND_OF_LIVE = {
    "SACRUM": "contact",
    "THORACIC": "contact",
    "HEAD": "contact",
    "ALL_LOST": "contact",
    "KNEE_DRIVEN": "squat",
}
BLINK_NS = 500_000_000
"""2 Hz."""
ALTERNATE_NS = 1_000_000_000
BREATH_NS = 2_000_000_000
CUE_LIGHT_NS = 1_500_000_000
GOOD_LIGHT_NS = 400_000_000


class Show(NamedTuple):
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
    gauge: float
    """0..1: travel or tilt toward the target."""
    muted: bool


class Feedback:
    """Plays one sound at a time and keeps the lamps; gives changes only."""

    def __init__(self) -> None:
        self._levels: dict[str, float] = {}
        self._sound: Sound = ()
        self._sound_ns = 0
        self._cue_until_ns = 0
        self._good_until_ns = 0

    def play(self, t_ns: int, sound: str) -> None:
        """Start a sound of ``SOUNDS``; it replaces one that is playing."""
        self._sound, self._sound_ns = SOUNDS[sound], t_ns

    def cue_light(self, t_ns: int) -> None:
        """Light the bar orange for a cue at the rep's end."""
        self._cue_until_ns = t_ns + CUE_LIGHT_NS

    def good_light(self, t_ns: int) -> None:
        """Sweep the bar blue for a good rep."""
        self._good_until_ns = t_ns + GOOD_LIGHT_NS

    def step(self, t_ns: int, show: Show) -> tuple[OutputChange, ...]:
        """What changes at this tick."""
        want: dict[str, float] = {}
        for pad, pad_name in enumerate(PADS):
            state = show.pads[pad] if show.person and show.measuring else "stale"
            # Samples are stamped at their read, a little after the tick's own time.
            blink = max(t_ns - show.lost_since_ns[pad], 0) % BLINK_NS < BLINK_NS // 2
            want[f"led_{pad_name}_lost"] = 1.0 if state == "open" and blink else 0.0
            want[f"led_{pad_name}_ok"] = 1.0 if state == "closed" else 0.0
        tone_hz = self._tone_hz(t_ns)
        want["buzzer"] = 0.0 if show.muted else tone_hz
        want["vibration"] = 1.0 if tone_hz > 0.0 else 0.0
        want["status_white"], want["status_blue"], want["status_orange"] = self._bar(t_ns, show)
        levels = self._levels
        changes = tuple(
            OutputChange(pin, value) for pin, value in want.items() if levels.get(pin, 0.0) != value
        )
        if changes:
            levels.update(want)
        return changes

    def _bar(self, t_ns: int, show: Show) -> tuple[float, float, float]:
        if show.stopped:
            return 0.0, 0.0, 1.0
        if not show.measuring:
            on = t_ns % ALTERNATE_NS < ALTERNATE_NS // 2
            return (1.0 if on else 0.0), 0.0, 0.0
        if show.squat or t_ns < self._cue_until_ns:
            return 0.0, 0.0, 1.0
        if t_ns < self._good_until_ns:
            return 0.0, 1.0, 0.0
        if show.waiting:
            breath = 0.5 - 0.5 * cos(2.0 * pi * (t_ns % BREATH_NS) / BREATH_NS)
            return round(breath, 1), 0.0, 0.0
        return 0.0, round(min(max(show.gauge, 0.0), 1.0), 1), 0.0

    def _tone_hz(self, t_ns: int) -> float:
        at_ms = (t_ns - self._sound_ns) * 1e-6
        for tone_hz, length_ms in self._sound:
            if at_ms < length_ms:
                return tone_hz
            at_ms -= length_ms
        self._sound = ()
        return 0.0
