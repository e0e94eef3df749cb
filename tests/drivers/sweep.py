"""One chip on a bus whose every transaction can go wrong, and what may come of it.

The scene has two states; which one holds is changed at the fault, so an old value shows. What a
state reads like is learned from the same driver while all is well (the twins' noise is off), so
every sample must agree with it within a count.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from drivers import CHIPS
from drivers.bus import LinuxBus
from drivers.errors import ChipError, ChipTimeout, DriverError
from drivers.samples import ImuSample, PadSample, TofSample
from drivers.sim.bus import SimBus
from drivers.sim.chip import Noise
from drivers.sim.chips import bus_with
from drivers.sim.clock import VirtualClock
from drivers.sim.scene import Motion6, Reflection, StillScene

MS = 1_000_000
TICK = 5 * MS
SETTLE_MS = 60
TREMBLE_RAD_S = 0.0005
"""From a change of the scene to where every sample shows it: ranging, filters, three pads."""
SEEN_MS = 60
BRING_UP_MS = 700
"""No bring-up takes longer, whatever fails in it (a ranger's boot is waited for 500 ms)."""
FOUND_MS = 150
"""A chip that has lost its settings is found out within this."""
ERRNOS = (121, 5, 110, 11, 6)
"""EREMOTEIO (NACK), EIO, ETIMEDOUT, EAGAIN, ENXIO."""
MEASURING = tuple(
    sorted(name for name, chip in CHIPS.items() if chip.kind in ("tof", "imu", "pads"))
)

_STATES = (
    (560.0, Motion6(9.80665, 0.0, 0.0, 0.0, 0.0, 0.0), (0.0, 0.0, 0.0)),
    (431.0, Motion6(4.0, -6.0, 5.0, 0.7, -1.1, 0.4), (2.0, 2.5, 3.0)),
)
_REACH = {"tof": 1.01, "imu": 0.0016, "pads": 0.02}
"""One count: mm; m/s2 and, smaller, rad/s; a share of a press (pads creep while pressed)."""


class Silent(Noise):
    """No noise: what is read is what is there."""

    def __init__(self) -> None:
        self._pool = [0.0] * 9000
        self._at = 0


class TwoScenes(StillScene):
    """The world in one of two states, and in which it was when."""

    def __init__(self) -> None:
        super().__init__()
        self._state = self._before = 0
        self._since_ns = 0
        self.ambient_kcps = 50.0

    def change(self, state: int, now_ns: int) -> None:
        self._before, self._state, self._since_ns = self._state, state, now_ns

    def _at(self, t_ns: int) -> tuple[float, Motion6, tuple[float, float, float]]:
        return _STATES[self._state if t_ns >= self._since_ns else self._before]

    def imu(self, t_ns: int) -> Motion6:
        motion = self._at(t_ns)[1]
        # A hand's tremble, of a count: samples that are all the same would be a chip that hangs.
        return motion._replace(gx=motion.gx + TREMBLE_RAD_S * math.sin(t_ns * 1e-6))

    def pad_force_n(self, t_ns: int) -> tuple[float, float, float]:
        return self._at(t_ns)[2]

    def reflection(self, sensor: int, t_ns: int) -> Reflection:
        reflectance = 0.4 + 0.002 * math.sin(t_ns * 1e-6)
        return Reflection(self._at(t_ns)[0] + 100.0 * sensor, reflectance, self.ambient_kcps)


@dataclass
class Bench:
    """One driver on its chip. ``told`` collects every error it raised."""

    name: str
    also: tuple[str, ...] = ()
    """More chips on the bus, as ``bus_with`` takes them."""
    speed_hz: int = 400_000
    told: list[ChipError] = field(default_factory=list)
    stamps: dict[int, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.clock = VirtualClock()
        self.scene = TwoScenes()
        self.sim: SimBus = bus_with(
            self.name, *self.also, clock=self.clock, scene=self.scene, speed_hz=self.speed_hz
        )
        for twin in self.sim.chips:
            twin.noise = Silent()
            for part in vars(twin).values():
                if hasattr(part, "_noise"):
                    part._noise = twin.noise
        self.clock.advance(100 * MS)
        chip = CHIPS[self.name]
        self.kind = chip.kind
        self.driver: Any = chip.driver(LinuxBus(self.sim, "i2c-1"), self.clock, chip.address)

    # -- what a driver is asked ----------------------------------------------------------

    def up(self) -> None:
        """Bring it up. Raises ChipError; never takes longer than it may."""
        began_ns = self.clock.now_ns()
        try:
            for wait_ns in self.driver.bring_up():
                self.clock.advance(wait_ns)
        finally:
            took_ms = (self.clock.now_ns() - began_ns) / MS
            assert took_ms <= BRING_UP_MS, f"the bring-up took {took_ms:.0f} ms"

    def tick(self) -> list[Any]:
        """One read at the next tick. Raises ChipError; never takes longer than a tick."""
        self.clock.sleep_until_ns((self.clock.now_ns() // TICK + 1) * TICK)
        wire_ns = self.sim.wire_ns
        try:
            got = self.driver.read()
        finally:
            assert self.sim.wire_ns - wire_ns <= TICK, "a read took longer than a tick"
        samples = [got] if isinstance(got, TofSample) else list(got or ())
        for sample in samples:
            which = sample.pad if isinstance(sample, PadSample) else 0
            before = self.stamps.get(which, 0)
            assert before < sample.t_ns <= self.clock.now_ns(), "the stamp went back, or ahead"
            self.stamps[which] = sample.t_ns
        return samples

    def run(self, ms: float) -> list[Any]:
        """Samples of so many ms; errors go to ``told``, and a chip that answers wrongly is
        brought up again, as the station does it."""
        end_ns = self.clock.now_ns() + round(ms * MS)
        got: list[Any] = []
        while self.clock.now_ns() < end_ns:
            try:
                got += self.tick()
            except ChipError as error:
                self.tell(error)
                if self.is_down(error):
                    return got
        return got

    def is_down(self, error: ChipError) -> bool:
        """Whether the station would bring the chip up anew at once."""
        return error.errno in (None, 110) or isinstance(error, ChipTimeout)

    def tell(self, error: ChipError) -> None:
        chip = CHIPS[self.name]
        assert error.chip == self.driver.name
        assert error.address == chip.address
        assert error.bus == "i2c-1"
        text = str(error)
        assert "\n" not in text
        assert f"{error.chip} at 0x{error.address:02X} on i2c-1: " in text
        assert ", expected " in text
        self.told.append(error)

    # -- what comes of it ----------------------------------------------------------------

    def look(self, state: int) -> None:
        """The world changes to ``state`` now."""
        self.scene.change(state, self.clock.now_ns())

    def steady(self, state: int = 0) -> None:
        """Up, and showing ``state``; whatever was wrong before is over."""
        self.sim.recover()
        if not self.driver.identity:  # the first start is with hands off
            self.look(0)
            self.up()
        self.look(state)
        self.up()
        self.run(SETTLE_MS)
        self.told.clear()

    def follows(self, state: int) -> None:
        """From SETTLE_MS on, every sample must show ``state``, and there must be some."""
        self.run(SETTLE_MS)
        got = self.run(SEEN_MS)
        assert got, "no samples"
        wrong = [sample for sample in got if not self.is_right(sample, state)]
        assert not wrong, f"{wrong[0]} in state {state}"

    def is_right(self, sample: Any, *states: int) -> bool:
        """Whether ``sample`` is what one of ``states`` reads like, within a count."""
        known = learned(self.name)
        return any(near(sample, known[state], CHIPS[self.name].kind) for state in states)


def near(sample: Any, want: dict[int, Any], kind: str) -> bool:
    """Within a count of what it should be."""
    reach = _REACH[kind]
    if isinstance(sample, TofSample):
        there: TofSample = want[0]
        return sample.valid and abs(sample.range_mm - there.range_mm) <= reach
    if isinstance(sample, ImuSample):
        return all(abs(a - b) <= reach for a, b in zip(sample[1:], want[0][1:], strict=True))
    pad: PadSample = want[sample.pad]
    return sample.closed is pad.closed and abs(sample.level - pad.level) <= reach


@cache
def learned(name: str) -> list[dict[int, Any]]:
    """The last sample (of each pad) in each state, from a chip to which nothing happens."""
    bench = Bench(name)
    bench.up()
    states = []
    for state in range(len(_STATES)):
        bench.look(state)
        bench.run(SETTLE_MS)
        got = bench.run(SEEN_MS)
        states.append({s.pad if isinstance(s, PadSample) else 0: s for s in got})
    assert not bench.told
    return states


def transactions(bench: Bench, do: Callable[[], object]) -> int:
    """How many ``do`` takes."""
    bench.sim.reset_counters()
    do()
    return bench.sim.transactions


def attempt(bench: Bench, do: Callable[[], object]) -> bool:
    """Whether it went well; its error is in ``told``."""
    try:
        do()
    except ChipError as error:
        bench.tell(error)
        return False
    except (DriverError, OSError) as error:
        raise AssertionError(f"an error that names no chip: {error!r}") from error
    return True
