"""Vectors of three numbers, and rotations as rows."""

from __future__ import annotations

from collections.abc import Sequence
from math import atan2, degrees, sqrt

Vector = tuple[float, float, float]
Rows = tuple[Vector, Vector, Vector]


def dot(a: Sequence[float], b: Sequence[float]) -> float:
    return a[0] * b[0] + a[1] * b[1] + a[2] * b[2]


def cross(a: Sequence[float], b: Sequence[float]) -> Vector:
    return (
        a[1] * b[2] - a[2] * b[1],
        a[2] * b[0] - a[0] * b[2],
        a[0] * b[1] - a[1] * b[0],
    )


def norm(a: Sequence[float]) -> float:
    return sqrt(dot(a, a))


def unit(a: Sequence[float]) -> Vector:
    """Raises ``ZeroDivisionError`` for a vector without a length."""
    length = norm(a)
    return a[0] / length, a[1] / length, a[2] / length


def across(a: Sequence[float], axis: Sequence[float]) -> Vector:
    """What of ``a`` lies across the unit vector ``axis``."""
    along = dot(a, axis)
    return a[0] - along * axis[0], a[1] - along * axis[1], a[2] - along * axis[2]


def angle_deg(a: Sequence[float], b: Sequence[float]) -> float:
    """Between two vectors, 0 to 180."""
    return degrees(atan2(norm(cross(a, b)), dot(a, b)))


def turned(rows: Rows, vector: Sequence[float]) -> Vector:
    """``rows @ vector``."""
    return dot(rows[0], vector), dot(rows[1], vector), dot(rows[2], vector)


def product(a: Rows, b: Rows) -> Rows:
    """``a @ b``: first ``b``, then ``a``."""
    columns = tuple(zip(*b, strict=True))
    x, y, z = ((dot(r, columns[0]), dot(r, columns[1]), dot(r, columns[2])) for r in a)
    return x, y, z


def rotation_angle_deg(a: Rows, b: Rows) -> float:
    """How far two rotations are apart."""
    # Of a @ b transposed: trace 1 + 2 cos; the sine comes from its skew part.
    apart = product(a, (column_of(b, 0), column_of(b, 1), column_of(b, 2)))
    skew = (
        apart[2][1] - apart[1][2],
        apart[0][2] - apart[2][0],
        apart[1][0] - apart[0][1],
    )
    return degrees(atan2(norm(skew), apart[0][0] + apart[1][1] + apart[2][2] - 1.0))


def column_of(rows: Rows, number: int) -> Vector:
    return rows[0][number], rows[1][number], rows[2][number]
