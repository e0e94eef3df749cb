"""The hinge with kettlebell, dumbbell or barbell."""

from __future__ import annotations

from device.drills.drill import DEPTH_CODES, KNEE_CODES, Drill

WEIGHTED = Drill(
    name="weighted",
    code="D9c",
    title="Weighted hinge",
    how="The weight close to the legs. Hips back until the hamstrings pull.",
    needs_tof=True,
    needs_imu=True,
    needs_pads=False,
    imu="clip",
    target_low_deg=45.0,
    target_high_deg=60.0,
    sets=3,
    reps=8,
    armed=KNEE_CODES | DEPTH_CODES | frozenset({"HIPS_NOT_BACK"}),
    loaded=True,
    easier="goatbag",
    harder="split_rdl",
    regress="Less weight",
    progress="More weight",
)
