"""All chips once a tick: what is new, who is lost, who is back.

A chip that fails is mended from here, one step of its bring-up at a time and between two
ticks' readings, so that the others are read as if nothing had happened. Nothing sleeps.
"""

from __future__ import annotations

import errno
from collections.abc import Callable, Sequence
from typing import Any, Final, NamedTuple, Protocol, runtime_checkable

from device.backoff import Backoff
from device.tick import Key, Sensor, SensorFault, TickInput
from drivers.clock import Clock
from drivers.errors import BusFault, ChipError
from drivers.samples import Imu, ImuSample, Pads, PadSample, Steps, Tof, TofSample

RETRY_FIRST_NS: Final = 100_000_000
RETRY_MOST_NS: Final = 200_000_000
"""A chip must deliver within 0.5 s after the cause has ended: wait + bring-up + first sample."""
NO_IMU_HZ: Final = 208.0
"""What a rig without an IMU says of its rate: nothing depends on it."""
FAULTS_FORGIVEN: Final = 2
"""Ticks in a row on which the wire may fail (a spark, a knock on the plug) before the chip
counts as lost. Only for the wire: a chip that answers wrongly is brought up again at once."""


class KeySource(Protocol):
    """Keys pressed since the last call: the two at the wall, the page's."""

    def read(self) -> Sequence[Key]: ...


@runtime_checkable
class Holdable(Protocol):
    """A chip that can be kept in reset, so that it does not answer for another one."""

    def hold(self) -> None: ...


@runtime_checkable
class Thermometer(Protocol):
    """A chip that knows how warm it is, in degrees Celsius."""

    def read_temperature(self) -> float: ...


class SensorsHealth(NamedTuple):
    """``errors`` counts failed reads and bring-ups; ``lost`` names sensors as schema does."""

    samples: dict[str, int]
    errors: int
    lost: tuple[str, ...]


class _Chip:
    """One chip's state: up, waiting to be mended, or being mended."""

    def __init__(
        self,
        sensor: Sensor,
        which: int,
        read: Callable[[], Any],
        bring_up: Callable[[], Steps],
        hold: Callable[[], None] | None,
    ) -> None:
        self.sensor: Sensor = sensor
        self.which = which
        self.read = read
        self.bring_up = bring_up
        self.hold = hold
        self.up = True
        self.lost = False
        self.faults_running = 0
        self.steps: Steps | None = None
        self.step_due_ns = 0
        self.backoff = Backoff(RETRY_FIRST_NS, RETRY_MOST_NS)


