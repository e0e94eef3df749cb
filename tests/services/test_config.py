"""The [log] table: defaults, and errors that name file, key, got and what is allowed."""

from __future__ import annotations

from pathlib import Path

import pytest

from services.config import KEYS, LogConfig, load_config
from services.errors import ConfigError


def test_defaults_are_local() -> None:
    config = load_config(None)
    assert config == LogConfig()
    assert config.host == "127.0.0.1"
    assert config.person_socket is None
    assert config.allowed_hosts == ()


def test_values_of_a_file_and_the_devices_tables_are_left_alone(tmp_path: Path) -> None:
    file = tmp_path / "station.toml"
    file.write_text(
        '[station]\nname = "x"\n[log]\ndata_dir = "d"\nsocket_dir = "s"\nport = 0\n'
        'allowed_hosts = ["wall.local"]\nperson_socket = "p"\nhost = "::1"\n'
    )
    config = load_config(file)
    assert config == LogConfig(
        data_dir="d", socket_dir="s", port=0, allowed_hosts=("wall.local",), person_socket="p",
        host="::1",
    )  # fmt: skip
    assert config.database == Path("d/log.db")
    assert config.ingest_socket == Path("s/ingest.sock")
    assert config.live_socket == Path("s/live.sock")
    assert config.device_socket == Path("s/device.sock")


@pytest.mark.parametrize(
    ("text", "key", "got"),
    [
        ("[log]\nprot = 1", "prot", "unknown"),
        ("[log]\nport = 65536", "port", "65536"),
        ("[log]\nport = -1", "port", "-1"),
        ("[log]\nport = true", "port", "True"),
        ('[log]\nport = "80"', "port", "'80'"),
        ('[log]\ndata_dir = ""', "data_dir", "''"),
        ('[log]\nallowed_hosts = "a"', "allowed_hosts", "'a'"),
        ("log = 3", "log", "3"),
        ("[log", "file", ""),
    ],
)
def test_errors_name_file_key_and_value(tmp_path: Path, text: str, key: str, got: str) -> None:
    file = tmp_path / "station.toml"
    file.write_text(text)
    with pytest.raises(ConfigError) as error:
        load_config(file)
    assert error.value.exit_code == 78
    assert str(file) in str(error.value)
    assert key in error.value.key
    assert got in str(error.value)
    assert "allowed: " in str(error.value)


def test_an_unknown_key_names_all_that_are_allowed(tmp_path: Path) -> None:
    file = tmp_path / "station.toml"
    file.write_text("[log]\nx = 1")
    with pytest.raises(ConfigError) as error:
        load_config(file)
    for name in KEYS:
        assert name in str(error.value)


def test_a_missing_file_and_wrong_bytes_are_config_errors(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="No such file"):
        load_config(tmp_path / "none.toml")
    (tmp_path / "bytes.toml").write_bytes(b"\xff\xfe")
    with pytest.raises(ConfigError, match="UTF-8"):
        load_config(tmp_path / "bytes.toml")


def test_folders_of_the_device_hold_where_log_names_none(tmp_path: Path) -> None:
    file = tmp_path / "hinge.toml"
    file.write_text('[paths]\ndata_dir = "/a"\nsocket_dir = "/b"\n[log]\nsocket_dir = "/c"\n')
    config = load_config(file)
    assert (config.data_dir, config.socket_dir) == ("/a", "/c")
