"""Why a set is over, from the state that came after it."""

from __future__ import annotations

from typing import Final

from device.lifecycle import State

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
