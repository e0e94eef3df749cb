"""Pictures as PNG, and films as animated PNG, with nothing but zlib.

PNG: ISO/IEC 15948; the chunks acTL, fcTL and fdAT of its third edition make it move. Every
browser shows both, and every pixel is kept as it was.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterable, Sequence

import numpy as np
from numpy.typing import NDArray

SIGNATURE = b"\x89PNG\r\n\x1a\n"
TRUE_COLOUR = 2
SPEED = 3
"""zlib's level: 6 takes twice as long for 5 % less."""


def png(rgb: NDArray[np.uint8], words: str = "") -> bytes:
    """``rgb`` (height, width, 3) as a PNG file; ``words`` are kept in it as its comment."""
    return b"".join((SIGNATURE, _header(rgb), _comment(words), _chunk(b"IDAT", _packed(rgb)), _END))


def film(
    frames: Iterable[NDArray[np.uint8]], durations_ms: Sequence[int], words: str = ""
) -> bytes:
    """``frames``, all of one size, as an animated PNG that plays once; each stands for its
    ``durations_ms``, 1 to 65535. Raises ValueError for no frames or another number of them."""
    parts: list[bytes] = []
    order = 0
    for rgb, ms in zip(frames, durations_ms, strict=True):
        height, width, _ = rgb.shape
        if not parts:
            parts = [SIGNATURE, _header(rgb), _comment(words)]
            parts.append(_chunk(b"acTL", struct.pack(">II", len(durations_ms), 1)))
        control = struct.pack(">IIIIIHHBB", order, width, height, 0, 0, ms, 1000, 0, 0)
        parts.append(_chunk(b"fcTL", control))
        if order == 0:
            parts.append(_chunk(b"IDAT", _packed(rgb)))
            order = 1
        else:
            parts.append(_chunk(b"fdAT", struct.pack(">I", order + 1) + _packed(rgb)))
            order += 2
    if not parts:
        raise ValueError("a film of no frames, expected at least one")
    return b"".join((*parts, _END))


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


_END = _chunk(b"IEND", b"")


def _header(rgb: NDArray[np.uint8]) -> bytes:
    height, width, _ = rgb.shape
    return _chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, TRUE_COLOUR, 0, 0, 0))


def _comment(words: str) -> bytes:
    return _chunk(b"tEXt", b"Comment\0" + words.encode("latin-1", "replace")) if words else b""


def _packed(rgb: NDArray[np.uint8]) -> bytes:
    """Each row as its difference from the row above (filter 2), packed."""
    height = len(rgb)
    rows = rgb.reshape(height, -1)
    filtered = np.full((height, rows.shape[1] + 1), 2, dtype=np.uint8)
    filtered[0, 1:] = rows[0]
    np.subtract(rows[1:], rows[:-1], out=filtered[1:, 1:])
    return zlib.compress(filtered.tobytes(), SPEED)
