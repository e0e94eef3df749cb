"""What is chosen of the coach beyond its stage: which repetitions are silent, and when to move on.

The promise (a lost contact and a plain squat light and buzz live) holds in every stage. *Faded*
repetitions keep it and leave out what is told after them. *Silent* repetitions, which somebody
has to ask for, tell nothing at all: they show what the person can do alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Literal

from device.limits import ADVANCE_LEAST_REPS, ADVANCE_SHARE, STAGES, StageName
from services.schema import RepBody

Hush = Literal["told", "faded", "silent"]
End = Literal["opening", "closing"]
NEXT_STAGE: Final[dict[StageName, StageName]] = {"learn": "practice", "practice": "consolidate"}


@dataclass(frozen=True)
class Coaching:
    """The choices; by default nothing is silent, nothing asked, nothing changes by itself."""

    fade: bool = False
    silent_reps: int = 0
    """So many at the beginning and at the end of each set."""
    advance: bool = False
    """To the next stage after a good set."""
    self_estimate: bool = False
    cues: bool = True
    speech: bool = False
    vibration: bool = False


AS_PROMISED: Final = Coaching()


def silent_end(rep: int, of: int, coaching: Coaching) -> End | None:
    """Which of a set's silent ends repetition ``rep`` (from 1) of ``of`` belongs to."""
    if rep <= coaching.silent_reps:
        return "opening"
    return "closing" if of - coaching.silent_reps < rep <= of else None


def hush(rep: int, of: int, stage: StageName, coaching: Coaching) -> Hush:
    """How much is told of repetition ``rep`` (from 1) of ``of``."""
    if silent_end(rep, of, coaching) is not None:
        return "silent"
    table = STAGES[stage]
    if not coaching.fade:
        return "told"
    last = rep > of - round(table.fade_last_share * of)
    return "faded" if last or (table.fade_every > 0 and rep % table.fade_every == 0) else "told"


def asks(rep: int, coaching: Coaching) -> bool:
    """Whether the person is asked after repetition ``rep``: the 3rd, 8th, 13th ..

    Every fifth, and never the last of a set of five or ten, where the set's end is told.
    """
    return coaching.self_estimate and rep % 5 == 3


def advanced(stage: StageName, reps: Sequence[RepBody], coaching: Coaching) -> StageName:
    """The stage after a set of ``reps``."""
    share = good_share(reps)
    scored = sum(rep.valid for rep in reps)
    if not coaching.advance or share is None or scored < ADVANCE_LEAST_REPS:
        return stage
    return NEXT_STAGE.get(stage, stage) if share >= ADVANCE_SHARE else stage


def good_share(reps: Sequence[RepBody]) -> float | None:
    """Share of the scored repetitions that were GOOD; None without one."""
    scored = [rep for rep in reps if rep.valid]
    return sum(rep.verdict == "GOOD" for rep in scored) / len(scored) if scored else None


def silent_share(reps: Sequence[RepBody], end: End) -> float | None:
    """Good share of the silent repetitions that open (close) a set; None without one."""
    return good_share([rep for rep in reps if rep.silent == end])


def retention(opening: float | None, closing_before: float | None) -> float | None:
    """What was kept, -1..1: the good share of the silent opening now, minus that of the silent
    end before (the last set; over visits: the last visit's). 0 = all of it, below 0 = less.

    None where either is unknown. Source: a retention test without feedback, as in motor learning.
    """
    if opening is None or closing_before is None:
        return None
    return opening - closing_before
