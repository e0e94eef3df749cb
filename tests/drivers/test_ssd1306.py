"""The screen through luma's own I2C interface on the simulated chip."""

from __future__ import annotations

import sys
from typing import Any

import pytest
import smbus2
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from drivers.errors import BusFault, NoBus
from drivers.sim import VirtualClock, bus_with
from drivers.sim.bus import SimBus
from drivers.sim.ssd1306 import SimSsd1306
from drivers.ssd1306 import MissingScreenLibrary, Ssd1306, pages_of

MS = 1_000_000


class Rig:
    def __init__(self) -> None:
        self.clock = VirtualClock()
        self.bus: SimBus = bus_with("ssd1306", clock=self.clock, name="i2c-6")
        self.chip = self.bus.chip(SimSsd1306)
        self.clock.advance(150 * MS)
        self.screen = Ssd1306(6, smbus=self.bus)

    def lit(self) -> set[tuple[int, int]]:
        return {
            (x, y) for y, row in enumerate(self.chip.picture()) for x, on in enumerate(row) if on
        }


def image(*points: tuple[int, int]) -> Image.Image:
    picture = Image.new("1", (128, 64))
    for point in points:
        picture.putpixel(point, 1)
    return picture


def test_it_begins_dark_whatever_the_memory_held() -> None:
    rig = Rig()
    assert rig.lit() == set()
    assert rig.chip.violations == []
    rig.screen.show(image((0, 0)))
    assert rig.lit() == {(0, 0)}


@given(st.lists(st.tuples(st.integers(0, 127), st.integers(0, 63)), max_size=30))
@settings(max_examples=40)
def test_what_is_shown_is_what_is_seen(points: list[tuple[int, int]]) -> None:
    rig = Rig()
    rig.screen.show(image(*points))
    assert rig.lit() == set(points)
    rig.screen.show(image((3, 5)))
    assert rig.lit() == {(3, 5)}
    assert rig.chip.violations == []


@given(st.integers(0, 127), st.integers(0, 63))
def test_a_page_holds_eight_rows_the_uppermost_in_bit_0(x: int, y: int) -> None:
    pages = pages_of(image((x, y)))
    assert [len(page) for page in pages] == [128] * 8
    assert pages[y // 8][x] == 1 << y % 8
    assert sum(sum(page) for page in pages) == 1 << y % 8


def test_only_the_columns_that_change_are_sent() -> None:
    rig = Rig()
    rig.screen.show(image((10, 0), (20, 0)))
    before = rig.chip.data_bytes
    rig.bus.reset_counters()
    assert rig.screen.show(image((10, 0), (20, 0))) == 0
    assert rig.bus.transactions == 0
    assert rig.screen.show(image((10, 0), (20, 0), (15, 0), (17, 1), (100, 40))) == 3 + 1
    assert rig.chip.data_bytes - before == 4
    assert rig.bus.transactions == 4


@pytest.mark.parametrize("size", [(64, 128), (128, 32)])
def test_a_picture_of_another_size_is_refused(size: tuple[int, int]) -> None:
    with pytest.raises(ValueError, match=r"expected 1 and \(128, 64\)"):
        pages_of(Image.new("1", size))
    with pytest.raises(ValueError, match="mode L"):
        pages_of(Image.new("L", (128, 64)))


@pytest.mark.parametrize("code", [121, 5, 110])
def test_a_transfer_that_fails_is_typed_and_all_is_sent_again(code: int) -> None:
    rig = Rig()
    rig.screen.show(image((1, 1)))
    for n in range(3):
        rig.bus.fail_at(n, code)
        with pytest.raises(BusFault, match=r"SSD1306 at 0x3C on i2c-6: a transfer gave") as caught:
            rig.screen.show(image((1, 1), (50, 20), (60, 60)))
        assert str(caught.value).endswith(
            ", expected an acknowledge. Check the screen's plug and supply, and screen.bus."
        )
        rig.bus.recover()
        assert rig.screen.show(image((1, 1), (50, 20), (60, 60))) == 8 * 128
        assert rig.lit() == {(1, 1), (50, 20), (60, 60)}
        rig.screen.show(image((1, 1)))


def test_closing_makes_it_dark() -> None:
    rig = Rig()
    rig.screen.show(image((1, 1)))
    rig.screen.close()
    assert rig.lit() == set()
    rig.bus.unplug(0x3C)
    with pytest.raises(BusFault):
        rig.screen.close()


def test_nobody_there_and_no_such_bus(monkeypatch: pytest.MonkeyPatch) -> None:
    bus = bus_with("mpr121", clock=VirtualClock())
    with pytest.raises(BusFault, match="not found on address: 0x3D"):
        Ssd1306(6, 0x3D, smbus=bus)

    def missing(number: int) -> Any:
        raise FileNotFoundError(2, "No such file or directory", f"/dev/i2c-{number}")

    monkeypatch.setattr(smbus2, "SMBus", missing)
    with pytest.raises(NoBus, match=r"i2c-9: opening /dev/i2c-9 gave ") as caught:
        Ssd1306(9)
    assert str(caught.value).endswith(
        " Check the bus's overlay (docs/hardware.md) and the group i2c."
    )
    with pytest.raises(ValueError, match="0x3E, allowed: 0x3C, 0x3D"):
        Ssd1306(6, 0x3E)


def test_a_bus_of_lumas_own_takes_a_page_in_one_message(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = VirtualClock()
    bus = bus_with("ssd1306", clock=clock)
    clock.advance(150 * MS)
    monkeypatch.setattr(smbus2, "SMBus", lambda number: bus)
    screen = Ssd1306(6)
    bus.reset_counters()
    screen.show(image((0, 0), (127, 0)))
    assert bus.transactions == 2
    assert bus.chip(SimSsd1306).violations == []


def test_a_missing_extra_is_one_clear_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "luma.oled.device", None)
    with pytest.raises(MissingScreenLibrary, match=r"Install the extra: pip install") as caught:
        Ssd1306(6)
    assert "\n" not in str(caught.value)
    assert str(caught.value).endswith(" Install the extra: pip install 'hinge-station[screen]'.")
