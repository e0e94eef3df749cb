"""The loaded Romanian deadlift in split stance."""

from __future__ import annotations

from device.drills.drill import DEPTH_CODES, KNEE_CODES, Drill, Gate

SPLIT_RDL = Drill(
    name="split_rdl",
    code="D10",
    title="Loaded split RDL",
    how="One foot half a step back, weight in the hands. Eight on each side.",
    needs_tof=True,
    needs_imu=True,
    needs_pads=False,
    imu="clip",
    target_low_deg=45.0,
    target_high_deg=60.0,
    sets=3,
    reps=8,
    armed=KNEE_CODES | DEPTH_CODES | frozenset({"HIPS_NOT_BACK", "SIDE"}),
    stances=("split",),
    loaded=True,
    easier="split_dowel",
    harder="deadlift",
    gate=Gate(felt_in=frozenset({"hamstrings", "glutes"})),
    regress="Feet parallel, or less weight",
    progress="More weight",
)
