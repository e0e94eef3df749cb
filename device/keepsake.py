"""Small files that outlast a visit: one a person, under a pseudonym, never a name.

``P-XXXXXX-C``: six characters of Crockford's base 32 and his check symbol (the number modulo 37,
crockford.com/base32.html), so that one wrong or two swapped characters name nobody else. A file
that cannot be used never stops the station: ``load`` says so and goes on without it.
"""

from __future__ import annotations

import contextlib
import os
import re
from collections.abc import Callable
from pathlib import Path
from typing import Final, TypeVar

import msgspec

from device.errors import DeviceError, DiskError, InputFileError, UsageError
from device.ids import stamp

FORMAT: Final = "hinge-keepsake"
VERSION: Final = 1
MOST_BYTES: Final = 256 * 1024
_DIGITS: Final = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_CHECKS: Final = _DIGITS + "*~$=U"
_MISREAD: Final = str.maketrans("OIL", "011")
_SHAPE: Final = re.compile(rf"P-([{_DIGITS}]{{6}})-([{re.escape(_CHECKS)}])")

State = TypeVar("State", bound=msgspec.Struct)


def check_symbol(code: str) -> str:
    """Of six base-32 digits."""
    number = 0
    for digit in code:
        number = 32 * number + _DIGITS.index(digit)
    return _CHECKS[number % 37]


def pseudonym_of(text: str) -> str:
    """The pseudonym as it is kept: capitals, O, I and L as 0, 1 and 1.

    Raises ``UsageError`` for what is none, and for a check symbol that does not fit.
    """
    typed = text.strip().upper()
    found = _SHAPE.fullmatch(typed[:2] + typed[2:].translate(_MISREAD))
    if found is None:
        raise UsageError(f"pseudonym: got {text[:40]!r}, expected P-XXXXXX-C, as P-00002K-9")
    code, check = found.groups()
    if check != check_symbol(code):
        raise UsageError(
            f"pseudonym: got {text!r}, whose check symbol does not fit. Look for a wrong or "
            "swapped character."
        )
    return f"P-{code}-{check}"


class _Kept(msgspec.Struct, frozen=True):
    """The file. ``state`` is what the caller made of it."""

    format: str
    version: int
    pseudonym: str
    saved_at: str
    state: msgspec.Raw


class _Head(msgspec.Struct, frozen=True):
    """As much of any version of the file as tells whose it is."""

    format: str = ""
    version: int = 0


