"""From posture to the force on the three pads.

The dowel is laid on in the motion's first pose, so every angle counts as the change from
that pose. A pad is pressed less and less as its angle nears the opening angle, opens there
and closes 2 degrees earlier.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from drivers.sim.smooth import Array

SACRUM_OPENS_DEG = 12.0
"""Lumbar flexion at which the sacrum leaves the dowel (assumption; 12 +- 4 over people)."""
HEAD_OPENS_DEG = 15.0
"""Change of the C7-head direction against the thorax, either way."""
THORACIC_OPENS_DEG = 10.0
"""Lumbar extension at which the upper back leaves the dowel."""
HYSTERESIS_DEG = 2.0
FULL_N = 6.0
LAST_N = 1.5
"""Force just before a pad opens."""
GIVEN_N = 5.0
"""Force where a contact column of the motion says closed."""


def opened(angle_deg: Array, opens_deg: float) -> NDArray[np.bool_]:
    """Whether a pad is open (n,): from ``opens_deg`` on, until 2 degrees below it."""
    event = np.where(
        angle_deg > opens_deg, 1, np.where(angle_deg < opens_deg - HYSTERESIS_DEG, -1, 0)
    )
    index = np.where(event != 0, np.arange(len(event)), 0)
    latest = event[np.maximum.accumulate(index)]
    is_open: NDArray[np.bool_] = latest > 0
    return is_open


def _force(angle_deg: Array, opens_deg: float) -> Array:
    press = FULL_N - (FULL_N - LAST_N) * np.clip(angle_deg / opens_deg, 0.0, 1.0)
    force: Array = np.where(opened(angle_deg, opens_deg), 0.0, press)
    return force


def lumbar_flexion_deg(angles: dict[str, Array]) -> Array | None:
    """Thorax pitch less pelvis pitch, as given or from the two; None when not known."""
    if "lumbar_flex_deg" in angles:
        return angles["lumbar_flex_deg"]
    if "thorax_pitch_deg" in angles and "pelvis_pitch_deg" in angles:
        return angles["thorax_pitch_deg"] - angles["pelvis_pitch_deg"]
    return None


def neck_deg(points: dict[str, Array], angles: dict[str, Array]) -> Array | None:
    """Direction from C7 to the head against the thorax (n,); None without a head point."""
    if "head" not in points:
        return None
    axis = points["head"] - points["c7"]
    direction = np.degrees(np.unwrap(np.arctan2(axis[:, 0], axis[:, 1])))
    thorax = angles["thorax_pitch_deg"] if "thorax_pitch_deg" in angles else angles["trunk_deg"]
    neck: Array = direction - thorax
    return neck


def pad_forces_n(
    points: dict[str, Array],
    angles: dict[str, Array],
    contacts: dict[str, Array],
    sacrum_opens_deg: float = SACRUM_OPENS_DEG,
) -> Array:
    """Force (n, 3) on head, thoracic and sacrum pad in newtons; 0 = open.

    A pad whose columns are missing stays closed; where a contact column is given, it rules.
    """
    n = len(angles["trunk_deg"])
    force = np.full((n, 3), FULL_N)
    neck = neck_deg(points, angles)
    lumbar = lumbar_flexion_deg(angles)
    if neck is not None:
        force[:, 0] = _force(np.abs(neck - neck[0]), HEAD_OPENS_DEG)
    if lumbar is not None:
        change = lumbar - lumbar[0]
        force[:, 1] = _force(-change, THORACIC_OPENS_DEG)
        force[:, 2] = _force(change, sacrum_opens_deg)
    for pad, name in enumerate(("head", "thoracic", "sacrum")):
        if name in contacts:
            force[:, pad] = GIVEN_N * (contacts[name] >= 0.5)
    return force
