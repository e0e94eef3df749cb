"""What can go wrong in the log service, and the exit code the front door gives for it.

One line each: what, where, got, expected, what to check. Each is also the built-in error
that a caller would expect to catch.
"""

from __future__ import annotations

from pathlib import Path

EXIT_IO = 74
EXIT_CONFIG = 78


class ServiceError(Exception):
    """Base of all errors raised by ``services``; ``exit_code`` as in the docs."""

    exit_code = 1


class ConfigError(ServiceError, ValueError):
    """The configuration cannot be used: file, key, got, what is allowed."""

    exit_code = EXIT_CONFIG

    def __init__(self, file: Path | None, key: str, *, got: str, allowed: str) -> None:
        where = str(file) if file is not None else "configuration"
        super().__init__(f"{where}: {key}: got {got}, allowed: {allowed}")
        self.file = file
        self.key = key


class DataDirError(ServiceError, OSError):
    """The data folder cannot be made or written."""

    exit_code = EXIT_IO

    def __init__(self, path: Path, why: str) -> None:
        super().__init__(f"data_dir {path}: cannot be written ({why}). Check owner and free space.")


class DatabaseDamaged(ServiceError, OSError):
    """The database is no database of ours, or failed its check."""

    exit_code = EXIT_IO

    def __init__(self, path: Path, why: str) -> None:
        first = " ".join(why.split())  # SQLite's complaints run over several lines
        super().__init__(
            f"database {path}: damaged ({first}). Nothing was changed: move the file away or "
            "put a backup in its place, then start again."
        )


class DatabaseTooNew(ServiceError, ValueError):
    """The database was written by a newer version of this program."""

    exit_code = EXIT_IO

    def __init__(self, path: Path, got: int, expected: int) -> None:
        super().__init__(
            f"database {path}: schema version {got}, this program knows up to {expected}. "
            "Update the program, or use another data_dir."
        )


class AlreadyRunning(ServiceError, OSError):
    """Another log service holds the data folder or the sockets."""

    exit_code = EXIT_IO

    def __init__(self, what: str) -> None:
        super().__init__(f"{what} is in use by another log service. Stop that one first.")


class SocketError(ServiceError, OSError):
    """A unix socket could not be made."""

    exit_code = EXIT_IO

    def __init__(self, path: Path, why: str) -> None:
        super().__init__(f"socket {path}: {why}. Check socket_dir: its owner and its length.")


class PortTaken(ServiceError, OSError):
    """The HTTP address cannot be listened on."""

    exit_code = EXIT_IO

    def __init__(self, host: str, port: int, why: str) -> None:
        super().__init__(
            f"http://{host}:{port}: cannot listen ({why}). Check for another program on the "
            "port, or choose another one ([log] port)."
        )


class DeviceAbsent(ServiceError, ConnectionError):
    """Nobody listens on the device's (or the simulated person's) socket."""

    exit_code = EXIT_IO

    def __init__(self, path: Path, why: str) -> None:
        super().__init__(f"nobody listens on {path.name} ({why}). Is the device program running?")


class StoreBusy(ServiceError, TimeoutError):
    """No reader came free in time, or the database could not be read."""

    exit_code = EXIT_IO