class Keepsakes:
    """The files of a folder. Blocks on the disk: not for the loop's own ticks."""

    def __init__(self, folder: Path, say: Callable[[str], None] = lambda line: None) -> None:
        """``say`` gets one line for each file that could not be used."""
        self._folder = folder
        self._say = say

    def path(self, pseudonym: str) -> Path:
        """Without the check symbol, some of which mean something to a shell. ``UsageError``."""
        return self._folder / f"{pseudonym_of(pseudonym)[:8]}.json"

    def read(self, pseudonym: str, kind: type[State]) -> State | None:
        """What was kept; None when nothing was.

        Raises ``UsageError`` for a bad pseudonym, ``InputFileError`` for a file that is damaged,
        foreign, somebody else's or of a newer version.
        """
        path = self.path(pseudonym)
        data = _bytes_of(path)
        if data is None:
            return None
        kept = _opened(path, data)
        if kept.pseudonym != pseudonym_of(pseudonym):
            raise InputFileError(
                path, "somebody else's", got=kept.pseudonym[:40], expected=pseudonym_of(pseudonym)
            )
        try:
            return msgspec.json.decode(kept.state, type=kind)
        except msgspec.MsgspecError as error:
            raise InputFileError(
                path, "its state", got=str(error), expected=f"the fields of {kind.__name__}"
            ) from None

    def load(self, pseudonym: str, kind: type[State]) -> State | None:
        """As ``read``, but what cannot be used is said and left alone: None."""
        try:
            return self.read(pseudonym, kind)
        except (DeviceError, OSError) as error:
            self._say(f"{error}. It is ignored.")
            return None

    def write(self, pseudonym: str, state: msgspec.Struct) -> None:
        """Whole or not at all, and on the disk when this returns.

        A damaged or foreign file in its place is kept beside it. Raises ``UsageError``,
        ``DiskError``, and ``InputFileError`` rather than replace a newer version's file.
        """
        path = self.path(pseudonym)
        kept = _Kept(
            FORMAT, VERSION, pseudonym_of(pseudonym), stamp().wall_time,
            msgspec.Raw(msgspec.json.encode(state)),
        )  # fmt: skip
        data = msgspec.json.encode(kept)
        if len(data) > MOST_BYTES:
            raise UsageError(f"{path}: got {len(data)} bytes to keep, at most {MOST_BYTES}")
        aside = self._in_the_way(path)
        part = path.with_suffix(".part")
        try:
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            if aside is not None:
                path.replace(aside)
            number = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW, 0o600)
            with os.fdopen(number, "wb") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
            part.replace(path)
            _sync(self._folder)
        except OSError as error:
            with contextlib.suppress(OSError):
                part.unlink()
            raise DiskError(path, error, check="Check free space and the folder.") from None

    def erase(self, pseudonym: str) -> bool:
        """Remove all that is kept of somebody, set-aside files too; False if there was nothing.

        Raises ``UsageError`` and ``DiskError``. (Flash may hold old blocks until reused: a whole
        card is erased by encrypting it, or by destroying it.)
        """
        path = self.path(pseudonym)
        found = [*self._folder.glob(f"{path.stem}.*")] if self._folder.is_dir() else []
        try:
            for each in found:
                each.unlink(missing_ok=True)
            if found:
                _sync(self._folder)
        except OSError as error:
            raise DiskError(path, error, check="It was not erased.") from None
        return bool(found)

    def _in_the_way(self, path: Path) -> Path | None:
        """Where to put a file that is not ours to replace; None when it is, or there is none."""
        try:
            data = _bytes_of(path)
            if data is not None:
                _opened(path, data)
        except _Newer:
            raise
        except InputFileError as error:
            number = 1
            while (aside := path.with_suffix(f".damaged-{number}")).exists():
                number += 1
            self._say(f"{error}. It is kept as {aside.name}.")
            return aside
        return None


class _Newer(InputFileError):
    """Made by a newer program."""


def _bytes_of(path: Path) -> bytes | None:
    """None when there is no such file. Raises ``InputFileError``."""
    try:
        number = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
        with os.fdopen(number, "rb") as file:
            data = file.read(MOST_BYTES + 1)
    except FileNotFoundError:
        return None
    except OSError as error:
        raise InputFileError(
            path, "cannot be read", got=error.strerror or str(error), expected="a file"
        ) from None
    if len(data) > MOST_BYTES:
        raise InputFileError(
            path, "too large", got=f"over {MOST_BYTES} bytes", expected="a small file"
        )
    return data


def _opened(path: Path, data: bytes) -> _Kept:
    """Raises ``InputFileError``."""
    try:
        head = msgspec.json.decode(data, type=_Head)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise InputFileError(path, "damaged", got=str(error), expected="JSON") from None
    if head.format != FORMAT:
        raise InputFileError(
            path, "a file of something else", got=f"format {head.format[:40]!r}",
            expected=repr(FORMAT),
        )  # fmt: skip
    if head.version > VERSION:
        raise _Newer(
            path, "made by a newer program", got=f"version {head.version}",
            expected=f"{VERSION} or older: update this one",
        )  # fmt: skip
    try:
        return msgspec.json.decode(data, type=_Kept)
    except msgspec.MsgspecError as error:
        raise InputFileError(path, "damaged", got=str(error), expected="its fields") from None


def _sync(folder: Path) -> None:
    number = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(number)
    finally:
        os.close(number)
