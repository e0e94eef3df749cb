"""A motion through the simulated chips and the very code of ``hinge run``, on a virtual clock."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple, Protocol

import msgspec

from device.config_model import Config, Tof
from device.drills import DRILLS
from device.errors import InputFileError, UnreadableMotion
from device.haptic import with_haptic
from device.journal import Journal
from device.limits import StageName
from device.loop import Health, run_loop
from device.opening import Opening
from device.outbox import OutboxHealth
from device.pipeline import Pipeline
from device.sensors import NO_IMU_HZ
from device.setting import setting_of
from device.station import build_outputs, build_sensors
from device.tick import Key, SetDone, TickInput, TickOutput
from device.workbench.result import Collected, Result
from drivers.sim.clock import VirtualClock
from drivers.sim.dowel import Worn
from drivers.sim.motion import Motion, MotionError, read_motion
from drivers.sim.motor import LRA_S, Motor
from drivers.sim.player import MotionScene, Truth
from drivers.sim.rig import Fitted, SimRig
from drivers.sim.scene import Scene
from services.schema import Message

SEVERAL = (0x30, 0x31, 0x32)
"""Addresses of several rangers: none may stay where they all begin."""

CALL_S = 0.05
"""When the key is pressed for a motion whose drill the key opens."""

Progress = Callable[[float], None]
"""Called with the share done, 0..1."""


class MotionOptions(NamedTuple):
    """How a motion is played (interface: ``hinge replay``)."""

    stature_m: float | None = None
    tof_heights_m: tuple[float, ...] | None = None
    gap_m: float = 0.50
    seed: int = 0
    lead_in_s: float = 2.0
    lead_out_s: float = 2.0
    stretch: float = 1.0
    contacts_closed: bool = False
    drill: str | None = None
    stage: StageName | None = None
    """What the user chose in place of a recording's own."""


class Played(NamedTuple):
    """What came of a motion, and what it really did (for evaluation only)."""

    result: Result
    truth: Truth
    stature_m: float


def load_motion(path: Path) -> Motion:
    """Raises ``InputFileError``, one line."""
    try:
        return read_motion(path)
    except MotionError as error:
        raise UnreadableMotion(str(error)) from None
    except OSError as error:
        raise InputFileError(
            path, "cannot be read", got=error.strerror or str(error), expected="a motion (.csv)"
        ) from None


def fitted_of(config: Config, tofs: int) -> Fitted:
    """The simulated rig that a configuration describes."""
    pads = config.pads
    return Fitted(
        tof=config.tof.chip,
        tofs=tofs,
        imu=config.imu.chip if config.imu.fitted else None,
        imu_address=config.imu.at if config.imu.fitted else 0,
        pads=pads.chip if pads.fitted else None,
        pads_address=pads.at if pads.fitted else 0,
        wall_number=config.bus.wall.number,
        wall_hz=config.bus.wall.hz,
        dowel_number=config.bus.dowel.number,
        dowel_hz=config.bus.dowel.hz,
        xshut_pins=config.pins.xshut,
        gpio1_pins=config.pins.tof_gpio1,
        motor=_motor(config),
        motor_pin=config.pins.vibration,
        haptic=None if config.outputs.haptic == "none" else config.outputs.haptic,
        haptic_address=config.outputs.haptic_address,
        power_pin=config.pins.dowel_power,
    )


def _motor(config: Config) -> Motor | None:
    outputs = config.outputs
    if not outputs.vibration:
        return None
    if outputs.haptic != "none" and outputs.haptic_motor == "lra":
        return Motor(outputs.vibration_hz, spin_up_s=LRA_S, spin_down_s=LRA_S)
    return Motor(outputs.vibration_hz)


class Startable(Scene, Protocol):
    """A scene whose time can be moved: its 0 s is at ``t0_ns``."""

    t0_ns: int


class Late:
    """A scene that waits for the chips: its time begins when ``start`` is called.

    Until then nobody touches the pads, as at a real start with the dowel on its hook: touch
    chips learn their zeroes there.
    """

    def __init__(self, scene: Startable) -> None:
        self._scene = scene
        self._started = False
        # The scene's own: asked some hundred times a second.
        self.reflection = scene.reflection
        self.imu = scene.imu

    def start(self, t_ns: int) -> None:
        self._scene.t0_ns = t_ns
        self._started = True

    def pad_force_n(self, t_ns: int) -> tuple[float, float, float]:
        return self._scene.pad_force_n(t_ns) if self._started else (0.0, 0.0, 0.0)


class _Presses:
    """Keys that are pressed at set times of the scene."""

    def __init__(self, keys: Sequence[tuple[float, Key]], clock: VirtualClock) -> None:
        self._keys = deque(keys)
        self._clock = clock
        self._t0_ns = 0

    def start(self, t_ns: int) -> None:
        self._t0_ns = t_ns

    def read(self) -> list[Key]:
        now_s = (self._clock.now_ns() - self._t0_ns) * 1e-9
        due = []
        while self._t0_ns and self._keys and self._keys[0][0] <= now_s:
            due.append(self._keys.popleft()[1])
        return due


class Kept(NamedTuple):
    """Where the ticks of a run also go: ``hinge simulate``."""

    begin: Callable[[float, int, Config], None]
    """Called once with the IMU's rate, the instant that is 0 s, and the configuration in use."""
    write: Callable[[TickInput], None]


