"""Hands on ribs and low back instead of the dowel; IMU clipped to the sacrum."""

from __future__ import annotations

from device.drills.drill import DEPTH_CODES, KNEE_CODES, Drill

HANDS = Drill(
    name="hands",
    code="D4",
    title="Hands on ribs and back",
    how=(
        "One hand on the lowest ribs, one on the small of the back. Keep both still while "
        "the hips go back."
    ),
    needs_tof=True,
    needs_imu=True,
    needs_pads=False,
    imu="clip",
    target_low_deg=40.0,
    target_high_deg=55.0,
    sets=2,
    reps=10,
    armed=KNEE_CODES | DEPTH_CODES | frozenset({"HIPS_NOT_BACK"}),
    easier="butt_taps",
    harder="dowel",
    regress="Take the dowel",
    progress="Broomstick in front",
)
