"""How the IMU's axes lie on the dowel: words or a matrix, to one rotation."""

from __future__ import annotations

import re
from typing import Final

Row = tuple[float, float, float]
Rotation = tuple[Row, Row, Row]

_AXES: Final = {"x": (1.0, 0.0, 0.0), "y": (0.0, 1.0, 0.0), "z": (0.0, 0.0, 1.0)}
_WORDS: Final = re.compile(r"\s*([+-]?)([xyz]) up\s*,\s*([+-]?)([xyz]) wall\s*")

ALLOWED: Final = '"x up, z wall" (two different axes, each with + or - before it) or a rotation'


def rotation(mounting: str | Rotation) -> Rotation:
    """The matrix M with ``dowel = M @ chip``; dowel axes x up, y left, z to the wall.

    Raises ``ValueError`` for words that are no mounting and for a matrix that is no rotation
    (rows of length 1 and at right angles within 0.01, right-handed).
    """
    if not isinstance(mounting, str):
        up, left, wall = mounting
        if not _is_rotation(up, left, wall):
            raise ValueError("the rows are not a right-handed rotation within 0.01")
        return mounting
    found = _WORDS.fullmatch(mounting)
    if found is None or found[2] == found[4]:
        raise ValueError(f"{mounting!r} names no two axes")
    up = _signed(found[1], found[2])
    wall = _signed(found[3], found[4])
    return up, _cross(wall, up), wall


def _signed(sign: str, axis: str) -> Row:
    x, y, z = _AXES[axis]
    return (-x, -y, -z) if sign == "-" else (x, y, z)


def _cross(a: Row, b: Row) -> Row:
    # + 0.0 turns -0.0 into 0.0.
    return (
        a[1] * b[2] - a[2] * b[1] + 0.0,
        a[2] * b[0] - a[0] * b[2] + 0.0,
        a[0] * b[1] - a[1] * b[0] + 0.0,
    )


def _dot(a: Row, b: Row) -> float:
    return a[0] * b[0] + a[1] * b[1] + a[2] * b[2]


def _is_rotation(a: Row, b: Row, c: Row) -> bool:
    unit = all(abs(_dot(row, row) - 1.0) < 0.02 for row in (a, b, c))
    square = all(abs(_dot(p, q)) < 0.01 for p, q in ((a, b), (b, c), (a, c)))
    return unit and square and _dot(_cross(a, b), c) > 0.0
