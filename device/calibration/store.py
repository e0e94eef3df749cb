"""Where calibrations are kept: a file for the wall and one for each dowel, versions beside it.

A file is replaced whole (written aside, flushed, renamed), and the one before is kept under a
number: ``wall.json``, ``wall.1.json`` (the last before), ... A file that cannot be used is said
and left alone.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Final

import msgspec

from device.calibration.records import FORMAT, VERSION, Kept, Record
from device.errors import DeviceError, DiskError, InputFileError

VERSIONS_KEPT: Final = 9
MOST_BYTES: Final = 256 * 1024


class Store:
    """The folder. Blocks on the disk: before the loop begins, never in it."""

    def __init__(self, folder: Path, say: Callable[[str], None] = lambda line: None) -> None:
        """``say`` gets one line for each file that could not be used."""
        self._folder = folder
        self._say = say

    def path(self, place: str, version: int = 0) -> Path:
        """Of ``wall`` or ``dowel-<id>``; ``version`` counts back from the newest, 0."""
        return self._folder / (f"{place}.{version}.json" if version else f"{place}.json")

    def read(self, place: str) -> dict[str, Record]:
        """The records of a place by step; empty when nothing was kept.

        Raises ``InputFileError`` for a file that is damaged, of something else or newer.
        """
        path = self.path(place)
        try:
            with path.open("rb") as file:
                data = file.read(MOST_BYTES + 1)
        except FileNotFoundError:
            return {}
        except OSError as error:
            raise InputFileError(
                path, "cannot be read", got=error.strerror or str(error), expected="a file"
            ) from None
        return _opened(path, place, data)

    def load(self, place: str) -> dict[str, Record]:
        """As ``read``, but a file that cannot be used is said and taken as empty."""
        try:
            return self.read(place)
        except DeviceError as error:
            self._say(f"{error}. It is ignored: calibrate again.")
            return {}

    def put(self, place: str, record: Record) -> None:
        """Keep ``record`` beside the place's others; on the disk when this returns.

        Raises ``DiskError``. What was kept before stays as a numbered version; so does a file
        that cannot be read.
        """
        records = {**self.load(place), record.step: record}
        data = msgspec.json.format(
            msgspec.json.encode(Kept(FORMAT, VERSION, place, records)), indent=1
        )
        path = self.path(place)
        part = path.with_suffix(".part")
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            number = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW, 0o644)
            with os.fdopen(number, "wb") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
            self._shift(place)
            part.replace(path)
            _sync(self._folder)
        except OSError as error:
            part.unlink(missing_ok=True)
            raise DiskError(path, error, check="Nothing was stored; check free space.") from None

    def _shift(self, place: str) -> None:
        """Number the versions anew, the oldest one gone; the newest stays in its place too, so
        that a power cut leaves one under its name."""
        for version in range(VERSIONS_KEPT - 1, 0, -1):
            if (path := self.path(place, version)).exists():
                path.replace(self.path(place, version + 1))
        if self.path(place).exists():
            os.link(self.path(place), self.path(place, 1))


def _opened(path: Path, place: str, data: bytes) -> dict[str, Record]:
    if len(data) > MOST_BYTES:
        raise InputFileError(
            path, "too large", got=f"over {MOST_BYTES} bytes", expected="a small file"
        )
    try:
        head = msgspec.json.decode(data, type=_Head)
        if head.format == FORMAT and head.version == VERSION:
            kept = msgspec.json.decode(data, type=Kept)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise InputFileError(
            path, "damaged", got=str(error), expected="a calibration's JSON"
        ) from None
    if head.format != FORMAT or head.version != VERSION:
        raise InputFileError(
            path, "a file of something else", got=f"{head.format[:40]!r} version {head.version}",
            expected=f"{FORMAT!r} version {VERSION}",
        )  # fmt: skip
    if kept.place != place:
        raise InputFileError(path, "another place's", got=kept.place[:60], expected=place)
    return kept.records


class _Head(msgspec.Struct, frozen=True):
    format: str = ""
    version: int = 0


def _sync(folder: Path) -> None:
    number = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(number)
    finally:
        os.close(number)
