"""Butt taps: touch the wall with the hips only."""

from __future__ import annotations

from device.drills.drill import KNEE_CODES, Drill

BUTT_TAPS = Drill(
    name="butt_taps",
    code="D1",
    title="Butt taps",
    how=(
        "Feet a hand or two from the wall. Send the hips back until only the butt "
        "touches, and come back."
    ),
    needs_tof=True,
    needs_imu=False,
    needs_pads=False,
    imu="dowel",
    target_low_deg=30.0,
    target_high_deg=60.0,
    sets=1,
    reps=10,
    armed=KNEE_CODES | frozenset({"HIPS_NOT_BACK", "NO_TAP", "WALL_OTHER"}),
    tap=True,
    easier="hands",
    harder="dowel",
    regress="Move 5 cm closer, or set the feet wider",
    progress="After ten of ten: 3 cm further",
)
