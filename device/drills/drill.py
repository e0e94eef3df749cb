"""What a drill is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

ImuPlace = Literal["dowel", "clip", "none"]
"""Where the IMU rides: on the dowel along the spine, clipped to the sacrum, or not needed."""
Stance = Literal["parallel", "split"]
Side = Literal["left", "right"]
"""Of the foot that stands in front."""

CONTACT_CODES = frozenset({"SACRUM", "THORACIC", "HEAD", "ALL_LOST"})
KNEE_CODES = frozenset({"KNEE_DRIVEN", "KNEES_FIRST"})
DEPTH_CODES = frozenset({"DEPTH_LOW", "DEPTH_DEEP"})


@dataclass(frozen=True)
class Gate:
    """What opens the next drill: so many sets with this share of good reps, pain at most so
    high (0-10), and not felt in the back."""

    sets: int = 2
    good_share: float = 0.9
    most_pain: int = 3
    not_felt_in_back: bool = True
    felt_in: frozenset[str] = frozenset()
    """In one of these it must have been felt; empty: wherever, but for the back."""


@dataclass(frozen=True)
class Drill:
    """A drill: what it needs, aims at, and judges.

    ``regress`` and ``progress`` are what to do when it is too hard or too easy, in words;
    ``easier`` and ``harder`` name drills.
    """

    name: str
    code: str
    """Its number in the catalogue: D0 .. D16."""
    title: str
    how: str
    """One or two sentences that a beginner can follow."""
    needs_tof: bool
    needs_imu: bool
    needs_pads: bool
    imu: ImuPlace
    target_low_deg: float
    target_high_deg: float
    sets: int
    reps: int
    armed: frozenset[str]
    """Codes of the faults that are judged."""
    stances: tuple[Stance, ...] = ("parallel",)
    live: bool = True
    """False: judged at the rep's end only (ballistic drills, silent screens)."""
    judged: bool = True
    """False: reps are logged without a verdict of the movement."""
    loaded: bool = False
    tap: bool = False
    """The hips are meant to touch the wall."""
    reach_share: float | None = None
    """Travel to reach, as a share of stature, where that is the aim instead of a tap."""
    order_only: bool = False
    """Only the order counts (hips before knees); depth of the knees is free."""
    silent: bool = False
    """Nothing is told of its reps; its end picks a drill."""
    ladder: bool = False
    """The person steps further from the wall between reps; the furthest tap is kept."""
    ballistic: bool = False
    """Reps swing into one another: even in time, judged at their ends."""
    easier: str | None = None
    harder: str | None = None
    regress: str = ""
    progress: str = ""
    gate: Gate = Gate()

    @property
    def sided(self) -> bool:
        """Done on one side at a time."""
        return "parallel" not in self.stances

    @property
    def sensors(self) -> tuple[str, ...]:
        """What it cannot do without; nothing for reps that are counted by hand."""
        return self.missing(tof=False, imu=False, pads=False)

    def missing(self, tof: bool, imu: bool, pads: bool) -> tuple[str, ...]:
        """Names of the sensors that this drill needs and the rig does not have."""
        have = (
            ("ranger", self.needs_tof, tof),
            ("IMU", self.needs_imu, imu),
            ("pads", self.needs_pads, pads),
        )
        return tuple(name for name, needed, fitted in have if needed and not fitted)
