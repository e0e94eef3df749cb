"""The distance ladder: how far from the wall a tap keeps its contacts."""

from __future__ import annotations

from device.drills.drill import CONTACT_CODES, Drill

DISTANCE_LADDER = Drill(
    name="distance_ladder",
    code="D1b",
    title="Distance ladder",
    how="Tap, step 3 cm forward, tap again, until a contact is lost or the wall is out of reach.",
    needs_tof=True,
    needs_imu=True,
    needs_pads=True,
    imu="dowel",
    target_low_deg=30.0,
    target_high_deg=70.0,
    sets=1,
    reps=10,
    armed=CONTACT_CODES | frozenset({"HIPS_NOT_BACK", "NO_TAP"}),
    tap=True,
    ladder=True,
    easier="butt_taps",
    harder="dowel",
    regress="Move 5 cm closer",
    progress="3 cm further each time",
)
