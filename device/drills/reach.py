"""The reach: hips back toward a wall that is too far to touch."""

from __future__ import annotations

from device.drills.drill import KNEE_CODES, Drill

REACH = Drill(
    name="reach",
    code="D1c",
    title="Reach",
    how="Stand two or three feet from the wall and reach the butt straight back towards it.",
    needs_tof=True,
    needs_imu=False,
    needs_pads=False,
    imu="dowel",
    target_low_deg=40.0,
    target_high_deg=60.0,
    sets=2,
    reps=10,
    armed=KNEE_CODES | frozenset({"HIPS_NOT_BACK"}),
    reach_share=0.1,
    easier="butt_taps",
    harder="dowel",
    regress="Imagine a rope round the hips that pulls them back",
    progress="Further back by 1 cm",
)
