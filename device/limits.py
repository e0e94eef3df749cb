"""Every threshold of judging and coaching, in one place.

``LOG`` names reps, always with the tightest band, so that numbers stay comparable when the
coaching stage changes; a stage only decides what is *told*.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

StageName = Literal["learn", "practice", "consolidate", "probe"]

MS = 1_000_000


@dataclass(frozen=True)
class LogLimits:
    """What names a rep."""

    contact_ms: float = 80.0
    head_ms: float = 120.0
    contact_close_ms: float = 120.0
    all_lost_ms: float = 150.0
    light_share: float = 0.55
    """A graded sacrum pad pressed less than this share of standing is about to leave."""
    knee_drop_angle_deg: float = 20.0
    knee_shin_deg: float = 14.0
    knee_excess_mm: float = 15.0
    """Drop beyond ``knee_mm_per_deg`` times tilt: flat-back lifts of real people show 2-6 mm,
    squats over 100."""
    knee_live_mm: float = 12.0
    knee_mm_per_deg: float = 1.2
    knee_live_off_mm: float = 5.0
    shin_deg: float = 9.0
    shin_excess_share: float = 0.004
    """Least excess drop per stature that backs the shin's angle or an early drop."""
    lead_least_share: float = -0.003
    """The same for a lead of the knees."""
    excess_share: float = 0.008
    """Excess drop per stature that needs nothing to back it."""
    excess_least_share: float = 0.007
    excess_most_share: float = 0.012
    excess_above_own: float = 0.016
    """Beyond the person's own good reps, within these bounds (see ``baseline``)."""
    lead_counts: float = 8.0
    """Knees that went first (see ``lever``): each mm of lead counts as so many of excess drop."""
    lead_most_mm: float = 6.0
    gross_excess_share: float = 0.020
    """Excess drop per stature that is told in every stage that tells."""
    early_drop_mm: float = 20.0
    ratio: float = 0.82
    """Of the travel that balance asks for (body model: 0.97 +- 0.06 for good reps)."""
    ratio_unknown_stature: float = 0.78
    ratio_tilt_deg: float = 20.0
    ratio_excess_share: float = 0.008
    reach_error_mm: float = 10.0
    """How far short of a reach the beam's own error may make it look."""
    sure_sds: float = 1.0
    """A drop counts only beyond so many of its own standard deviations."""
    rounded_excess_share: float = 0.008
    rounded_sure_sds: float = 1.5
    """The same where a contact was lost: a back that rounds moves the dowel against the hips."""
    lockout_deg: float = 5.0
    backbend_deg: float = 15.0
    """Leaning back further than this is another movement, not an arched lockout."""
    lockout_loss_ms: float = 150.0
    side_deg: float = 6.0
    twist_deg: float = 8.0
    fast_dps: float = 60.0
    depth_low_deg: float = 5.0
    depth_deep_deg: float = 8.0
    sensor_ms: float = 300.0


LOG = LogLimits()


@dataclass(frozen=True)
class Stage:
    """What is told, and from where on."""

    name: StageName
    sound_ms: float
    """How long a contact must be lost before the buzzer says so."""
    shin_deg: float
    ratio: float
    tilt_band_deg: float
    light_share: float
    """Of a graded sacrum pad's pressure in standing."""
    tells_rep_end: bool
    two_of_three: bool
    summary_every: int = 0
    """The most frequent fault of so many reps is told after them, instead of each rep's own."""
    fade_every: int = 0
    """Every n-th rep is faded, where fading is chosen."""
    fade_last_share: float = 0.0
    """This share of the set, at its end, is faded, where fading is chosen."""


STAGES: dict[StageName, Stage] = {
    "learn": Stage(
        "learn",
        250.0,
        14.0,
        0.65,
        8.0,
        light_share=0.40,
        tells_rep_end=True,
        two_of_three=False,
        fade_last_share=0.2,
    ),
    "practice": Stage(
        "practice",
        150.0,
        12.0,
        0.70,
        5.0,
        light_share=0.50,
        tells_rep_end=True,
        two_of_three=True,
        fade_every=2,
    ),
    "consolidate": Stage(
        "consolidate",
        100.0,
        9.0,
        0.75,
        5.0,
        light_share=0.55,
        tells_rep_end=False,
        two_of_three=True,
        summary_every=5,
    ),
    "probe": Stage("probe", 250.0, 9.0, 0.75, 5.0, 0.55, tells_rep_end=False, two_of_three=True),
}

MDC: dict[str, float] = {
    "peak_tilt_deg": 5.0,
    "hip_travel_mm": 25.0,
    "hinge_ratio": 0.12,
    "t_down_s": 0.2,
}
"""Least change of a set's mean that is shown as one: smaller ones cannot be told from chance."""

STANDING_SOUND_MS = 600.0
"""Standing between two reps a contact may be off a little longer before it is said."""
HEAD_SOUND_MS = 500.0
"""The head moves most: its lamp is at once, its sound waits."""
SILENCE_MS = 400.0
"""No cue for so long after a cue."""
SAME_IN_A_ROW = 3
"""The same cue in the same words at most so many times in a row."""
SUMMARY_LEAST = 2
"""A summary tells what so many of its reps had, at least."""
SUMMARY_GOOD_SHARE = 0.8
ADVANCE_SHARE = 0.8
ADVANCE_LEAST_REPS = 5
"""A set of at least so many scored reps, so many of them GOOD, opens the next stage."""
