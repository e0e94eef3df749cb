"""Chin and lockout: stand up tall and stop there."""

from __future__ import annotations

from device.drills.drill import Drill

LOCKOUT = Drill(
    name="lockout",
    code="D6",
    title="Chin and lockout",
    how="From the hinge, stand up slowly. Chin in, squeeze at the top, and stop at tall.",
    needs_tof=False,
    needs_imu=True,
    needs_pads=True,
    imu="dowel",
    target_low_deg=20.0,
    target_high_deg=60.0,
    sets=1,
    reps=10,
    armed=frozenset({"OVERARCH", "HEAD", "THORACIC"}),
    easier="dowel",
    harder="dowel",
)
