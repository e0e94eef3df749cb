"""What the doctor's simulated station looks at, and the person beside it."""

from __future__ import annotations

import math
import random
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Final

from drivers.outputs import OUTPUTS, VIBRATION, OutputPins
from drivers.samples import PADS
from drivers.sim.dowel import GRAVITY
from drivers.sim.pins import SimPins
from drivers.sim.scene import Motion6, Reflection

PRESS_N: Final = 4.0
TURN_NS: Final = 600_000_000
"""Pads and keys are pressed one after another, each for so long."""
FIRST_NS: Final = 500_000_000


@dataclass(frozen=True)
class Look:
    """What stands before the wall, and how the hanging dowel feels."""

    range_mm: float | None = 555.0
    reflectance: float = 0.4
    ambient_kcps: float = 50.0
    gyro_bias_dps: float = 0.0
    gyro_noise_dps: float = 0.0
    accel_noise_mps2: float = 0.0
    accel_scale: float = 1.0
    swing_deg: float = 0.0
    """The dowel swings on its hook, once in two seconds."""
    closed: frozenset[str] = frozenset()
    """Pads that are pressed all the time."""
    never: frozenset[str] = frozenset()
    """Pads that feel no press."""


class DoctorScene:
    """A dowel on its hook, and somebody at arm's length from the wall. Times are the clock's."""

    def __init__(self, look: Look, seed: int) -> None:
        self._look = look
        self._random = random.Random(f"doctor-{seed}")
        self.pressed_from_ns: int | None = None

    def reflection(self, sensor: int, t_ns: int) -> Reflection:
        look = self._look
        return Reflection(look.range_mm, look.reflectance, look.ambient_kcps)

    def imu(self, t_ns: int) -> Motion6:
        look = self._look
        turn = math.pi * t_ns * 1e-9
        lean = math.radians(look.swing_deg) * math.sin(turn)
        pitch = math.radians(look.swing_deg) * math.pi * math.cos(turn)
        bias = math.radians(look.gyro_bias_dps)
        g = GRAVITY * look.accel_scale
        a_sd, g_sd = look.accel_noise_mps2, math.radians(look.gyro_noise_dps)
        noise = self._random.gauss
        return Motion6(
            g * math.cos(lean) + noise(0.0, a_sd),
            noise(0.0, a_sd),
            -g * math.sin(lean) + noise(0.0, a_sd),
            bias + noise(0.0, g_sd),
            pitch + noise(0.0, g_sd),
            noise(0.0, g_sd),
        )

    def pad_force_n(self, t_ns: int) -> tuple[float, float, float]:
        head, thoracic, sacrum = (self._force_n(pad, name, t_ns) for pad, name in enumerate(PADS))
        return head, thoracic, sacrum

    def _force_n(self, pad: int, name: str, t_ns: int) -> float:
        if name in self._look.closed:
            return PRESS_N
        if name in self._look.never:
            return 0.0
        return PRESS_N if turn_of(self.pressed_from_ns, t_ns) == pad else 0.0


def turn_of(from_ns: int | None, t_ns: int) -> int | None:
    """Whose turn it is to be pressed: pads 0 to 2, keys 3 and 4; every other time nobody."""
    if from_ns is None or t_ns < from_ns + FIRST_NS:
        return None
    count, inside_ns = divmod(t_ns - from_ns - FIRST_NS, TURN_NS)
    return int(count) if inside_ns < TURN_NS // 2 else None


@dataclass
class SimHelper:
    """Looks at the pins, and does what is asked; some lamps do not light for it."""

    pins: SimPins
    output_pins: OutputPins
    key_pins: tuple[int, int]
    """NEXT and STOP."""
    now_ns: Callable[[], int]
    scene: DoctorScene
    dead_outputs: frozenset[str] = frozenset()
    dead_keys: frozenset[str] = frozenset()
    held_keys: frozenset[str] = frozenset()
    here: bool = True
    shaken: float = 0.0
    """How hard the motor's chip drives the motor now, 0 to 1."""

    def sees(self, question: str) -> bool | None:
        """Yes when exactly one output is on, the one asked next, and it is not broken."""
        on = [
            name
            for name in OUTPUTS
            if self.pins.level(getattr(self.output_pins, name)) > 0.0
            and self.pins.frequency_hz(getattr(self.output_pins, name)) != 0.0
        ]
        on += [VIBRATION] if self.shaken > 0.0 else []
        return len(on) == 1 and on[0] not in self.dead_outputs

    def hears(self, text: str) -> None:
        """The dowel hangs, and nobody touches it."""

    def does(self, request: str) -> None:
        self.scene.pressed_from_ns = self.now_ns()

    def tick(self, t_ns: int) -> None:
        """Press and release the keys when it is their turn; some are never let go."""
        turn = turn_of(self.scene.pressed_from_ns, t_ns)
        for number, (name, pin) in enumerate(
            zip(("next", "stop"), self.key_pins, strict=True), start=len(PADS)
        ):
            pressed = turn == number and name not in self.dead_keys
            if pressed or name in self.held_keys:
                self.pins.press(pin)
            else:
                self.pins.release(pin)


def with_pads(look: Look, *, closed: str | None = None, never: str | None = None) -> Look:
    """``look`` with one pad more that is stuck."""
    return replace(
        look,
        closed=look.closed | ({closed} if closed else set()),
        never=look.never | ({never} if never else set()),
    )
