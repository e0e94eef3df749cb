"""All named conditions, the most important first: one file and one line each."""

from __future__ import annotations

from device.conditions.blocked import BLOCKED
from device.conditions.coat import COAT
from device.conditions.distance import TOO_FAR, TOO_NEAR
from device.conditions.dowel_hangs import DOWEL_HANGS
from device.conditions.dowel_lies import DOWEL_LIES
from device.conditions.dowel_loose import DOWEL_LOOSE
from device.conditions.dowel_turned import DOWEL_TURNED
from device.conditions.dowel_upside_down import DOWEL_UPSIDE_DOWN
from device.conditions.leaning import LEANING
from device.conditions.not_judged import HEAD_NOT_JUDGED, SACRUM_NOT_JUDGED, THORACIC_NOT_JUDGED
from device.conditions.pad_held import PAD_HELD
from device.conditions.rule import Condition, WallView
from device.conditions.second_body import SECOND_BODY
from device.conditions.sensors import SENSOR_IMU, SENSOR_PADS, SENSOR_TOF
from device.conditions.window import WINDOW_DIRTY

CONDITIONS: tuple[Condition, ...] = (
    SENSOR_TOF,
    SENSOR_IMU,
    SENSOR_PADS,
    BLOCKED,
    SECOND_BODY,
    DOWEL_UPSIDE_DOWN,
    DOWEL_TURNED,
    DOWEL_LOOSE,
    DOWEL_LIES,
    LEANING,
    TOO_NEAR,
    TOO_FAR,
    COAT,
    WINDOW_DIRTY,
    PAD_HELD,
    HEAD_NOT_JUDGED,
    THORACIC_NOT_JUDGED,
    SACRUM_NOT_JUDGED,
    DOWEL_HANGS,
)

__all__ = ["CONDITIONS", "Condition", "WallView"]
