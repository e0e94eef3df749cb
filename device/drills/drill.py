"""What a drill is."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Drill:
    """A drill: what it needs, aims at, and judges."""

    name: str
    title: str
    needs_tof: bool
    target_low_deg: float
    target_high_deg: float
    sets: int
    reps: int
    armed: frozenset[str]
    """Codes of the faults that are judged."""
