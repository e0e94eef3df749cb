"""``hinge doctor`` as it is typed."""

from __future__ import annotations

import json
import socket
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

import hinge
from device.doctor.table import CHECKS

Typed = Callable[..., int]


@pytest.fixture
def typed(monkeypatch: pytest.MonkeyPatch) -> Typed:
    """Types ``hinge doctor`` with words; gives the exit code."""

    def type_in(*words: str | Path) -> int:
        monkeypatch.setattr(sys, "argv", ["hinge", "doctor", *map(str, words)])
        with pytest.raises(SystemExit) as end:
            hinge.main()
        return int(end.value.code or 0)

    return type_in


@pytest.fixture
def config(tmp_path: Path) -> Path:
    """Paths of a station that is not installed on this machine, and buses it does not have."""
    file = tmp_path / "hinge.toml"
    file.write_text(
        f'[paths]\ndata_dir = "{tmp_path}"\nsocket_dir = "{tmp_path}"\n'
        "[bus.wall]\nnumber = 29\n[bus.dowel]\nnumber = 30\n"
    )
    return file


def test_a_good_simulated_station(typed: Typed, capsys: pytest.CaptureFixture[str]) -> None:
    assert typed("--simulated") == 0
    shown = capsys.readouterr().out
    assert "The station is good." in shown
    assert "IMU_DRIFT" in shown


def test_faults_give_their_exit_code_and_advice(
    typed: Typed, capsys: pytest.CaptureFixture[str]
) -> None:
    assert typed("--simulated", "--fault", "imu:bias") == 1
    shown = capsys.readouterr().out
    assert "works, with limits" in shown
    assert "means" in shown
    assert "Let it warm up" in shown
    assert typed("--simulated", "--fault", "imu:bias", "--fault", "bus-1:stuck") == 2
    shown = capsys.readouterr().out
    assert "(to TOF_SIGNAL) i2c-1 cannot be used" in shown


def test_json_is_one_object_with_every_check(
    typed: Typed, capsys: pytest.CaptureFixture[str]
) -> None:
    assert typed("--simulated", "--json", "--quick", "--fault", "disk:low") == 1
    found = json.loads(capsys.readouterr().out)
    assert [check["code"] for check in found["checks"]] == [check.code for check in CHECKS]
    assert (found["status"], found["exit_code"]) == ("degraded", 1)
    assert (found["quick"], found["asked"], found["simulated"]) == (True, False, True)
    by_code = {check["code"]: check for check in found["checks"]}
    assert by_code["DISK"]["figures"] == {"free_mb": 200}
    assert by_code["DISK"]["do"].startswith("Free some space")
    assert by_code["CLOCK"]["do"] is None
    assert by_code["IMU_DRIFT"]["figures"]["gyro_bias_dps"] == pytest.approx(0.3, abs=0.2)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--fault", "imu:bias"), "--fault: got imu:bias, expected it with --simulated only"),
        (
            ("--simulated", "--fault", "nope"),
            "--fault: got 'nope', expected one of bus-1:..., bus-3:..., tof:...",
        ),
        (
            ("--simulated", "--fault", "supply:low"),
            "got 'supply:low', expected one of supply:undervoltage, supply:was_low (docs/doctor.md)"
            ". Did you mean 'supply:was_low'?",
        ),
    ],
)
def test_wrong_use(
    typed: Typed, capsys: pytest.CaptureFixture[str], words: tuple[str, ...], said: str
) -> None:
    assert typed(*words) == 2
    assert said in capsys.readouterr().err


def test_a_machine_that_is_no_station(
    typed: Typed, capsys: pytest.CaptureFixture[str], config: Path
) -> None:
    assert typed("--config", config, "--json", "--unattended") == 2
    found = json.loads(capsys.readouterr().out)
    by_code = {check["code"]: check for check in found["checks"]}
    assert by_code["BUS_NODE"]["status"] == "broken"
    assert "/dev/i2c-29" in by_code["BUS_NODE"]["found"]
    assert "/dev/i2c-30" in by_code["BUS_NODE"]["found"]
    assert by_code["IMU_RATE"]["found"] == "i2c-30 cannot be used"
    assert by_code["DISK"]["status"] in ("ok", "degraded")
    assert not list(config.parent.glob(".doctor*"))


def test_a_running_station_is_left_alone(
    typed: Typed, capsys: pytest.CaptureFixture[str], config: Path
) -> None:
    """Its program answers on its socket; no log service tells of it."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as held:
        held.bind(str(config.parent / "device.sock"))
        with config.open("a") as file:
            file.write("[log]\nport = 1\n")
        code = typed("--config", config, "--json", "--unattended")
    found = json.loads(capsys.readouterr().out)
    by_code = {check["code"]: check for check in found["checks"]}
    assert by_code["STATION"]["status"] == "degraded"
    assert "gives no state" in by_code["STATION"]["found"]
    assert by_code["BUS_NODE"]["status"] == by_code["PINS"]["status"] == "skipped"
    assert "running" in by_code["PADS_RATE"]["found"]
    assert code == 1 + (by_code["DISK"]["status"] == "broken")
