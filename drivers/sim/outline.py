"""What a ranger's beam meets: the person's outline in the sagittal plane, and the dowel.

The person is a buttock circle about the hip joint, tapered capsules for trunk, thigh and
shank, and a head circle, all wide enough to fill the beam sideways. The dowel is a narrow
board along the back; as the ranger sits off the midline, it fills only part of the beam.

The beam is a cone of rays weighted by a bell (VL53L1X: 27 degrees full field of view,
datasheet DS12385), by the cosine of incidence and by 1 / r^2. Reported is the
signal-weighted mean of the nearest cluster of returns: the chip bins returns by range and
reports the first target that stands out.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from drivers.sim.smooth import Array

BUTTOCK_M = 0.13
"""Skin behind the hip joint (planar model: 0.13 +- 0.015 m)."""
BACK_M = (0.11, 0.10, 0.12)
"""Back surface behind the hip-C7 line: at the hip, in the hollow of the low back, at C7."""
HOLLOW_SHARE = 0.35
"""Where the hollow is, on the way from hip to C7."""
THIGH_M = (0.09, 0.06)
SHANK_M = (0.055, 0.04)
HEAD_M = 0.10

HALF_CONE_DEG = 13.5
BELL_DEG = 6.75
"""Standard deviation of the beam: two of them make the edge of the cone."""
RAYS = 41
EDGE_COS, EDGE_SIN = math.cos(math.radians(HALF_CONE_DEG)), math.sin(math.radians(HALF_CONE_DEG))
CLEAR_M = 1e-6
"""What is further than this beyond the fan's edge is not met."""
REACH_M = 2.5
"""Beyond this the far room gives no return (short mode)."""
NEAREST_M = 0.02
"""Closer than this the light that comes back grows no more."""
CLUSTER_M = (0.08, 0.16)
"""Returns this far behind the nearest one count in full; beyond the second, not at all."""
FIRST_SHARE = 0.10
"""The nearest return is where this share of the whole signal has come back."""

_SIDE_DEG = np.linspace(-HALF_CONE_DEG, HALF_CONE_DEG, 271)
_SIDE_CDF = np.array([0.5 * (1 + math.erf(a / BELL_DEG / math.sqrt(2))) for a in _SIDE_DEG])


@dataclass(frozen=True)
class DowelShape:
    """The dowel as the beam sees it. Lengths in metres along it from the hip joint, up."""

    low_m: float = 0.0
    length_m: float = 1.25
    behind_m: float = 0.14
    width_m: float = 0.03
    beside_m: float = 0.08
    """How far the ranger sits off the midline."""

    def ends(self, hip: Array, tilt_rad: Array) -> Array:
        """Its lower and upper end (n, 2, 2), forward and up, from hips (n, 2) and tilts (n,)."""
        up = np.stack([np.sin(tilt_rad), np.cos(tilt_rad)], axis=1)
        back = np.stack([-up[:, 1], up[:, 0]], axis=1)
        low = hip + self.low_m * up + self.behind_m * back
        return np.stack([low, low + self.length_m * up], axis=1)

    def held(self, imu: Array, tilt_rad: Array, imu_up_m: float) -> Array:
        """The same from where its IMU is (n, 2), ``imu_up_m`` above the hip when it is worn."""
        up = np.stack([np.sin(tilt_rad), np.cos(tilt_rad)], axis=1)
        low = imu + (self.low_m - imu_up_m) * up
        return np.stack([low, low + self.length_m * up], axis=1)


@dataclass(frozen=True)
class Outline:
    """A person over time: ``points`` name -> (n, 2) m, ``tilt_rad`` (n,) of the dowel.

    ``girth`` scales buttock and trunk. ``hem_m`` (n,) is how far a coat hem hangs behind the
    skin of the buttock, from 5 cm above the hip joint to 30 cm below it.
    """

    points: dict[str, Array]
    tilt_rad: Array
    girth: float = 1.0
    dowel: DowelShape | None = DowelShape()
    hem_m: Array | None = None


