"""Draws what a camera at the side would see: the wall, the person, the dowel, the light bar.

A plain picture, not a photograph: tapered capsules, shaded as if round. The person's plane is
parallel to the sensor, so a pinhole camera is no more than a scale.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from drivers.sim.film import Figure
from drivers.sim.smooth import Array

SEEN_M = 2.5
"""Height of the picture at the person; a worn dowel reaches up to 2.2 m."""
WALL_AT, FLOOR_AT = 0.09, 0.93
"""Where the wall's face and the floor are, as shares of the picture's width and height."""
BAR_M = 1.83
"""The light bar on the floor, forward of the wall: 1.2 m before the feet."""

ROOM, WALL, FLOOR = (214, 219, 222), (176, 168, 158), (139, 128, 117)
SKIN, SHIRT, SHORTS, SHOE = (205, 160, 130), (92, 146, 190), (48, 58, 84), (45, 45, 48)
WOOD, BOX = (196, 150, 82), (38, 42, 48)
LAMPS = ((0, 114, 178), (230, 159, 0), (240, 240, 240))

Colour = tuple[int, int, int]

MARKERS = (0xB532, 0x0F9A, 0x332D, 0x9946)
"""The first four of the 4 x 4 square markers of OpenCV's DICT_4X4_50: 16 bits, row by row from the
top left, 1 = white."""


@dataclass(frozen=True)
class Look:
    """What is in the picture: the rangers' boxes in the wall, and with ``marker_m`` above 0 square
    markers of that edge on the shank (0) and the thigh (1), upright along the segment."""

    tof_heights_m: tuple[float, ...] = (0.88,)
    marker_m: float = 0.0


class Canvas:
    """A picture being drawn: ``rgb`` (height, width, 3) of float, 0 to 255; positions in metres."""

    def __init__(self, size: tuple[int, int]) -> None:
        width, height = size
        self.scale = height / SEEN_M
        self.origin = (WALL_AT * width, FLOOR_AT * height)
        self.rgb: NDArray[np.float32] = np.empty((height, width, 3), dtype=np.float32)

    def copy(self) -> Canvas:
        """Another one with the same on it."""
        height, width, _ = self.rgb.shape
        twin = Canvas((width, height))
        twin.rgb[:] = self.rgb
        return twin

    def box(self, low: tuple[float, float], high: tuple[float, float], colour: Colour) -> None:
        """A filled rectangle from ``low`` (forward, up) to ``high``."""
        (x0, y1), (x1, y0) = self._pixel(low), self._pixel(high)
        rows = slice(max(round(y0), 0), max(round(y1), 0))
        self.rgb[rows, max(round(x0), 0) : max(round(x1), 0)] = colour

    def _pixel(self, place: tuple[float, float] | Array) -> tuple[float, float]:
        fwd, up = float(place[0]), float(place[1])
        return self.origin[0] + self.scale * fwd, self.origin[1] - self.scale * up

    def _around(self, places: Array, margin: float) -> tuple[slice, slice, Array, Array] | None:
        """Rows, columns and the pixels' positions about ``places`` (n, 2) in pixels."""
        height, width, _ = self.rgb.shape
        x0, y0 = np.floor(places.min(axis=0) - margin).astype(int)
        x1, y1 = np.ceil(places.max(axis=0) + margin).astype(int) + 1
        x0, y0, x1, y1 = max(x0, 0), max(y0, 0), min(x1, width), min(y1, height)
        if x0 >= x1 or y0 >= y1:
            return None
        xs, ys = np.arange(x0, x1) + 0.5, np.arange(y0, y1) + 0.5
        return slice(y0, y1), slice(x0, x1), xs[None, :], ys[:, None]

    def capsule(self, a: Array, b: Array, wide_m: tuple[float, float], colour: Colour) -> None:
        """From ``a`` to ``b``, with the radius ``wide_m`` at either end."""
        ends = np.array([self._pixel(a), self._pixel(b)])
        radii = np.array(wide_m) * self.scale
        around = self._around(ends, float(radii.max()) + 1.0)
        if around is None:
            return
        rows, columns, xs, ys = around
        axis = ends[1] - ends[0]
        square = max(float(axis @ axis), 1e-9)
        share = np.clip(((xs - ends[0, 0]) * axis[0] + (ys - ends[0, 1]) * axis[1]) / square, 0, 1)
        away = np.hypot(xs - ends[0, 0] - share * axis[0], ys - ends[0, 1] - share * axis[1])
        radius = radii[0] + share * (radii[1] - radii[0])
        cover = np.clip(0.5 + radius - away, 0.0, 1.0)[..., None]
        # Lit from the front: round bodies darken towards their edges.
        shade = 0.62 + 0.38 * np.sqrt(np.clip(1 - (away / np.maximum(radius, 1e-6)) ** 2, 0, 1))
        part = self.rgb[rows, columns]
        part += cover * (shade[..., None] * np.asarray(colour, dtype=np.float32) - part)

    def marker(self, middle: Array, up: Array, edge_m: float, bits: int) -> None:
        """A square marker whose top looks along ``up`` (2,), on white paper one cell wider."""
        cell = edge_m * self.scale / 6
        cells = np.zeros((8, 8))
        cells[[0, -1], :] = cells[:, [0, -1]] = 1.0
        cells[2:6, 2:6] = [[bits >> (15 - 4 * row - c) & 1 for c in range(4)] for row in range(4)]
        x, y = self._pixel(middle)
        around = self._around(np.array([[x, y]]), 6 * cell)
        if around is None:
            return
        rows, columns, xs, ys = around
        along = np.array([up[0], -up[1]]) / np.hypot(*up)
        part = self.rgb[rows, columns]
        total = np.zeros(part.shape[:2])
        inked = np.zeros(part.shape[:2])
        steps = (np.arange(4) - 1.5) / 4
        for dx in steps:
            for dy in steps:
                px, py = xs + dx - x, ys + dy - y
                right = (px * -along[1] + py * along[0]) / cell + 4
                down = -(px * along[0] + py * along[1]) / cell + 4
                inside = (right >= 0) & (right < 8) & (down >= 0) & (down < 8)
                at = np.clip(down, 0, 7).astype(int), np.clip(right, 0, 7).astype(int)
                total += inside
                inked += inside * cells[at]
        n = len(steps) ** 2
        part *= 1 - total[..., None] / n
        part += (20 * total + 215 * inked)[..., None] / n


