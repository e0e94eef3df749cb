"""Banded hip pulls: quick extension, judged at the end of each rep."""

from __future__ import annotations

from device.drills.drill import KNEE_CODES, Drill

HIP_PULL = Drill(
    name="hip_pull",
    code="D12",
    title="Banded hip pull",
    how="Band round the hips, pulling back. Hinge, and stand up fast.",
    needs_tof=True,
    needs_imu=True,
    needs_pads=False,
    imu="clip",
    target_low_deg=40.0,
    target_high_deg=70.0,
    sets=3,
    reps=12,
    armed=KNEE_CODES,
    live=False,
    loaded=True,
    ballistic=True,
    easier="weighted",
    harder="swing",
)
