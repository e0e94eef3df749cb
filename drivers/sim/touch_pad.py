"""What a touch does to a capacitive pad in the dowel, whatever chip measures it."""

from __future__ import annotations

import math

PAD_PF = (14.0, 20.0, 17.0)
"""Head, thoracic, sacrum with their wires, untouched."""
_TOUCH_PF = 5.0
_TOUCH_N = 1.5


def pad_pf(pad: int, force_n: float) -> float:
    """Capacitance of a pad under ``force_n`` newtons, through hair and cloth: the harder it is
    pressed, the more skin comes near."""
    return PAD_PF[pad] + _TOUCH_PF * (1.0 - math.exp(-max(force_n, 0.0) / _TOUCH_N))
