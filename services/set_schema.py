"""A finished set, as it is logged and as the page shows it; part of ``services.schema``."""

from __future__ import annotations

from typing import Literal

import msgspec


class Spread(msgspec.Struct, frozen=True):
    """Mean, standard deviation and coefficient of variation; null with too few values."""

    mean: float | None = None
    sd: float | None = None
    cv: float | None = None


class SetAdvice(msgspec.Struct, frozen=True):
    """What a set says of the next one. ``drill``: another one; ``heels_m``: the mark for the
    heels, from the wall."""

    code: str
    """``start closer further wider record easier harder same``"""
    text: str
    drill: str | None = None
    heels_m: float | None = None


class SetBody(msgspec.Struct, frozen=True, kw_only=True):
    """A finished set (see docs/metrics.md). Drifts are per rep; null = cannot be known."""

    start_s: float
    end_s: float
    time_s: float
    rest_before_s: float | None
    """Since the set before it in this visit; null for the first."""
    ended: str
    """``count``, ``stop``, ``idle``, ``left``, ``dowel_off``, ``moved``, ``interrupted`` or
    ``end`` (the station was stopped, or the source ended)."""
    reps: int
    good: int
    unscored: int
    good_share: float | None
    main_fault: str | None
    """The code that most reps were named by, or of the advice most were given."""
    main_fault_reps: int
    peak_tilt_deg: Spread
    hip_travel_mm: Spread
    hinge_ratio: Spread
    t_down_s: Spread
    t_hold_s: Spread
    t_up_s: Spread
    drift_loss_ms: float | None
    """Lost contact of the worst pad, ms per second of rep."""
    drift_tilt_deg: float | None
    drift_ratio: float | None
    drift_drop_mm: float | None
    drift_down_s: float | None
    tired: bool
    side: Literal["left", "right"] | None = None
    """Of a drill with sides: the foot in front."""
    load_kg: float | None = None
    period_cv: float | None = None
    """Of a ballistic drill: variation of the time from bottom to bottom; under 0.10 is even."""
    advice: SetAdvice | None = None
    stop_advised: bool
    """The set looked tired after two reps in a row."""
    retention: float | None = None
    """Good share of its silent opening reps minus that of the closing ones of the set before."""


class SetChange(msgspec.Struct, frozen=True):
    """A set's mean beside that of the set before. ``real``: beyond what can be told from chance
    (docs/metrics.md); null where either is unknown."""

    measure: str
    now: float | None
    before: float | None
    real: bool | None


class RestView(msgspec.Struct, frozen=True, kw_only=True):
    """The set that is over, as the page shows it until the next one begins."""

    left_s: int
    """Rest still to take; 0 when it is over."""
    rest_s: int
    now: SetBody
    before: SetBody | None
    changes: tuple[SetChange, ...]
    tilts_deg: tuple[float | None, ...]
    """Peak tilt of each rep; the verdicts are the frame's ``set_verdicts``."""
    travels_mm: tuple[float | None, ...] = ()
    """Hip travel of each rep, for drills without an IMU."""
    advice: SetAdvice | None