def room(size: tuple[int, int], look: Look) -> Canvas:
    """The wall with its rangers, the floor and the light bar: what never moves."""
    canvas = Canvas(size)
    height, _, _ = canvas.rgb.shape
    fade = np.linspace(1.0, 0.93, height, dtype=np.float32)[:, None, None]
    canvas.rgb[:] = fade * np.array(ROOM, dtype=np.float32)
    canvas.box((-9.0, -9.0), (9.0, 0.0), FLOOR)
    canvas.box((-9.0, -9.0), (0.0, 9.0), WALL)
    for up in look.tof_heights_m:
        canvas.box((-0.09, up - 0.05), (0.0, up + 0.05), BOX)
        canvas.box((-0.055, up - 0.012), (0.0, up + 0.012), ROOM)
    canvas.box((BAR_M - 0.16, 0.0), (BAR_M + 0.16, 0.07), BOX)
    for n, colour in enumerate(LAMPS):
        at = np.array([BAR_M + 0.09 * (n - 1), 0.045])
        canvas.capsule(at, at, (0.022, 0.022), colour)
    return canvas


def draw(canvas: Canvas, figure: Figure, look: Look) -> None:
    """The person and the dowel, the far things first."""
    points, girth = figure.points, figure.girth
    ankle, knee, hip, c7, head = (points[name] for name in ("ankle", "knee", "hip", "c7", "head"))
    trunk = c7 - hip
    waist, shoulder = hip + 0.35 * trunk, c7 - 0.12 * trunk
    ground = np.array([0.0, max(ankle[1] - 0.025, 0.03)])
    heel, toe = ankle - ground, ankle + np.array([0.17, 0.0]) - ground
    canvas.capsule(heel + np.array([-0.04, 0.0]), toe, (0.035, 0.028), SHOE)
    canvas.capsule(knee, ankle, (0.055, 0.04), SKIN)
    canvas.capsule(hip, knee, (0.105 * girth, 0.065), SHORTS)
    if figure.dowel is not None:
        canvas.capsule(figure.dowel[0], figure.dowel[1], (0.015, 0.015), WOOD)
    canvas.capsule(c7, head, (0.055, 0.05), SKIN)
    canvas.capsule(hip, waist, (0.115 * girth, 0.10 * girth), SHIRT)
    canvas.capsule(waist, shoulder, (0.10 * girth, 0.115 * girth), SHIRT)
    canvas.capsule(hip, hip, (0.12 * girth, 0.12 * girth), SHORTS)
    canvas.capsule(head, head, (0.10, 0.10), SKIN)
    hand = shoulder + np.array([0.0, -0.55])
    if figure.dowel is not None:
        along = figure.dowel[1] - figure.dowel[0]
        # One hand holds it at the low back, once it is within reach.
        held = figure.dowel[0] + 0.22 * along
        if np.hypot(*(held - shoulder)) < 0.5:
            hand = held
    elbow = _elbow(shoulder, hand)
    canvas.capsule(shoulder, elbow, (0.045, 0.035), SHIRT)
    canvas.capsule(elbow, hand, (0.035, 0.03), SKIN)
    if look.marker_m > 0:
        for n, (low, high) in enumerate(((ankle, knee), (knee, hip))):
            canvas.marker((low + high) / 2, high - low, look.marker_m, MARKERS[n])


def _elbow(shoulder: Array, hand: Array, bone_m: float = 0.28) -> Array:
    """Where two bones of that length meet, bent backwards."""
    reach = hand - shoulder
    half = float(np.hypot(*reach)) / 2
    out = np.sqrt(max(bone_m**2 - half**2, 0.0))
    across = np.array([reach[1], -reach[0]]) / max(2 * half, 1e-9)
    elbow: Array = shoulder + reach / 2 + out * across
    return elbow
