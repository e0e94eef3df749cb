"""The banded good morning."""

from __future__ import annotations

from device.drills.drill import DEPTH_CODES, KNEE_CODES, Drill

GOOD_MORNING = Drill(
    name="good_morning",
    code="D8",
    title="Banded good morning",
    how="Band under the feet and over the shoulders. Hips back against it.",
    needs_tof=True,
    needs_imu=True,
    needs_pads=False,
    imu="clip",
    target_low_deg=45.0,
    target_high_deg=60.0,
    sets=3,
    reps=10,
    armed=KNEE_CODES | DEPTH_CODES | frozenset({"HIPS_NOT_BACK"}),
    loaded=True,
    easier="unassisted",
    harder="weighted",
    regress="A lighter band",
    progress="Weight in the hands",
)
