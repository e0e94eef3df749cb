"""Where the visit stands: which set, which rep, what they were called."""

from __future__ import annotations

from dataclasses import dataclass, field

from device.coaching import retention, silent_share
from device.fatigue import is_tired, stop_advised
from device.sets import summarise
from services.schema import RepBody, SetBody


@dataclass
class Score:
    """Counts from 1; 0 before the first."""

    set_index: int = 0
    reps: list[RepBody] = field(default_factory=list)
    tired: list[bool] = field(default_factory=list)
    """After each rep: does the set look tired?"""
    last: SetBody | None = None
    """The set that ended last in this visit, and the one before it."""
    before: SetBody | None = None
    closing_before: float | None = None
    """Good share of the last set's silent closing reps."""

    @property
    def rep_index(self) -> int:
        return len(self.reps)

    @property
    def verdicts(self) -> tuple[str, ...]:
        return tuple(rep.verdict for rep in self.reps)

    @property
    def good(self) -> int:
        return sum(rep.verdict == "GOOD" for rep in self.reps)

    @property
    def retention(self) -> float | None:
        """What of the last set's end is still there at the beginning of this one."""
        return retention(silent_share(self.reps, "opening"), self.closing_before)

    @property
    def stop_advised(self) -> bool:
        """The set has turned bad: better to end it."""
        return stop_advised(self.tired)

    def add(self, rep: RepBody, stature_m: float) -> None:
        """One more rep of this set."""
        self.reps.append(rep)
        self.tired.append(is_tired(self.reps, stature_m))

    def new_set(self) -> None:
        """The next set begins."""
        closing = silent_share(self.reps, "closing")
        if closing is not None:
            self.closing_before = closing
        self.set_index += 1
        self.reps = []
        self.tired = []

    def end_set(self, ended: str, stature_m: float) -> SetBody | None:
        """The set is over; None when it had no rep."""
        if not self.reps:
            return None
        rest_s = None if self.last is None else self.reps[0].start_s - self.last.end_s
        summary = summarise(
            self.reps,
            stature_m,
            ended=ended,
            rest_before_s=rest_s,
            advised=self.stop_advised,
            retention=self.retention,
        )
        self.before, self.last = self.last, summary
        return summary

    def leave(self) -> None:
        """The visit is over; the next one counts anew."""
        self.set_index = 0
        self.closing_before = None
        self.reps = []
        self.tired = []
        self.last = self.before = None
