"""This computer's values, from /sys, /proc and the clock."""

from __future__ import annotations

import contextlib
import os
import platform
import resource
import shutil
import sqlite3
import subprocess
import time
from importlib import metadata
from pathlib import Path
from typing import Final, NamedTuple

from device.doctor.machine import Machine
from device.ids import clock_synced

VCGENCMD_S: Final = 2.0
UNIT: Final = "hinge-device.service"
PRIORITY: Final = 50
"""What the unit asks for."""


class Places(NamedTuple):
    """Where to look, so that a test can bring its own."""

    root: Path = Path("/")

    def at(self, path: str) -> Path:
        return self.root / path


def read_machine(data_dir: Path, places: Places | None = None) -> Machine:
    """This computer as it is now. Raises nothing: what cannot be read is None."""
    places = places or Places()
    model = _text(places.at("proc/device-tree/model")) or ""
    is_pi = model.startswith("Raspberry Pi")
    bits = _throttled(places) if is_pi else None
    free, total, error = _disk(data_dir)
    realtime, words = _realtime(places)
    return Machine(
        is_pi=is_pi,
        model=model or platform.machine(),
        now_unix_s=time.time(),
        clock_synced=clock_synced(),
        has_rtc=places.at("sys/class/rtc/rtc0").exists(),
        disk_free_bytes=free,
        disk_total_bytes=total,
        disk_error=error,
        undervoltage_now=_bit(bits, 0, _low_voltage(places)),
        undervoltage_since_boot=_bit(bits, 16, None),
        # Capped, throttled or at the soft limit of temperature: bits 1 to 3, since boot 17 to 19.
        throttled_now=None if bits is None else bool(bits & 0xE),
        throttled_since_boot=None if bits is None else bool(bits & 0xE0000),
        cpu_temp_c=_temperature(places),
        realtime=realtime,
        realtime_words=words,
        versions=_versions(),
    )


def _text(path: Path) -> str | None:
    try:
        return path.read_text(encoding="utf-8", errors="replace").strip(" \n\0")
    except OSError:
        return None


def _throttled(places: Places) -> int | None:
    """The firmware's flags: from the kernel where it shows them, else asked for."""
    for path in places.at("sys/devices/platform").glob("*/*firmware/get_throttled"):
        text = _text(path)
        if text is not None:
            with contextlib.suppress(ValueError):
                return int(text, 16)
    tool = shutil.which("vcgencmd")
    if tool is None:
        return None
    try:
        said = subprocess.run(
            [tool, "get_throttled"], capture_output=True, text=True, timeout=VCGENCMD_S, check=True
        ).stdout
        return int(said.partition("=")[2], 16)
    except (OSError, ValueError, subprocess.SubprocessError):
        return None


def _low_voltage(places: Places) -> bool | None:
    """The kernel's own alarm (driver raspberrypi-hwmon)."""
    for folder in sorted(places.at("sys/class/hwmon").glob("hwmon*")):
        text = _text(folder / "in0_lcrit_alarm")
        if text is not None:
            return text != "0"
    return None


def _bit(bits: int | None, number: int, otherwise: bool | None) -> bool | None:
    return otherwise if bits is None else bool(bits >> number & 1)


def _temperature(places: Places) -> float | None:
    text = _text(places.at("sys/class/thermal/thermal_zone0/temp"))
    try:
        return None if text is None else int(text) / 1000.0
    except ValueError:
        return None


def _disk(data_dir: Path) -> tuple[int | None, int | None, str | None]:
    """Free and all bytes of the data folder's disk, and why nothing can be written there."""
    here = data_dir
    while not here.exists() and here != here.parent:
        here = here.parent
    try:
        usage = shutil.disk_usage(here)
    except OSError as error:
        return None, None, f"{here}: {error.strerror or error}"
    if here != data_dir:
        return usage.free, usage.total, f"{data_dir} does not exist"
    probe = data_dir / f".doctor-{os.getpid()}"
    try:
        probe.write_bytes(b"\0" * 4096)
        probe.unlink()
    except OSError as error:
        probe.unlink(missing_ok=True) if probe.exists() else None
        return usage.free, usage.total, f"{data_dir}: {error.strerror or error}"
    return usage.free, usage.total, None


def _realtime(places: Places) -> tuple[bool, str]:
    """What the device program gets: from its unit where that is installed, else as this user."""
    for folder in ("etc/systemd/system", "lib/systemd/system", "usr/lib/systemd/system"):
        text = _text(places.at(folder) / UNIT)
        if text is None:
            continue
        lines = {line.strip() for line in text.splitlines()}
        fifo = "CPUSchedulingPolicy=fifo" in lines
        memory = "LimitMEMLOCK=infinity" in lines
        given = f"SCHED_FIFO {'yes' if fifo else 'no'}, memory lock {'yes' if memory else 'no'}"
        return fifo and memory, f"{given} (by {UNIT})"
    rtprio = resource.getrlimit(resource.RLIMIT_RTPRIO)[1]
    memlock = resource.getrlimit(resource.RLIMIT_MEMLOCK)[1]
    fifo = os.geteuid() == 0 or rtprio == resource.RLIM_INFINITY or rtprio >= PRIORITY
    memory = os.geteuid() == 0 or memlock == resource.RLIM_INFINITY
    given = f"SCHED_FIFO {'yes' if fifo else 'no'}, memory lock {'yes' if memory else 'no'}"
    return fifo and memory, f"{given} (this user; {UNIT} is not installed)"


def _versions() -> dict[str, str]:
    try:
        hinge = metadata.version("hinge-station")
    except metadata.PackageNotFoundError:
        hinge = "not installed"
    release = ""
    with contextlib.suppress(OSError):
        release = platform.freedesktop_os_release().get("PRETTY_NAME", "")
    return {
        "hinge": hinge,
        "python": platform.python_version(),
        "kernel": platform.release(),
        "system": release,
        "sqlite": sqlite3.sqlite_version,
    }
