"""What can go wrong in the device program, and the exit code of each.

Every error prints as one line a finding: what, where, got, expected, what to check.
"""

from __future__ import annotations

import errno
import os
from collections.abc import Sequence
from typing import Final

from drivers.errors import DriverError

EX_DONE: Final = 0
EX_FINDINGS: Final = 1
EX_USAGE: Final = 2
EX_BAD_INPUT: Final = 65
EX_MISSING_CHIP: Final = 69
EX_IO: Final = 74
EX_CONFIG: Final = 78


class DeviceError(Exception):
    """Base of all errors raised by ``device``."""


class UsageError(DeviceError, ValueError):
    """A command was called in a way that cannot work."""


class ConfigError(DeviceError, ValueError):
    """The configuration cannot be used; ``problems`` has one line for each finding."""

    def __init__(self, problems: Sequence[str]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(self.problems))


class InputFileError(DeviceError, ValueError):
    """A recording or another file that was handed in cannot be read."""

    def __init__(self, path: str | os.PathLike[str], what: str, *, got: str, expected: str) -> None:
        self.path = os.fspath(path)
        self.what = what
        self.got = got
        self.expected = expected
        super().__init__(f"{self.path}: {what}: got {got}, expected {expected}")


class UnreadableMotion(DeviceError, ValueError):
    """A motion file that cannot be played; the text says file, line, column, got, expected."""


class DiskError(DeviceError, OSError):
    """Writing failed: the disk is full, read-only or gone. ``errno`` as the kernel gave it."""

    def __init__(self, path: str | os.PathLike[str], error: OSError, *, check: str) -> None:
        reason = os.strerror(error.errno) if error.errno else str(error)
        self._text = f"{os.fspath(path)}: cannot write: {reason}. {check}"
        OSError.__init__(self, error.errno or errno.EIO, self._text)

    def __str__(self) -> str:
        return self._text


class AlreadyRunning(DeviceError, OSError):
    """Another device program is alive and holds what this one needs."""

    def __init__(self, path: str | os.PathLike[str]) -> None:
        self._text = (
            f"{os.fspath(path)}: another device program answers there. Two cannot drive the same "
            "chips: stop that one first, or give this one another socket_dir."
        )
        OSError.__init__(self, errno.EADDRINUSE, self._text)

    def __str__(self) -> str:
        return self._text


EXIT_CODES: Final[tuple[tuple[type[BaseException], int], ...]] = (
    (UsageError, EX_USAGE),
    (ConfigError, EX_CONFIG),
    (InputFileError, EX_BAD_INPUT),
    (UnreadableMotion, EX_BAD_INPUT),
    (DriverError, EX_MISSING_CHIP),
    (DiskError, EX_IO),
    (AlreadyRunning, EX_IO),
    (OSError, EX_IO),
)
"""First match counts: a driver's errors are OSErrors too."""


def exit_code(error: BaseException) -> int:
    """The exit code for ``error``; 1 (findings) for what has no code of its own."""
    return next((code for kind, code in EXIT_CODES if isinstance(error, kind)), EX_FINDINGS)
