"""What public drivers need to run on a simulated bus, and what they are allowed to do oddly."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
from smbus2 import i2c_msg

from drivers.sim.bus import SimBus
from drivers.sim.chip import SimChip
from drivers.sim.clock import VirtualClock

Buffer = bytes | bytearray | memoryview

ALLOWED: dict[str, frozenset[tuple[str, int]]] = {
    # Finds the chip with an SMBus byte read, whose one index byte is half an index here.
    "pimoroni_vl53l1x": frozenset({("protocol", 0x00)}),
    # "I3C disable" goes to bit 0 of CTRL9_XL; ST's map has it at bit 1.
    "adafruit_lsm6ds": frozenset({("reserved_bits", 0x18)}),
    "adafruit_mpr121": frozenset(),
    "adafruit_vl53l1x": frozenset(),
    "adafruit_vl53l4cd": frozenset(),
    "sparkfun_vl53l1x": frozenset(),
    "adafruit_ads1x15": frozenset(),
    # SIGNAL_PATH_RESET goes to bits 5..3; the register map has it at 2..0.
    "adafruit_mpu6050": frozenset({("reserved_bits", 0x68)}),
    "mpu6050_raspberrypi": frozenset(),
    "sparkfun_cap1203": frozenset(),
    "adafruit_drv2605": frozenset(),
    # Enables eight inputs where there are three.
    "pimoroni_cap1xxx": frozenset(("reserved_bits", at) for at in (0x21, 0x27)),
    # Links LEDs, and calibrates and loads thresholds of eight inputs.
    "adafruit_cap1188": frozenset({("unknown_write", 0x72), ("reserved_bits", 0x26)}),
}


def not_allowed(chip: SimChip, peer: str) -> list[tuple[str, int]]:
    """What ``peer`` did against the datasheet beyond what it is known for."""
    seen = {(v.kind, v.register) for v in chip.violations}
    return sorted(seen - ALLOWED[peer])


class PeerI2C:
    """``busio.I2C`` on a simulated bus, as CircuitPython drivers use it."""

    def __init__(self, bus: SimBus) -> None:
        self._bus = bus
        self._locked = False

    def try_lock(self) -> bool:
        if self._locked:
            return False
        self._locked = True
        return True

    def unlock(self) -> None:
        self._locked = False

    def scan(self) -> list[int]:
        found = []
        for address in range(0x08, 0x78):
            try:
                self._bus.write_quick(address)
            except OSError:
                continue
            found.append(address)
        return found

    def writeto(
        self, address: int, buffer: Buffer, *, start: int = 0, end: int | None = None
    ) -> None:
        self._bus.i2c_rdwr(i2c_msg.write(address, bytes(buffer[start:end])))

    def readfrom_into(
        self, address: int, buffer: Any, *, start: int = 0, end: int | None = None
    ) -> None:
        end = len(buffer) if end is None else end
        msg = i2c_msg.read(address, end - start)
        self._bus.i2c_rdwr(msg)
        buffer[start:end] = bytes(msg)

    def writeto_then_readfrom(
        self,
        address: int,
        out_buffer: Buffer,
        in_buffer: Any,
        *,
        out_start: int = 0,
        out_end: int | None = None,
        in_start: int = 0,
        in_end: int | None = None,
    ) -> None:
        in_end = len(in_buffer) if in_end is None else in_end
        msg = i2c_msg.read(address, in_end - in_start)
        self._bus.i2c_rdwr(i2c_msg.write(address, bytes(out_buffer[out_start:out_end])), msg)
        in_buffer[in_start:in_end] = bytes(msg)


def sleep_virtually(monkeypatch: pytest.MonkeyPatch, module: Any, clock: VirtualClock) -> None:
    """Let a driver's own ``time.sleep`` pass on the virtual clock."""

    def sleep(seconds: float) -> None:
        clock.advance(int(seconds * 1e9))

    if hasattr(module, "sleep"):
        monkeypatch.setattr(module, "sleep", sleep)
    if hasattr(module, "time"):
        monkeypatch.setattr(module, "time", SimpleNamespace(sleep=sleep))


class QwiicI2C:
    """SparkFun's ``qwiic_i2c`` driver on a simulated bus: the calls their drivers make.

    ``call_ns`` passes with each: a call from Python takes its time on a Pi, and SparkFun's
    bring-up counts 50 polls where it ought to count milliseconds (their issue 37).
    """

    def __init__(self, bus: SimBus, clock: VirtualClock, call_ns: int = 1_500_000) -> None:
        self._bus = bus
        self._clock = clock
        self._call_ns = call_ns

    def writeBlock(self, address: int, command: int, data: list[int]) -> None:
        self._clock.advance(self._call_ns)
        self._bus.write_i2c_block_data(address, command, data)

    def write_read_block(self, address: int, out: list[int], n: int) -> list[int]:
        self._clock.advance(self._call_ns)
        return list(self._bus.write_read(address, (bytes(out),), n))

    def isDeviceConnected(self, address: int) -> bool:
        self._clock.advance(self._call_ns)
        try:
            self._bus.write_quick(address)
        except OSError:
            return False
        return True

    def readByte(self, address: int, register: int) -> int:
        self._clock.advance(self._call_ns)
        return self._bus.read_byte_data(address, register)

    def writeByte(self, address: int, register: int, value: int) -> None:
        self._clock.advance(self._call_ns)
        self._bus.write_byte_data(address, register, value)
