"""The three-point dowel hinge: 3 x 10, 45-50 deg, slow."""

from __future__ import annotations

from device.drills.drill import CONTACT_CODES, DEPTH_CODES, KNEE_CODES, Drill

DOWEL = Drill(
    name="dowel",
    code="D2",
    title="Three-point dowel hinge",
    how=(
        "Hold the dowel along the spine: head, between the shoulder blades, tailbone. "
        "Hips back, all three stay on it. Two seconds down, one hold, two up."
    ),
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
    easier="butt_taps",
    harder="unassisted",
    regress="Use the wall as a target",
    progress="Without the dowel",
)
