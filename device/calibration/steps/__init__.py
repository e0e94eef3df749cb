"""All calibration steps in the order in which they stand on each other: one file, one line."""

from __future__ import annotations

from device.calibration.step import Step
from device.calibration.steps.gyro import GYRO
from device.calibration.steps.offset import OFFSET

STEPS: dict[str, Step] = {step.name: step for step in (OFFSET, GYRO)}

__all__ = ["STEPS"]
