"""The deadlift, open to those who feel hinges in hamstrings and butt, not in the back."""

from __future__ import annotations

from device.drills.drill import Drill

DEADLIFT = Drill(
    name="deadlift",
    code="D14",
    title="Deadlift",
    how="Same foot position as the hinge. Felt in hamstrings and butt, not in the back.",
    needs_tof=False,
    needs_imu=True,
    needs_pads=False,
    imu="clip",
    target_low_deg=50.0,
    target_high_deg=90.0,
    sets=3,
    reps=5,
    armed=frozenset({"KNEE_DRIVEN"}),
    live=False,
    loaded=True,
    easier="weighted",
)
