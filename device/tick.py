"""What goes into the pure middle at a tick, and what comes out. Values only.

A recording is the sequence of ``TickInput``; live and replay feed the same values to the same
``Pipeline.step`` and get the same ``TickOutput``.
"""

from __future__ import annotations

from typing import Literal, NamedTuple

from msgspec import Struct

from drivers.samples import ImuSample, PadSample, TofSample
from services.schema import LiveFrame, RepBody, SetBody

Sensor = Literal["imu", "tof", "pads"]
Key = Literal["next", "next_hold", "stop", "mute", "cues", "good", "not_good"]
"""``next_hold`` is NEXT held for 2 s (mute at the wall). The page's own: ``mute``; ``cues`` (on or
off); ``good`` and ``not_good``, the answers to "how was that rep?"."""


class SensorFault(NamedTuple):
    """A chip that failed (``lost``) or came back (``back``) in this tick, and its message."""

    sensor: Sensor
    which: int
    """Number of the ranger; 0 for the IMU and the pads."""
    kind: Literal["lost", "back"]
    text: str


class TickInput(NamedTuple):
    """All that is new since the last tick. ``t_ns`` is the tick's own monotonic time."""

    t_ns: int
    imu: tuple[ImuSample, ...] = ()
    tof: tuple[tuple[int, TofSample], ...] = ()
    """(ranger's index, sample): 0 is the lowest on the wall."""
    pads: tuple[PadSample, ...] = ()
    keys: tuple[Key, ...] = ()
    faults: tuple[SensorFault, ...] = ()


class OutputChange(NamedTuple):
    """A lamp (0..1), the buzzer (frequency in Hz, 0 = silent) or the vibration motor (0/1)."""

    pin: str
    value: float


class Cue(NamedTuple):
    """Something told to the person: its code and the channels it was told by."""

    t_ns: int
    code: str
    channels: tuple[str, ...]


class Answer(NamedTuple):
    """What the person said of a rep that waited for it; None: nothing."""

    set_index: int
    rep_index: int
    estimate: Literal["good", "not"] | None


class SessionEvent(NamedTuple):
    """A visit opened or closed at this tick."""

    kind: Literal["open", "close"]
    reason: str = ""


class RepDone(NamedTuple):
    """A finished rep and its place in the visit (both count from 1)."""

    set_index: int
    rep_index: int
    body: RepBody
    asked: bool = False
    """Its ``self_estimate`` comes with an ``Answer`` within a few seconds."""


class SetDone(NamedTuple):
    """A set that has ended (its index counts from 1), with at least one rep."""

    set_index: int
    summary: SetBody


class TickOutput(Struct, frozen=True, gc=False):
    """What the tick asks for. Outputs are changes only."""

    outputs: tuple[OutputChange, ...] = ()
    cues: tuple[Cue, ...] = ()
    sessions: tuple[SessionEvent, ...] = ()
    reps: tuple[RepDone, ...] = ()
    state: str | None = None
    """The life cycle's new state, when it changed."""
    live: LiveFrame | None = None
    sets: tuple[SetDone, ...] = ()
    answers: tuple[Answer, ...] = ()
    say: str | None = None
    """Words to speak now, cutting what is being spoken; "" only cuts."""
    conditions: tuple[str, ...] | None = None
    """Codes of ``device.conditions`` that hold now, when they changed."""
