"""Scenes for the chip tests: still, or moving as a function of time."""

from __future__ import annotations

from collections.abc import Callable

from drivers.sim.scene import Motion6, Reflection

STILL = Motion6(9.80665, 0.0, 0.0, 0.0, 0.0, 0.0)


class World:
    """A scene made of three values, or of functions of t_ns that give them."""

    def __init__(
        self,
        reflection: Reflection | Callable[[int, int], Reflection] | None = None,
        motion: Motion6 | Callable[[int], Motion6] = STILL,
        force_n: tuple[float, float, float] | Callable[[int], tuple[float, float, float]] = (
            0.0,
            0.0,
            0.0,
        ),
    ) -> None:
        self.light = reflection if reflection is not None else Reflection(555.0, 0.4, 50.0)
        self.motion = motion
        self.force_n = force_n

    def reflection(self, sensor: int, t_ns: int) -> Reflection:
        return self.light(sensor, t_ns) if not isinstance(self.light, Reflection) else self.light

    def imu(self, t_ns: int) -> Motion6:
        return self.motion(t_ns) if not isinstance(self.motion, Motion6) else self.motion

    def pad_force_n(self, t_ns: int) -> tuple[float, float, float]:
        return self.force_n(t_ns) if not isinstance(self.force_n, tuple) else self.force_n