class Sensors:
    """Reads every chip of the rig; ``imu`` and ``pads`` are None on a rig without."""

    def __init__(
        self,
        imu: Imu | None,
        tofs: Sequence[Tof],
        pads: Pads | None,
        keys: Sequence[KeySource],
        clock: Clock,
    ) -> None:
        """All chips must have been brought up."""
        self._clock = clock
        self.odr_hz = NO_IMU_HZ if imu is None else imu.odr_hz
        """The IMU's real rate, as its bring-up found it."""
        self._keys = tuple(keys)
        self._imu = None if imu is None else _Chip("imu", 0, imu.read, imu.bring_up, _hold(imu))
        self._tofs = [
            _Chip("tof", i, tof.read, tof.bring_up, _hold(tof)) for i, tof in enumerate(tofs)
        ]
        self._pads = (
            None if pads is None else _Chip("pads", 0, pads.read, pads.bring_up, _hold(pads))
        )
        fitted = (self._imu, *self._tofs, self._pads)
        self._chips = [chip for chip in fitted if chip is not None]
        self._drivers: dict[str, Imu | Tof | Pads] = {
            **({} if imu is None else {"imu": imu}),
            **{f"tof[{i}]": tof for i, tof in enumerate(tofs)},
            **({} if pads is None else {"pads": pads}),
        }
        self._turn = 0
        self._samples = {"imu": 0, "tof": 0, "contact": 0}
        self._errors = 0

    def read(self, t_ns: int) -> TickInput:
        """Everything new at the tick that began at ``t_ns``. Raises nothing about chips."""
        faults: list[SensorFault] = []
        imu: Sequence[ImuSample] = ()
        if self._imu is not None:
            imu = self._poll(self._imu, faults) or ()
        tof: list[tuple[int, TofSample]] = []
        for chip in self._tofs:
            sample = self._poll(chip, faults)
            if sample is not None:
                tof.append((chip.which, sample))
        pads: Sequence[PadSample] = ()
        if self._pads is not None:
            pads = self._poll(self._pads, faults) or ()
        if any(not chip.up for chip in self._chips):
            self._mend()
        keys: list[Key] = []
        for source in self._keys:
            keys += source.read()
        self._samples["imu"] += len(imu)
        self._samples["tof"] += len(tof)
        self._samples["contact"] += len(pads)
        return TickInput(t_ns, tuple(imu), tuple(tof), tuple(pads), tuple(keys), tuple(faults))

    def identities(self) -> dict[str, str]:
        """``imu``, ``tof[0]``, ..., ``pads``: what each chip said of itself as it came up."""
        return {name: driver.identity for name, driver in self._drivers.items()}

    def temperature_c(self) -> float | None:
        """Of the IMU; None where there is none, or its driver cannot tell. Raises ChipError."""
        imu = self._drivers.get("imu")
        return imu.read_temperature() if isinstance(imu, Thermometer) else None

    def health(self) -> SensorsHealth:
        lost = dict.fromkeys(chip.sensor for chip in self._chips if chip.lost)
        return SensorsHealth(dict(self._samples), self._errors, tuple(lost))

    def _poll(self, chip: _Chip, faults: list[SensorFault]) -> Any:
        if not chip.up:
            return None
        try:
            news = chip.read()
        except ChipError as error:
            self._errors += 1
            chip.faults_running += 1
            # A timeout is not forgiven: trying again would cost the others another one.
            wire = isinstance(error, BusFault) and error.errno != errno.ETIMEDOUT
            forgiven = wire and not chip.lost
            if not (forgiven and chip.faults_running <= FAULTS_FORGIVEN):
                self._lose(chip, error, faults)
            return None
        chip.faults_running = 0
        if chip.lost and news:
            chip.lost = False
            chip.backoff.reset()
            faults.append(SensorFault(chip.sensor, chip.which, "back", ""))
        return news

    def _lose(self, chip: _Chip, error: ChipError, faults: list[SensorFault]) -> None:
        chip.up = False
        chip.faults_running = 0
        if not chip.lost:
            chip.lost = True
            faults.append(SensorFault(chip.sensor, chip.which, "lost", str(error)))
        chip.backoff.failed(self._clock.now_ns())
        if chip.hold is not None:
            chip.hold()

    def _mend(self) -> None:
        """One step of one chip's bring-up: what mending may cost a tick.

        Rangers are mended one after another: two that wake up at the same address would both
        take the address meant for the first.
        """
        now_ns = self._clock.now_ns()
        tof_under_way = any(chip.steps is not None for chip in self._tofs)
        for i in range(len(self._chips)):
            chip = self._chips[(self._turn + i) % len(self._chips)]
            if chip.up:
                continue
            if chip.steps is None:
                if not chip.backoff.ready(now_ns) or (chip.sensor == "tof" and tof_under_way):
                    continue
                chip.steps = chip.bring_up()
            elif now_ns < chip.step_due_ns:
                continue
            self._turn = (self._turn + i + 1) % len(self._chips)
            self._step(chip, chip.steps)
            return

    def _step(self, chip: _Chip, steps: Steps) -> None:
        try:
            chip.step_due_ns = self._clock.now_ns() + next(steps)
        except StopIteration:
            chip.steps = None
            chip.up = True
        except ChipError:
            self._errors += 1
            chip.steps = None
            chip.backoff.failed(self._clock.now_ns())
            if chip.hold is not None:
                chip.hold()


def _hold(chip: object) -> Callable[[], None] | None:
    return chip.hold if isinstance(chip, Holdable) else None
