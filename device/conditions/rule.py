"""What a named condition at the wall is: when it holds, and whether judging waits for it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

Three = tuple[bool, bool, bool]


class WallView(NamedTuple):
    """What the conditions look at, every 40 ms."""

    state: str
    lost: tuple[str, ...]
    """Needed sensors that are gone or stale: imu, tof, pads."""
    covered: bool
    """A ranger is covered (see ``range_watch``)."""
    second_body: bool
    """The range has jumped nearer than the person's own hips can be."""
    hem: bool
    """What the ranger follows hangs off the body."""
    body: bool
    """Something of a person's size is in range."""
    gap_mm: float | None
    """What the followed ranger sees, from the wall's face; None: nothing, or no ranger."""
    nearest_mm: float | None
    """The same of the ranger that sees the nearest."""
    uses_tof: bool
    lean_deg: float
    """Of the dowel from the vertical, whichever way: 0 upright, 180 upside down."""
    tilt_abs_deg: float
    side_deg: float
    side_moved_deg: float
    """Lean to the side since the zeroes were taken."""
    quiet_ns: int
    """How long the dowel has not moved at all."""
    hangs: bool
    """It hangs or lies: nobody's sway is in it."""
    moving: bool
    """Within a movement that may be a repetition."""
    uses_pads: bool
    closed: Three
    judged: Three
    held_pads: Three
    """Pads that a hand, or a fault, holds closed."""
    loose: bool
    window_dirty: bool = False
    """A ranger's window throws more light back than when it was calibrated."""

    @property
    def zeroed(self) -> bool:
        return self.state in ("READY", "SET", "RESTING")

    @property
    def set_up(self) -> bool:
        return self.zeroed or self.state == "SET_UP"

    @property
    def worn(self) -> bool:
        """On a back: at least two pads pressed, or, without pads, a person set up."""
        return sum(self.closed) >= 2 if self.uses_pads else self.zeroed


@dataclass(frozen=True)
class Condition:
    """One named condition. ``code`` is what is logged; words: services/web/static/words.json."""

    code: str
    holds: Callable[[WallView], bool]
    on_ms: float = 300.0
    off_ms: float = 400.0
    pauses: bool = False
    """Nothing is told live while it holds, and a rep in which it held is UNSCORED."""
