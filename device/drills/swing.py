"""The kettlebell swing: two metres of free space, never in front of the wall; no ranger."""

from __future__ import annotations

from device.drills.drill import Drill, Gate

SWING = Drill(
    name="swing",
    code="D13",
    title="Kettlebell swing",
    how="Two metres of free space, away from the wall. Hips drive the bell.",
    needs_tof=False,
    needs_imu=True,
    needs_pads=False,
    imu="clip",
    target_low_deg=40.0,
    target_high_deg=80.0,
    sets=3,
    reps=12,
    armed=frozenset({"KNEE_DRIVEN"}),
    live=False,
    loaded=True,
    ballistic=True,
    easier="hip_pull",
    harder="deadlift",
    gate=Gate(felt_in=frozenset({"hamstrings", "glutes"})),
)
