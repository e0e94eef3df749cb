"""All calibration steps in the order in which they stand on each other: one file, one line."""

from __future__ import annotations

from device.calibration.step import Step
from device.calibration.steps.crosstalk import CROSSTALK
from device.calibration.steps.empty import EMPTY
from device.calibration.steps.gyro import GYRO
from device.calibration.steps.heights import HEIGHTS
from device.calibration.steps.mounting import MOUNTING
from device.calibration.steps.offset import OFFSET
from device.calibration.steps.pads import PAD_LEVELS
from device.calibration.steps.plane import PLANE
from device.calibration.steps.zero import ZERO

STEPS: dict[str, Step] = {
    step.name: step
    for step in (
        EMPTY,
        OFFSET,
        CROSSTALK,
        PLANE,
        HEIGHTS,
        GYRO,
        MOUNTING,
        ZERO,
        PAD_LEVELS,
    )
}

__all__ = ["STEPS"]
