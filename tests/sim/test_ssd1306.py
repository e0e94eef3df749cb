"""The simulated SSD1306: commands, windows, what an eye sees."""

from __future__ import annotations

import pytest

from drivers.sim import VirtualClock, bus_with
from drivers.sim.ssd1306 import SimSsd1306


class Rig:
    def __init__(self) -> None:
        self.clock = VirtualClock()
        self.bus = bus_with("ssd1306", clock=self.clock)
        self.chip = self.bus.chip(SimSsd1306)
        self.clock.advance(150_000_000)

    def command(self, *given: int) -> None:
        self.bus.write(0x3C, bytes((0x00, *given)))

    def data(self, *given: int) -> None:
        self.bus.write(0x3C, bytes((0x40, *given)))

    def on(self) -> None:
        """Upright, horizontal addressing, dark."""
        self.command(0x20, 0x00, 0xA1, 0xC8, 0x8D, 0x14, 0xAF, 0x21, 0, 127, 0x22, 0, 7)
        self.data(*bytes(1024))

    def lit(self) -> list[tuple[int, int]]:
        return [
            (x, y) for y, row in enumerate(self.chip.picture()) for x, on in enumerate(row) if on
        ]


def test_the_memory_is_anything_after_power_and_nothing_is_lit() -> None:
    rig = Rig()
    assert any(any(page) for page in rig.chip.ram)
    assert rig.lit() == []
    rig.command(0xAF)
    assert rig.lit() == []  # without its pump there is no light
    rig.command(0x8D, 0x14)
    assert rig.lit()


def test_a_window_is_filled_row_of_pages_by_row() -> None:
    rig = Rig()
    rig.on()
    rig.command(0x21, 10, 11, 0x22, 2, 3)
    rig.data(0x01, 0x02, 0x04, 0x80, 0x00)
    assert sorted(rig.lit()) == [(10, 26), (11, 17), (11, 31)]  # the fifth began again at (10, 16)


@pytest.mark.parametrize(
    ("commands", "at"),
    [((), (5, 3)), ((0xA0,), (122, 3)), ((0xC0,), (5, 60)), ((0xA0, 0xC0), (122, 60))],
)
def test_how_it_is_mounted(commands: tuple[int, ...], at: tuple[int, int]) -> None:
    rig = Rig()
    rig.on()
    rig.command(0x21, 5, 5, 0x22, 0, 0)
    rig.data(0x08)
    if commands:
        rig.command(*commands)
    assert rig.lit() == [at]


def test_inverted_all_on_and_off() -> None:
    rig = Rig()
    rig.on()
    rig.command(0xA7)
    assert len(rig.lit()) == 128 * 64
    rig.command(0xA6, 0xA5)
    assert len(rig.lit()) == 128 * 64
    rig.command(0xA4)
    assert rig.lit() == []
    rig.command(0xA7, 0xAE)
    assert rig.lit() == []


def test_column_by_column_when_asked() -> None:
    rig = Rig()
    rig.on()
    rig.command(0x20, 0x01, 0x21, 0, 1, 0x22, 6, 7)
    rig.data(1, 1, 1)
    assert sorted(rig.lit()) == [(0, 48), (0, 56), (1, 48)]


def test_a_command_may_come_in_pieces() -> None:
    rig = Rig()
    rig.on()
    rig.command(0x21)
    rig.command(7)
    rig.command(7, 0x22, 1, 1)
    rig.data(0x01)
    assert rig.lit() == [(7, 8)]


def test_what_is_no_command_is_noted() -> None:
    rig = Rig()
    rig.command(0x90)
    rig.command(0x21, 5, 4)
    rig.command(0x22, 0, 8)
    rig.bus.write(0x3C, b"\x80\xaf")
    assert [v.kind for v in rig.chip.violations] == [
        "unknown_write", "reserved_bits", "reserved_bits", "protocol",
    ]  # fmt: skip


def test_its_status_says_whether_it_is_on() -> None:
    rig = Rig()
    assert rig.bus.read_byte(0x3C) & 0x40
    rig.command(0xAF)
    assert not rig.bus.read_byte(0x3C) & 0x40
