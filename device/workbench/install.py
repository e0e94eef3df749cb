"""What ``hinge install`` puts on a machine: units, users, folders, device rules, a configuration.

A plan is made first (``plan``, ``removal``), so that what would happen can be shown.
"""

from __future__ import annotations

import contextlib
import difflib
import os
import sys
import sysconfig
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final, Literal, NamedTuple

from device.errors import DiskError, UsageError

PROGRAM: Final = Path("/opt/hinge-station/.venv/bin/hinge")
"""Where the units in ``systemd/`` say the program is."""
DEFAULT_PORT: Final = 8080
PORT: Final = f"SocketBindAllow=tcp:{DEFAULT_PORT}"
"""How the log's unit allows it."""
CONFIG: Final = "etc/hinge/config.toml"
FILES: Final = {
    "hinge-device.service": "etc/systemd/system/hinge-device.service",
    "hinge-log.service": "etc/systemd/system/hinge-log.service",
    "hinge-screen.service": "etc/systemd/system/hinge-screen.service",
    "sysusers.conf": "etc/sysusers.d/hinge.conf",
    "tmpfiles.conf": "etc/tmpfiles.d/hinge.conf",
    "udev.rules": "etc/udev/rules.d/70-hinge.rules",
    "config.toml": CONFIG,
}
"""Name in ``systemd/`` and place on the machine."""
HIDDEN: Final = ("/home", "/root", "/run/user", "/tmp", "/var/tmp")
"""What ``ProtectHome=`` and ``PrivateTmp=`` hide from a service."""

Doing = Literal["new", "changed", "unchanged", "kept", "remove", "absent"]
SIGNS: Final[dict[Doing, str]] = {
    "new": "+", "changed": "~", "unchanged": "=", "kept": "!", "remove": "-", "absent": "=",
}  # fmt: skip


class Step(NamedTuple):
    """One file. ``text``: what shall be in it; ``was``: what is, None when there is no file."""

    doing: Doing
    path: Path
    text: str
    was: str | None

    def lines(self) -> Iterator[str]:
        """How it is shown: its sign and path; a changed file's differences below."""
        note = {"kept": "  (yours: left alone)", "absent": "  (not there)"}.get(self.doing, "")
        yield f"{SIGNS[self.doing]} {self.path}{note}"
        if self.doing == "changed" and self.was is not None:
            old, new = self.was.splitlines(), self.text.splitlines()
            for line in list(difflib.unified_diff(old, new, lineterm="", n=0))[2:]:
                yield f"    {line}"


def templates() -> Path:
    """The folder ``systemd/``: beside the sources, or where an installed package keeps it.

    Raises ``UsageError`` when it is in neither place.
    """
    beside = Path(__file__).resolve().parents[2] / "systemd"
    shared = Path(sysconfig.get_path("data")) / "share" / "hinge-station" / "systemd"
    for folder in (beside, shared):
        if (folder / "hinge-device.service").is_file():
            return folder
    raise UsageError(f"install: no units in {beside} nor in {shared}. Install the package anew.")


def check_program(program: Path) -> None:
    """Raises ``UsageError`` for a program that a service could not start, or not see."""
    if not program.is_absolute() or any(c.isspace() or c in "%\"'\\$;" for c in str(program)):
        raise UsageError(f"--program: got {program}, expected an absolute path in plain letters")
    if not os.access(program, os.X_OK):
        raise UsageError(f"--program: {program} is no program. Run make setup there first.")
    # The interpreter, and the sources of a package that was installed as a link to them.
    sources = Path(__file__).resolve()
    for path in (program, program.resolve(), Path(sys.executable).resolve(), sources):
        for hidden in HIDDEN:
            if path.is_relative_to(hidden):
                raise UsageError(
                    f"install: {path} is below {hidden}, which services do not see. Move the "
                    f"station to {PROGRAM.parents[2]} (make setup there) and install from it."
                )


def rendered(folder: Path, program: Path, port: int) -> dict[str, str]:
    """Text by name in ``systemd/``. ``port``: the log's; 0 stands for any. Raises DiskError."""
    texts = {}
    for name in FILES:
        try:
            text = (folder / name).read_text(encoding="utf-8")
        except OSError as error:
            raise DiskError(folder / name, error, check="Install the package anew.") from error
        text = text.replace(str(PROGRAM), str(program))
        texts[name] = text.replace(
            PORT, f"SocketBindAllow=tcp:{port}" if port else "SocketBindAllow=tcp"
        )
    return texts


def plan(root: Path, texts: dict[str, str]) -> list[Step]:
    """What is to be written below ``root``. Raises DiskError, UsageError."""
    steps = []
    for name, where in FILES.items():
        path, text = _inside(root, where), texts[name]
        was = _read(path)
        doing: Doing = "new" if was is None else "unchanged" if was == text else "changed"
        if doing == "changed" and where == CONFIG:
            doing = "kept"
        steps.append(Step(doing, path, text, was))
    return steps


def removal(root: Path, texts: dict[str, str]) -> list[Step]:
    """What is to be taken away. Raises DiskError, UsageError."""
    steps = []
    for name, where in FILES.items():
        path = _inside(root, where)
        was = _read(path)
        doing: Doing = "absent" if was is None else "remove"
        if where == CONFIG and was is not None and was != texts[name]:
            doing = "kept"
        steps.append(Step(doing, path, texts[name], was))
    return steps


def carry_out(steps: Sequence[Step]) -> bool:
    """Write and remove; whether anything was done. Raises DiskError."""
    done = False
    for step in steps:
        if step.doing not in ("new", "changed", "remove"):
            continue
        done = True
        try:
            if step.doing == "remove":
                step.path.unlink()
                if step.path.parent.name == "hinge":
                    with contextlib.suppress(OSError):  # something of somebody else is in it
                        step.path.parent.rmdir()
            else:
                _write(step.path, step.text)
        except OSError as error:
            raise DiskError(step.path, error, check="Check disk and rights (sudo).") from error
    return done


def _inside(root: Path, where: str) -> Path:
    """The place below ``root``, which no link may lead out of."""
    path = root / where
    if not path.parent.resolve().is_relative_to(root.resolve()) or path.is_symlink():
        raise UsageError(f"install: {path} is a link, or leads out of {root}: left alone")
    return path


def _read(path: Path) -> str | None:
    try:
        return path.read_text(encoding="utf-8", errors="replace")
    except FileNotFoundError:
        return None
    except OSError as error:
        raise DiskError(path, error, check="Check rights (sudo).") from error


def _write(path: Path, text: str) -> None:
    """In one step, readable by all: a power cut leaves the old file or the new one."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.NamedTemporaryFile("w", encoding="utf-8", dir=path.parent, delete=False) as part:
        try:
            part.write(text)
            part.flush()
            os.fchmod(part.fileno(), 0o644)
            os.fsync(part.fileno())
            Path(part.name).replace(path)
        except OSError:
            Path(part.name).unlink(missing_ok=True)
            raise
