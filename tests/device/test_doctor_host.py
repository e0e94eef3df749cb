"""What is read of this computer, from a tree of our own."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from device.doctor.host import Places, read_machine


def put(root: Path, path: str, text: str) -> None:
    file = root / path
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    put(tmp_path, "proc/device-tree/model", "Raspberry Pi 4 Model B Rev 1.4\0")
    put(tmp_path, "sys/class/thermal/thermal_zone0/temp", "48312\n")
    return tmp_path


FLAGS = "sys/devices/platform/soc/soc:firmware/get_throttled"


@pytest.mark.parametrize(
    ("text", "now", "before", "slow", "slowed"),
    [
        ("0", False, False, False, False),
        ("1", True, False, False, False),
        ("10000", False, True, False, False),
        ("50005", True, True, True, True),
        ("e0008", False, False, True, True),
    ],
)
def test_the_firmware_s_flags(
    root: Path, text: str, now: bool, before: bool, slow: bool, slowed: bool
) -> None:
    put(root, FLAGS, text)
    found = read_machine(root, Places(root))
    assert found.is_pi
    assert found.model == "Raspberry Pi 4 Model B Rev 1.4"
    assert (found.undervoltage_now, found.undervoltage_since_boot) == (now, before)
    assert (found.throttled_now, found.throttled_since_boot) == (slow, slowed)
    assert found.cpu_temp_c == pytest.approx(48.312)


def test_the_kernel_s_alarm_where_the_flags_are_not_to_be_had(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(root))
    put(root, "sys/class/hwmon/hwmon1/in0_lcrit_alarm", "1\n")
    found = read_machine(root, Places(root))
    assert (found.undervoltage_now, found.undervoltage_since_boot) == (True, None)
    assert found.throttled_now is None


def test_vcgencmd_is_asked_and_not_waited_for_long(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tool = root / "bin" / "vcgencmd"
    put(root, "bin/vcgencmd", "#!/bin/sh\necho throttled=0x50000\n")
    tool.chmod(0o755)
    monkeypatch.setenv("PATH", str(tool.parent))
    found = read_machine(root, Places(root))
    assert (found.undervoltage_now, found.undervoltage_since_boot) == (False, True)
    tool.write_text("#!/bin/sh\necho nothing useful\n")
    assert read_machine(root, Places(root)).undervoltage_now is None


def test_another_computer_knows_nothing_of_that(tmp_path: Path) -> None:
    found = read_machine(tmp_path, Places(tmp_path))
    assert not found.is_pi
    assert found.undervoltage_now is found.throttled_now is found.cpu_temp_c is None
    assert not found.has_rtc


def test_the_disk(root: Path) -> None:
    found = read_machine(root, Places(root))
    assert found.disk_error is None
    assert found.disk_free_bytes is not None
    assert found.disk_total_bytes is not None
    assert 0 < found.disk_free_bytes <= found.disk_total_bytes
    assert not list(root.glob(".doctor*"))
    gone = read_machine(root / "a" / "b", Places(root))
    assert gone.disk_error == f"{root / 'a' / 'b'} does not exist"
    assert gone.disk_free_bytes is not None
    if os.geteuid():
        root.chmod(0o555)
        assert "Permission denied" in (read_machine(root, Places(root)).disk_error or "")
        root.chmod(0o755)


def test_real_time_is_what_the_unit_gives(root: Path) -> None:
    unit = "etc/systemd/system/hinge-device.service"
    put(root, unit, "[Service]\nCPUSchedulingPolicy=fifo\nLimitMEMLOCK=infinity\n")
    found = read_machine(root, Places(root))
    assert found.realtime
    assert "hinge-device.service" in found.realtime_words
    put(root, unit, "[Service]\nLimitMEMLOCK=infinity\n")
    found = read_machine(root, Places(root))
    assert not found.realtime
    assert found.realtime_words.startswith("SCHED_FIFO no, memory lock yes")


def test_the_unit_that_is_shipped_gives_it(root: Path) -> None:
    put(root, "lib/systemd/system/hinge-device.service",
        Path("systemd/hinge-device.service").read_text())  # fmt: skip
    assert read_machine(root, Places(root)).realtime


def test_a_battery_clock(root: Path) -> None:
    put(root, "sys/class/rtc/rtc0/name", "rpi-rtc")
    assert read_machine(root, Places(root)).has_rtc
