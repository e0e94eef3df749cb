"""The goatbag hinge: the weight pressed into the belly."""

from __future__ import annotations

from device.drills.drill import DEPTH_CODES, KNEE_CODES, Drill

GOATBAG = Drill(
    name="goatbag",
    code="D9a",
    title="Goatbag hinge",
    how="Press a kettlebell or dumbbell into the upper belly with both hands and hinge round it.",
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
    easier="unassisted",
    harder="back_loaded",
    regress="Without weight",
    progress="More weight",
)
