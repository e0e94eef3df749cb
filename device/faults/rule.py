"""What a fault rule is, and what it may look at."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from msgspec import Struct

from device.drills.drill import Drill
from device.limits import LOG, LogLimits, Stage
from device.measures import Measured

Contacts = tuple[bool, bool, bool]


class LiveView(Struct, frozen=True, gc=False):
    """The present moment, as a live rule sees it."""

    open_pads: Contacts
    """Judged pads that are open now."""
    judged: Contacts
    moving: bool
    tilt_deg: float
    drop_mm: float
    drop_known: bool
    """False while the drop has drifted too far to be trusted."""
    dowel_off: bool = False
    """The dowel moves without the hips: it is dropped, laid aside, or held loosely."""


@dataclass(frozen=True)
class RepView:
    """A finished rep, as a rep rule sees it."""

    measured: Measured
    drill: Drill
    stature_m: float
    stature_known: bool
    judged: Contacts
    excess_share: float = LOG.excess_share
    """Excess drop per stature that this person's reps may show (see ``baseline``)."""
    graded: bool = False
    """The pads say how hard they are pressed."""
    log: LogLimits = LOG


@dataclass(frozen=True)
class Fault:
    """One line of the table of faults.

    ``live``/``live_off``: whether it holds now / no longer (default: not ``live``). What is live
    is promised: told in every stage, from the first rep on.
    ``rep``: None when the rep does not have it, else when it happened (monotonic ns).
    ``beyond``: whether it passes the stage's bandwidth, so that it is told (default: yes).
    ``names``: whether it can name the rep; otherwise it is advice and the rep may be GOOD.
    """

    code: str
    priority: int
    """Lower speaks first."""
    words: str
    names: bool
    live: Callable[[LiveView], bool] | None = None
    live_off: Callable[[LiveView], bool] | None = None
    on_ms: float = 0.0
    off_ms: float = 0.0
    rep: Callable[[RepView], int | None] | None = None
    beyond: Callable[[RepView, Stage], bool] | None = None
    again: str = ""
    """Other words for the same, once the first have been said three times in a row."""
    in_a_row: int = 1
    """Told only after so many reps running had it."""
