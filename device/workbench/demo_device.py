"""The demo's device program: ``device.run`` on the simulated rig, with someone to talk to."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final, NamedTuple

import msgspec

from device.config_model import Config
from device.control import Datagrams
from device.ending import Ending
from device.loop import Health, Middle
from device.run import run
from device.tick import SetDone, TickInput, TickOutput
from device.workbench.demo_person import Actor, MotionForEver, ReadyPerson
from device.workbench.demo_scenario import ScenarioActor
from device.workbench.motion_run import fitted_of, load_motion, worn_for
from device.workbench.scenario_run import load_scenario
from drivers.bus import LinuxBus
from drivers.clock import Clock, MonotonicClock
from drivers.sim.body import Body
from drivers.sim.rig import Lost, SimRig
from drivers.sim.segments import Place
from services.schema import PersonOrder, decode_control

PERSON_SOCKET: Final = "person.sock"
SWITCH_S: Final = 0.0005
"""How soon the loop gets the interpreter back from the thread that makes the next piece."""
SAID_NS: Final = 4_000_000_000
LOSE_S: Final = (0.1, 60.0)
SENSOR_WORDS: Final = {"tof": "distance sensor", "imu": "dowel sensor", "pads": "contact pads"}


class DeviceOptions(NamedTuple):
    """``config`` as the demo wrote it; ``speed`` 2 = twice as fast as life."""

    config: Config
    motion: Path | None = None
    scenario: Path | None = None
    speed: float = 1.0
    seed: int = 0


class FastClock:
    """The machine's monotonic time, ``speed`` times as fast. Satisfies ``drivers.clock.Clock``."""

    def __init__(self, speed: float) -> None:
        self._speed = speed
        self._origin_ns = time.monotonic_ns()

    def now_ns(self) -> int:
        since_ns = time.monotonic_ns() - self._origin_ns
        return self._origin_ns + int(since_ns * self._speed)

    def sleep_until_ns(self, t_ns: int) -> None:
        wait_ns = (t_ns - self.now_ns()) / self._speed
        if wait_ns > 0:
            time.sleep(wait_ns * 1e-9)


class Stage:
    """Between sensors and pipeline: takes orders, pulls plugs, puts the actor's words in."""

    def __init__(
        self,
        actor: Actor,
        rig: SimRig,
        orders: Datagrams,
        say: Callable[[str], None],
        *,
        pads_fitted: bool = True,
    ) -> None:
        self._actor = actor
        self._pads_fitted = pads_fitted
        self._rig = rig
        self._orders = orders
        self._say = say
        self._lost_until_ns: dict[Lost, int] = {}
        self._answer = ""
        self._answer_until_ns = 0
        self._middle: Middle | None = None

    def wrap(self, middle: Middle) -> Middle:
        self._middle = middle
        return self

    def step(self, tick: TickInput, /) -> TickOutput:
        assert self._middle is not None  # wrap comes before the first tick
        t_ns = tick.t_ns
        self._actor.attend(t_ns)
        for data in self._orders.read():
            self._take(t_ns, data)
        for sensor in [s for s, until_ns in self._lost_until_ns.items() if t_ns >= until_ns]:
            del self._lost_until_ns[sensor]
            self._rig.plug(sensor)
        output = self._middle.step(tick)
        if output.live is None:
            return output
        live = msgspec.structs.replace(output.live, person_says=self._words(t_ns))
        return msgspec.structs.replace(output, live=live)

    def finish(self) -> Sequence[SetDone]:
        return () if self._middle is None else self._middle.finish()

    def _take(self, t_ns: int, data: bytes) -> None:
        try:
            order = decode_control(data)
        except ValueError as error:
            self._say(f"order to the person ignored: {error}")
            return
        if not isinstance(order, PersonOrder):
            self._say("order to the person ignored: it is a key of the station")
            return
        try:
            if order.do is not None:
                self._actor.order(order.do)
            if order.lose == "pads" and not self._pads_fitted:
                raise ValueError("there are no pads to unplug")
        except ValueError as error:
            self._answer = f"I cannot: {error}."
            self._answer_until_ns = t_ns + SAID_NS
            self._say(f"order to the person ignored: {error}")
            return
        if order.lose is not None:
            self._lose(t_ns, order.lose, order.for_s)

    def _lose(self, t_ns: int, sensor: Lost, for_s: float) -> None:
        low_s, high_s = LOSE_S
        if sensor not in self._lost_until_ns:
            self._rig.unplug(sensor)
        self._lost_until_ns[sensor] = t_ns + round(min(max(for_s, low_s), high_s) * 1e9)

    def _words(self, t_ns: int) -> str:
        words = [self._actor.says(t_ns)]
        if t_ns < self._answer_until_ns:
            words.append(self._answer)
        words += [f"Unplugged: {SENSOR_WORDS[sensor]}." for sensor in self._lost_until_ns]
        return " ".join(words)


def demo_device(options: DeviceOptions) -> int:
    """Run until SIGTERM or SIGINT; returns the exit code 0.

    Raises what ``device.run.run`` does, and ``InputFileError`` for the motion.
    """
    sys.setswitchinterval(SWITCH_S)
    with Ending() as ending:
        health = _play(options, ending)
    _say(f"{health.pacer.ticks} ticks, {health.pacer.missed} missed")
    return 0


def _play(options: DeviceOptions, stop: Callable[[], bool]) -> Health:
    config = options.config
    clock: Clock = MonotonicClock() if options.speed == 1.0 else FastClock(options.speed)
    actor = _actor(options, clock.now_ns())
    orders: Datagrams | None = None
    try:
        rig = SimRig(actor, clock, fitted_of(config, len(config.tof.addresses)), options.seed)
        if isinstance(actor, ScenarioActor):
            actor.attach(rig)
        buses = {number: LinuxBus(bus, bus.name) for number, bus in rig.buses.items()}
        orders = Datagrams(config.paths.device_socket.with_name(PERSON_SOCKET))
        stage = Stage(actor, rig, orders, _say, pads_fitted=config.pads.fitted)
        return run(config, buses, rig.pins.factory, clock, stop, _say, wrap=stage.wrap)
    finally:
        if orders is not None:
            orders.close()
        actor.close()


def _actor(options: DeviceOptions, t0_ns: int) -> Actor:
    tof = options.config.tof
    place = Place(
        gap_m=tof.gap_m,
        tof_heights_m=tof.heights_m,
        recess_m=1e-3 * tof.recess_mm,
        worn=worn_for(options.config),
    )
    if options.scenario is not None:
        name = options.scenario.stem
        scenario = load_scenario(options.scenario)
        return ScenarioActor(scenario, name, options.seed, t0_ns, worn=place.worn)
    if options.motion is not None:
        motion = load_motion(options.motion)
        # A motion brings its own body: its beam is at its own hips, unless told otherwise.
        return MotionForEver(
            motion, options.motion.stem, t0_ns, Place(gap_m=place.gap_m, recess_m=place.recess_m)
        )
    stature_m = options.config.station.stature_m
    body = Body() if stature_m is None else Body(stature_m)
    return ReadyPerson(body, place, options.seed, t0_ns)


def _say(text: str) -> None:
    sys.stderr.write(f"device: {text}\n")
    sys.stderr.flush()
