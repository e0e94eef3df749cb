"""Every injectable fault is named by its own code, and no other check complains."""

from __future__ import annotations

import functools
import tempfile
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
from drivers import CHIPS
from services.check import LogCheck
from services.config import LogConfig
from services.database import prepare

OTHER_CODES = {
    # A capacitive pad that is closed at the start becomes the zero; a chip that has stopped keeps
    # its last counts, and a count far beyond a full press is a press to the end.
    ("mpr121", "pads:closed"): "PADS_PRESS",
    ("mpr121", "pads:frozen"): "PADS_VALUES",
    ("mpr121", "pads:stuck"): "PADS_CLOSED",
    ("cap1203", "pads:closed"): "PADS_PRESS",
    ("cap1203", "pads:frozen"): "PADS_VALUES",
}
BUS_OF = {"tof": "bus-1", "imu": "bus-3", "pads": "bus-3"}
CHIP_FAULTS = [
    (chip, fault)
    for chip, entry in CHIPS.items()
    for fault in FAULTS
    if fault.partition(":")[0] in (entry.kind, BUS_OF[entry.kind])
]
"""Each chip there is with what can befall it and its bus."""
CODES = [check.code for check in CHECKS]
NEVER = {"STATION", "VERSIONS"}
"""Codes without a fault here: a rig that is examined is not running; versions never complain."""


@functools.cache
def fresh_log() -> bytes:
    """The file of a log that was just made: once, for a new one is synced to the disk."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "log.db"
        prepare(path)
        return path.read_bytes()


def report(
    folder: Path, faults: Sequence[str] = (), config: Config | None = None, **more: bool
) -> Report:
    station = SimStation(config or Config(), folder, faults, **more)
    log = LogConfig(data_dir=str(folder))
    log.database.write_bytes(fresh_log())
    station.spoil()
    return examine(station, LogCheck(log), simulated=True)


def complaints(found: Report) -> list[str]:
    return [line.code for line in found.complaints]


SLOW_CABLE = "bus.dowel.hz = 100000"


def fitted_with(chip: str) -> Config:
    return parse(f'{CHIPS[chip].kind}.chip = "{chip}"')


@pytest.mark.parametrize("chip", CHIPS)
def test_a_rig_without_a_fault_is_good(chip: str, tmp_path: Path) -> None:
    found = report(tmp_path, config=fitted_with(chip))
    assert complaints(found) == []
    assert (found.status, found.exit_code) == ("ok", 0)
    skipped = [line.code for line in found.checks if line.status == "skipped"]
    unfitted = ["TOF_GPIO1", *(code for code in CODES if code.startswith("HAPTIC")), "VIBRATION"]
    assert skipped == unfitted


def named(found: Report, code: str) -> None:
    assert complaints(found) == [code]
    assert found.exit_code == (2 if found.complaints[0].status == "broken" else 1)


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_is_named_and_nothing_else(fault: str, tmp_path: Path) -> None:
    named(report(tmp_path, [fault]), FAULTS[fault].code)


@pytest.mark.parametrize(("chip", "fault"), CHIP_FAULTS)
def test_every_chip_is_named_for_what_it_has(chip: str, fault: str, tmp_path: Path) -> None:
    code = OTHER_CODES.get((chip, fault), FAULTS[fault].code)
    named(report(tmp_path, [fault], fitted_with(chip)), code)


ON_THE_CABLE = [fault for fault in FAULTS if fault.startswith(("bus-3", "imu", "pads"))]


@pytest.mark.parametrize("fault", [None, *ON_THE_CABLE])
def test_at_the_end_of_a_slow_cable(fault: str | None, tmp_path: Path) -> None:
    found = report(tmp_path, [fault] if fault else [], parse(SLOW_CABLE))
    assert complaints(found) == ([FAULTS[fault].code] if fault else [])


def test_every_check_can_complain() -> None:
    codes = {fault.code for fault in FAULTS.values()}
    assert codes == set(CODES) - NEVER


@pytest.mark.parametrize("seed", range(1, 8))
def test_no_part_of_the_catalogue_is_called_faulty(seed: int, tmp_path: Path) -> None:
    """Other parts of the same kind: noise, bias and oscillators are drawn by seed."""
    station = SimStation(Config(), tmp_path, seed=seed)
    log = LogConfig(data_dir=str(tmp_path))
    assert complaints(examine(station, LogCheck(log))) == []


def test_a_motor_on_a_chip(tmp_path: Path) -> None:
    found = report(tmp_path, config=parse('outputs.vibration = true\noutputs.haptic = "drv2605l"'))
    assert complaints(found) == []
    lines = {line.code: line for line in found.checks}
    assert lines["VIBRATION"].found == "1 felt"
    assert lines["HAPTIC_IDENTITY"].found.startswith("DRV2605L at 0x5A on i2c-3: ")
    assert lines["BUS_STRANGER"].figures == {"strangers": 0}


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
tof.addresses = [0x30, 0x31, 0x32]
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
