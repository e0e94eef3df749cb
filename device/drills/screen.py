"""The screen: three silent reps that pick the drill to start with."""

from __future__ import annotations

from device.drills.drill import CONTACT_CODES, KNEE_CODES, Drill

SCREEN = Drill(
    name="screen",
    code="D0",
    title="Screen",
    how="Bend forward three times as you always do. Nothing buzzes.",
    needs_tof=True,
    needs_imu=True,
    needs_pads=True,
    imu="dowel",
    target_low_deg=30.0,
    target_high_deg=60.0,
    sets=1,
    reps=3,
    armed=CONTACT_CODES | KNEE_CODES | frozenset({"HIPS_NOT_BACK", "OVERARCH"}),
    live=False,
    silent=True,
    harder="dowel",
)
