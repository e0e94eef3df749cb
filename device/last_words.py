"""Why the device program could not go on, left beside the sockets for the page to show."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable, Iterator
from pathlib import Path

from device.errors import AlreadyRunning, DeviceError, exit_code
from device.ids import stamp
from drivers.errors import DriverError
from services import schema

LONGEST = 8000
"""Letters; a configuration can be wrong in many ways."""
_MODE = 0o640
"""For the log service's group to read, whatever the umask."""


class LastWords:
    """Of one device program, at ``path``. Nothing is raised: what cannot be written is said."""

    def __init__(self, path: Path, say: Callable[[str], None]) -> None:
        self._path = path
        self._say = say

    @contextlib.contextmanager
    def of_failure(self) -> Iterator[None]:
        """What ends the program by an error is written down, and goes on its way."""
        try:
            yield
        except AlreadyRunning:
            raise  # not of the program that is at work
        except Exception as error:
            self._leave(error)
            raise

    def forget(self) -> None:
        """A program is at work: what an earlier one said holds no more."""
        try:
            self._path.unlink(missing_ok=True)
        except OSError as error:
            self._say(f"{self._path}: cannot be removed: {error.strerror or error}")

    def _leave(self, error: Exception) -> None:
        if not self._path.parent.is_dir():
            return  # nobody listens there
        known = isinstance(error, DeviceError | DriverError | OSError)
        text = str(error) if known else f"a mistake in this program: {error!r}"
        ended = schema.DeviceEnded(
            code=exit_code(error), text=text[:LONGEST], wall_time=stamp().wall_time
        )
        part = self._path.with_name(f"{self._path.name}.{os.getpid()}")
        try:
            part.write_bytes(schema.encode(ended))
            part.chmod(_MODE)
            part.replace(self._path)
        except OSError as failed:
            with contextlib.suppress(OSError):
                part.unlink(missing_ok=True)
            self._say(f"{self._path}: cannot be written: {failed.strerror or failed}")
