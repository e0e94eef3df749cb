"""Every injectable fault is named by its own code, and no other check complains."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest

from device.config import parse
from device.config_model import Config
from device.doctor.examine import Report, examine
from device.doctor.table import CHECKS
from device.errors import UsageError
from device.workbench.doctor_faults import FAULTS
from device.workbench.doctor_rig import SimStation
from services.check import LogCheck
from services.config import LogConfig
from services.database import prepare

STUCK_PADS = {
    # A capacitive pad that reads one count for ever is closed to the end, and one whose chip
    # has stopped keeps its last count; one that is closed at the start becomes the zero.
    "pads:stuck": "PADS_CLOSED",
    "pads:frozen": "PADS_VALUES",
    "pads:closed": "PADS_PRESS",
}
RIGS = {
    "force pads": ("", {}),
    "touch pads": ('pads.chip = "mpr121"', STUCK_PADS),
    "slow cable": ("bus.dowel.hz = 100000", {}),
}
NEVER = {"STATION", "VERSIONS"}
"""Codes without a fault here: a rig that is examined is not running; versions never complain."""


def report(
    folder: Path, faults: Sequence[str] = (), config: Config | None = None, **more: bool
) -> Report:
    station = SimStation(config or Config(), folder, faults, **more)
    log = LogConfig(data_dir=str(folder))
    prepare(log.database)
    station.spoil()
    return examine(station, LogCheck(log), simulated=True)


def complaints(found: Report) -> list[str]:
    return [line.code for line in found.complaints]


@pytest.mark.parametrize("rig", RIGS)
def test_a_rig_without_a_fault_is_good(rig: str, tmp_path: Path) -> None:
    found = report(tmp_path, config=parse(RIGS[rig][0]))
    assert complaints(found) == []
    assert (found.status, found.exit_code) == ("ok", 0)
    assert [line.code for line in found.checks if line.status == "skipped"] == ["VIBRATION"]


@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("rig", RIGS)
def test_a_fault_is_named_and_nothing_else(rig: str, fault: str, tmp_path: Path) -> None:
    text, other = RIGS[rig]
    found = report(tmp_path, [fault], parse(text))
    assert complaints(found) == [other.get(fault, FAULTS[fault].code)]
    assert found.exit_code == (2 if found.complaints[0].status == "broken" else 1)


def test_every_check_can_complain() -> None:
    named = {fault.code for fault in FAULTS.values()}
    assert named == {check.code for check in CHECKS} - NEVER


@pytest.mark.parametrize("seed", range(1, 8))
def test_no_part_of_the_catalogue_is_called_faulty(seed: int, tmp_path: Path) -> None:
    """Other parts of the same kind: noise, bias and oscillators are drawn by seed."""
    station = SimStation(Config(), tmp_path, seed=seed)
    log = LogConfig(data_dir=str(tmp_path))
    prepare(log.database)
    assert complaints(examine(station, LogCheck(log))) == []


SEVERAL = (
    ("imu:bias", "bus-1:stuck", "lamp:broken", "disk:full", "outbox:deep"),
    ("tof:covered", "imu:frozen", "pads:open", "key:stuck", "clock:unset", "database:damaged"),
    ("tof:unplug", "imu:unplug", "pads:unplug"),
    ("imu:noise", "pads:closed", "buzzer:broken", "bus-3:stranger", "supply:undervoltage"),
    ("bus-1:missing", "bus-3:stuck_later", "pins:taken", "cpu:hot", "realtime:none"),
    ("tof:stuck", "imu:stuck", "pads:stuck"),
    ("tof:power_cycle", "imu:gravity", "pads:power_cycle", "bus-1:slow"),
    ("tof:wrong_chip", "imu:wrong_chip", "pads:wrong_chip"),
)


@pytest.mark.parametrize("faults", SEVERAL)
def test_several_at_once_are_all_named(faults: tuple[str, ...], tmp_path: Path) -> None:
    wanted = {FAULTS[fault].code for fault in faults}
    assert set(complaints(report(tmp_path, faults))) == wanted


def test_unattended_it_says_what_it_cannot_know(tmp_path: Path) -> None:
    found = report(tmp_path, ["lamp:broken", "pads:open", "key:broken"], attended=False)
    status = {line.code: line.status for line in found.checks}
    assert found.exit_code == 0
    assert not found.asked
    assert {status[code] for code in ("LAMPS", "BUZZER", "PADS_PRESS")} == {"skipped"}
    assert "not asked" in next(line.found for line in found.checks if line.code == "KEYS")


THREE = """
tof.addresses = [0x30, 0x31, 0x29]
tof.heights_m = [0.75, 0.88, 1.01]
"""


@pytest.mark.parametrize(
    "fault", [None, "tof:frozen", "tof:stuck", "tof:covered", "pins:taken", "bus-1:slow"]
)
def test_three_rangers(fault: str | None, tmp_path: Path) -> None:
    found = report(tmp_path, [fault] if fault else [], parse(THREE))
    assert complaints(found) == ([FAULTS[fault].code] if fault else [])


BARE = 'imu.chip = "none"\npads.chip = "none"\npractice.drill = "reach"\n'


def test_a_rig_with_a_ranger_only(tmp_path: Path) -> None:
    found = report(tmp_path, config=parse(BARE))
    assert complaints(found) == []
    lines = {line.code: line for line in found.checks}
    assert lines["IMU_RATE"].found == lines["PADS_PRESS"].found == "none fitted"


def test_a_fault_of_a_part_that_is_not_fitted_is_wrong_use(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="parts that are fitted"):
        SimStation(parse(BARE), tmp_path, ["imu:unplug"])


def test_an_unknown_fault_is_wrong_use(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"Did you mean 'imu:unplug'\?"):
        SimStation(Config(), tmp_path, ["imu:unplugged"])
