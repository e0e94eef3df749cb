"""The dowel hinge in split stance, a side at a time."""

from __future__ import annotations

from device.drills.drill import CONTACT_CODES, DEPTH_CODES, KNEE_CODES, Drill

SPLIT_DOWEL = Drill(
    name="split_dowel",
    code="D3",
    title="Split-stance dowel hinge",
    how="As the dowel hinge, one foot half a step back. Ten on each side.",
    needs_tof=True,
    needs_imu=True,
    needs_pads=True,
    imu="dowel",
    target_low_deg=45.0,
    target_high_deg=50.0,
    sets=3,
    reps=10,
    armed=CONTACT_CODES
    | KNEE_CODES
    | DEPTH_CODES
    | frozenset({"HIPS_NOT_BACK", "FAST", "OVERARCH", "SIDE"}),
    stances=("split",),
    easier="dowel",
    harder="unassisted",
    regress="Feet parallel",
    progress="Without the dowel",
)
