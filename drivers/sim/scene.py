"""What the simulated chips feel: the physical world at an instant, in physical units."""

from __future__ import annotations

from typing import NamedTuple, Protocol


class Reflection(NamedTuple):
    """Light that comes back to a ranger. ``range_mm`` is None when nothing reflects.

    ``reflectance`` is that of the surface at 940 nm (0..1), before distance and angle.
    """

    range_mm: float | None
    reflectance: float
    ambient_kcps: float


class Motion6(NamedTuple):
    """Specific force in m/s2 and angular rate in rad/s in the chip's axes."""

    ax: float
    ay: float
    az: float
    gx: float
    gy: float
    gz: float


class Scene(Protocol):
    """The world around the station. Times are the clock's monotonic nanoseconds."""

    def reflection(self, sensor: int, t_ns: int) -> Reflection:
        """What ranger number ``sensor`` (0 = lowest) sees."""
        ...

    def imu(self, t_ns: int) -> Motion6:
        """What the dowel's IMU feels, without the chip's own noise and bias."""
        ...

    def pad_force_n(self, t_ns: int) -> tuple[float, float, float]:
        """Force on the head, thoracic and sacrum pad in newtons; 0 = no contact."""
        ...


class StillScene:
    """Somebody standing still, dowel upright, all pads pressed: the default scene."""

    def __init__(self, range_mm: float | None = 555.0, force_n: float = 4.0) -> None:
        self.range_mm = range_mm
        self.force_n = force_n

    def reflection(self, sensor: int, t_ns: int) -> Reflection:
        return Reflection(self.range_mm, 0.4, 50.0)

    def imu(self, t_ns: int) -> Motion6:
        return Motion6(9.80665, 0.0, 0.0, 0.0, 0.0, 0.0)

    def pad_force_n(self, t_ns: int) -> tuple[float, float, float]:
        return (self.force_n, self.force_n, self.force_n)
