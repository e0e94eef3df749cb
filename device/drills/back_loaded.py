"""The hinge with the weight on the upper back."""

from __future__ import annotations

from device.drills.drill import DEPTH_CODES, KNEE_CODES, Drill

BACK_LOADED = Drill(
    name="back_loaded",
    code="D9b",
    title="Back-loaded hinge",
    how="A weight on the upper back. Hips back, chest follows.",
    needs_tof=True,
    needs_imu=True,
    needs_pads=False,
    imu="clip",
    target_low_deg=45.0,
    target_high_deg=55.0,
    sets=3,
    reps=8,
    armed=KNEE_CODES | DEPTH_CODES | frozenset({"HIPS_NOT_BACK"}),
    loaded=True,
    easier="goatbag",
    harder="weighted",
    regress="Weight in front",
    progress="More weight",
)
