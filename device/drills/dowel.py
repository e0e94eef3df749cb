"""The three-point dowel hinge: 3 x 10, 45-50 deg, slow."""

from __future__ import annotations

from device.drills.drill import Drill

DOWEL = Drill(
    name="dowel",
    title="Three-point dowel hinge",
    needs_tof=True,
    target_low_deg=45.0,
    target_high_deg=50.0,
    sets=3,
    reps=10,
    armed=frozenset(
        {
            "SACRUM",
            "THORACIC",
            "HEAD",
            "ALL_LOST",
            "KNEE_DRIVEN",
            "KNEES_FIRST",
            "HIPS_NOT_BACK",
            "DEPTH_LOW",
            "DEPTH_DEEP",
            "FAST",
        }
    ),
)
