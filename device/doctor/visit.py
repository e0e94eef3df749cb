"""Everything that was gathered on the station before any check looks at it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol

from device.config_model import Config
from device.doctor.found import Figures, Found, Status
from device.doctor.look import CalibrationLook, SpoolLook
from device.doctor.machine import Machine
from device.doctor.wire import Wire
from device.tick import Sensor
from drivers.errors import ChipError
from drivers.samples import ImuSample, PadSample, TofSample

AtWork = Literal["yes", "no", "unknown"]
Asked = Literal["yes", "no", "not asked"]

Organ = Sensor | Literal["haptic"]
"""What a chip is to the station: a sensor, or the driver of the motor in the dowel."""

ORGANS: Mapping[Organ, str] = {
    "tof": "ranger",
    "imu": "IMU",
    "pads": "pads",
    "haptic": "motor's chip",
}
LOST_READS = 10
"""So many failed reads at the end mean that the chip has gone, not that the wire is noisy."""


@dataclass
class Part:
    """One chip: its driver, how its bring-up went, and what it delivered."""

    sensor: Organ
    driver: Any
    """Of ``drivers.CHIPS``; each kind reads values of its own."""
    wire: Wire
    start_fault: ChipError | None = None
    acknowledged: bool = True
    """It acknowledges its address; asked where the bring-up found nobody."""
    samples: list[Any] = field(default_factory=list)
    faults: list[ChipError] = field(default_factory=list)
    """While it was read: what was not the wire's."""
    wire_errors: int = 0
    retries: int = 0
    failing: int = 0
    """Reads that failed on the wire, running."""
    given_up: bool = False
    from_ns: int = 0
    until_ns: int = 0

    @property
    def name(self) -> str:
        return f"{self.driver.name} at 0x{self.driver.address:02X} on {self.wire.name}"

    @property
    def started(self) -> bool:
        return self.start_fault is None and self.wire.usable

    @property
    def gone(self) -> bool:
        """It answered, and does no longer."""
        return self.failing >= LOST_READS

    @property
    def delivers(self) -> bool:
        """Its samples can be judged."""
        return self.started and not self.faults and not self.gone and bool(self.samples)


class Told(Protocol):
    """What another program's side found, in the words of ``Found``."""

    @property
    def status(self) -> Status: ...
    @property
    def words(self) -> str: ...
    @property
    def figures(self) -> Figures: ...


class LogSide(Protocol):
    """What only the log service's code can say. Neither raises."""

    def database(self) -> Told: ...

    def station(self) -> Told:
        """How the running device program is, as the log service hears it."""
        ...


@dataclass
class Visit:
    """The station as it was found. Checks only read it."""

    config: Config
    machine: Machine
    log: LogSide
    outbox: SpoolLook
    quick: bool = False
    attended: bool = False
    at_work: AtWork = "no"
    """The station's own program holds buses and pins. Unknown: this user may not ask it."""
    wires: dict[int, Wire] = field(default_factory=dict)
    parts: list[Part] = field(default_factory=list)
    said: list[str] = field(default_factory=list)
    """Lines of the drivers themselves: a GPIO1 that is not wired."""
    rangers_apart: bool = True
    """False: several rangers and no XSHUT pins."""
    strangers: dict[str, list[int]] = field(default_factory=dict)
    """Addresses that answer and are nobody's, by bus; without buses that could not be asked."""
    pins_error: str | None = None
    outputs: dict[str, Asked] = field(default_factory=dict)
    """By output: did the person see or hear it."""
    keys_up: set[str] = field(default_factory=set)
    """Keys that were seen not pressed."""
    keys_down: set[str] = field(default_factory=set)
    calibration: CalibrationLook = field(default_factory=CalibrationLook)
    asked_to_press: bool = False
    pads_pressed: list[PadSample] = field(default_factory=list)
    """While the person was asked to press pads and keys."""

    @property
    def running(self) -> bool:
        """The hardware is left alone: the station has it, or may have it."""
        return self.at_work != "no"

    def held(self) -> Found | None:
        """Why buses and pins were left alone."""
        if not self.running:
            return None
        known = self.at_work == "yes"
        return Found("skipped", "the station is running" if known else "it may be running")

    def of(self, sensor: Organ) -> list[Part]:
        return [part for part in self.parts if part.sensor == sensor]

    def identities(self) -> dict[str, str]:
        """As ``Sensors.identities``, of the chips that came up."""
        found = {}
        for sensor in ORGANS:
            for number, part in enumerate(self.of(sensor)):
                if part.started:
                    found[f"tof[{number}]" if sensor == "tof" else sensor] = part.driver.identity
        return found

    def not_measured(self, sensor: Organ) -> Found | None:
        """Why the chips of ``sensor`` cannot be judged, when no one of them can."""
        if (held := self.held()) is not None:
            return held
        if sensor == "tof" and not self.rangers_apart:
            return Found("skipped", "several rangers need their XSHUT pins")
        parts = self.of(sensor)
        if not parts:
            return Found("skipped", "none fitted")
        if not any(part.wire.usable for part in parts):
            return Found("skipped", f"{parts[0].wire.name} cannot be used")
        return None

    def judged(self, sensor: Organ) -> list[Part] | Found:
        """The chips of ``sensor`` whose samples can be judged, or why there are none."""
        why = self.not_measured(sensor)
        if why is not None:
            return why
        parts = [part for part in self.of(sensor) if part.delivers]
        return parts or Found("skipped", f"the {ORGANS[sensor]} delivers nothing to judge")


def tof_samples(part: Part) -> Sequence[TofSample]:
    return part.samples


def imu_samples(part: Part) -> Sequence[ImuSample]:
    return part.samples


def pad_samples(part: Part) -> Sequence[PadSample]:
    return part.samples
