"""How the IMU lies on the dowel, found by itself: gravity gives the dowel's axis, bends give the
hinge's axis.

Upright, the specific force is the dowel's x. While it bends forward the gyroscope turns about
one axis (the first principal axis of its rates), which is y but for its sign; gravity then leans
to z, which is to the wall, and says the sign: y = z x x.
"""

from __future__ import annotations

from collections.abc import Mapping
from math import degrees

import msgspec
import numpy as np
from numpy.typing import NDArray

from device.calibration.axes import (
    Rows,
    Vector,
    across,
    angle_deg,
    cross,
    dot,
    norm,
    rotation_angle_deg,
    unit,
)
from device.calibration.held import force, not_still, rates_rad_s, too_few
from device.calibration.step import Complaint, Found, Gathered, Ground, Phase, Samples, Step
from device.config_model import Config
from device.mounting import rotation

UPRIGHT_S = 3.0
BEND_S = 14.0
LEAST_BEND_DEG = 25.0
LEAST_AXIS_SHARE = 0.97
"""Of the squared rates, about one axis: less is a wobble, and its axis is a guess."""
MOST_APART_DEG = 8.0
"""Between the axis from the gyroscope and the one from gravity."""
LEAST_LEAN_MPS2 = 2.0
"""Of gravity across the dowel at the bottom: 12 degrees."""
NEAR_BOTTOM_RAD = 0.12


def _phases(ground: Ground) -> tuple[Phase, ...]:
    return (
        Phase(
            "upright",
            "Hold the dowel upright, pressed along a door frame, the right end up; still.",
            UPRIGHT_S,
        ),
        Phase(
            "bend",
            "Now along your back, the pads to your back. Bend forward about 45 degrees and come up "
            "again, slowly and without turning, three times (14 s).",
            BEND_S,
        ),
    )


def _check(ground: Ground, key: str, got: Gathered) -> Complaint | None:
    return not_still(got.imu) if key == "upright" else too_few(got.imu)


class _Bend:
    """The rates of the bends, without the bias that standing upright showed."""

    def __init__(self, got: Gathered, bias: Vector) -> None:
        self.t_s = np.array([sample.t_ns for sample in got.imu]) * 1e-9
        self.force: NDArray[np.float64] = np.array([(s.ax, s.ay, s.az) for s in got.imu])
        rates = np.array([(s.gx, s.gy, s.gz) for s in got.imu])
        self.rates: NDArray[np.float64] = rates - np.array(bias)
        values, vectors = np.linalg.eigh(self.rates.T @ self.rates)
        self.share = float(values[2] / max(float(values.sum()), 1e-12))
        x, y, z = vectors[:, 2].tolist()
        self.axis: Vector = (x, y, z)

    def angles_rad(self, axis: Vector) -> NDArray[np.float64]:
        """Turned about ``axis`` since the beginning."""
        steps = np.diff(self.t_s, prepend=self.t_s[0])
        angles: NDArray[np.float64] = np.cumsum(self.rates @ np.array(axis) * steps)
        return angles


def _result(ground: Ground, samples: Samples) -> Found | Complaint:
    upright = samples["upright"].imu
    up = unit(force(upright))
    bend = _Bend(samples["bend"], rates_rad_s(upright))
    angles = bend.angles_rad(bend.axis)
    moved_deg = degrees(float(angles.max() - angles.min()))
    if moved_deg < LEAST_BEND_DEG:
        return Complaint(
            "the dowel", f"a bend of {moved_deg:.0f} deg", f"at least {LEAST_BEND_DEG:.0f}",
            "Bend further, with the dowel along your back.",
        )  # fmt: skip
    if bend.share < LEAST_AXIS_SHARE:
        return Complaint(
            "the bends", f"{100 * bend.share:.1f} % of the turning about one axis",
            f"at least {100 * LEAST_AXIS_SHARE:.0f} %",
            "Bend straight forward, without turning or leaning to the side, and slowly.",
        )  # fmt: skip
    # From upright the dowel goes one way only: where it is furthest from there, it is bent.
    bottom = angles.max() if abs(angles.max()) > abs(angles.min()) else angles.min()
    lowest = bend.force[np.abs(angles - bottom) < NEAR_BOTTOM_RAD]
    leaning = across(lowest.mean(axis=0).tolist(), up)
    if norm(leaning) < LEAST_LEAN_MPS2:
        return Complaint(
            "the dowel", f"gravity across it of {norm(leaning):.1f} m/s2 after a turn",
            f"at least {LEAST_LEAN_MPS2:.0f}", "Bend forward; do not turn about the upright.",
        )  # fmt: skip
    by_gravity = cross(unit(leaning), up)  # y = z x x
    hinge = bend.axis if dot(bend.axis, by_gravity) > 0.0 else _minus(bend.axis)
    apart_deg = angle_deg(hinge, by_gravity)
    forward = angles if hinge == bend.axis else -angles
    if forward[np.abs(angles - bottom) < NEAR_BOTTOM_RAD].mean() < 0.0:
        return Complaint(
            "the gyroscope", "a turn the other way than gravity shows", "the same way",
            "Begin upright and bend forward; if it stays so the chip is damaged.",
        )  # fmt: skip
    if apart_deg > MOST_APART_DEG:
        return Complaint(
            "the bends", f"{apart_deg:.1f} deg between gyroscope and gravity",
            f"at most {MOST_APART_DEG:.0f}", "Bend straight forward, without leaning to the side.",
        )  # fmt: skip
    left = unit(across(hinge, up))
    rows: Rows = (up, left, cross(up, left))
    typed_deg = rotation_angle_deg(rows, rotation(ground.config.imu.mounting))
    return Found(
        {"up": list(rows[0]), "left": list(rows[1]), "wall": list(rows[2])},
        {
            "apart_deg": [apart_deg],
            "off_right_angle_deg": [abs(90.0 - angle_deg(hinge, up))],
            "axis_share": [bend.share],
            "from_configured_deg": [typed_deg],
        },
    )


def _minus(a: Vector) -> Vector:
    return -a[0], -a[1], -a[2]


def rows_of(values: Mapping[str, list[float]]) -> Rows:
    """The rotation that the step stored."""
    up, left, wall = ((v[0], v[1], v[2]) for v in (values["up"], values["left"], values["wall"]))
    return up, left, wall


def _put(config: Config, values: Mapping[str, list[float]]) -> Config:
    imu = msgspec.structs.replace(config.imu, mounting=rows_of(values))
    return msgspec.structs.replace(config, imu=imu)


MOUNTING = Step(
    "mounting",
    "How the IMU lies on the dowel",
    place="dowel",
    sensor="imu",
    phases=_phases,
    result=_result,
    depends=("imu.chip", "imu.mounting"),
    put=_put,
    best_days=180,
    check=_check,
)
