"""The messages between the device program and the log service: the only shared module.

On the wire: one JSON object a line over a unix stream socket, ``type`` first. The service
answers ``{"ack": "<id>"}`` after COMMIT, or ``{"nack": "<id>", "error": "..."}`` for a message
it can never store. Live frames go by datagram, latest wins, and are never acknowledged.
"""

from __future__ import annotations

from typing import Literal

import msgspec

from services.set_schema import RestView as RestView
from services.set_schema import SetAdvice as SetAdvice
from services.set_schema import SetBody as SetBody
from services.set_schema import SetChange as SetChange
from services.set_schema import Spread as Spread

SCHEMA_VERSION = 2
"""1: visits and reps. 2: sets (``set``) too.

The service says its version as its first line, ``{"schema": 2}``; one that says nothing speaks 1.
A device keeps back what the service cannot read, and sends it to a newer one. Fields are only
ever added, and unknown ones are ignored by a reader and kept by the store.
"""

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


class ContactShare(msgspec.Struct, frozen=True):
    """Debounced loss of each pad as a share (0 to 1) of the rep's time; null without that pad."""

    head: float | None = None
    thoracic: float | None = None
    sacrum: float | None = None


class LossPhases(msgspec.Struct, frozen=True):
    """Debounced loss of each pad on the way down, in the bottom third and on the way up."""

    descent: ContactLoss = ContactLoss()
    bottom: ContactLoss = ContactLoss()
    ascent: ContactLoss = ContactLoss()


class ScoreParts(msgspec.Struct, frozen=True):
    """Points of 40, 25, 25 and 10; null for a part that cannot be judged."""

    contacts: float | None = None
    hips: float | None = None
    knees: float | None = None
    depth_tempo: float | None = None


class FaultEntry(msgspec.Struct, frozen=True):
    """One trigger, told or not, and what kept it from being told."""

    code: str
    level: Literal["live", "rep", "set"]
    time_s: float
    told: bool = False
    suppressed_by: str | None = None
    wording: Literal["again", "regress"] | None = None
    """Told in other words than its first ones: its second wording, or the drill's easier form."""


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
    knees_lead_mm: float | None = None
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
    twist_deg: float | None = None
    hip_travel_pct: float | None = None
    excess_drop_pct: float | None = None
    peak_rate_down_dps: float | None = None
    peak_rate_up_dps: float | None = None
    smoothness: float | None = None
    tempo: str | None = None
    """Down, hold and up in s, as 2.0-0.5-1.9."""
    tap_tilt_deg: float | None = None
    upper_gap_mm: float | None = None
    knocks: int | None = None
    min_contacts: int | None = None
    contact_loss_share: ContactShare = ContactShare()
    contact_loss_phase_ms: LossPhases = LossPhases()
    lost_in_bottom_third: bool | None = None
    score: float | None = None
    """Of 100; null when UNSCORED."""
    score_parts: ScoreParts = ScoreParts()
    first_lost: Literal["head", "thoracic", "sacrum"] | None = None
    first_lost_tilt_deg: float | None = None
    contact_range_deg: float | None = None
    sacrum_pressure: float | None = None
    valid: bool
    verdict: Verdict
    contacts: Literal["judged", "partly", "not_judged"]
    hips: Literal["judged", "not_judged"] = "judged"
    unscored_by: str | None = None  # a sensor, all pads, or a condition at the wall
    faults: tuple[FaultEntry, ...] = ()
    silent: Literal["opening", "closing"] | None = None
    """One of the silent reps at the beginning or the end of its set: nothing was told of it."""
    faded: bool = False
    """Only what is promised live was told of it."""
    self_estimate: Literal["good", "not"] | None = None
    """What the person said of it before it was told; null: not asked, or no answer."""


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


class SetMessage(msgspec.Struct, frozen=True, kw_only=True, tag="set", tag_field="type"):
    """A set has ended. ``id`` is its key in the store."""

    id: str
    session_id: str
    station: str
    set_index: int
    drill: str
    stage: str
    wall_time: str
    clock_synced: bool
    summary: SetBody


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


Message = SessionOpen | RepMessage | SetMessage | SessionClose

SINCE_VERSION = {"set": 2}
"""Types of messages that a service of an older version cannot read."""
_HEADS = {f'{{"type":"{name}"'.encode(): version for name, version in SINCE_VERSION.items()}


def version_needed(line: bytes) -> int:
    """The version of this module that an encoded message asks of its reader."""
    return next((version for head, version in _HEADS.items() if line.startswith(head)), 1)


class Ack(msgspec.Struct, frozen=True, omit_defaults=True):
    """The service's answer to one message; ``schema`` alone is its first line."""

    ack: str | None = None
    nack: str | None = None
    error: str | None = None
    schema: int | None = None


class PadState(msgspec.Struct, frozen=True):
    """What a pad's lamp shows: closed, open, not judged, or stale."""

    head: Literal["closed", "open", "not_judged", "stale"]
    thoracic: Literal["closed", "open", "not_judged", "stale"]
    sacrum: Literal["closed", "open", "not_judged", "stale"]


class DeviceState(msgspec.Struct, frozen=True, kw_only=True):
    """How the device program is, renewed once a second. Counts are since its start."""

    disk_error: str | None = None
    """Why finished reps cannot be written down now; null while they can."""
    waiting: int = 0
    """Messages that the log service has not acknowledged."""
    in_memory: int = 0
    """Of these, those that no disk has taken: a power cut would lose them."""
    oldest_s: float = 0.0
    refused: int = 0
    """Messages that the log service could not store, put aside."""
    frames_dropped: int = 0
    ticks_missed: int = 0
    recording: str | None = None
    """``recording``, ``full``, ``failed``; null when nothing is recorded."""
    ticks_dropped: int = 0
    """Ticks that are missing in the recording."""


class DeviceEnded(msgspec.Struct, frozen=True, kw_only=True):
    """Why the device program could not go on: what it wrote down before it ended."""

    code: int
    """Its exit code: 78 for a configuration that cannot be used, 69 for a missing chip."""
    text: str
    """One line a finding."""
    wall_time: str


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
    cue_words: str | None = None
    """Other words for ``cue`` than its usual ones: they have been said often enough."""
    asking: bool = False
    """"How was that rep?" waits for an answer; nothing of the rep may show."""
    silent: bool = False
    """A silent rep is under way."""
    cues_off: bool = False
    retention: float | None = None
    """Good share of this set's silent opening minus that of the last set's silent end."""
    muted: bool = False
    contacts_note: str | None = None
    rest: RestView | None = None
    heels_cm: int | None = None
    """Where to stand: heels to the wall, in drills with a mark."""
    device: DeviceState | None = None
    conditions: tuple[str, ...] = ()  # those that hold at the wall, the most important first
    person_says: str | None = None  # demo only: what the simulated person is doing


class KeyPress(msgspec.Struct, frozen=True, kw_only=True, tag="key", tag_field="type"):
    """A key of the page, to the device."""

    key: Literal["next", "stop", "mute", "cues", "good", "not_good"]


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
_ended = msgspec.json.Decoder(DeviceEnded)


def decode_message(line: bytes) -> Message:
    """Raises ``msgspec.ValidationError`` / ``DecodeError`` (both ``ValueError``)."""
    return _message.decode(line)


def decode_live(line: bytes) -> LiveFrame:
    return _live.decode(line)


def decode_control(line: bytes) -> Control:
    return _control.decode(line)


def decode_ack(line: bytes) -> Ack:
    return _ack.decode(line)


def decode_ended(line: bytes) -> DeviceEnded:
    return _ended.decode(line)
