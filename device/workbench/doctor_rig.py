"""The doctor's simulated station: real drivers on twins, in front of a scene, with its faults."""

from __future__ import annotations

import difflib
import os
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

import msgspec
from gpiozero import DigitalOutputDevice

from device.config_model import Config
from device.doctor.host import read_machine
from device.doctor.machine import Machine
from device.doctor.measure import Rig
from device.errors import UsageError
from device.spool import Spool
from device.workbench.doctor_calibrated import calibrate
from device.workbench.doctor_faults import FAULTS, Plan
from device.workbench.doctor_scene import DoctorScene, SimHelper
from device.workbench.motion_run import fitted_of
from drivers.bus import Bus, LinuxBus
from drivers.errors import NoBus
from drivers.outputs import OUTPUTS, OutputPins
from drivers.sim.clock import VirtualClock
from drivers.sim.rig import Shaking, SimRig
from drivers.sim.rig_faults import RigFaults

Drive = Callable[[float, int | None], None]

SPOOL_BYTES: Final = 64 << 20
BOOTED_NS: Final = 200_000_000


def good_machine(now_unix_s: float, versions: dict[str, str]) -> Machine:
    """A Pi in good health."""
    return Machine(
        is_pi=True,
        model="simulated Raspberry Pi",
        now_unix_s=now_unix_s,
        clock_synced=True,
        has_rtc=True,
        disk_free_bytes=20_000_000_000,
        disk_total_bytes=32_000_000_000,
        disk_error=None,
        undervoltage_now=False,
        undervoltage_since_boot=False,
        throttled_now=False,
        throttled_since_boot=False,
        cpu_temp_c=48.0,
        realtime=True,
        realtime_words="SCHED_FIFO yes, memory lock yes (simulated)",
        versions=versions,
    )


def check_faults(names: Sequence[str]) -> None:
    """Raises ``UsageError`` for a fault that does not exist."""
    for name in names:
        if name not in FAULTS:
            part = name.partition(":")[0]
            parts = dict.fromkeys(fault.partition(":")[0] for fault in FAULTS)
            of_part = [fault for fault in FAULTS if fault.startswith(f"{part}:")]
            allowed = of_part or [f"{each}:..." for each in parts]
            near = difflib.get_close_matches(name, FAULTS, n=1)
            meant = f" Did you mean {near[0]!r}?" if near else ""
            raise UsageError(
                f"--fault: got {name!r}, expected one of {', '.join(allowed)} (docs/doctor.md)."
                f"{meant}"
            )


class SimStation:
    """``config``, ``rig`` and ``machine`` for ``device.doctor.examine.examine``.

    Args:
        folder: For spool, log and sockets; given by the caller, who also removes it.
        faults: Names of ``FAULTS``.

    Raises:
        UsageError: an unknown fault, or one of a part that is not fitted.
    """

    def __init__(
        self,
        config: Config,
        folder: Path,
        faults: Sequence[str] = (),
        *,
        attended: bool = True,
        seed: int = 0,
    ) -> None:
        check_faults(faults)
        here = read_machine(folder)
        plan = Plan(
            _in_folder(config, folder),
            good_machine(here.now_unix_s, here.versions),
            fitted_of(config, len(config.tof.addresses)),
        )
        for name in faults:
            FAULTS[name].do(plan)
        self._plan = plan
        self.config = plan.config
        self.machine = plan.machine
        self._clock = VirtualClock()
        self._scene = DoctorScene(plan.look, seed)
        self.sim = SimRig(self._scene, self._clock, plan.fitted, seed)
        self._clock.advance(BOOTED_NS)
        self._tick = 0
        self._holder: DigitalOutputDevice | None = None
        self._timed: RigFaults | None = None
        pins = plan.config.pins
        self._helper = SimHelper(
            self.sim.pins,
            OutputPins(**{name: getattr(pins, name) for name in OUTPUTS}),
            (pins.next, pins.stop),
            self._clock.now_ns,
            self._scene,
            plan.dead_outputs,
            plan.dead_keys,
            plan.held_keys,
            here=attended,
        )
        for chip in self.sim.dowel.chips:
            if isinstance(chip, Shaking):
                chip.on_drive = self._felt(chip.on_drive)
        try:
            for do in plan.built:
                do(self.sim)
        except StopIteration:
            raise UsageError(
                f"--fault: got {', '.join(faults)}, expected faults of parts that are fitted"
            ) from None
        self._fill_spool()
        calibrate(plan)
        self.rig = Rig(self._clock, self._open_bus, self._open_pins, self._helper, self._on_tick)

    def spoil(self) -> None:
        """Damage the files that are to be damaged. Call it when they are there."""
        for name in self._plan.spoil:
            path = Path(self.config.paths.data_dir) / name
            size = path.stat().st_size
            with path.open("r+b") as file:
                file.write(b"not a database any more ")
                file.seek(size // 2)
                file.write(os.urandom(64))

    def _open_bus(self, number: int) -> Bus:
        code = self._plan.no_bus.get(number)
        if code is not None:
            raise NoBus(code, f"i2c-{number}: opening /dev/i2c-{number} gave {os.strerror(code)}")
        return LinuxBus(self.sim.buses[number], f"i2c-{number}")

    def _open_pins(self) -> Any:
        factory = self.sim.pins.factory
        if self._plan.pins_taken and self._holder is None:
            self._holder = DigitalOutputDevice(self.config.pins.status_blue, pin_factory=factory)
        return factory

    def _felt(self, drive: Drive) -> Drive:
        """What the motor does, for the one who holds the dowel."""

        def both(level: float, for_ns: int | None) -> None:
            self._helper.shaken = level
            drive(level, for_ns)

        return both

    def _on_tick(self, t_ns: int) -> None:
        if self._timed is None:
            self._timed = RigFaults(self.sim, self._plan.timed, t_ns)
        self._timed.step(t_ns)
        self._tick += 1
        for do in self._plan.each_tick:
            do(self.sim, self._tick)
        self._helper.tick(t_ns)

    def _fill_spool(self) -> None:
        plan = self._plan
        path = plan.config.paths.spool
        if not plan.waiting and path.name not in plan.spoil:
            return
        spool = Spool(path, SPOOL_BYTES)
        spool.add((f"simulated-{number}", b"{}") for number in range(plan.waiting))
        spool.close()
        if plan.waiting_s:
            db = sqlite3.connect(path)
            with db:
                db.execute("UPDATE message SET spooled_at = spooled_at - ?", (plan.waiting_s,))
            db.close()


@contextmanager
def sim_station(
    config: Config, faults: Sequence[str] = (), *, attended: bool = True
) -> Iterator[SimStation]:
    """A ``SimStation`` with a folder of its own that is gone afterwards."""
    with TemporaryDirectory(prefix="hinge-doctor-") as folder:
        yield SimStation(config, Path(folder), faults, attended=attended)


def _in_folder(config: Config, folder: Path) -> Config:
    paths = msgspec.structs.replace(
        config.paths, data_dir=str(folder), socket_dir=str(folder / "run")
    )
    return msgspec.structs.replace(config, paths=paths)
