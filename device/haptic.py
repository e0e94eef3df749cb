"""The motor in the dowel on a chip of the dowel's bus, in place of a pin.

Nothing here waits, and nothing that the chip does ends the judging: a write that fails is tried
again at the next tick, then the chip is brought up anew, one step a tick, as the sensors are.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final, Protocol

from device.backoff import Backoff
from device.config_model import Config
from drivers import HAPTICS
from drivers.bus import Bus
from drivers.clock import Clock
from drivers.errors import ChipError
from drivers.outputs import VIBRATION
from drivers.samples import Steps

RETRY_FIRST_NS: Final = 100_000_000
RETRY_MOST_NS: Final = 2_000_000_000
"""Each try on a stuck bus costs a tick its timeout: the sensors' own come first."""
LOOK_NS: Final = 1_000_000_000
"""How often a chip with a still motor is asked whether it has kept its settings."""


class Shaker(Protocol):
    """``drivers.drv2605l.Drv2605l``."""

    def bring_up(self) -> Steps: ...

    def drive(self, level: float) -> None: ...

    def read(self) -> None: ...

    def stop(self) -> None: ...


class Actuators(Protocol):
    """``drivers.outputs.Outputs``."""

    def set(self, name: str, value: float) -> None: ...

    def all_off(self) -> None: ...

    def close(self) -> None: ...


class HapticOutputs:
    """All outputs; the motor's goes to ``shaker``. ``step`` once a tick.

    ``errors`` counts failed transfers and bring-ups. A lost motor is told once, and once when it
    is back.
    """

    def __init__(
        self, outputs: Actuators, shaker: Shaker, clock: Clock, say: Callable[[str], None]
    ) -> None:
        """The chip is brought up by the first steps."""
        self._outputs = outputs
        self._shaker = shaker
        self._clock = clock
        self._say = say
        self._wanted = 0.0
        self._given = 0.0
        self._up = False
        self._told = False
        self._steps: Steps | None = None
        self._step_due_ns = 0
        self._look_due_ns = 0
        self._forgiven = False
        self._backoff = Backoff(RETRY_FIRST_NS, RETRY_MOST_NS)
        self.errors = 0

    def set(self, name: str, value: float) -> None:
        """As ``Outputs.set``; of the motor, whose failures are not raised, 0 to 1."""
        if name != VIBRATION:
            self._outputs.set(name, value)
            return
        self._wanted = min(max(value, 0.0), 1.0)
        if self._up:
            self._drive()

    def all_off(self) -> None:
        """The motor first: the others raise what they raise."""
        self.set(VIBRATION, 0.0)
        self._outputs.all_off()

    def close(self) -> None:
        """Motor still and chip in standby, as far as it can be reached; pins given back."""
        try:
            self._shaker.stop()
        except ChipError as error:
            self.errors += 1
            self._lost(error)
        self._outputs.close()

    def step(self) -> int:
        """What is due: write again, look after the chip, or one step of mending it. Gives
        ``errors``."""
        now_ns = self._clock.now_ns()
        if not self._up:
            self._mend(now_ns)
        elif self._given != self._wanted:
            self._drive()
        elif not self._wanted and now_ns >= self._look_due_ns:
            self._look_due_ns = now_ns + LOOK_NS
            self._try(self._shaker.read, forgive=False)
        return self.errors

    def _drive(self) -> None:
        wanted = self._wanted
        if wanted != self._given and self._try(lambda: self._shaker.drive(wanted), forgive=True):
            self._given = wanted

    def _try(self, call: Callable[[], None], *, forgive: bool) -> bool:
        try:
            call()
        except ChipError as error:
            self.errors += 1
            if forgive and not self._forgiven:
                self._forgiven = True
            else:
                self._up = False
                self._lost(error)
                self._backoff.failed(self._clock.now_ns())
            return False
        self._forgiven = False
        return True

    def _mend(self, now_ns: int) -> None:
        if self._steps is None:
            if not self._backoff.ready(now_ns):
                return
            self._steps = self._shaker.bring_up()
        elif now_ns < self._step_due_ns:
            return
        try:
            self._step_due_ns = self._clock.now_ns() + next(self._steps)
        except StopIteration:
            self._steps = None
            self._back(now_ns)
        except ChipError as error:
            self.errors += 1
            self._steps = None
            self._backoff.failed(self._clock.now_ns())
            self._lost(error)

    def _back(self, now_ns: int) -> None:
        self._up, self._forgiven = True, False
        self._given = 0.0
        self._look_due_ns = now_ns + LOOK_NS
        self._backoff.reset()
        if self._told:
            self._told = False
            self._say("vibration back")
        self._drive()

    def _lost(self, error: ChipError) -> None:
        if not self._told:
            self._told = True
            self._say(f"vibration lost: {error}")


Keep = Callable[[], int]
"""Called once a tick: one step of what keeps an output alive; gives its failures so far."""


def with_haptic(
    config: Config,
    outputs: Actuators,
    buses: Mapping[int, Bus],
    clock: Clock,
    say: Callable[[str], None],
) -> tuple[Actuators, Keep]:
    """``outputs`` with the motor on the chip that the configuration names, if it names one."""
    fitted = config.outputs
    if fitted.haptic == "none":
        return outputs, lambda: 0
    chip = HAPTICS[fitted.haptic]
    bus = buses[config.bus.dowel.number]
    shaker = chip.driver(bus, clock, fitted.haptic_address, motor=fitted.haptic_motor)
    shaking = HapticOutputs(outputs, shaker, clock, say)
    return shaking, shaking.step
