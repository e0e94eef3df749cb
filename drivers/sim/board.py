"""Somebody calibrates a station: boards in front of the rangers, a dowel that is held, laid down
or bent, pads that are pressed. A scene whose parts are set by hand, in physical units.

The dowel's axes are x up, y left, z to the wall; ``chip_axes`` says how the chip lies on it.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import cos, pi, radians, sin, tan

from drivers.sim.scene import Motion6, Reflection

GRAVITY = 9.80665
IMU_UP_M, IMU_BEHIND_M = 0.10, 0.14
"""Of the IMU from where the dowel bends about, as on a person's back."""

Row = tuple[float, float, float]
Rows = tuple[Row, Row, Row]
AS_BUILT: Rows = ((1.0, 0.0, 0.0), (0.0, 1.0, 0.0), (0.0, 0.0, 1.0))


class BoardScene:
    """``heights_m`` and ``recess_mm`` are those the rangers really have, lowest first."""

    def __init__(
        self,
        heights_m: Sequence[float] = (0.88,),
        recess_mm: Sequence[float] = (55.0,),
        chip_axes: Rows = AS_BUILT,
        pad_gain: Row = (1.0, 1.0, 1.0),
        half_cone_deg: float = 13.5,
    ) -> None:
        self.heights_m = tuple(heights_m)
        self.recess_mm = tuple(recess_mm)
        self.chip_axes = chip_axes
        """Rows: the dowel's axes in the chip's."""
        self.half_cone_deg = half_cone_deg
        """Half of what all SPADs of a ranger together look at (VL53L1X: 27 degrees)."""
        self.pad_gain = pad_gain
        """Of the force on each pad, what its sensor feels."""
        self.ambient_kcps = 50.0
        self.board_mm: float | None = None
        """From the rangers' lenses; None: no board."""
        self.flush_edge_m: float | None = None
        """A board stands flush against the wall's face, its upper edge at this height."""
        self.reflectance = 0.88
        self.gyro_bias_dps: Row = (0.0, 0.0, 0.0)
        """More bias than the simulated chip has of itself, in its axes."""
        self.force_n: Row = (0.0, 0.0, 0.0)
        self.lean_deg: Row = (0.0, 0.0, 0.0)
        """The dowel at rest: forward, to the left (both from upright), and about itself."""
        self.bend_deg = 0.0
        """It bends so far forward and comes back, over and over; 0: it is still."""
        self.wobble_deg = 0.0
        """And turns about itself meanwhile."""
        self.bend_s = 4.0
        self.bend_from_ns = 0

    # -- what the chips see ----------------------------------------------------------------

    def reflection(self, sensor: int, t_ns: int) -> Reflection:
        if self.flush_edge_m is not None:
            recess_mm = self.recess_mm[sensor]
            share = self._covered(self.flush_edge_m - self.heights_m[sensor], 1e-3 * recess_mm)
            if share > 0.0:
                return Reflection(recess_mm, self.reflectance * share, self.ambient_kcps)
        if self.board_mm is None:
            return Reflection(None, 0.0, self.ambient_kcps)
        return Reflection(self.board_mm, self.reflectance, self.ambient_kcps)

    def _covered(self, above_m: float, distance_m: float) -> float:
        """Share of a ranger's square of SPADs that looks at a board whose edge is ``above_m``
        the beam."""
        half_m = max(distance_m, 0.005) * tan(radians(self.half_cone_deg))
        return min(1.0, max(0.0, 0.5 + 0.5 * above_m / half_m))

    def imu(self, t_ns: int) -> Motion6:
        forward, left, about = (radians(angle) for angle in self.lean_deg)
        force: Row = _upright_force(forward, left, about)
        spin: Row = (0.0, 0.0, 0.0)
        if self.bend_deg:
            w = 2.0 * pi / self.bend_s
            phase = w * (t_ns - self.bend_from_ns) * 1e-9
            way = 0.5 * radians(self.bend_deg)
            angle = forward + way * (1.0 - cos(phase))
            speeding = way * w * w * cos(phase)
            turn, rate = radians(self.wobble_deg) * w * cos(phase), way * w * sin(phase)
            about += radians(self.wobble_deg) * sin(phase)
            fx, fy, fz = _upright_force(angle, left, about)
            # Tangential and centripetal acceleration of the IMU about the hinge (y to the left).
            force = (
                fx + speeding * IMU_BEHIND_M - rate * rate * IMU_UP_M,
                fy,
                fz - speeding * IMU_UP_M - rate * rate * IMU_BEHIND_M,
            )
            spin = (turn, rate * cos(about), -rate * sin(about))
        x, y, z = _to_chip(self.chip_axes, spin)
        bx, by, bz = (radians(dps) for dps in self.gyro_bias_dps)
        return Motion6(*_to_chip(self.chip_axes, force), x + bx, y + by, z + bz)

    def pad_force_n(self, t_ns: int) -> Row:
        a, b, c = (force * gain for force, gain in zip(self.force_n, self.pad_gain, strict=True))
        return a, b, c


def _upright_force(forward: float, left: float, about: float) -> Row:
    """Specific force of a dowel that is held still, leaning ``forward`` and ``left``."""
    side = sin(left) * GRAVITY
    level = cos(left) * GRAVITY
    y, z = side, level * sin(forward)
    # Turned about itself: only what lies across it changes.
    return level * cos(forward), y * cos(about) + z * sin(about), z * cos(about) - y * sin(about)


def _to_chip(rows: Rows, vector: Sequence[float]) -> Row:
    """The transpose: from the dowel's axes to the chip's."""
    x, y, z = (sum(rows[i][axis] * vector[i] for i in range(3)) for axis in range(3))
    return x, y, z
