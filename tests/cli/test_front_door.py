"""``hinge`` as it is typed: one line and the right code for what cannot work."""

from __future__ import annotations

import shutil
import subprocess
import sys
import tomllib
from collections.abc import Callable
from pathlib import Path

import pytest

import hinge

MOTION = Path("tests/data/motions/VUA_s1__stoop1_2D.csv").resolve()
Typed = Callable[..., int]


@pytest.fixture
def typed(monkeypatch: pytest.MonkeyPatch) -> Typed:
    """Types a command line; gives the exit code."""

    def type_in(*words: str | Path) -> int:
        monkeypatch.setattr(sys, "argv", ["hinge", *map(str, words)])
        try:
            hinge.main()
        except SystemExit as end:
            return int(end.code or 0)
        return 0

    return type_in


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("nope",), "No such command 'nope'. See 'hinge --help'."),
        (("replay",), "Missing argument 'FILE'. See 'hinge replay --help'."),
        (("replay", MOTION, "--gap", "nan"), "expected a finite number"),
        (("replay", MOTION, "--stretch", "nan"), "expected a finite number"),
        (("replay", MOTION, "--tof-height", "0.9,0.8"), "at most 3 heights, the lowest first"),
        (("replay", MOTION, "--tof-height", "0.6,0.7,0.8,0.9"), "at most 3 heights"),
        (("replay", MOTION, "--tof-height", "nan"), "heights from 0.3 to 1.6 m"),
        (("replay", MOTION, "--drill", "dancing"), "'dancing' is not one of"),
        (("simulate", MOTION, "--out", "kept.csv"), "expected a name that ends in .mcap"),
        (("drills", "buttaps"), "Did you mean 'butt_taps'?"),
        (("drills", "--stature", "0"), "--stature: got 0, expected 1.0 to 2.3 m"),
        (("drills", "--stature", "nan"), "expected 1.0 to 2.3 m"),
        (("replay", MOTION, "--stature", "0"), "is not in the range 1.0<=x<=2.3. See 'hinge rep"),
        (("replay", MOTION, "--tof-height", "9"), "from 0.3 to 1.6 m. See 'hinge replay --help'"),
        (("evaluate", "x", "--pictures", "p"), "--pictures: got p, expected it with --cohort N"),
        (("demo", MOTION), "a motion: use --motion FILE"),
        (("evaluate",), "expected one of FOLDER, --cohort N, --gym-hour, --quiet-hours H"),
    ],
)
def test_wrong_use_is_one_line_and_code_2(
    typed: Typed, capsys: pytest.CaptureFixture[str], words: tuple[str | Path, ...], said: str
) -> None:
    assert typed(*words) == 2
    (line,) = [line for line in capsys.readouterr().err.splitlines() if line.strip()]
    assert line.startswith("hinge: ")
    assert said in line


