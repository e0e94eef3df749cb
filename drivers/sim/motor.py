"""The vibration motor in the dowel, as the dowel's IMU feels it.

A weight that turns off its axis: force goes with the square of the speed, and the speed follows the
supply with a time constant. ``peak_ms2`` at the IMU is the force over the dowel's mass. The
simulated IMU samples it without a filter, so all of it aliases: a real LSM6DSOX at 208 Hz damps
what lies above 104 Hz.
"""

from __future__ import annotations

from math import cos, exp, pi, sin
from typing import Final

from drivers.clock import Clock
from drivers.sim.scene import Motion6, Reflection, Scene

SPIN_UP_S: Final = 0.04
SPIN_DOWN_S: Final = 0.06
LRA_S: Final = 0.008
"""A resonant motor's time constant, either way."""
FORGET_S: Final = 1.0
"""After so long off nothing of it is left."""


class Motor:
    """One motor; ``hz`` at full speed, which it reaches and leaves with two time constants."""

    def __init__(
        self,
        hz: float = 175.0,
        peak_ms2: float = 3.0,
        peak_dps: float = 0.3,
        *,
        spin_up_s: float = SPIN_UP_S,
        spin_down_s: float = SPIN_DOWN_S,
    ) -> None:
        self._hz = hz
        self._spin_up_s, self._spin_down_s = spin_up_s, spin_down_s
        self._peak_ms2 = peak_ms2
        self._peak_rad_s = peak_dps * pi / 180.0
        self._on = False
        self._until_ns: int | None = None
        self._since_ns = 0
        self._speed0 = 0.0
        self._turn0 = 0.0
        self._dead_ns = 0

    def switch(self, t_ns: int, *, on: bool, for_ns: int | None = None) -> None:
        """Give it its supply (for so long, or until it is taken away), or take it away."""
        self._speed0, self._turn0 = self._at(t_ns)
        self._on, self._since_ns = on, t_ns
        self._until_ns = None if for_ns is None else t_ns + for_ns
        self._dead_ns = t_ns + round(FORGET_S * 1e9)

    def _at(self, t_ns: int) -> tuple[float, float]:
        """Speed (0..1 of full) and turns since the beginning."""
        # A sample taken just before the switch may be asked for after it.
        dt = max(t_ns - self._since_ns, 0) * 1e-9
        end, tau = (1.0, self._spin_up_s) if self._on else (0.0, self._spin_down_s)
        fades = exp(-dt / tau)
        speed = end + (self._speed0 - end) * fades
        turned = self._hz * (end * dt + (self._speed0 - end) * tau * (1.0 - fades))
        return speed, self._turn0 + turned

    def shake(self, t_ns: int, felt: Motion6) -> Motion6:
        """``felt`` and the motor. It turns in the dowel's own plane (up and to the wall)."""
        if self._until_ns is not None and t_ns >= self._until_ns:
            self.switch(self._until_ns, on=False)
        if not self._on and t_ns >= self._dead_ns:
            return felt
        speed, turns = self._at(t_ns)
        force = self._peak_ms2 * speed * speed
        angle = 2.0 * pi * (turns % 1.0)
        ax, ay, az, gx, gy, gz = felt
        return Motion6(
            ax + force * cos(angle),
            ay,
            az + force * sin(angle),
            gx,
            gy + self._peak_rad_s * speed * speed * sin(angle),
            gz,
        )


class ShakenScene:
    """A scene whose dowel has a motor in it."""

    def __init__(self, scene: Scene, motor: Motor, clock: Clock) -> None:
        self._scene = scene
        self._motor = motor
        self._clock = clock

    def reflection(self, sensor: int, t_ns: int) -> Reflection:
        return self._scene.reflection(sensor, t_ns)

    def imu(self, t_ns: int) -> Motion6:
        return self._motor.shake(t_ns, self._scene.imu(t_ns))

    def pad_force_n(self, t_ns: int) -> tuple[float, float, float]:
        return self._scene.pad_force_n(t_ns)

    def supply(self, level: float, for_ns: int | None = None) -> None:
        """What feeds the motor (a pin, a chip) has changed; ``for_ns``: it ends by itself."""
        self._motor.switch(self._clock.now_ns(), on=level > 0.0, for_ns=for_ns)
