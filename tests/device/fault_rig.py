"""The whole station on a simulated rig, one person doing hinges, and faults at set moments.

Buses, drivers, sensors, ladder, pipeline and pins are the station's own; the loop is the pacer's
ticks without what may stall (disk, sockets). Every tick's bus time is counted.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Final

import msgspec

from device.bus_ladder import Tools
from device.config import parse
from device.config_model import Config
from device.pacer import Pacer
from device.pipeline import Pipeline
from device.setting import setting_of
from device.station import build_outputs, build_sensors, dowel_power
from device.tick import RepDone, Sensor, TickOutput
from device.workbench.motion_run import Late, fitted_of
from drivers.sim.body import Body
from drivers.sim.bus import SimBus
from drivers.sim.chip import SimChip
from drivers.sim.clock import VirtualClock
from drivers.sim.person import Played, Script
from drivers.sim.rig import SimRig
from drivers.sim.scene import Reflection
from drivers.sim.segments import Place
from drivers.sim.tools import SimTools
from tests.device.by_chips import EVEN

MS: Final = 1_000_000
S: Final = 1_000_000_000
BODY: Final = Body(1.75)
PAUSE: Final = {"for_s": 1.2}
REP: Final = {**EVEN, "down_s": 1.2, "hold_s": 0.4, "up_s": 1.2}


@cache
def script(reps: int) -> Script:
    """Somebody comes, takes the dowel and does ``reps`` good reps with pauses."""
    steps: list[tuple[str, dict[str, float]]] = [
        ("approach", {}),
        ("pick_up", {}),
        ("stand", {"for_s": 4.0}),
    ]
    for _ in range(reps):
        steps += [("hinge", dict(REP)), ("stand", PAUSE)]
    return Script(steps, BODY, Place(), 1)


class Sunny(Late):
    """The scene, and sunlight that a test lets in."""

    def __init__(self, scene: Script) -> None:
        super().__init__(scene)
        self.ambient_kcps: float | None = None
        self._plain = scene.reflection
        self.reflection = self._lit

    def _lit(self, sensor: int, t_ns: int) -> Reflection:
        seen = self._plain(sensor, t_ns)
        return seen if self.ambient_kcps is None else seen._replace(ambient_kcps=self.ambient_kcps)


@dataclass(frozen=True)
class Fault:
    """``begin`` at ``at_s`` of the scene, ``end`` ``for_s`` later; both get the station."""

    at_s: float
    for_s: float
    sensor: Sensor
    begin: Callable[[Station], None]
    end: Callable[[Station], None]
    name: str = ""


@dataclass
class Log:
    """What was seen and said; times in s of the scene."""

    reps: list[tuple[float, RepDone]] = field(default_factory=list)
    cues: list[tuple[float, str]] = field(default_factory=list)
    outputs: dict[str, list[tuple[float, float]]] = field(default_factory=dict)
    conditions: list[tuple[float, tuple[str, ...]]] = field(default_factory=list)
    states: list[tuple[float, str]] = field(default_factory=list)
    said: list[tuple[float, str]] = field(default_factory=list)
    faults: list[tuple[float, str, str]] = field(default_factory=list)
    samples: dict[str, list[float]] = field(
        default_factory=lambda: {"imu": [], "tof": [], "range": [], "pads": []}
    )
    bus_ms: list[tuple[float, float, int]] = field(default_factory=list)
    """(when, ms that the buses took of a tick, transfers that timed out in it)."""

    def silence(self, sensor: str, from_s: float, to_s: float) -> tuple[float, float]:
        """The longest time without a sample that touches ``from_s`` .. ``to_s``: its two ends."""
        touching = [
            (a, b) for a, b in itertools.pairwise(self.samples[sensor]) if b > from_s and a < to_s
        ]
        return max(touching, key=lambda pair: pair[1] - pair[0])

    def missing_ms(self, sensor: str, from_s: float, to_s: float) -> float:
        """The longest part of ``from_s`` .. ``to_s`` without a sample."""
        start_s, end_s = self.silence(sensor, from_s, to_s)
        return 1e3 * (min(end_s, to_s) - max(start_s, from_s))

    def first_after(self, sensor: str, at_s: float) -> float:
        return next((t for t in self.samples[sensor] if t >= at_s), 1e9)

    def level(self, pin: str, at_s: float) -> float:
        value = 0.0
        for t_s, level in self.outputs.get(pin, []):
            if t_s > at_s:
                break
            value = level
        return value


class Station:
    """The station and the world around it."""

    def __init__(self, reps: int, config: str = "", root: Path | None = None) -> None:
        self.clock = VirtualClock()
        self.script = script(reps)
        self.scene = Sunny(self.script)
        known: Config = parse(config)
        self.config = msgspec.structs.replace(
            known,
            station=msgspec.structs.replace(known.station, stature_m=BODY.stature_m),
            practice=msgspec.structs.replace(known.practice, reps=100),
            tof=msgspec.structs.replace(
                known.tof, heights_m=tuple(round(h, 3) for h in self.script.tof_heights_m)
            ),
        )
        self.rig = SimRig(self.scene, self.clock, fitted_of(self.config, 1))
        self.tools = SimTools(self.rig.pins, self.rig.buses, looks=1)
        sysfs = Path("/none") if root is None else self.tools.make_sysfs(root)
        factory = self.rig.pins.factory
        self.log = Log()
        self.sensors = build_sensors(
            self.config,
            self.rig.buses,
            factory,
            self.clock,
            tools=Tools(self.tools.start, sysfs),
            power=dowel_power(self.config, factory, self.clock),
            say=lambda text: self.log.said.append((self.now_s, text)),
        )
        self.outputs = build_outputs(self.config, factory)
        self.t0_ns = self.clock.now_ns()
        self.scene.start(self.t0_ns)
        self.pipeline = Pipeline(setting_of(self.config, self.sensors.odr_hz, self.t0_ns))
        self._pacer = Pacer(self.clock)
        for bus in self.rig.buses.values():
            bus.reset_counters()

    @property
    def now_s(self) -> float:
        return (self.clock.now_ns() - self.t0_ns) * 1e-9

    @property
    def played(self) -> list[Played]:
        """The reps as they are done."""
        return [piece for piece in self.script.played if piece.segment.rep is not None]

    def place(self, sensor: Sensor) -> tuple[SimBus, int]:
        """Where the sensor's chip answers."""
        if sensor == "tof":
            return self.rig.wall, self.config.tof.addresses[0]
        return self.rig.dowel, self.config.imu.at if sensor == "imu" else self.config.pads.at

    def chip(self, sensor: Sensor) -> SimChip:
        bus, _ = self.place(sensor)
        return next(chip for chip in bus.chips if chip.sensor == sensor)

    def run(self, *faults: Fault, to_s: float | None = None) -> Log:
        """Play the scene with the faults in it."""
        events = [(f.at_s, f.begin) for f in faults] + [(f.at_s + f.for_s, f.end) for f in faults]
        events.sort(key=lambda event: event[0])
        end_s = self.script.duration_s if to_s is None else to_s
        buses = self.rig.buses.values()
        while self.now_s < end_s:
            t_ns = self._pacer.wait()
            while events and self.now_s >= events[0][0]:
                events.pop(0)[1](self)
            began_ns = self.clock.now_ns()
            timeouts = sum(bus.timeouts for bus in buses)
            tick = self.sensors.read(t_ns)
            spent_ms = (self.clock.now_ns() - began_ns) / MS
            t_s = (t_ns - self.t0_ns) * 1e-9
            self.log.bus_ms.append((t_s, spent_ms, sum(bus.timeouts for bus in buses) - timeouts))
            self._note(t_s, self.pipeline.step(tick))
            for fault in tick.faults:
                self.log.faults.append((t_s, fault.sensor, fault.kind))
            seen = self.log.samples
            seen["imu"] += [(s.t_ns - self.t0_ns) * 1e-9 for s in tick.imu]
            seen["tof"] += [(s.t_ns - self.t0_ns) * 1e-9 for _, s in tick.tof]
            seen["range"] += [(s.t_ns - self.t0_ns) * 1e-9 for _, s in tick.tof if s.valid]
            seen["pads"] += [(s.t_ns - self.t0_ns) * 1e-9 for s in tick.pads]
        return self.log

    def _note(self, t_s: float, output: TickOutput) -> None:
        log = self.log
        log.reps += [(t_s, rep) for rep in output.reps]
        log.cues += [(t_s, cue.code) for cue in output.cues]
        for change in output.outputs:
            self.outputs.set(change.pin, change.value)
            log.outputs.setdefault(change.pin, []).append((t_s, change.value))
        if output.conditions is not None:
            log.conditions.append((t_s, tuple(output.conditions)))
        if output.state is not None:
            log.states.append((t_s, output.state))
