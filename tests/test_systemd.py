"""The units as systemd itself judges them, and the traps they are built around."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections import defaultdict
from pathlib import Path

import pytest

from device.doctor.host import PRIORITY
from device.loop import HEALTH_NS
from device.workbench import install

ROOT = Path(__file__).parent.parent
FOLDER = ROOT / "systemd"
UNITS = sorted(path.name for path in FOLDER.glob("*.service"))
MOST_EXPOSED = 1.5

needs_systemd = pytest.mark.skipif(
    shutil.which("systemd-analyze") is None, reason="systemd-analyze is not installed"
)
needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root gives files away")

Unit = dict[str, list[str]]


def read(name: str) -> Unit:
    """Every value of every key, in order."""
    found: Unit = defaultdict(list)
    for line in (FOLDER / name).read_text().splitlines():
        if "=" in line and not line.startswith("#"):
            key, _, value = line.partition("=")
            found[key].append(value)
    return found


def seconds(unit: Unit, key: str) -> float:
    (value,) = unit[key]
    return float(value)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A file system with all files in place, and a program that is there."""
    texts = install.rendered(FOLDER, Path(sys.executable), install.DEFAULT_PORT)
    install.carry_out(install.plan(tmp_path, texts))
    return tmp_path


@needs_systemd
@pytest.mark.parametrize("name", UNITS)
def test_a_unit_is_hardly_exposed(name: str) -> None:
    command = ["systemd-analyze", "security", "--offline=true", "--no-pager", str(FOLDER / name)]
    said = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    found = re.search(rf"Overall exposure level for {name}: ([\d.]+)", said)
    assert found is not None, said
    assert float(found[1]) <= MOST_EXPOSED


