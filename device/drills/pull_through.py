"""The pull-through: a cable from behind. The cable may cross the beam, so travel is not judged."""

from __future__ import annotations

from device.drills.drill import KNEE_CODES, Drill

PULL_THROUGH = Drill(
    name="pull_through",
    code="D11",
    title="Pull-through",
    how="Cable between the legs. Let it pull the hips back, then stand tall.",
    needs_tof=False,
    needs_imu=True,
    needs_pads=False,
    imu="clip",
    target_low_deg=45.0,
    target_high_deg=70.0,
    sets=3,
    reps=12,
    armed=KNEE_CODES,
    loaded=True,
    easier="good_morning",
    harder="hip_pull",
)
