"""Our MPU-6050 driver and public ones, each on a simulated chip of its own."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from types import ModuleType
from typing import Any

import pytest

from drivers.bus import LinuxBus
from drivers.mpu6050 import Mpu6050
from drivers.samples import ImuSample
from drivers.sim.bus import SimBus
from drivers.sim.clock import VirtualClock
from drivers.sim.mpu6050 import SimMpu6050
from drivers.sim.scene import Motion6, Scene, StillScene
from drivers.steps import run_steps
from tests.peers.adapters import PeerI2C, sleep_virtually

MS = 1_000_000


class Bench:
    """A noiseless chip on a bus of ``speed_hz``."""

    def __init__(
        self, scene: Scene | None = None, *, part: int = 0x68, speed_hz: int = 400_000
    ) -> None:
        self.clock = VirtualClock()
        self.scene = scene or StillScene()
        self.chip = SimMpu6050(
            self.clock, self.scene, part=part, seed=4, accel_noise_ms2=0.0, gyro_noise_dps=0.0
        )
        self.bus = SimBus([self.chip], self.clock, speed_hz=speed_hz)
        self.clock.advance(100 * MS)


def ours(bench: Bench, **settings: Any) -> Mpu6050:
    """Our driver, brought up."""
    imu = Mpu6050(LinuxBus(bench.bus, "i2c-3"), bench.clock, **settings)
    run_steps(imu.bring_up(), bench.clock)
    return imu


def adafruit(monkeypatch: pytest.MonkeyPatch, bench: Bench) -> Any:
    """Adafruit's driver, brought up."""
    import adafruit_mpu6050

    sleep_virtually(monkeypatch, adafruit_mpu6050, bench.clock)
    return adafruit_mpu6050.MPU6050(PeerI2C(bench.bus))


@contextmanager
def _smbus(bus: SimBus) -> Iterator[None]:
    """The module ``smbus`` that mpu6050-raspberrypi wants, with ``bus`` for every number."""
    fake = ModuleType("smbus")
    fake.SMBus = lambda number: bus  # type: ignore[attr-defined]  # a module made here
    before = sys.modules.get("smbus")
    sys.modules["smbus"] = fake
    try:
        yield
    finally:
        if before is None:
            del sys.modules["smbus"]
        else:
            sys.modules["smbus"] = before


def raspberrypi(bench: Bench) -> Any:
    """mpu6050-raspberrypi's driver, brought up."""
    sys.modules.pop("mpu6050.mpu6050", None)
    sys.modules.pop("mpu6050", None)
    with _smbus(bench.bus):
        from mpu6050 import mpu6050
    return mpu6050(0x68)


def both(imu: Any) -> int:
    """One sample the way a program with Adafruit's driver takes it."""
    _ = (*imu.acceleration, *imu.gyro)
    return 1


def both_dicts(imu: Any) -> int:
    """One sample the way a program with mpu6050-raspberrypi takes it."""
    _ = (imu.get_accel_data(), imu.get_gyro_data())
    return 1


def counts(sample: ImuSample | tuple[float, ...], per_g: float, per_dps: float) -> list[float]:
    """Six values in m/s2 and rad/s as the chip's counts."""
    six = sample[1:] if isinstance(sample, ImuSample) else sample
    g, dps = 9.80665, 0.017453292519943295
    return [v / g * per_g for v in six[:3]] + [v / dps * per_dps for v in six[3:]]


MOTIONS = (
    Motion6(9.80665, 0.0, 0.0, 0.0, 0.0, 0.0),
    Motion6(8.1, -2.3, 4.4, 0.31, -1.9, 0.07),
    Motion6(-3.3, 9.1, -12.2, -3.4, 2.2, -0.001),
    Motion6(300.0, -300.0, 0.01, 60.0, -60.0, 1.0),
)
"""At rest, two in between, and beyond full scale."""
