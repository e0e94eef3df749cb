"""The end of a set: why it is over, from the state that came after it, and what it was of."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import msgspec

from device.drills.drill import Side
from device.lifecycle import State
from device.progress import period_cv
from device.setup import Setting
from services.schema import RepBody, SetAdvice, SetBody

AFTER: Final[dict[State, str]] = {
    "LEFT": "left",
    "IDLE": "left",
    "NEAR": "dowel_off",
    "DOWEL_UP": "dowel_off",
    "SET_UP": "moved",
}


def why_ended(state: State, *, stopped: bool, done: bool) -> str:
    """``done``: it had its repetitions. ``stopped``: by the STOP key."""
    if state != "RESTING":
        return AFTER.get(state, "interrupted")
    if stopped:
        return "stop"
    return "count" if done else "idle"


def with_drill(
    summary: SetBody,
    setting: Setting,
    reps: Sequence[RepBody],
    side: Side | None,
    advice: SetAdvice,
) -> SetBody:
    """The summary with what its drill adds: side, load, rhythm, and what to do next."""
    cv = period_cv(reps) if setting.drill.ballistic else None
    return msgspec.structs.replace(
        summary,
        side=side,
        load_kg=setting.load_kg,
        period_cv=None if cv is None else round(cv, 4),
        advice=advice if advice.text else None,
    )
