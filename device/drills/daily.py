"""Daily life: sit-to-stand, box, shoe, picking up: the first 20 degrees are the hips."""

from __future__ import annotations

from device.drills.drill import Drill

DAILY = Drill(
    name="daily",
    code="D16",
    title="Daily life",
    how="Start to sit down, put a box down, tie a shoe: hips first.",
    needs_tof=True,
    needs_imu=True,
    needs_pads=False,
    imu="clip",
    target_low_deg=20.0,
    target_high_deg=90.0,
    sets=1,
    reps=10,
    armed=frozenset({"KNEES_FIRST", "HIPS_NOT_BACK"}),
    order_only=True,
    easier="hinge_squat",
)
