"""All chips once a tick: what is new, who is lost, who is back.

A chip that fails is mended from here, one step of its bring-up at a time and between two
ticks' readings, so that the others are read as if nothing had happened. Nothing sleeps. When
every chip of a bus fails, the bus itself is mended (``device.recovery``), one step a tick too.
"""

from __future__ import annotations

import errno
from collections.abc import Callable, Sequence
from typing import Any, Final, Literal, NamedTuple, Protocol, runtime_checkable

from device.backoff import Backoff
from device.recovery import Ladder
from device.tick import Key, Sensor, SensorFault, TickInput
from drivers.clock import Clock
from drivers.errors import BadData, BusFault, ChipError, WrongChip
from drivers.link import NACKS
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

    placed: bool
    """It answers at an address of its own: another one may wake up."""

    def hold(self) -> None: ...


@runtime_checkable
class Thermometer(Protocol):
    """A chip that knows how warm it is, in degrees Celsius."""

    def read_temperature(self) -> float | None: ...


class Line(NamedTuple):
    """The chips on one bus, and what frees it when all of them fail."""

    chips: tuple[object, ...]
    ladder: Ladder | None = None


class SensorsHealth(NamedTuple):
    """``errors`` counts failed reads and bring-ups; ``lost`` names sensors as schema does."""

    samples: dict[str, int]
    errors: int
    lost: tuple[str, ...]


Trouble = Literal["wire", "silent", "answers"]
"""How a mending failed: the wire (or what came over it was never a chip's), no acknowledge, or
the chip alone."""


class _Chip:
    """One chip's state: up, waiting to be mended, or being mended."""

    def __init__(self, sensor: Sensor, which: int, driver: Any) -> None:
        self.sensor: Sensor = sensor
        self.which = which
        self.driver = driver
        self.read: Callable[[], Any] = driver.read
        self.bring_up: Callable[[], Steps] = driver.bring_up
        self.holdable: Holdable | None = driver if isinstance(driver, Holdable) else None
        self.line: _Line
        self.up = True
        self.lost = False
        self.faults_running = 0
        self.steps: Steps | None = None
        self.step_due_ns = 0
        self.trouble: Trouble | None = None
        self.backoff = Backoff(RETRY_FIRST_NS, RETRY_MOST_NS)

    def may_start(self) -> bool:
        """No other chip is awake at the address at which this one wakes up."""
        return self.holdable is None or not any(
            chip.steps is not None and chip.holdable is not None and not chip.holdable.placed
            for chip in self.line.chips
        )

    def hold(self) -> None:
        if self.holdable is not None:
            self.holdable.hold()


class _Line:
    """One bus."""

    def __init__(self, chips: list[_Chip], ladder: Ladder | None) -> None:
        self.chips = chips
        self.ladder = ladder
        self.stalled_ns = -1
        """The tick in which a transfer timed out: no other one may cost it that again."""
        self.wait_ns = 0
        """All chips fail: so long none of them is tried."""
        for chip in chips:
            chip.line = self

    @property
    def busy(self) -> bool:
        return self.ladder is not None and self.ladder.busy

    def failed(self, now_ns: int) -> None:
        """A mending has failed. The bus itself is to blame when every chip says so; then one
        chip tries for all, so that a stuck line costs one timeout at a time."""
        troubles = {chip.trouble for chip in self.chips}
        if not troubles <= {"wire", "silent"}:
            return
        for chip in self.chips:
            chip.backoff.reset()
        self.wait_ns = now_ns + RETRY_MOST_NS
        if self.ladder is not None:
            self.ladder.failed(now_ns, silent="wire" not in troubles)

    def rung_done(self, now_ns: int) -> None:
        """Every chip is tried anew, at once."""
        self.wait_ns = now_ns
        for chip in self.chips:
            chip.trouble = None
            chip.backoff.reset()

    def well(self) -> None:
        """A chip has answered as it should."""
        if self.wait_ns:
            self.wait_ns = 0
            for chip in self.chips:
                chip.trouble = None
                chip.backoff.reset()
        if self.ladder is not None:
            self.ladder.well()


