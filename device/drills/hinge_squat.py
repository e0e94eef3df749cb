"""Hinge, then squat: the hips lead, depth is free."""

from __future__ import annotations

from device.drills.drill import Drill

HINGE_SQUAT = Drill(
    name="hinge_squat",
    code="D7",
    title="Hinge into squat",
    how="Send the hips back first, then sit down.",
    needs_tof=True,
    needs_imu=True,
    needs_pads=False,
    imu="dowel",
    target_low_deg=20.0,
    target_high_deg=70.0,
    sets=2,
    reps=10,
    armed=frozenset({"KNEES_FIRST"}),
    order_only=True,
    easier="dowel",
)
