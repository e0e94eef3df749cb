"""The parts of a cohort's report, and which reps and cues they count."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from device.workbench.cohort_people import GOOD_SETS
from device.workbench.cohort_run import RepRow, SetRow
from device.workbench.cohort_stats import Area, Off, Share

ALL_BEAMS = "-10..+5 cm"
NEAR_BEAMS = "-5..0 cm"


class Goal(msgspec.Struct, frozen=True):
    """One number asked for: what came out, between what, and whether it is reached.

    ``reached`` is None where nothing is asked, or nothing was measured.
    """

    name: str
    goal: str
    value: float | None
    unit: str
    n: int
    low: float | None
    high: float | None
    reached: bool | None


class Named(msgspec.Struct, frozen=True):
    """A pattern: how often it was named as what it is, and by which names."""

    pattern: str
    pads: str
    accepted: Share
    exact_name: Share
    """By the first name one would give it: SACRUM for a rounded back."""
    names: dict[str, int]


class Parting(msgspec.Struct, frozen=True):
    """How well one measured feature parts a pattern from good reps."""

    pattern: str
    feature: str
    area: Area


class BeamErrors(msgspec.Struct, frozen=True):
    """Measured minus truth on good reps, of people whose beam lies in a band."""

    beam: str
    tilt_deg: Off
    travel_mm: Off
    drop_mm: Off
    shin_deg: Off
    ratio: Off


class Band(msgspec.Struct, frozen=True):
    """People of one kind."""

    what: str
    band: str
    people: int
    exact_sets: Share
    good_named: Share
    calm_people: Share
    """People with at most one false cue in their good sets."""
    knees_named: Share
    """Squats and knees-first reps named so."""


def is_good(row: RepRow) -> bool:
    """A hinge in a set of hinges whose pads really stayed closed."""
    return row.set in GOOD_SETS and row.pattern == "hinge" and not row.opened


def false_cues(sets: Iterable[SetRow], reps: Iterable[RepRow]) -> dict[int, int]:
    """False cues of each person in their good sets, those that belong to no rep included."""
    count: dict[int, int] = {}
    for row in sets:
        if row.set in GOOD_SETS:
            count[row.person] = count.get(row.person, 0) + len(row.stray_cues)
    for rep in reps:
        if rep.set in GOOD_SETS:
            count[rep.person] = count.get(rep.person, 0) + len(rep.false_cues)
    return count
