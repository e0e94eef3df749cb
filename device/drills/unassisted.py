"""The hinge without a dowel on the back; IMU clipped to the sacrum."""

from __future__ import annotations

from device.drills.drill import DEPTH_CODES, KNEE_CODES, Drill

UNASSISTED = Drill(
    name="unassisted",
    code="D5",
    title="Unassisted hinge",
    how="Hold the broomstick in front and let it slide down the thighs. Hips back.",
    needs_tof=True,
    needs_imu=True,
    needs_pads=False,
    imu="clip",
    target_low_deg=45.0,
    target_high_deg=55.0,
    sets=2,
    reps=15,
    armed=KNEE_CODES | DEPTH_CODES | frozenset({"HIPS_NOT_BACK", "FAST"}),
    easier="dowel",
    harder="good_morning",
    regress="Dowel back on the spine",
    progress="A band, then weight",
)