class Sensors:
    """Reads every chip of the rig; ``imu`` and ``pads`` are None on a rig without."""

    def __init__(
        self,
        imu: Imu | None,
        tofs: Sequence[Tof],
        pads: Pads | None,
        keys: Sequence[KeySource],
        clock: Clock,
        lines: Sequence[Line] = (),
    ) -> None:
        """All chips must have been brought up. ``lines`` says which share a bus; those
        on none share one without a ladder."""
        self._clock = clock
        self.odr_hz = NO_IMU_HZ if imu is None else imu.odr_hz
        """The IMU's real rate, as its bring-up found it."""
        self._keys = tuple(keys)
        self._imu = None if imu is None else _Chip("imu", 0, imu)
        self._tofs = [_Chip("tof", i, tof) for i, tof in enumerate(tofs)]
        self._pads = None if pads is None else _Chip("pads", 0, pads)
        fitted = (self._imu, *self._tofs, self._pads)
        self._chips = [chip for chip in fitted if chip is not None]
        self._drivers: dict[str, Imu | Tof | Pads] = {
            **({} if imu is None else {"imu": imu}),
            **{f"tof[{i}]": tof for i, tof in enumerate(tofs)},
            **({} if pads is None else {"pads": pads}),
        }
        self._lines = [
            _Line([chip for chip in self._chips if chip.driver in line.chips], line.ladder)
            for line in lines
        ]
        others = [c for c in self._chips if not any(c in line.chips for line in self._lines)]
        self._lines.append(_Line(others, None))
        self._down = 0
        self._turn = 0
        self._samples = {"imu": 0, "tof": 0, "contact": 0}
        self._errors = 0

    def read(self, t_ns: int) -> TickInput:
        """Everything new at the tick that began at ``t_ns``. Raises nothing about chips."""
        faults: list[SensorFault] = []
        imu: Sequence[ImuSample] = ()
        if self._imu is not None:
            imu = self._poll(self._imu, t_ns, faults) or ()
        tof: list[tuple[int, TofSample]] = []
        for chip in self._tofs:
            sample = self._poll(chip, t_ns, faults)
            if sample is not None:
                tof.append((chip.which, sample))
        pads: Sequence[PadSample] = ()
        if self._pads is not None:
            pads = self._poll(self._pads, t_ns, faults) or ()
        if self._down:
            self._mend(t_ns)
        keys: list[Key] = []
        for source in self._keys:
            keys += source.read()
        samples = self._samples
        samples["imu"] += len(imu)
        samples["tof"] += len(tof)
        samples["contact"] += len(pads)
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

    def _poll(self, chip: _Chip, t_ns: int, faults: list[SensorFault]) -> Any:
        if not chip.up or chip.line.stalled_ns == t_ns:
            return None
        try:
            news = chip.read()
        except ChipError as error:
            self._errors += 1
            chip.faults_running += 1
            # A timeout is not forgiven: trying again would cost the others another one.
            stalled = error.errno == errno.ETIMEDOUT
            if stalled:
                chip.line.stalled_ns = t_ns
            forgiven = isinstance(error, BusFault) and not stalled and not chip.lost
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
        self._down += 1
        chip.faults_running = 0
        if not chip.lost:
            chip.lost = True
            faults.append(SensorFault(chip.sensor, chip.which, "lost", str(error)))
        now_ns = self._clock.now_ns()
        chip.backoff.failed(now_ns)
        chip.hold()
        # Bytes that cannot be, and no acknowledge, may be the chip's own: its bring-up will tell.
        trouble = _trouble(error)
        chip.trouble = trouble if isinstance(error, BusFault) and trouble == "wire" else None
        if chip.trouble is not None:
            chip.line.failed(now_ns)

    def _mend(self, t_ns: int) -> None:
        """One step of one bus's recovery or of one chip's bring-up: what mending may cost a tick.

        Two rangers that wake up at the same address would both take the address meant for the
        first: the next waits until it is placed.
        """
        now_ns = self._clock.now_ns()
        for line in self._lines:
            if line.ladder is not None and line.ladder.due(now_ns):
                if line.ladder.step(now_ns):
                    line.rung_done(now_ns)
                return
        for i in range(len(self._chips)):
            chip = self._chips[(self._turn + i) % len(self._chips)]
            if chip.up or chip.line.stalled_ns == t_ns or chip.line.busy:
                continue
            if chip.steps is None:
                ready = now_ns >= chip.line.wait_ns and chip.backoff.ready(now_ns)
                if not ready or not chip.may_start():
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
            self._down -= 1
            chip.trouble = None
            chip.line.well()
        except ChipError as error:
            self._errors += 1
            now_ns = self._clock.now_ns()
            chip.steps = None
            chip.trouble = _trouble(error)
            chip.backoff.failed(now_ns)
            chip.hold()
            chip.line.failed(now_ns)


def _trouble(error: ChipError) -> Trouble:
    if isinstance(error, BusFault):
        return "silent" if error.errno in NACKS else "wire"
    # A data line that is held low acknowledges everything and reads 0.
    return "wire" if isinstance(error, WrongChip | BadData) else "answers"
