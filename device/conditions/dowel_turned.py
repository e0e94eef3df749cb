"""The dowel is turned about its own length, so its pads do not look at the back.

Upright nothing tells: gravity lies along the dowel, and to turn round with it on the back turns it
just as well. The first bend shows it: the dowel leans, but not forward.
"""

from __future__ import annotations

from device.conditions.rule import Condition, WallView

LEAN_DEG = 20.0


def _holds(view: WallView) -> bool:
    if view.worn:
        # Pads that a back presses look at it, however far somebody leans.
        return False
    astray = abs(view.side_deg) > LEAN_DEG or view.tilt_abs_deg < -LEAN_DEG
    return view.body and view.lean_deg < 60.0 and astray and "imu" not in view.lost


DOWEL_TURNED = Condition("DOWEL_TURNED", _holds, off_ms=1500, pauses=True)
