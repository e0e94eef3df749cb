"""Hip thrust, row and others: counted by hand, not sensed at the wall."""

from __future__ import annotations

from device.drills.drill import Drill

LOG_ONLY = Drill(
    name="log_only",
    code="D15",
    title="Hip thrust or row",
    how="Count by the NEXT key.",
    needs_tof=False,
    needs_imu=False,
    needs_pads=False,
    imu="none",
    target_low_deg=0.0,
    target_high_deg=90.0,
    sets=3,
    reps=10,
    armed=frozenset(),
    live=False,
    judged=False,
    loaded=True,
)
