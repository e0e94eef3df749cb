"""Why the device ended, as the log service reads it; `[log]` when the rest is wrong."""

from __future__ import annotations

import errno
from pathlib import Path

import pytest

from services import schema
from services.bus_live import LiveHub
from services.config import LogConfig, ended_path, load_config, rescue_config
from services.ended import ended_of, read_ended
from services.errors import ConfigError
from services.serve import why_not
from tests.services.helpers import frame

ENDED = schema.DeviceEnded(code=78, text="a: wrong\nb: too", wall_time="2026-01-01T00:00:00.000Z")


def test_what_was_left_is_read(tmp_path: Path) -> None:
    path = tmp_path / "device.ended"
    assert read_ended(path) is None
    path.write_bytes(schema.encode(ENDED))
    assert read_ended(path) == ENDED


@pytest.mark.parametrize("data", [b"", b"{", b"[]", b'{"code": "x"}', b"\xff", b"x" * 100_000])
def test_a_file_that_cannot_be_read_says_so(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "device.ended"
    path.write_bytes(data)
    found = read_ended(path)
    assert found is not None
    assert found.code == 1
    assert str(path) in found.text


def test_a_folder_in_its_place_says_so(tmp_path: Path) -> None:
    found = read_ended(tmp_path)
    assert found is not None
    assert "Is a directory" in found.text


def test_a_device_that_is_heard_has_not_ended(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "device.ended"
    path.write_bytes(schema.encode(ENDED))
    hub = LiveHub()
    assert ended_of(hub, path) == ENDED
    hub.put(frame())
    assert ended_of(hub, path) is None
    monkeypatch.setattr(hub, "age_s", lambda: 0.6)
    assert ended_of(hub, path) == ENDED


OWN = '[log]  # the page\nport = 9000\nsocket_dir = "s"\n'


@pytest.mark.parametrize(
    "other",
    [
        b"[imu\n",
        b"[imu]\nodr_hz = \n",
        b"# 5 \xb0\n",  # Latin-1
        b"[imu]\n[imu]\n",
        b"[paths]\ndata_dir = 5\n",
        b'[paths]\ndata_dir = ""\n',
        b"[[log.x]\n",
    ],
)
@pytest.mark.parametrize("first", [True, False])
def test_the_logs_own_table_is_read_whatever_else_is_wrong(
    tmp_path: Path, other: bytes, first: bool
) -> None:
    file = tmp_path / "config.toml"
    file.write_bytes(other + OWN.encode() if first else OWN.encode() + other)
    with pytest.raises(ConfigError) as strict:
        load_config(file)
    found, wrong = rescue_config(file)
    assert found == LogConfig(port=9000, socket_dir="s")
    assert str(wrong) == str(strict.value)
    assert ended_path(file) == Path("s/device.ended")


def test_the_folders_of_the_device_hold_when_they_can_be_read(tmp_path: Path) -> None:
    file = tmp_path / "config.toml"
    file.write_text('[imu\n[ paths ]\ndata_dir = "d"\nsocket_dir = "r"\n[log]\ndata_dir = "own"\n')
    assert rescue_config(file)[0] == LogConfig(data_dir="own", socket_dir="r")


def test_a_sound_file_needs_no_rescue(tmp_path: Path) -> None:
    file = tmp_path / "config.toml"
    file.write_text(OWN)
    assert rescue_config(file) == (load_config(file), None)
    assert rescue_config(None) == (LogConfig(), None)


@pytest.mark.parametrize("text", ["[log]\nprt = 1\n", "[log]\nport =\n", "[imu\n[log]\nprt = 1\n"])
def test_what_is_wrong_in_its_own_table_is_an_error(tmp_path: Path, text: str) -> None:
    file = tmp_path / "config.toml"
    file.write_text(text)
    with pytest.raises(ConfigError):
        rescue_config(file)
    assert ended_path(file) == LogConfig().device_ended


def test_a_file_that_is_not_there_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="No such file"):
        rescue_config(tmp_path / "none.toml")


def test_a_port_that_the_unit_does_not_allow_says_what_to_do() -> None:
    refused = OSError(errno.EPERM, "Operation not permitted")
    assert why_not(refused).endswith("run hinge install again")
    assert why_not(OSError(errno.EADDRINUSE, "in use")) == "in use"
