"""What each sound and each shake is made of, in time.

Sounds differ by count and rhythm, not only pitch, and lie between 500 and 2000 Hz. The motor has
patterns of its own: it takes tens of ms to spin up, so short tones would be lost in it.
"""

from __future__ import annotations

from typing import Final

Sound = tuple[tuple[float, float], ...]
"""(frequency in Hz, 0 = pause; length in ms), one after the other. For the motor: (1 or 0, ms)."""

SOUNDS: Final[dict[str, Sound]] = {
    "contact": ((880.0, 80.0), (0.0, 80.0), (880.0, 80.0)),
    "squat": ((520.0, 300.0),),
    "good": ((1200.0, 40.0),),
    "counted": ((660.0, 40.0),),
    "rep_cue": ((880.0, 120.0), (660.0, 160.0)),
    "ask": ((660.0, 120.0), (0.0, 60.0), (990.0, 200.0)),
    "set_end": ((660.0, 100.0), (0.0, 60.0), (880.0, 100.0), (0.0, 60.0), (1100.0, 160.0)),
    "stop": ((520.0, 400.0), (0.0, 150.0)) * 3,
}
SHAKES: Final[dict[str, Sound]] = {
    "contact": ((1.0, 100.0), (0.0, 100.0), (1.0, 100.0)),
    "squat": ((1.0, 400.0),),
    "good": ((1.0, 60.0),),
    "rep_cue": ((1.0, 350.0), (0.0, 120.0), (1.0, 100.0)),
    "stop": ((1.0, 1000.0),),
}
"""The motor's pattern for the sound of the same name; the others are not shaken."""
SOUND_OF_LIVE: Final = {
    "SACRUM": "contact",
    "THORACIC": "contact",
    "HEAD": "contact",
    "ALL_LOST": "contact",
    "KNEE_DRIVEN": "squat",
}


class Playing:
    """One pattern in time, the last one started."""

    def __init__(self) -> None:
        self._sound: Sound = ()
        self._since_ns = 0

    def start(self, t_ns: int, sound: Sound) -> None:
        """It replaces one that is playing; ``()`` is silence."""
        self._sound, self._since_ns = sound, t_ns

    def at(self, t_ns: int) -> float:
        """The level now."""
        at_ms = (t_ns - self._since_ns) * 1e-6
        for level, length_ms in self._sound:
            if at_ms < length_ms:
                return level
            at_ms -= length_ms
        self._sound = ()
        return 0.0
