"""Our PNG files as Pillow reads them."""

from __future__ import annotations

import io

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


def test_a_film_of_nothing_is_refused() -> None:
    with pytest.raises(ValueError, match="no frames"):
        film([], [])
    with pytest.raises(ValueError, match="longer"):
        film(pictures(0, 1, 2, 2), [10, 10])