class _Rays:
    """The fan of rays of one ranger and, per instant, what each has met so far."""

    def __init__(self, n: int, origin: tuple[float, float]) -> None:
        phi = np.radians(np.linspace(-HALF_CONE_DEG, HALF_CONE_DEG, RAYS))
        self.cos, self.sin = np.cos(phi)[None, :], np.sin(phi)[None, :]
        self.origin = np.array(origin)
        self.reach: Array = np.full((n, RAYS), np.inf)
        self.facing: Array = np.zeros((n, RAYS))

    def _keep(
        self, rows: NDArray[np.intp], hit: NDArray[np.bool_], reach: Array, facing: Array
    ) -> None:
        before = self.reach[rows]
        nearer = hit & (reach < before)
        self.reach[rows] = np.where(nearer, reach, before)
        self.facing[rows] = np.where(nearer, facing, self.facing[rows])

    def circle(self, centre: Array, radius: float) -> None:
        """Meet circles: ``centre`` (n, 2)."""
        at = centre - self.origin
        # In front of the ranger and clear of the fan's edge: most of a person is.
        clear = np.abs(at[:, 1]) * EDGE_COS - at[:, 0] * EDGE_SIN > radius + CLEAR_M
        rows = np.flatnonzero(~(clear & (at[:, 0] > radius + CLEAR_M)))
        if not len(rows):
            return
        x, z = at[rows].T[:, :, None]
        along = x * self.cos + z * self.sin
        half = radius**2 - (x * self.sin - z * self.cos) ** 2
        root = np.sqrt(np.maximum(half, 0.0))
        # Where a given motion leads through the wall, the range stops at nothing.
        self._keep(rows, half > 0, np.maximum(along - root, 0.0), root / radius)

    def segment(self, a: Array, b: Array) -> None:
        """Meet straight pieces of outline from ``a`` to ``b``, each (n, 2)."""
        from_, to = a - self.origin, b - self.origin
        above, below = (
            np.minimum(
                sign * from_[:, 1] * EDGE_COS - from_[:, 0] * EDGE_SIN,
                sign * to[:, 1] * EDGE_COS - to[:, 0] * EDGE_SIN,
            )
            for sign in (1.0, -1.0)
        )
        # Both ends beyond the same edge of the fan: no ray gets there.
        rows = np.flatnonzero(np.maximum(above, below) <= CLEAR_M)
        if not len(rows):
            return
        ax, az = from_[rows].T[:, :, None]
        dx, dz = (b - a)[rows].T[:, :, None]
        cross = self.cos * dz - self.sin * dx
        cross = np.where(np.abs(cross) < 1e-12, 1e-12, cross)
        reach = (ax * dz - az * dx) / cross
        share = (ax * self.sin - az * self.cos) / cross
        hit = (share >= 0) & (share <= 1) & (reach > 0)
        self._keep(rows, hit, reach, np.abs(cross) / np.maximum(np.hypot(dx, dz), 1e-9))

    def capsule(self, a: Array, b: Array, radius_a: float, radius_b: float) -> None:
        """Meet tapered capsules: circles about ``a`` and ``b`` and their two tangents."""
        self.circle(a, radius_a)
        self.circle(b, radius_b)
        axis = b - a
        length = np.maximum(np.hypot(axis[:, 0], axis[:, 1]), 1e-6)[:, None]
        axis = axis / length
        lean = np.clip((radius_a - radius_b) / length, -0.99, 0.99)
        across = np.stack([-axis[:, 1], axis[:, 0]], axis=1)
        for side in (1.0, -1.0):
            out = side * across * np.sqrt(1 - lean**2) + axis * lean
            self.segment(a + radius_a * out, b + radius_b * out)


def head_of(points: dict[str, Array]) -> Array:
    """The head's middle (n, 2), guessed on the trunk's line where it is not among the points."""
    if "head" in points:
        return points["head"]
    axis = points["c7"] - points["hip"]
    head: Array = points["c7"] + 0.25 * axis
    return head


def _body(rays: _Rays, outline: Outline) -> None:
    points, girth = outline.points, outline.girth
    rays.circle(points["hip"], BUTTOCK_M * girth)
    sacrum, hollow, neck = (depth * girth for depth in BACK_M)
    low_back = points["hip"] + HOLLOW_SHARE * (points["c7"] - points["hip"])
    rays.capsule(points["hip"], low_back, sacrum, hollow)
    rays.capsule(low_back, points["c7"], hollow, neck)
    rays.capsule(points["hip"], points["knee"], *THIGH_M)
    rays.capsule(points["knee"], points["ankle"], *SHANK_M)
    rays.circle(head_of(points), HEAD_M)
    if outline.hem_m is not None:
        skin = points["hip"] - np.stack(
            [BUTTOCK_M * girth + outline.hem_m, np.zeros(len(outline.hem_m))], axis=1
        )
        rays.segment(skin + np.array([0.0, 0.05]), skin - np.array([0.0, 0.30]))


def _side_share(reach: Array, dowel: DowelShape) -> Array:
    """Share of each ray's sideways width (n, RAYS) that the dowel fills at its range."""
    phi = np.linspace(-HALF_CONE_DEG, HALF_CONE_DEG, RAYS)
    chord = np.sqrt(np.maximum(HALF_CONE_DEG**2 - phi**2, 0.0))[None, :]
    near = np.maximum(reach, 1e-3)
    edges = [
        np.minimum(np.degrees(np.arctan((dowel.beside_m + half) / near)), chord)
        for half in (-dowel.width_m / 2, dowel.width_m / 2)
    ]
    low, high, end = (np.interp(a, _SIDE_DEG, _SIDE_CDF) for a in (*edges, chord))
    share: Array = (high - low) / np.maximum(2 * end - 1, 1e-6)
    return share


