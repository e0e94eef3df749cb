"""What really happens in a scenario: for evaluation only, no chip feels it.

States are those of the life cycle; a phase says which of them may be shown while it lasts.
"""

from __future__ import annotations

import msgspec


class RepTruth(msgspec.Struct, frozen=True):
    """One rep that is really done. Times in s of the scenario."""

    who: str
    set_index: int
    """Counts all sets of the scenario from 0."""
    pattern: str
    start_s: float
    peak_s: float
    end_s: float
    opened: tuple[str, ...]
    """Pads that really open in it; without those that never close."""
    bad: bool
    """To name it GOOD is wrong: the pattern is a bad one, or a pad opens."""
    seen: bool
    """What is bad about it shows in sensors that work: its pad can open."""
    hidden: bool
    """A sensor fails while it is done: it may be missed, or be UNSCORED."""


class SetTruth(msgspec.Struct, frozen=True):
    """A set: sound may be made from ``start_s`` to ``end_s`` (end of its last rep)."""

    who: str
    start_s: float
    end_s: float
    reps: int


class Phase(msgspec.Struct, frozen=True):
    """From ``start_s`` (plus the time one has to name it) to ``end_s`` only ``states``."""

    start_s: float
    end_s: float
    states: tuple[str, ...]
    why: str


class Trouble(msgspec.Struct, frozen=True):
    """A chip fails between these times."""

    start_s: float
    end_s: float


class Named(msgspec.Struct, frozen=True):
    """From ``start_s`` (plus the time one has to name it) to ``end_s`` each of ``must`` is to be
    said, and nothing but ``must`` and ``may``."""

    start_s: float
    end_s: float
    must: tuple[str, ...]
    may: tuple[str, ...]
    why: str
    fault: bool = False
    """A fault of a chip or in front of one: what else may be said meanwhile is not asked."""


class ScenarioTruth(msgspec.Struct, frozen=True):
    """All of it."""

    duration_s: float
    reps: tuple[RepTruth, ...]
    sets: tuple[SetTruth, ...]
    phases: tuple[Phase, ...]
    troubles: tuple[Trouble, ...]
    named: tuple[Named, ...] = ()
