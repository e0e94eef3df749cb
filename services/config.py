"""The ``[log]`` table of the station's TOML file. Unknown keys are errors."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import Annotated, Any, Final

import msgspec

from services.errors import ConfigError

Port = Annotated[int, msgspec.Meta(ge=0, le=65535)]
Name = Annotated[str, msgspec.Meta(min_length=1, max_length=4096)]


class LogConfig(msgspec.Struct, frozen=True, kw_only=True):
    """How the log service runs. Paths are absolute or relative to the working folder."""

    data_dir: Name = "/var/lib/hinge/log"
    """Holds ``log.db``."""
    socket_dir: Name = "/run/hinge"
    """Holds ``ingest.sock``, ``live.sock`` and the device's ``device.sock``."""
    host: Name = "127.0.0.1"
    """Address to listen on; loopback unless the installer says otherwise."""
    port: Port = 8080
    """0 lets the system choose; the ready line names it."""
    allowed_hosts: tuple[Name, ...] = ()
    """Names (no port) by which browsers may call the station, besides loopback's."""
    person_socket: Name | None = None
    """Demo only: where the simulated person takes orders."""

    @property
    def database(self) -> Path:
        return Path(self.data_dir) / "log.db"

    @property
    def ingest_socket(self) -> Path:
        return Path(self.socket_dir) / "ingest.sock"

    @property
    def live_socket(self) -> Path:
        return Path(self.socket_dir) / "live.sock"

    @property
    def device_socket(self) -> Path:
        return Path(self.socket_dir) / "device.sock"

    @property
    def device_ended(self) -> Path:
        """What a device program that could not go on has left (`services.ended`)."""
        return Path(self.socket_dir) / "device.ended"


SHARED: Final = ("data_dir", "socket_dir")
"""Where [log] names no folders, those of the device's [paths] hold: the sockets must meet."""
KEYS = {field.name: field for field in msgspec.structs.fields(LogConfig)}


def config_from(table: dict[str, Any], file: Path | None = None) -> LogConfig:
    """Make a `LogConfig` of a ``[log]`` table. Raises `ConfigError`."""
    values: dict[str, Any] = {}
    for key, value in table.items():
        if key not in KEYS:
            raise ConfigError(file, f"[log] {key}", got="an unknown key", allowed=", ".join(KEYS))
        try:
            values[key] = msgspec.convert(value, KEYS[key].type)
        except msgspec.ValidationError as error:
            raise ConfigError(file, f"[log] {key}", got=repr(value), allowed=str(error)) from error
    return LogConfig(**values)


def load_config(file: Path | None) -> LogConfig:
    """Read ``[log]`` of a TOML file; other tables are the device's. None: the defaults.

    Raises `ConfigError`, also when the file cannot be read or is not TOML.
    """
    if file is None:
        return LogConfig()
    try:
        document = tomllib.loads(file.read_text(encoding="utf-8"))
    except OSError as error:
        raise ConfigError(
            file, "file", got=error.strerror or str(error), allowed="a readable file"
        ) from error
    except ValueError as error:
        raise ConfigError(file, "file", got=str(error), allowed="TOML in UTF-8") from error
    table = document.get("log", {})
    if not isinstance(table, dict):
        raise ConfigError(file, "log", got=repr(table), allowed="a table, [log]")
    shared = document.get("paths", {})
    if isinstance(shared, dict):
        table = {key: shared[key] for key in SHARED if key in shared} | table
    return config_from(table, file)


def rescue_config(file: Path | None) -> tuple[LogConfig, ConfigError | None]:
    """`load_config`, but what is wrong outside ``[log]`` does not keep the page from coming up
    to show it: then ``[log]`` is read by itself, and the second value says what is wrong.

    Raises `ConfigError` when the file cannot be read or ``[log]`` itself is wrong.
    """
    try:
        return load_config(file), None
    except ConfigError as error:
        if file is None:
            raise
        try:
            text = file.read_text(encoding="utf-8", errors="replace")
            table = tomllib.loads(_own_lines(text, "log")).get("log", {})
        except (OSError, ValueError):
            raise error from None
        return config_from(_shared(text) | table, file), error


def _own_lines(text: str, name: str) -> str:
    """The lines of table ``name``, from its header to the next one."""
    lines: list[str] = []
    inside = False
    for line in text.splitlines():
        if line.lstrip().startswith("["):
            inside = re.match(rf"\s*\[\s*{name}\s*\]", line) is not None
        if inside:
            lines.append(line)
    return "\n".join(lines)


def _shared(text: str) -> dict[str, Any]:
    """Those of the device's ``[paths]`` that can be used; the device itself says what is wrong."""
    try:
        table = tomllib.loads(_own_lines(text, "paths")).get("paths", {})
    except ValueError:
        return {}
    return {key: table[key] for key in SHARED if isinstance(table.get(key), str) and table[key]}


def ended_path(file: Path | None) -> Path:
    """``device_ended`` of the log service with this file; of the defaults if it has none."""
    try:
        return rescue_config(file)[0].device_ended
    except ConfigError:
        return LogConfig().device_ended