def _weights() -> Array:
    """Weight (RAYS,) of each ray: the bell in height times the bell over its chord."""
    phi = np.linspace(-HALF_CONE_DEG, HALF_CONE_DEG, RAYS)
    chord = np.sqrt(np.maximum(HALF_CONE_DEG**2 - phi**2, 0.0))
    across = 2 * np.interp(chord, _SIDE_DEG, _SIDE_CDF) - 1
    weight: Array = np.exp(-0.5 * (phi / BELL_DEG) ** 2) * across
    weight /= weight.sum()
    return weight


def _nearest_cluster(reach: Array, signal: Array, whole: Array) -> tuple[Array, Array]:
    """Range in mm (nan: nothing) and reflectance factor (n,) from the rays' returns.

    ``signal`` is what comes back, ``whole`` what a flat, square-on target at 1 m would give.
    """
    seen = (reach < REACH_M) & (signal > 0)
    reach = np.where(seen, np.maximum(reach, 1e-3), REACH_M + 1)
    signal = np.where(seen, signal, 0.0)
    order = np.argsort(reach, axis=1)
    sorted_reach = np.take_along_axis(reach, order, axis=1)
    heaped = np.cumsum(np.take_along_axis(signal, order, axis=1), axis=1)
    total = heaped[:, -1]
    goal = FIRST_SHARE * total
    at = np.argmax(heaped >= goal[:, None], axis=1)
    rows = np.arange(len(reach))
    before = np.where(at > 0, heaped[rows, at - 1], 0.0)
    step = np.maximum(heaped[rows, at] - before, 1e-30)
    here, there = sorted_reach[rows, np.maximum(at - 1, 0)], sorted_reach[rows, at]
    # Between two returns the first one glides, so that a moving body gives no steps; it
    # does not glide over a hole between two bodies.
    first = np.where(
        there - here < CLUSTER_M[0], here + (there - here) * (goal - before) / step, there
    )
    behind = reach - first[:, None]
    kept = signal * np.clip((CLUSTER_M[1] - behind) / (CLUSTER_M[1] - CLUSTER_M[0]), 0.0, 1.0)
    sum_kept = np.maximum(kept.sum(axis=1), 1e-30)
    mean_m = (kept * reach).sum(axis=1) / sum_kept
    # Under a hundredth of a full target's light the chip finds no target.
    near_m = np.maximum(mean_m, NEAREST_M)
    none = total * near_m**2 < 0.01 * whole
    range_mm = np.where(none, np.nan, np.maximum(mean_m, 0.0) * 1000)
    factor = np.where(none, 0.0, np.clip(sum_kept * near_m**2 / whole, 0.0, 1.0))
    return range_mm, factor


def look(outline: Outline, sensor_fwd_m: float, height_m: float) -> tuple[Array, Array]:
    """What a level ranger at (``sensor_fwd_m``, ``height_m``), looking forward, sees.

    Returns ``range_mm`` (n,), nan where nothing is within 2.5 m, and the effective
    reflectance factor (n,): the signal relative to a flat target square-on at that range.
    """
    n = len(outline.tilt_rad)
    range_mm, factor = np.empty(n), np.empty(n)
    for start in range(0, n, 2048):
        part = slice(start, min(start + 2048, n))
        piece = Outline(
            {name: xy[part] for name, xy in outline.points.items()},
            outline.tilt_rad[part],
            outline.girth,
            outline.dowel,
            None if outline.hem_m is None else outline.hem_m[part],
        )
        range_mm[part], factor[part] = _look(piece, (sensor_fwd_m, height_m))
    return range_mm, factor


def _look(outline: Outline, origin: tuple[float, float]) -> tuple[Array, Array]:
    weight = _weights()[None, :]
    n = len(outline.tilt_rad)
    body = _Rays(n, origin)
    _body(body, outline)
    reach, facing = body.reach, body.facing
    share = np.zeros((1, 1))
    if outline.dowel is not None:
        dowel = outline.dowel
        low, high = np.moveaxis(dowel.ends(outline.points["hip"], outline.tilt_rad), 1, 0)
        board = _Rays(n, origin)
        board.segment(low, high)
        share = np.where(board.reach < body.reach, _side_share(board.reach, dowel), 0.0)
        reach = np.concatenate([body.reach, board.reach], axis=1)
        facing = np.concatenate([body.facing, board.facing], axis=1)
        weight = np.concatenate([weight * (1 - share), weight * share], axis=1)
    signal = weight * facing / np.maximum(reach, NEAREST_M) ** 2
    return _nearest_cluster(reach, signal, np.ones(n))
