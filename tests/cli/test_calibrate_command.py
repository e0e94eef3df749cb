"""``hinge calibrate``: what is stored, what is refused, and the proof on simulated chips."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest

from device.calibration.runner import Done
from device.calibration.steps import STEPS
from device.calibration.store import Store
from device.config import load
from device.workbench.calibrate_command import code_of, done_text
from device.workbench.calibrate_proof import TRUTHS, proof
from device.workbench.calibrate_sim import Planted, SimBench
from tests.calibration.bench import made
from tests.cli.test_front_door import typed

Typed = Callable[..., int]
__all__ = ["typed"]


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "hinge.toml"
    path.write_text(f'[paths]\ndata_dir = "{tmp_path}/data"\nsocket_dir = "{tmp_path}"\n')
    return path


def test_the_list_has_every_step_in_order(
    typed: Typed, file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert typed("calibrate", "--list", "--config", file) == 0
    shown = capsys.readouterr().out
    at = [shown.index(f" {name} ") for name in STEPS]
    assert at == sorted(at)
    assert shown.count("absent") == len(STEPS)


def test_what_is_stored_is_shown_and_judged(
    typed: Typed, file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    store = Store(load(file).paths.calibration)
    store.put("wall", made())
    store.put("wall", made("plane", rig={"tof.chip": '"vl53l4cd"'}))
    assert typed("calibrate", "--show", "--json", "--config", file) == 0
    rows = {row["step"]: row for row in json.loads(capsys.readouterr().out)}
    assert (rows["offset"]["state"], rows["offset"]["why"]) == ("good", "")
    assert rows["offset"]["record"]["values"] == {"offset_mm": [-13.0]}
    assert rows["plane"]["state"] == "mismatched"
    assert "tof.chip was" in rows["plane"]["why"]
    assert rows["gyro"] == {
        "step": "gyro", "title": STEPS["gyro"].title, "place": "dowel D1", "state": "absent",
        "why": "never done. Run: hinge calibrate gyro", "record": None,
    }  # fmt: skip
    assert typed("calibrate", "offset", "--show", "--config", file) == 0
    shown = capsys.readouterr().out
    assert "-13" in shown
    assert "gyro" not in shown


def test_a_damaged_file_is_said_and_the_rest_shown(
    typed: Typed, file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    store = Store(load(file).paths.calibration)
    store.put("wall", made())
    store.path("wall").write_bytes(b"{")
    assert typed("calibrate", "--show", "--config", file) == 0
    shown = capsys.readouterr()
    assert "damaged" in shown.err
    assert "absent" in shown.out


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("offsett",), "Did you mean 'offset'?"),
        (("gyro", "nonsense"), "expected one of empty, offset"),
    ],
)
def test_an_unknown_step_is_wrong_use(
    typed: Typed, file: Path, capsys: pytest.CaptureFixture[str], words: tuple[str, ...], said: str
) -> None:
    assert typed("calibrate", *words, "--config", file) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert said in line


def test_a_step_without_its_sensor_is_wrong_use(
    typed: Typed, file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file.write_text('[pads]\nchip = "none"\n')
    assert typed("calibrate", "pads", "--config", file) == 2
    assert "this station has no pads" in capsys.readouterr().err


def test_without_buses_it_ends_with_69(
    typed: Typed, file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with file.open("a") as more:
        more.write("[bus.wall]\nnumber = 29\n[bus.dowel]\nnumber = 30\n")
    assert typed("calibrate", "offset", "--yes", "--config", file) == 69
    assert "i2c-29" in capsys.readouterr().err


def test_the_exit_code_and_the_line_of_each_end() -> None:
    stored = Done("offset", "stored", "", {"offset_mm": [1.5]}, {"residual_mm": [0.25]})
    refused = Done("gyro", "refused", "the dowel: got movement")
    missing = Done("empty", "missing", "no chip")
    assert code_of([stored]) == 0
    assert code_of([stored, refused]) == 1
    assert code_of([refused, missing]) == 69
    assert done_text(stored) == "offset: stored: offset_mm 1.5; residual_mm 0.25"
    assert done_text(refused) == "gyro: refused, nothing stored: the dowel: got movement"


# -- the proof ------------------------------------------------------------------------------------

BOTH_OTHER = """
[tof]
chip = "vl53l4cd"
addresses = [0x30, 0x31, 0x32]
heights_m = [0.75, 0.88, 1.01]
[imu]
chip = "mpu6050"
[pads]
chip = "cap1203"
"""


@pytest.mark.parametrize("config", ["", BOTH_OTHER])
def test_all_that_is_planted_is_found(
    typed: Typed, file: Path, capsys: pytest.CaptureFixture[str], config: str
) -> None:
    with file.open("a") as more:
        more.write(config)
    assert typed("calibrate", "--simulated", "--json", "--config", file) == 0
    found = json.loads(capsys.readouterr().out)
    assert {check["step"] for check in found["checks"]} == set(STEPS) == set(TRUTHS)
    assert all(check["good"] for check in found["checks"])
    assert not (file.parent / "data").exists()


def test_the_proof_names_what_it_does_not_find(file: Path) -> None:
    config = load(file)
    bench = SimBench(config, Planted(crosstalk_kcps=(3.0,)))
    bench.rig.rangers[0].crosstalk_kcps = 6.0  # type: ignore[attr-defined]  # a VL53L1X
    found = proof(config, [STEPS["crosstalk"]], bench)
    assert [done.step for done in found.steps] == ["offset", "crosstalk"]
    assert [check.step for check in found.checks if not check.good] == ["crosstalk"]
    bench = SimBench(config)
    bench.rig.unplug("imu")
    (check,) = proof(config, [STEPS["gyro"]], bench).checks
    assert not check.good
    assert "LSM6DSOX" in check.text


def test_one_step_brings_what_it_stands_on(
    typed: Typed, file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert typed("calibrate", "heights", "--simulated", "--config", file) == 0
    shown = capsys.readouterr().out
    assert "offset" in shown
    assert "plane" in shown
    assert "gyro" not in shown
    assert "nothing was stored" in shown


def test_values_survive_the_way_to_the_disk() -> None:
    record = made()
    assert msgspec.json.decode(msgspec.json.encode(record), type=type(record)) == record


def test_two_of_its_ways_at_once_are_wrong_use(
    typed: Typed, file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert typed("calibrate", "--list", "--show", "--config", file) == 2
    said = capsys.readouterr().err
    assert "got two of --list, --show and --simulated, expected one" in said