@needs_systemd
def test_systemd_finds_nothing_wrong_in_the_units(root: Path) -> None:
    files = [str(root / "etc/systemd/system" / name) for name in UNITS]
    done = subprocess.run(
        ["systemd-analyze", "verify", "--man=no", *files],
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


@needs_systemd
def test_systemd_would_find_a_mistake(root: Path) -> None:
    unit = root / "etc/systemd/system/hinge-log.service"
    unit.write_text(unit.read_text().replace("ProtectHome=yes", "ProtectHomes=yes"))
    done = subprocess.run(
        ["systemd-analyze", "verify", "--man=no", str(unit)],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert "ProtectHomes" in done.stderr


@needs_systemd
@needs_root
def test_the_users_and_the_folder_for_the_sockets_are_made(root: Path) -> None:
    subprocess.run(
        ["systemd-sysusers", f"--root={root}", str(root / "etc/sysusers.d/hinge.conf")],
        check=True, capture_output=True,
    )  # fmt: skip
    groups = {
        line.split(":")[0]: line.split(":")[3].split(",")
        for line in (root / "etc/group").read_text().splitlines()
    }
    assert sorted(groups["hinge"]) == ["hinge-device", "hinge-log"]
    assert groups["i2c"] == groups["gpio"] == ["hinge-device"], "the log gets no devices"
    users = [line.split(":") for line in (root / "etc/passwd").read_text().splitlines()]
    assert {user[0] for user in users} >= {"hinge-device", "hinge-log"}
    assert {user[6] for user in users if user[0].startswith("hinge")} == {"/usr/sbin/nologin"}
    subprocess.run(
        ["systemd-tmpfiles", "--create", f"--root={root}", str(root / "etc/tmpfiles.d/hinge.conf")],
        check=True, capture_output=True,
    )  # fmt: skip
    made = (root / "run/hinge").stat()
    assert oct(made.st_mode & 0o7777) == "0o3770"
    hinge = next(
        line.split(":")[2]
        for line in (root / "etc/group").read_text().splitlines()
        if line.startswith("hinge:")
    )
    assert (made.st_uid, made.st_gid) == (0, int(hinge))


# -- what every unit has --------------------------------------------------------------------


@pytest.mark.parametrize("name", UNITS)
def test_a_wrong_configuration_is_not_tried_again(name: str) -> None:
    unit = read(name)
    assert unit["Restart"] == ["on-failure"]
    assert {"2", "78"} <= set(unit["RestartPreventExitStatus"][0].split())


@pytest.mark.parametrize("name", UNITS)
def test_restarts_have_a_limit_that_a_missing_chip_never_reaches(name: str) -> None:
    unit = read(name)
    in_a_window = seconds(unit, "StartLimitIntervalSec") / seconds(unit, "RestartSec")
    assert 0 < in_a_window < seconds(unit, "StartLimitBurst") < 100


@pytest.mark.parametrize("name", UNITS)
def test_no_unit_runs_as_root_or_can_become_it(name: str) -> None:
    unit = read(name)
    assert unit["CapabilityBoundingSet"] == unit["AmbientCapabilities"] == [""]
    assert unit["NoNewPrivileges"] == ["yes"]
    assert unit["DynamicUser"] or unit["User"][0] not in ("", "root")


def test_every_unit_starts_the_program_that_install_replaces() -> None:
    for name in UNITS:
        (command,) = read(name)["ExecStart"]
        assert command.split()[0] == str(install.PROGRAM)
        assert command.endswith(f"--config /{install.CONFIG}")


# -- the device's unit ----------------------------------------------------------------------


def test_the_watchdog_waits_for_two_words_of_the_loop() -> None:
    unit = read("hinge-device.service")
    assert unit["Type"] == ["notify"]
    assert unit["NotifyAccess"] == ["main"]
    assert seconds(unit, "WatchdogSec") / 2 >= HEALTH_NS * 1e-9


def test_the_loop_gets_real_time_and_may_lock_its_memory() -> None:
    unit = read("hinge-device.service")
    assert unit["CPUSchedulingPolicy"] == ["fifo"]
    assert unit["CPUSchedulingPriority"] == unit["LimitRTPRIO"] == [str(PRIORITY)]
    assert unit["CPUSchedulingResetOnFork"] == ["yes"], "no thread beside the loop"
    assert unit["LimitMEMLOCK"] == ["infinity"]
    assert unit["RestrictRealtime"] == ["no"]


def test_the_device_sees_its_buses_and_pins_and_no_network() -> None:
    unit = read("hinge-device.service")
    assert unit["DevicePolicy"] == ["closed"]
    assert set(unit["DeviceAllow"]) == {
        "char-i2c rw", "char-gpiochip rw",
        "char-bcm2835-gpiomem rw", "char-rpi-gpiomem rw",  # pinctrl's, on a Pi 0-4 and a Pi 5
    }  # fmt: skip
    assert "PrivateDevices" not in unit, "it would hide them"
    assert unit["PrivateNetwork"] == ["yes"]
    assert unit["RestrictAddressFamilies"] == ["AF_UNIX"]
    assert "ProcSubset" not in unit, "gpiozero reads /proc/cpuinfo and /proc/device-tree"


def test_lgpio_has_a_folder_for_its_pipe() -> None:
    unit = read("hinge-device.service")
    folder = f"/run/{unit['RuntimeDirectory'][0]}"
    assert unit["WorkingDirectory"] == [folder]
    assert f"LG_WD={folder}" in unit["Environment"]


def test_the_device_may_ask_whether_the_clock_is_right() -> None:
    # Filters hold in their order, and @privileged has adjtimex in it.
    unit = read("hinge-device.service")
    assert unit["SystemCallFilter"].index("~@privileged") < unit["SystemCallFilter"].index(
        "adjtimex clock_adjtime"
    )
    assert "ProtectClock" not in unit


# -- the log's unit -------------------------------------------------------------------------


def test_the_log_gets_no_device_and_its_own_port() -> None:
    unit = read("hinge-log.service")
    assert unit["PrivateDevices"] == ["yes"]
    assert "DeviceAllow" not in unit
    assert "SupplementaryGroups" not in unit
    assert unit["SocketBindDeny"] == unit["IPAddressDeny"] == ["any"]
    assert unit["SocketBindAllow"] == [install.PORT.partition("=")[2]]


def test_each_program_has_a_folder_that_the_other_cannot_read() -> None:
    from device.config_model import Paths
    from services.config import LogConfig

    device, log = read("hinge-device.service"), read("hinge-log.service")
    assert f"/var/lib/{device['StateDirectory'][0]}" == Paths().data_dir
    assert f"/var/lib/{log['StateDirectory'][0]}" == LogConfig().data_dir
    assert device["User"] != log["User"]
    for unit in (device, log):
        assert unit["StateDirectoryMode"] == ["0700"]
        assert unit["UMask"] == ["0077"]
        assert unit["ReadWritePaths"] == [Paths().socket_dir] == [LogConfig().socket_dir]