def test_a_drill_whose_sensors_are_missing_says_which(
    typed: Typed, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    file = tmp_path / "hinge.toml"
    file.write_text('[imu]\nchip = "none"\n[pads]\nchip = "none"\n')
    assert typed("replay", MOTION, "--drill", "swing", "--config", file) == 78
    (line,) = capsys.readouterr().err.splitlines()
    assert line.endswith("practice.drill: swing needs IMU, which this station does not have")
    assert typed("replay", MOTION, "--drill", "reach", "--config", file) == 0
    assert "reach" in capsys.readouterr().out


def test_hinge_alone_shows_its_help(typed: Typed, capsys: pytest.CaptureFixture[str]) -> None:
    typed()
    shown = capsys.readouterr()
    assert "Commands:" in shown.out + shown.err


def test_simulate_replaces_neither_its_motion_nor_a_device(
    typed: Typed, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    motion = tmp_path / "mine.csv"
    shutil.copy(MOTION, motion)
    assert typed("simulate", motion, "--out", motion) == 2
    assert motion.read_bytes() == MOTION.read_bytes()
    folder = tmp_path / "kept.mcap"
    folder.mkdir()
    assert typed("simulate", motion, "--out", folder) == 74
    assert typed("simulate", motion, "--out", "/dev/null") == 74
    assert Path("/dev/null").is_char_device()
    assert "choose another name" in capsys.readouterr().err


def test_a_full_disk_under_the_result_is_code_74() -> None:
    with Path("/dev/full").open("wb") as full:
        ended = subprocess.run(
            [sys.executable, "-m", "hinge", "config"],
            stdout=full,
            stderr=subprocess.PIPE,
            timeout=60,
            check=False,
        )
    assert ended.returncode == 74
    assert ended.stderr.decode() == (
        "hinge: output: cannot write: No space left on device. Check disk and rights.\n"
    )


@pytest.mark.parametrize("closed", ["<&-", ">&-", "2>&-", "<&- >&- 2>&-"])
@pytest.mark.parametrize(
    ("words", "code"), [("config", 0), ("doctor --simulated --quick --json", 0), ("nope", 2)]
)
def test_a_closed_stream_changes_no_exit_code(words: str, code: int, closed: str) -> None:
    ended = subprocess.run(
        ["sh", "-c", f"exec {sys.executable} -m hinge {words} {closed}"],
        capture_output=True,
        timeout=60,
        check=False,
    )
    assert ended.returncode == code, ended.stderr
    assert b"mistake" not in ended.stderr


def test_config_shows_the_log_services_settings_too(
    typed: Typed, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    file = tmp_path / "hinge.toml"
    file.write_text("[log]\nport = 9000\n", encoding="utf-8")
    assert typed("config", "--config", file) == 0
    shown = tomllib.loads(capsys.readouterr().out)
    assert (shown["log"]["port"], shown["log"]["host"]) == (9000, "127.0.0.1")
    assert typed("config", "--config", file, "--changed") == 0
    assert tomllib.loads(capsys.readouterr().out) == {"log": {"port": 9000}}


@pytest.mark.parametrize("command", ["config", "demo", "serve"])
@pytest.mark.parametrize("wrong", ["port = 99999", "prt = 9000", "host = 5"])
def test_the_log_services_settings_are_checked_by_all_who_need_them(
    typed: Typed, capsys: pytest.CaptureFixture[str], tmp_path: Path, command: str, wrong: str
) -> None:
    file = tmp_path / "hinge.toml"
    file.write_text(f"[log]\n{wrong}\n", encoding="utf-8")
    assert typed(command, "--config", file) == 78
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith(f"hinge: {file}: [log] {wrong.split()[0]}: ")


@pytest.mark.parametrize(("chip", "said"), [("cap1203", 1), ("mpr121", 0), ("none", 0)])
def test_config_says_which_pads_are_slow(
    typed: Typed, capsys: pytest.CaptureFixture[str], tmp_path: Path, chip: str, said: int
) -> None:
    file = tmp_path / "hinge.toml"
    file.write_text(f"[pads]\nchip = '{chip}'\n")
    assert typed("config", "--config", file) == 0
    lines = capsys.readouterr().err.splitlines()
    assert len(lines) == said
    for line in lines:
        assert line.startswith(
            "hinge: pads.chip: cap1203 measures each pad 28.6 times a second, 60"
        )


def test_screen_says_that_there_is_none(
    typed: Typed, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    assert typed("screen") == 78
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith("hinge: screen.enabled: got false, expected true")
    file = tmp_path / "hinge.toml"
    file.write_text("[screen]\nenabled = true\nbus = 29\n")
    assert typed("screen", "--config", file) == 69
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith("hinge: i2c-29: opening /dev/i2c-29 gave")
    file.write_text("[screen]\nenabled = true\nbus = 1\n")
    assert typed("screen", "--config", file) == 78
    (line,) = capsys.readouterr().err.splitlines()
    assert "expected one of its own: a picture keeps its bus for 24 ms" in line


def test_screen_without_the_extra_is_one_line(
    typed: Typed,
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(sys.modules, "luma.oled.device", None)
    file = tmp_path / "hinge.toml"
    file.write_text("[screen]\nenabled = true\n")
    assert typed("screen", "--config", file) == 69
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith("hinge: screen: importing luma.oled gave")


def test_config_says_when_speech_is_wanted_and_cannot_be(
    typed: Typed,
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    file = tmp_path / "hinge.toml"
    file.write_text("[speech]\nenabled = true\n[coach]\nsilent_reps = 3\n")
    monkeypatch.setenv("PATH", str(tmp_path))
    assert typed("config", "--config", file) == 0
    out, err = capsys.readouterr()
    assert tomllib.loads(out)["speech"]["enabled"] is True
    assert tomllib.loads(out)["coach"]["silent_reps"] == 3
    (line,) = err.splitlines()
    assert line.startswith("hinge: speech.enabled: got true, but there is no espeak-ng")
    file.write_text("[coach]\nsilent_reps = 6\n")
    assert typed("config", "--config", file) == 78
    (line,) = capsys.readouterr().err.splitlines()
    assert line.endswith("coach.silent_reps: got 6 at each end of a set of 10, expected at most 5")
