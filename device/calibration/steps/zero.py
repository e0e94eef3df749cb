"""The dowel's zero: held plumb, its axis is where gravity says.

A small correction of the mounting, taken more often than the bends. (The person's own zero is
taken by itself each time the dowel is picked up: ``Pipeline._apply``, ``Signals.take_zeroes``.)
"""

from __future__ import annotations

from collections.abc import Mapping
from math import atan2, degrees, hypot

import msgspec

from device.calibration.axes import Rows, across, cross, turned, unit
from device.calibration.held import force, not_still
from device.calibration.step import Complaint, Found, Gathered, Ground, Phase, Samples, Step
from device.config_model import Config
from device.mounting import rotation

SECONDS = 3.0
MOST_DEG = 5.0


def _phases(ground: Ground) -> tuple[Phase, ...]:
    return (
        Phase(
            "plumb",
            "Hold the dowel plumb, pressed along a door frame or a plumb line, the right end up; "
            "still.",
            SECONDS,
        ),
    )


def _check(ground: Ground, key: str, got: Gathered) -> Complaint | None:
    return not_still(got.imu)


def _result(ground: Ground, samples: Samples) -> Found | Complaint:
    up = unit(force(samples["plumb"].imu))
    x, y, z = turned(rotation(ground.config.imu.mounting), up)
    tilt_deg = degrees(atan2(z, x))
    side_deg = degrees(atan2(y, hypot(x, z)))
    if max(abs(tilt_deg), abs(side_deg)) > MOST_DEG:
        return Complaint(
            "the dowel", f"{tilt_deg:+.1f} deg forward and {side_deg:+.1f} deg to the left",
            f"within {MOST_DEG:.0f} deg of plumb",
            "Hold it plumb; if it is, the IMU has slipped: hinge calibrate mounting.",
        )  # fmt: skip
    return Found({"up": list(up)}, {"tilt_deg": [tilt_deg], "side_deg": [side_deg]})


def _put(config: Config, values: Mapping[str, list[float]]) -> Config:
    """The mounting turned the shortest way onto the new axis."""
    up = unit(values["up"])
    wall = unit(across(rotation(config.imu.mounting)[2], up))
    rows: Rows = (up, cross(wall, up), wall)
    return msgspec.structs.replace(config, imu=msgspec.structs.replace(config.imu, mounting=rows))


ZERO = Step(
    "zero",
    "The dowel's zero, held plumb",
    place="dowel",
    sensor="imu",
    phases=_phases,
    result=_result,
    depends=("imu.chip", "imu.mounting"),
    put=_put,
    best_days=30,
    needs=("mounting",),
    check=_check,
)