class _Tap:
    """The pipeline, and a note of all it says."""

    def __init__(self, middle: Pipeline, collected: Collected, kept: Kept | None) -> None:
        self._middle = middle
        self._collected = collected
        self._kept = kept

    def step(self, tick: TickInput, /) -> TickOutput:
        output = self._middle.step(tick)
        self._collected.add(tick, output)
        if self._kept is not None:
            self._kept.write(tick)
        return output

    def finish(self) -> tuple[SetDone, ...]:
        sets = self._middle.finish()
        self._collected.add_sets(sets)
        return sets


class _Nowhere:
    """Stands for the outbox: a replay logs nothing."""

    def put(self, message: Message) -> None:
        del message

    def health(self) -> OutboxHealth:
        return OutboxHealth(0, 0, 0.0, 0, connected=False, last_error=None)


def play_scene(
    config: Config,
    late: Late,
    *,
    seed: int,
    duration_s: float,
    tofs: int,
    offset_s: float,
    source: str,
    kept: Kept | None = None,
    progress: Progress | None = None,
    watch: Callable[[SimRig, int], Callable[[int], None]] | None = None,
    keys: Sequence[tuple[float, Key]] = (),
) -> Result:
    """Bring the chips up in front of ``late``'s scene, start it, and loop until it is over.

    ``offset_s``: scene time that is 0 s in the result. ``watch`` gets the rig and the time at
    which the scene begins, and gives what is called with the time of every tick. ``keys``: what
    is pressed, and when in the scene (s), in that order.
    """
    clock = VirtualClock()
    rig = SimRig(late, clock, fitted_of(config, tofs), seed)
    # The simulated buses themselves: smbus2's message objects would cost a tenth of the run.
    presses = _Presses(keys, clock)
    sensors = build_sensors(config, rig.buses, rig.pins.factory, clock, keys=(presses,))
    pins = build_outputs(config, rig.pins.factory)
    outputs, keep = with_haptic(config, pins, rig.buses, clock, lambda text: None)
    t0_ns = clock.now_ns()
    late.start(t0_ns)
    presses.start(t0_ns)
    origin_ns = t0_ns + round(offset_s * 1e9)
    if kept is not None:
        kept.begin(sensors.odr_hz, origin_ns, config)
    collected = Collected(origin_ns)
    middle = _Tap(
        Pipeline(setting_of(config, sensors.odr_hz, origin_ns), frames=False), collected, kept
    )
    end_ns = t0_ns + round(duration_s * 1e9)

    each_tick = watch(rig, t0_ns) if watch is not None else None

    def over() -> bool:
        t_ns = clock.now_ns()
        if each_tick is not None:
            each_tick(t_ns)
        return t_ns >= end_ns

    def tell(_: Health) -> None:
        if progress is not None:
            progress(min((clock.now_ns() - t0_ns) / (end_ns - t0_ns), 1.0))

    health = run_loop(
        sensors,
        middle,
        outputs,
        _Nowhere(),
        None,
        None,
        clock,
        over,
        journal=Journal(config.station.name, config.practice.drill, config.practice.stage),
        keep=keep,
        on_health=tell,
        collect=lambda: None,
    )
    outputs.close()
    return collected.result(
        source=source,
        drill=config.practice.drill,
        duration_s=duration_s,
        samples=health.sensors.samples,
        bus_errors=health.sensors.errors,
    )


def worn_for(config: Config) -> Worn:
    """Where the simulated person carries the IMU for the drill that is practised."""
    drill = DRILLS.get(config.practice.drill)
    return "clip" if drill is not None and drill.imu == "clip" else "dowel"


def by_key(config: Config) -> bool:
    """Whether the drill that is practised waits for the NEXT key."""
    return Opening(setting_of(config, NO_IMU_HZ)).by_key


def with_rangers(tof: Tof, heights_m: tuple[float, ...]) -> Tof:
    """The rangers at these heights, each with an address of its own."""
    addresses = tof.addresses if len(heights_m) == 1 else SEVERAL[: len(heights_m)]
    return msgspec.structs.replace(
        tof, heights_m=tuple(round(height, 4) for height in heights_m), addresses=addresses
    )


def play_motion(
    config: Config,
    motion: Motion,
    options: MotionOptions,
    *,
    source: str,
    kept: Kept | None = None,
    progress: Progress | None = None,
) -> Played:
    """Play one motion. The stature is the option's, else the configuration's, else that of the
    motion (hip height over 0.53)."""
    if options.stretch != 1.0:
        motion = motion.stretched(options.stretch)
    if options.contacts_closed:
        motion = motion.with_contacts_closed()
    scene = MotionScene(
        motion,
        lead_in_s=options.lead_in_s,
        lead_out_s=options.lead_out_s,
        gap_m=options.gap_m,
        tof_heights_m=options.tof_heights_m,
        recess_m=1e-3 * config.tof.recess_mm,
        worn=worn_for(config),
    )
    stature_m = options.stature_m or config.station.stature_m or scene.stature_m
    known = msgspec.structs.replace(
        config,
        station=msgspec.structs.replace(config.station, stature_m=round(stature_m, 4)),
        tof=with_rangers(config.tof, scene.tof_heights_m),
        practice=msgspec.structs.replace(config.practice, reps=100),
    )
    result = play_scene(
        known,
        Late(scene),
        seed=options.seed,
        duration_s=scene.duration_s,
        tofs=len(scene.tof_heights_m),
        offset_s=scene.offset_s,
        source=source,
        kept=kept,
        progress=progress,
        keys=((CALL_S, "next"),) if by_key(known) else (),
    )
    return Played(result, scene.truth(), stature_m)
