"""Our PNG files as Pillow reads them."""

from __future__ import annotations

import io
import struct
import zlib

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from PIL import Image, ImageSequence

from drivers.png import film, png


def pictures(seed: int, count: int, height: int, width: int) -> list[NDArray[np.uint8]]:
    rng = np.random.default_rng(seed)
    return [rng.integers(0, 256, (height, width, 3), dtype=np.uint8) for _ in range(count)]


@settings(max_examples=40)
@given(
    seed=st.integers(0, 9999),
    count=st.integers(1, 4),
    height=st.integers(1, 9),
    width=st.integers(1, 9),
)
def test_every_pixel_comes_back(seed: int, count: int, height: int, width: int) -> None:
    frames = pictures(seed, count, height, width)
    with Image.open(io.BytesIO(png(frames[0], "words"))) as image:
        image.load()
        assert (image.format, image.mode) == ("PNG", "RGB")
        assert image.info["Comment"] == "words"
        np.testing.assert_array_equal(np.asarray(image), frames[0])
    shown_ms = [10 + 7 * n for n in range(count)]
    with Image.open(io.BytesIO(film(frames, shown_ms, "t"))) as image:
        seen = [
            (np.asarray(each.convert("RGB")), each.info.get("duration"))
            for each in ImageSequence.Iterator(image)
        ]
    assert len(seen) == count
    for (got, ms), wanted, wanted_ms in zip(seen, frames, shown_ms, strict=True):
        np.testing.assert_array_equal(got, wanted)
        assert ms == wanted_ms


def chunks(data: bytes) -> list[tuple[bytes, bytes]]:
    """Kind and content of each chunk; their checks are held against zlib's."""
    assert data[:8] == b"\x89PNG\r\n\x1a\n"
    found, at = [], 8
    while at < len(data):
        (long,) = struct.unpack_from(">I", data, at)
        kind, content = data[at + 4 : at + 8], data[at + 8 : at + 8 + long]
        assert struct.unpack_from(">I", data, at + 8 + long) == (zlib.crc32(kind + content),)
        found.append((kind, content))
        at += 12 + long
    return found


def test_the_chunks_are_those_of_the_standard() -> None:
    """ISO/IEC 15948, third edition: one still picture, and three that play once."""
    still = chunks(png(pictures(1, 1, 3, 5)[0]))
    assert [kind for kind, _ in still] == [b"IHDR", b"IDAT", b"IEND"]
    # Width, height, 8 bits, true colour, and nothing else.
    assert still[0][1] == struct.pack(">II5B", 5, 3, 8, 2, 0, 0, 0)
    # Two times three rows: a filter byte (2: up) and five pixels.
    rows = zlib.decompress(still[1][1])
    assert len(rows) == 3 * 16
    assert {rows[0], rows[16], rows[32]} == {2}
    moving = chunks(film(pictures(1, 3, 3, 5), [20, 33, 40]))
    kinds = [kind for kind, _ in moving]
    assert kinds == [b"IHDR", b"acTL", b"fcTL", b"IDAT", *[b"fcTL", b"fdAT"] * 2, b"IEND"]
    assert moving[1][1] == struct.pack(">II", 3, 1)
    order = [struct.unpack(">I", c[:4])[0] for k, c in moving if k in (b"fcTL", b"fdAT")]
    assert order == [0, 1, 2, 3, 4]
    shown = [c[4:] for k, c in moving if k == b"fcTL"]
    assert shown == [struct.pack(">IIIIHHBB", 5, 3, 0, 0, ms, 1000, 0, 0) for ms in (20, 33, 40)]
    (long,) = (c[20:22] for k, c in chunks(film(pictures(1, 1, 3, 5), [60_000])) if k == b"fcTL")
    assert long == struct.pack(">H", 60_000)
    assert dict(chunks(png(pictures(1, 1, 3, 5)[0], "é €")))[b"tEXt"] == b"Comment\0\xe9 ?"
    assert b"tEXt" in dict(chunks(film(pictures(1, 1, 3, 5), [20], "t_ns 1")))


def test_a_film_of_nothing_is_refused() -> None:
    with pytest.raises(ValueError, match=r"^a film of no frames, expected at least one$"):
        film([], [])
    with pytest.raises(ValueError, match="longer"):
        film(pictures(0, 1, 2, 2), [10, 10])
