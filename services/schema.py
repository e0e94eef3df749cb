"""The messages between the device program and the log service: the only shared module.

On the wire: one JSON object a line over a unix stream socket, ``type`` first. The service
answers ``{"ack": "<id>"}`` after COMMIT, or ``{"nack": "<id>", "error": "..."}`` for a message
it can never store. Live frames go by datagram, latest wins, and are never acknowledged.
"""

from __future__ import annotations

from typing import Literal

import msgspec

SCHEMA_VERSION = 1

Verdict = str
"""One of the codes of ``VERDICTS``."""

VERDICTS = (
    "GOOD", "UNSCORED", "SENSOR", "STOP", "SACRUM", "THORACIC", "HEAD", "ALL_LOST",
    "KNEE_DRIVEN", "KNEES_FIRST", "HIPS_NOT_BACK", "OVERARCH", "DEPTH_LOW", "DEPTH_DEEP",
    "FAST", "NO_TAP", "WALL_OTHER", "SIDE", "FATIGUE",
)  # fmt: skip


class ContactLoss(msgspec.Struct, frozen=True):
    """Debounced loss of each pad within the rep in ms; null without that pad."""

    head: int | None = None
    thoracic: int | None = None
    sacrum: int | None = None


class FaultEntry(msgspec.Struct, frozen=True):
    """One trigger, told or not, and what kept it from being told."""

    code: str
    level: Literal["live", "rep", "set"]
    time_s: float
    told: bool = False
    suppressed_by: str | None = None


class RepBody(msgspec.Struct, frozen=True, kw_only=True):
    """A rep as measured (see docs/metrics.md). Times in s; null = cannot be known."""

    start_s: float
    bottom_s: float
    end_s: float
    side: Literal["left", "right"] | None = None
    peak_tilt_deg: float | None
    hip_travel_mm: float | None
    hip_drop_mm: float | None
    hip_return_mm: float | None
    hinge_ratio: float | None
    shin_angle_deg: float | None
    knee_flexion_deg: float | None
    drop_angle_deg: float | None
    excess_drop_mm: float | None
    early_drop_mm: float | None
    onset_lag_s: float | None
    peak_rate_dps: float | None
    t_down_s: float
    t_hold_s: float
    t_up_s: float
    contact_loss_ms: ContactLoss
    beam_off_hip: bool = False
    tapped: bool | None = None
    tap_gap_mm: float | None = None
    lockout_over_deg: float | None = None
    side_lean_deg: float | None = None
    first_lost: Literal["head", "thoracic", "sacrum"] | None = None
    first_lost_tilt_deg: float | None = None
    contact_range_deg: float | None = None
    valid: bool
    verdict: Verdict
    contacts: Literal["judged", "partly", "not_judged"]
    hips: Literal["judged", "not_judged"] = "judged"
    faults: tuple[FaultEntry, ...] = ()


class SessionOpen(msgspec.Struct, frozen=True, kw_only=True, tag="session_open", tag_field="type"):
    """A visit begins (SET_UP reached)."""

    id: str
    """UUIDv7 of this message."""
    session_id: str
    station: str
    drill: str
    stage: str
    wall_time: str
    """ISO 8601 UTC."""
    clock_synced: bool


class RepMessage(msgspec.Struct, frozen=True, kw_only=True, tag="rep", tag_field="type"):
    """One finished rep. ``id`` is its key in the store."""

    id: str
    session_id: str
    station: str
    set_index: int
    rep_index: int
    drill: str
    stage: str
    wall_time: str
    clock_synced: bool
    rep: RepBody


class SessionClose(
    msgspec.Struct, frozen=True, kw_only=True, tag="session_close", tag_field="type"
):
    """A visit has ended."""

    id: str
    session_id: str
    station: str
    wall_time: str
    clock_synced: bool
    reason: str


Message = SessionOpen | RepMessage | SessionClose


class Ack(msgspec.Struct, frozen=True, omit_defaults=True):
    """The service's answer to one message."""

    ack: str | None = None
    nack: str | None = None
    error: str | None = None


class PadState(msgspec.Struct, frozen=True):
    """What a pad's lamp shows: closed, open, not judged, or stale."""

    head: Literal["closed", "open", "not_judged", "stale"]
    thoracic: Literal["closed", "open", "not_judged", "stale"]
    sacrum: Literal["closed", "open", "not_judged", "stale"]


class LiveFrame(msgspec.Struct, frozen=True, kw_only=True, tag="live", tag_field="type"):
    """What the page draws, 20-30 times a second."""

    seq: int
    t_s: float
    state: str
    """Life cycle: IDLE NEAR DOWEL_UP SET_UP READY SET RESTING LEFT."""
    measuring: bool
    """False: a needed sensor is gone or stale; nothing may look good."""
    sensor_lost: tuple[str, ...] = ()
    """Which: ``tof``, ``imu``, ``pads``."""
    tilt_deg: float | None
    range_mm: float | None
    hip_travel_mm: float | None
    hip_drop_mm: float | None
    pads: PadState
    drill: str
    stage: str
    target_low_deg: float
    target_high_deg: float
    reps_in_set: int
    reps_per_set: int
    good_in_set: int
    set_index: int
    last_verdict: str | None = None
    set_verdicts: tuple[str, ...] = ()
    """Verdicts of the set's reps, oldest first: the ring's segments."""
    cue: str | None = None
    """Code of the cue being told now."""
    muted: bool = False
    contacts_note: str | None = None
    person_says: str | None = None
    """Demo only: what the simulated person is doing, in words."""


class KeyPress(msgspec.Struct, frozen=True, kw_only=True, tag="key", tag_field="type"):
    """A key of the page, to the device."""

    key: Literal["next", "stop", "mute"]


class PersonOrder(msgspec.Struct, frozen=True, kw_only=True, tag="person", tag_field="type"):
    """Demo only: what the simulated person shall do next, or which sensor to lose."""

    do: str | None = None
    lose: Literal["tof", "imu", "pads"] | None = None
    for_s: float = 4.0


Control = KeyPress | PersonOrder


def encode(message: msgspec.Struct) -> bytes:
    """One line, newline included."""
    return msgspec.json.encode(message) + b"\n"


_message: msgspec.json.Decoder[Message] = msgspec.json.Decoder(Message)
_live = msgspec.json.Decoder(LiveFrame)
_control: msgspec.json.Decoder[Control] = msgspec.json.Decoder(Control)
_ack = msgspec.json.Decoder(Ack)


def decode_message(line: bytes) -> Message:
    """Raises ``msgspec.ValidationError`` / ``DecodeError`` (both ``ValueError``)."""
    return _message.decode(line)


def decode_live(line: bytes) -> LiveFrame:
    return _live.decode(line)


def decode_control(line: bytes) -> Control:
    return _control.decode(line)


def decode_ack(line: bytes) -> Ack:
    return _ack.decode(line)
