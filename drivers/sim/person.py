"""A person at the wall: one who takes orders for ever, or one who follows a script."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from drivers.sim.body import Body
from drivers.sim.film import Figure
from drivers.sim.scene import Motion6, Reflection
from drivers.sim.segments import STEPS, Place, Segment, SegmentMaker

ROUTINE = (
    "hinge",
    "hinge",
    "squat",
    "hinge",
    "rounding",
    "hinge",
    "knees_first",
    "trunk_bend",
    "hinge",
    "head_drop",
)
"""What a person does unasked: sets of these ten, good and bad in turn."""
NEEDS = {
    "away": (False, False),
    "approach": (False, False),
    "leave": (True, False),
    "pick_up": (True, False),
}
"""Whether a step begins with the person here, and with the dowel on the back; else both."""
KEPT = 8
"""Pieces of the past that are kept, for chips that look back."""


class Played(NamedTuple):
    """A segment on the scene's time line, in seconds from its beginning."""

    start_s: float
    end_s: float
    segment: Segment


class TimeLine:
    """Segments one after the other, as a Scene; asked for more when time runs past them."""

    def __init__(self, t0_ns: int) -> None:
        self.t0_ns = t0_ns
        self.played: list[Played] = []
        self._now: Played | None = None

    def _more(self) -> bool:
        """Append the next segment; False when there is none."""
        return False

    def _append(self, segment: Segment) -> None:
        start_s = self.played[-1].end_s if self.played else 0.0
        self.played.append(Played(start_s, start_s + segment.duration_s, segment))

    def _at(self, t_ns: int) -> tuple[Segment, float]:
        t_s = (t_ns - self.t0_ns) * 1e-9
        now = self._now
        if now is None or not now.start_s <= t_s < now.end_s:
            now = self._now = self._find(t_s)
        return now.segment, t_s - now.start_s

    def _find(self, t_s: float) -> Played:
        while (not self.played or t_s >= self.played[-1].end_s) and self._more():
            pass
        for piece in reversed(self.played):
            if piece.start_s <= t_s:
                return piece
        return self.played[0]

    def reflection(self, sensor: int, t_ns: int) -> Reflection:
        segment, t_s = self._at(t_ns)
        return segment.track.reflection_at(sensor, t_s)

    def imu(self, t_ns: int) -> Motion6:
        segment, t_s = self._at(t_ns)
        return segment.track.imu_at(t_s)

    def pad_force_n(self, t_ns: int) -> tuple[float, float, float]:
        segment, t_s = self._at(t_ns)
        return segment.track.pads_at(t_s)

    def figure(self, t_ns: int) -> Figure | None:
        """What a camera sees from the side; None when nobody is near."""
        segment, t_s = self._at(t_ns)
        return None if segment.film is None else segment.film.at(t_s)

    def says(self, t_ns: int) -> str:
        """What the person is doing, in plain words."""
        return self._at(t_ns)[0].says


class Person(TimeLine):
    """Somebody who comes, takes the dowel and does reps, good and bad in turn, for ever.

    Each next piece is made when time reaches it (some 10 ms of work). ``order`` puts a step
    next in line.
    """

    def __init__(
        self,
        body: Body | None = None,
        place: Place | None = None,
        seed: int = 0,
        t0_ns: int = 0,
    ) -> None:
        super().__init__(t0_ns)
        self.maker = SegmentMaker(body or Body(), place, seed)
        self.tof_heights_m = self.maker.tof_heights_m
        self._orders: deque[str] = deque()
        self._here = False
        self._dowel = False
        self._routine_at = 0
        self._rest_due = False
        self._settle = False

    def order(self, step: str) -> None:
        """Do ``step`` next, after the piece that is being played.

        Raises ValueError for an unknown step.
        """
        if step not in STEPS:
            raise ValueError(f"step {step!r}, expected one of {', '.join(STEPS)}")
        self._orders.append(step)

    def _more(self) -> bool:
        start_s = self.played[-1].end_s if self.played else 0.0
        self._append(self.maker.make(self._next(), start_s))
        del self.played[:-KEPT]
        return True

    def _next(self) -> str:
        if self._settle:
            self._settle = False
            return "stand"
        step = self._orders[0] if self._orders else self._unasked()
        before = self._needed_before(step)
        if before is not None:
            self._note(before)
            return before
        if self._orders:
            self._orders.popleft()
        elif step == "rest":
            self._rest_due = False
        else:
            self._routine_at = (self._routine_at + 1) % len(ROUTINE)
            self._rest_due = self._routine_at == 0
        self._note(step)
        return step

    def _unasked(self) -> str:
        return "rest" if self._rest_due else ROUTINE[self._routine_at]

    def _needed_before(self, step: str) -> str | None:
        """A step that must come first: one cannot hinge with the dowel on its hook."""
        here, dowel = NEEDS.get(step, (True, True))
        if self._dowel and not dowel:
            return "hang_up"
        if self._here and not here:
            return "leave"
        if here and not self._here:
            return "approach"
        return "pick_up" if dowel and not self._dowel else None

    def _note(self, step: str) -> None:
        if step in ("approach", "leave"):
            self._here = step == "approach"
        if step in ("pick_up", "hang_up"):
            self._dowel = self._settle = step == "pick_up"


class Script(TimeLine):
    """A fixed sequence of steps, as a Scene that ends; then its last pose is held.

    ``steps``: names with their arguments (see SegmentMaker.make), for example
    ``[("approach", {}), ("pick_up", {}), ("hinge", {"peak_tilt_deg": 45})]``.
    ``played`` has every segment with its times and truth, for evaluation only.
    Raises ValueError for no steps, an unknown step or argument.
    """

    def __init__(
        self,
        steps: Sequence[tuple[str, Mapping[str, float]]],
        body: Body | None = None,
        place: Place | None = None,
        seed: int = 0,
        t0_ns: int = 0,
    ) -> None:
        if not steps:
            raise ValueError("a script without steps, expected at least one")
        super().__init__(t0_ns)
        self.maker = SegmentMaker(body or Body(), place, seed)
        self.tof_heights_m = self.maker.tof_heights_m
        for step, args in steps:
            start_s = self.played[-1].end_s if self.played else 0.0
            self._append(self.maker.make(step, start_s, args))

    @property
    def duration_s(self) -> float:
        return self.played[-1].end_s
