"""A sensor that the drill needs gives nothing: each by its own name."""

from __future__ import annotations

from device.conditions.rule import Condition

# A ranger is stale after 150 ms, and conditions are looked at every 40: named within 300 ms.
SENSOR_TOF = Condition("SENSOR_TOF", lambda view: "tof" in view.lost, on_ms=80, off_ms=0)
SENSOR_IMU = Condition("SENSOR_IMU", lambda view: "imu" in view.lost, on_ms=100, off_ms=0)
SENSOR_PADS = Condition("SENSOR_PADS", lambda view: "pads" in view.lost, on_ms=100, off_ms=0)
