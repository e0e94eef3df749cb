"""A motion played as a scene: what every simulated chip feels at any instant.

Everything is computed once, on even grids; the calls only interpolate in plain lists.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from drivers.sim.dowel import (
    CLIP_BEHIND_M,
    CLIP_UP_M,
    IMU_BEHIND_M,
    IMU_UP_M,
    Moving,
    Worn,
    imu_series,
)
from drivers.sim.film import Figure, filmed
from drivers.sim.motion import Motion
from drivers.sim.outline import BUTTOCK_M, DowelShape, Outline, look
from drivers.sim.posture import SACRUM_OPENS_DEG, pad_forces_n
from drivers.sim.scene import Motion6, Reflection
from drivers.sim.smooth import Array, Spline, low_pass, quintic

GRID_HZ = 480
RANGE_EVERY = 4
"""Ranges are computed on every fourth instant of the grid: 120 Hz."""
EASE_S = 0.3
HIP_SHARE = 0.53
"""Hip joint height over stature (Drillis and Contini)."""
TOF_BELOW_HIP_M = 0.03
RECESS_M = 0.055
AMBIENT_KCPS = 50.0


@dataclass(frozen=True)
class Truth:
    """What the motion really did, for evaluation only; no chip feels it.

    Times (n,) are relative to the motion's first sample; tilt, travel (+ to the wall) and
    drop (+ down) of the hip joint (n,) are the change from the first pose.
    """

    time_s: Array
    tilt_deg: Array
    hip_travel_mm: Array
    hip_drop_mm: Array


class Track:
    """Grids of what the chips feel, read by straight lines between instants."""

    def __init__(
        self,
        imu: Array,
        force_n: Array,
        ranges: Sequence[tuple[Array, Array]],
        reflectance: float,
        ambient_kcps: float = AMBIENT_KCPS,
    ) -> None:
        """``imu`` (n, 6) and ``force_n`` (n, 3) at 480 Hz, ``ranges`` (mm, factor) at 120 Hz."""
        self.ambient_kcps = ambient_kcps
        self._imu: list[tuple[float, ...]] = [tuple(row) for row in imu.tolist()]
        self._force: list[tuple[float, ...]] = [tuple(row) for row in force_n.tolist()]
        self._ranges: list[list[float]] = []
        self._shine: list[list[float]] = []
        for range_mm, factor in ranges:
            self._ranges.append(np.where(np.isnan(range_mm), -1.0, range_mm).tolist())
            self._shine.append((factor * reflectance).tolist())
        self._last = len(self._imu) - 1

    def imu_at(self, t_s: float) -> Motion6:
        place = t_s * GRID_HZ
        i = int(place)
        if place <= 0.0 or i >= self._last:
            return Motion6(*self._imu[0 if place <= 0.0 else self._last])
        w = place - i
        u = 1.0 - w
        a, b, c, d, e, f = self._imu[i]
        k, m, n, o, p, q = self._imu[i + 1]
        return Motion6(
            a * u + k * w, b * u + m * w, c * u + n * w, d * u + o * w, e * u + p * w, f * u + q * w
        )

    def pads_at(self, t_s: float) -> tuple[float, float, float]:
        i = int(t_s * GRID_HZ)
        a, b, c = self._force[0 if t_s <= 0.0 else min(i, self._last)]
        return (a, b, c)

    def reflection_at(self, sensor: int, t_s: float) -> Reflection:
        """Raises IndexError for a ranger the scene was not made with."""
        ranges, shine = self._ranges[sensor], self._shine[sensor]
        place = t_s * (GRID_HZ / RANGE_EVERY)
        last = len(ranges) - 1
        i = 0 if place <= 0.0 else int(place)
        if place <= 0.0 or i >= last:
            i = 0 if place <= 0.0 else last
            near, far, w = ranges[i], ranges[i], 0.0
            glow = shine[i]
        else:
            w = place - i
            near, far = ranges[i], ranges[i + 1]
            glow = shine[i] * (1.0 - w) + shine[i + 1] * w
        if near < 0.0 or far < 0.0:
            # At the edge of seeing: the nearer instant decides.
            near = far = far if w >= 0.5 else near
            if near < 0.0:
                return Reflection(None, 0.0, self.ambient_kcps)
        return Reflection(near + (far - near) * w, glow, self.ambient_kcps)


def _eased_grid(
    motion: Motion, lead_in_s: float, lead_out_s: float
) -> tuple[Array, list[str], Moving, Array]:
    """Grid times (clip begins at ``lead_in_s``), column names, columns, and clip times."""
    even = motion.evenly()
    names, table = even.table()
    step_s = float(even.time_s[1] - even.time_s[0])
    spline = Spline(0.0, step_s, low_pass(table, 1.0 / step_s))
    length_s = step_s * (len(table) - 1)
    n = int(np.ceil((lead_in_s + length_s + lead_out_s) * GRID_HZ)) + 1
    grid_s = np.arange(n) / GRID_HZ
    clip_s = np.clip(grid_s - lead_in_s, 0.0, length_s)
    value, rate, accel = spline.at(clip_s)
    ends = [tuple(x[0] for x in spline.at(np.array([t]))) for t in (0.0, length_s)]
    still = np.zeros(table.shape[1])
    before, after = grid_s < lead_in_s, grid_s > lead_in_s + length_s
    rate[before | after] = 0.0
    accel[before | after] = 0.0
    ease_s = min(EASE_S, lead_in_s)
    if ease_s > 0:
        part = before & (grid_s > lead_in_s - ease_s)
        value[part], rate[part], accel[part] = quintic(
            grid_s[part] - (lead_in_s - ease_s), ease_s, (ends[0][0], still, still), ends[0]
        )
    ease_s = min(EASE_S, lead_out_s)
    if ease_s > 0:
        end_s = lead_in_s + length_s
        part = after & (grid_s < end_s + ease_s)
        value[part], rate[part], accel[part] = quintic(
            grid_s[part] - end_s, ease_s, ends[1], (ends[1][0], still, still)
        )
    return grid_s, names, Moving(value, rate, accel), clip_s


class MotionScene:
    """A motion in front of the wall: a Scene (see drivers.sim.scene).

    The first and last pose are held for ``lead_in_s`` and ``lead_out_s``; in the 0.3 s next
    to the clip the pose eases to and from the speed the clip was cut at (without a lead the
    scene begins at the clip's first sample). ``gap_m`` is buttock to wall in the first
    pose, ``recess_m`` how far the rangers sit behind the wall plane, ``tof_heights_m`` their
    heights (default: one, 3 cm below the hip). ``t0_ns`` is the clock's time at which the
    scene begins; before and after it holds its ends. ``hem_mm`` hangs a coat hem that far behind
    the skin; ``sway_mm`` adds slow standing sway of that amplitude at the hip, drawn from ``seed``.
    ``worn`` "clip": no dowel on the back, the IMU over the sacrum, nothing on the pads.

    Attributes: ``offset_s`` (scene time of the file's first sample), ``duration_s`` (of the
    whole scene), ``hip_height_m``, ``stature_m``, ``tof_heights_m``.
    """

    def __init__(
        self,
        motion: Motion,
        lead_in_s: float = 2.0,
        lead_out_s: float = 2.0,
        gap_m: float = 0.50,
        tof_heights_m: Sequence[float] | None = None,
        recess_m: float = RECESS_M,
        reflectance: float = 0.4,
        girth: float = 1.0,
        t0_ns: int = 0,
        dowel: DowelShape | None = None,
        hem_mm: float = 0.0,
        sway_mm: float = 0.0,
        seed: int = 0,
        sacrum_opens_deg: float = SACRUM_OPENS_DEG,
        worn: Worn = "dowel",
    ) -> None:
        grid_s, names, columns, clip_s = _eased_grid(motion, lead_in_s, lead_out_s)
        where = {name: i for i, name in enumerate(names)}
        if sway_mm:
            columns = _swaying(columns, where, sway_in_time(grid_s, sway_mm, seed))
        points = {
            p: columns.value[:, where[f"{p}_fwd"] : where[f"{p}_fwd"] + 2] for p in motion.points
        }
        angles = {a: columns.value[:, where[a]] for a in motion.angles}
        hip = points["hip"]
        self.t0_ns = t0_ns
        self.offset_s = lead_in_s
        self.duration_s = float(grid_s[-1])
        self.hip_height_m = float(hip[0, 1])
        self.stature_m = self.hip_height_m / HIP_SHARE
        self.tof_heights_m = tuple(
            tof_heights_m if tof_heights_m is not None else (self.hip_height_m - TOF_BELOW_HIP_M,)
        )
        # The dowel lies on the skin, so a stouter person carries it further behind the joint.
        behind_m = IMU_BEHIND_M + BUTTOCK_M * (girth - 1.0)
        turn = _turn(columns, where)
        at = where["hip_fwd"]
        place = Moving(*(c[:, at : at + 2] for c in columns))
        clipped = worn == "clip"
        if clipped:
            clip_m = CLIP_BEHIND_M + behind_m - IMU_BEHIND_M
            imu = imu_series(place, _turn(columns, where, "pelvis_pitch_deg"), CLIP_UP_M, clip_m)
        else:
            imu = imu_series(place, turn, IMU_UP_M, behind_m)
        clip_index = np.searchsorted(motion.time_s - motion.time_s[0], clip_s + 1e-4, "right") - 1
        contacts = {
            pad: values[np.clip(clip_index, 0, len(values) - 1)]
            for pad, values in motion.contacts.items()
        }
        shape = dowel or DowelShape(behind_m=behind_m)
        coarse = slice(None, None, RANGE_EVERY)
        outline = Outline(
            {name: xy[coarse] for name, xy in points.items()},
            turn.value[coarse, 0],
            girth,
            None if clipped else shape,
            hanging_hem_m(hip[coarse, 0], GRID_HZ / RANGE_EVERY, hem_mm / 1000) if hem_mm else None,
        )
        sensor_fwd_m = float(hip[0, 0]) - BUTTOCK_M * girth - gap_m - recess_m
        from_wall = np.array([sensor_fwd_m + recess_m, 0.0])
        self.film = filmed(
            {name: xy - from_wall for name, xy in points.items()},
            None if clipped else shape.ends(hip - from_wall, turn.value[:, 0]),
            girth,
            RANGE_EVERY,
            GRID_HZ,
        )
        force_n = pad_forces_n(points, angles, contacts, sacrum_opens_deg)
        self.track = Track(
            imu,
            np.zeros_like(force_n) if clipped else force_n,
            [look(outline, sensor_fwd_m, height) for height in self.tof_heights_m],
            reflectance,
        )
        self._truth = Truth(
            grid_s - lead_in_s,
            angles["trunk_deg"] - angles["trunk_deg"][0],
            (hip[0, 0] - hip[:, 0]) * 1000,
            (hip[0, 1] - hip[:, 1]) * 1000,
        )

    def truth(self) -> Truth:
        """What the motion really did: for evaluation, never for judging."""
        return self._truth

    def reflection(self, sensor: int, t_ns: int) -> Reflection:
        return self.track.reflection_at(sensor, (t_ns - self.t0_ns) * 1e-9)

    def imu(self, t_ns: int) -> Motion6:
        return self.track.imu_at((t_ns - self.t0_ns) * 1e-9)

    def pad_force_n(self, t_ns: int) -> tuple[float, float, float]:
        return self.track.pads_at((t_ns - self.t0_ns) * 1e-9)

    def figure(self, t_ns: int) -> Figure | None:
        """What a camera sees from the side."""
        return self.film.at((t_ns - self.t0_ns) * 1e-9)


def sway_in_time(time_s: Array, sway_mm: float, seed: int, hip_m: float = 0.9) -> Moving:
    """Whole-body lean about the ankle in radians (n, 1): slow, its peak ``sway_mm`` at the hip."""
    rng = np.random.default_rng(seed)
    f_hz = np.array([0.13, 0.27, 0.46]) * rng.uniform(0.8, 1.2, 3)
    share = np.array([0.5, 0.3, 0.2]) * (sway_mm / 1000 / hip_m)
    w = 2 * np.pi * f_hz
    phase = w * time_s[:, None] + rng.uniform(0, 2 * np.pi, 3)
    return Moving(
        np.sum(share * np.sin(phase), axis=1, keepdims=True),
        np.sum(share * w * np.cos(phase), axis=1, keepdims=True),
        np.sum(-share * w * w * np.sin(phase), axis=1, keepdims=True),
    )


def _swaying(columns: Moving, where: dict[str, int], lean: Moving) -> Moving:
    """The columns with everything above the ankle leaning by a small angle about it."""
    p, v, a = (c.copy() for c in columns)
    d0, d1, d2 = (c[:, 0] for c in lean)
    base = p[:, where["ankle_up"]].mean()
    for name, i in where.items():
        if name.endswith("_fwd") and name != "ankle_fwd":
            up, up_rate, up_accel = (c[:, i + 1] for c in columns)
            up = up - base
            p[:, i] += d0 * up
            v[:, i] += d1 * up + d0 * up_rate
            a[:, i] += d2 * up + 2 * d1 * up_rate + d0 * up_accel
        elif name in ("trunk_deg", "pelvis_pitch_deg", "thorax_pitch_deg"):
            for c, d in zip((p, v, a), (d0, d1, d2), strict=True):
                c[:, i] += np.degrees(d)
    return Moving(p, v, a)


def hanging_hem_m(hip_fwd_m: Array, rate_hz: float, rest_m: float) -> Array:
    """How far a hem hangs behind the skin: a 1 Hz pendulum, lightly damped, that lags the hip.

    It cannot pass through the body.
    """
    w, damping, step_s = 2 * np.pi * 1.0, 0.2, 1.0 / rate_hz
    away, speed = 0.0, 0.0
    hem = np.empty(len(hip_fwd_m))
    accel = np.gradient(np.gradient(hip_fwd_m, step_s), step_s) if len(hem) > 1 else np.zeros(1)
    for i, push in enumerate(accel.tolist()):
        speed += (push - w * w * away - 2 * damping * w * speed) * step_s
        away += speed * step_s
        if rest_m + away < 0:
            away, speed = -rest_m, 0.0
        hem[i] = rest_m + away
    return hem


def _turn(columns: Moving, where: dict[str, int], pitch: str = "trunk_deg") -> Moving:
    """Pitch, roll and yaw of the dowel (of the pelvis, where that is recorded and asked for) in
    radians; roll and yaw 0 where not recorded."""
    nothing = np.zeros(len(columns.value))
    pitch = pitch if pitch in where else "trunk_deg"
    return Moving(
        *(
            np.radians(
                np.stack(
                    [
                        c[:, where[name]] if name in where else nothing
                        for name in (pitch, "lateral_lean_deg", "heading_deg")
                    ],
                    axis=1,
                )
            )
            for c in columns
        )
    )
