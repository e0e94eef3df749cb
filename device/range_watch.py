"""What stands between the rangers and the person: a hand on the glass, somebody who steps in.

Hips are slow: from one range to the next (24 ms) they go some 3 cm. What jumps further is
something else.
"""

from __future__ import annotations

from drivers.samples import TofSample

COVERED_MM = 12.0
"""Nothing of a body comes so far behind the wall's face."""
COVER_STEP_MM = 150.0
COVER_MM = 25.0
"""Something that jumps to so near in front of the face is a hand too."""
FREE_MM = 45.0
JUMP_MM = 160.0
"""Past what a beam that slips off the hips shows; a body that steps in is nearer still."""
TOGETHER_NS = 250_000_000
"""Two ranges further apart than this say nothing of a jump."""
FORGET_NS = 400_000_000
SETTLED_NS = 3_000_000_000


class _Seen:
    __slots__ = ("covered", "mm", "t_ns")

    def __init__(self) -> None:
        self.t_ns = 0
        self.mm: float | None = None
        self.covered = False


class RangeWatch:
    """All rangers; ``recess_mm``: how far they stand behind the wall's face."""

    def __init__(self, recess_mm: float) -> None:
        self._recess_mm = recess_mm
        self._rangers: dict[int, _Seen] = {}

    def add(self, ranger: int, sample: TofSample, *, moving: bool = False) -> float:
        """One ranging; ``moving``: within a repetition, which may press hips against the wall.
        Returns how much nearer the range is than the last one, in mm, if it jumped."""
        seen = self._rangers.setdefault(ranger, _Seen())
        t_ns, before_mm = sample.t_ns, seen.mm
        if not sample.valid:
            if t_ns - seen.t_ns > FORGET_NS:
                seen.mm, seen.covered = None, False
            return 0.0
        nearer_mm = 0.0
        if before_mm is not None and t_ns - seen.t_ns < TOGETHER_NS:
            nearer_mm = before_mm - sample.range_mm
        gap_mm = sample.range_mm - self._recess_mm
        if seen.covered:
            seen.covered = gap_mm < FREE_MM
        else:
            stepped = nearer_mm > COVER_STEP_MM and gap_mm < COVER_MM
            seen.covered = (gap_mm < -COVERED_MM and not moving) or stepped
        seen.t_ns, seen.mm = t_ns, sample.range_mm
        return nearer_mm if abs(nearer_mm) > JUMP_MM else 0.0

    def covered(self, t_ns: int, followed: int | None = None) -> bool:
        """Whether a ranger is covered now; with ``followed``, whether that one is: a head that
        touches the wall above covers another."""
        return any(
            seen.covered and t_ns - seen.t_ns < FORGET_NS
            for ranger, seen in self._rangers.items()
            if followed is None or ranger == followed
        )

    def nearest_mm(self, t_ns: int) -> float | None:
        """The nearest of what the rangers see now, from the wall's face."""
        seen = [
            seen.mm
            for seen in self._rangers.values()
            if seen.mm is not None and t_ns - seen.t_ns < TOGETHER_NS
        ]
        return min(seen) - self._recess_mm if seen else None


class SecondBody:
    """Whether what the followed ranger sees is nearer than the person's own hips can be."""

    def __init__(self) -> None:
        self.here = False
        self._steady_ns = 0

    def jumped(self, nearer_mm: float, ahead_mm: float | None) -> None:
        """The range jumped. ``ahead_mm``: how much nearer it is than balance at this tilt asks."""
        if nearer_mm > 0.0:
            self.here = self.here or (ahead_mm is not None and ahead_mm > JUMP_MM)
        elif self.here:
            self.here = ahead_mm is not None and ahead_mm > JUMP_MM

    def step(self, t_ns: int, ahead_mm: float | None, *, steady: bool) -> None:
        """Every 40 ms: it is gone once the range is again where the hips can be, or has been
        steady for long: the person has moved, or does not mind."""
        if not self.here or not steady:
            self._steady_ns = t_ns
        if (ahead_mm is not None and ahead_mm < JUMP_MM / 2) or (
            t_ns - self._steady_ns > SETTLED_NS
        ):
            self.here = False

    def forget(self) -> None:
        self.here = False
