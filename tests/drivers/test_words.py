"""Every word that a driver says of its chip, as a technician reads it.

Each read of a bring-up and of the first samples is spoilt in several ways, and each chip is frozen,
cut off and wrongly set up; whatever the driver then says is kept in ``tests/data/words/CHIP.txt``.
Read what changes there as any text for people. A new chip, or words changed on purpose:
``python -m tests.drivers.test_words`` writes the files anew.
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest

from drivers import CHIPS, HAPTICS, Chip, Haptic
from drivers.bus import Bus
from drivers.errors import ChipError
from drivers.sim.bus import SimBus
from drivers.sim.chips import bus_with
from drivers.sim.clock import VirtualClock
from drivers.steps import run_steps

WORDS = Path(__file__).parent.parent / "data" / "words"
TICK_NS = 5_000_000
TICKS = 40
MOST_READS = 60
LONG_NS = 2_000_000_000

PARTS: dict[str, Chip | Haptic] = {**CHIPS, **HAPTICS}

Spoil = Callable[[bytes], bytes]


def _byte(at: int, mask: int) -> Spoil:
    def spoil(raw: bytes) -> bytes:
        return bytes(byte ^ mask if i == at % len(raw) else byte for i, byte in enumerate(raw))

    return spoil


WHOLE: tuple[Spoil, ...] = (lambda raw: b"\xff" * len(raw), lambda raw: bytes(len(raw)))
BYTES: tuple[Spoil, ...] = tuple(
    _byte(at, mask) for at in (0, 1, 2, 3, 5, -1) for mask in (0x80, 0x20, 0x01)
)
SETTINGS: dict[str, tuple[dict[str, Any], ...]] = {
    "tof": (
        {"timing_budget_ms": 19},
        {"timing_budget_ms": 3000},
        {"timing_budget_ms": 50, "inter_measurement_ms": 53},
        {"inter_measurement_ms": 6000},
        {"offset_mm": 1100.0},
        {"offset_mm": -1100.0},
        {"crosstalk_kcps": 128.0},
        {"crosstalk_kcps": -0.1},
        {"distance_mode": "far"},
    ),
    "imu": ({"odr_hz": 1}, {"accel_range_g": 3}, {"gyro_range_dps": 3}),
    "pads": (
        {"close_level": 0.1, "open_level": 0.2},
        {"full_ohm": 1.0},
        {"full_ohm": 1e6},
        {"full_counts": 0.5},
        {"full_counts": 900.0},
        {"period_ms": 1},
        {"period_ms": 200},
    ),
    "haptic": ({"motor": "none"},),
}
"""Settings that a chip of this kind may refuse; one it does not know is left out."""


class SpoiltBus:
    """Passes everything on; from read number ``first`` on, ``often`` reads are spoilt."""

    def __init__(self, bus: SimBus, first: int, often: int, spoil: Spoil) -> None:
        self._bus = bus
        self.name = bus.name
        self._first, self._often, self._spoil = first, often, spoil
        self.reads = 0

    def write(self, address: int, *messages: bytes) -> None:
        self._bus.write(address, *messages)

    def write_read(self, address: int, writes: Sequence[bytes], n: int) -> bytes:
        raw = self._bus.write_read(address, writes, n)
        self.reads += 1
        inside = self._first <= self.reads - 1 < self._first + self._often
        return self._spoil(raw) if inside else raw


class Session:
    """One chip, its driver, and what it says from its bring-up to its stop."""

    def __init__(self, name: str, wrap: Callable[[SimBus], Bus], seed: int = 0) -> None:
        self.clock = VirtualClock()
        self.sim = bus_with(name, clock=self.clock, seed=seed)
        self.clock.advance(100_000_000)
        part = PARTS[name]
        self.driver: Any = part.driver(wrap(self.sim), self.clock, part.address)
        self.said: set[str] = set()

    def up(self) -> bool:
        try:
            run_steps(self.driver.bring_up(), self.clock)
        except ChipError as error:
            self.said.add(str(error))
            return False
        return True

    def ticks(self, n: int = TICKS) -> None:
        for _ in range(n):
            self.clock.advance(TICK_NS)
            try:
                self.driver.read()
            except ChipError as error:
                self.said.add(str(error))
                return


def spoilt_words(name: str) -> set[str]:
    said: set[str] = set()
    for spoil in (*WHOLE, *BYTES):
        for often in (1, 10_000) if spoil in WHOLE else (1,):
            first = 0
            while first < MOST_READS:
                bus: list[SpoiltBus] = []

                def wrap(
                    sim: SimBus, at: int = first, often: int = often, to: Spoil = spoil
                ) -> Bus:
                    bus.append(SpoiltBus(sim, at, often, to))  # noqa: B023  called at once
                    return bus[-1]  # noqa: B023

                session = Session(name, wrap)
                if session.up():
                    session.ticks()
                said |= session.said
                if bus[0].reads <= first:
                    break
                first += 1
    return said


def lost_words(name: str) -> set[str]:
    """Of a chip that freezes, loses its power for a moment, is away for long, or is not there."""
    said: set[str] = set()
    happens: tuple[Callable[[Session], None], ...] = (
        lambda s: s.sim.chips[0].freeze(),
        lambda s: s.sim.chips[0].power_cycle(),
        lambda s: s.clock.advance(LONG_NS),
        lambda s: s.sim.unplug(s.sim.chips[0].address),
    )
    for happen in happens:
        session = Session(name, lambda sim: sim)
        assert session.up()
        session.ticks()
        assert session.said == set()
        happen(session)
        session.ticks(200)
        said |= session.said
    for code in (5, 6, 11, 16, 19, 95, 110, 121, 200):
        session = Session(name, lambda sim: sim)
        session.sim.fail_next(code, 1)
        session.up()
        said |= session.said
    return said


def refused_words(name: str) -> set[str]:
    """Of settings that the chip does not have."""
    said: set[str] = set()
    chip = PARTS[name]
    sim = bus_with(name, clock=VirtualClock())
    choices: list[tuple[int, dict[str, Any]]] = [(0x03, {})]
    choices += [
        (chip.address, settings)
        for settings in SETTINGS[chip.kind if isinstance(chip, Chip) else "haptic"]
    ]
    for address, settings in choices:
        try:
            chip.driver(sim, sim.clock, address, **settings)
        except ValueError as error:
            said.add(str(error))
        except TypeError:
            known = inspect.signature(chip.driver).parameters
            assert not set(settings) <= set(known)  # a setting of its neighbours
    return said


def identity(name: str) -> str:
    session = Session(name, lambda sim: sim)
    assert session.driver.identity == ""
    assert session.up()
    found: str = session.driver.identity
    return found


def words(name: str) -> str:
    """One line for each kind of message: those that differ in figures only stand once.

    The first line is what the chip says of itself.
    """
    said = spoilt_words(name) | lost_words(name) | refused_words(name)
    kinds: dict[str, str] = {}
    for line in sorted(said):
        kinds.setdefault(re.sub(r"0x[0-9A-F]+|\d+(\.\d+)?", "#", line), line)
    return "".join(f"{line}\n" for line in (identity(name), *kinds.values()))


@pytest.mark.parametrize("name", PARTS)
def test_what_is_said_of_a_chip_stays(name: str) -> None:
    assert words(name) == (WORDS / f"{name}.txt").read_text()


@pytest.mark.parametrize("name", PARTS)
def test_every_word_says_what_was_got_and_what_to_do(name: str) -> None:
    _, *lines = (WORDS / f"{name}.txt").read_text().splitlines()
    assert len(lines) > 14
    for line in lines:
        assert "expected " in line or "allowed: " in line, line
        assert " at 0x" not in line or line.endswith("."), line
        assert "None" not in line
        assert "  " not in line


def _write() -> None:
    WORDS.mkdir(exist_ok=True)
    for name in PARTS:
        (WORDS / f"{name}.txt").write_text(words(name))


if __name__ == "__main__":
    _write()
