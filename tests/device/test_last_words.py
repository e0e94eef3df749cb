"""What a device program that could not go on leaves for the page."""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest

from device.errors import AlreadyRunning, ConfigError, DiskError
from device.last_words import LONGEST, LastWords
from drivers.errors import NoBus
from services.ended import read_ended
from tests.device.test_run import Visit, config_in


@pytest.fixture
def said() -> list[str]:
    return []


@pytest.fixture
def usual_umask() -> Iterator[None]:
    old = os.umask(0o077)  # that of the unit
    yield
    os.umask(old)


@pytest.mark.usefixtures("usual_umask")
def test_an_error_is_written_down_for_the_group_and_goes_on(
    tmp_path: Path, said: list[str]
) -> None:
    path = tmp_path / "device.ended"
    error = ConfigError(["a.toml: imu.odr_hz: got 7", "a.toml: pads.chip: got 'x'"])
    with pytest.raises(ConfigError) as caught, LastWords(path, said.append).of_failure():
        raise error
    assert caught.value is error
    ended = read_ended(path)
    assert ended is not None
    assert (ended.code, ended.text) == (78, str(error))
    assert ended.wall_time.endswith("Z")
    assert stat.S_IMODE(path.stat().st_mode) == 0o640
    assert list(tmp_path.iterdir()) == [path]
    assert said == []


@pytest.mark.parametrize(
    ("error", "code", "text"),
    [
        (NoBus(errno.ENOENT, "i2c-1: no such bus"), 69, "i2c-1: no such bus"),
        (DiskError("/x", OSError(errno.ENOSPC, ""), check="Free it."), 74, "No space left"),
        (ZeroDivisionError("by zero"), 1, "a mistake in this program: ZeroDivisionError"),
    ],
)
def test_every_kind_of_end_has_its_code(
    tmp_path: Path, said: list[str], error: Exception, code: int, text: str
) -> None:
    words = LastWords(tmp_path / "e", said.append)
    with pytest.raises(type(error)), words.of_failure():
        raise error
    ended = read_ended(tmp_path / "e")
    assert ended is not None
    assert ended.code == code
    assert text in ended.text


def test_a_good_end_and_a_second_program_leave_nothing(tmp_path: Path, said: list[str]) -> None:
    path = tmp_path / "e"
    with LastWords(path, said.append).of_failure():
        pass
    with pytest.raises(AlreadyRunning), LastWords(path, said.append).of_failure():
        raise AlreadyRunning("device.sock")
    assert not path.exists()


def test_where_nobody_listens_nothing_is_made(tmp_path: Path, said: list[str]) -> None:
    with (
        pytest.raises(OSError, match="x"),
        LastWords(tmp_path / "run" / "e", said.append).of_failure(),
    ):
        raise OSError("x")
    assert list(tmp_path.iterdir()) == []
    assert said == []


def test_what_cannot_be_written_or_removed_is_said_and_hides_no_error(
    tmp_path: Path, said: list[str]
) -> None:
    path = tmp_path / "e"
    path.mkdir()
    words = LastWords(path, said.append)
    with pytest.raises(ConfigError), words.of_failure():
        raise ConfigError(["wrong"])
    words.forget()
    assert [line.split(": ")[1] for line in said] == ["cannot be written", "cannot be removed"]
    assert list(tmp_path.iterdir()) == [path]


def test_words_without_end_are_cut(tmp_path: Path, said: list[str]) -> None:
    with pytest.raises(ConfigError), LastWords(tmp_path / "e", said.append).of_failure():
        raise ConfigError(["wrong"] * 10_000)
    ended = read_ended(tmp_path / "e")
    assert ended is not None
    assert len(ended.text) == LONGEST


def test_a_station_at_work_forgets_what_an_earlier_one_said(tmp_path: Path) -> None:
    config = config_in(tmp_path)
    path = config.paths.last_words
    path.parent.mkdir(parents=True)
    path.write_text("old")
    visit = Visit()
    visit.rig.unplug("imu")
    with pytest.raises(Exception, match="LSM6DSOX"):
        visit.run(config)
    assert path.read_text() == "old", "one that does not come up has not made it better"
    there = []
    visit = Visit()

    def over() -> bool:
        there.append(path.exists())
        return True

    visit.over = over  # type: ignore[method-assign]  # ends it before its first tick
    visit.run(config)
    assert there == [False]
