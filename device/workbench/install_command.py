"""``hinge install``: what is shown, done, and said of it."""

from __future__ import annotations

import os
import shlex
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final

import click

from device.errors import DeviceError, UsageError
from device.workbench import install as work

BOOTED: Final = Path("/run/systemd/system")
"""There when systemd runs this machine (sd_booted(3))."""
UDEV: Final = Path("/run/udev/control")
"""There while udevd runs; a container has none."""
COMMAND_S: Final = 60.0
BEFORE: Final = (("systemctl", "disable", "--now", "hinge-device", "hinge-log", "hinge-screen"),)
"""Before the units are taken away."""
AFTER: Final = (
    ("systemd-sysusers", "/etc/sysusers.d/hinge.conf"),
    ("systemd-tmpfiles", "--create", "/etc/tmpfiles.d/hinge.conf"),
    ("udevadm", "control", "--reload"),
    ("udevadm", "trigger", "--subsystem-match=i2c-dev", "--subsystem-match=gpio"),
    ("systemctl", "daemon-reload"),
)
AFTER_REMOVAL: Final = (("udevadm", "control", "--reload"), ("systemctl", "daemon-reload"))


class InstallFailed(DeviceError, OSError):
    """A command of the system did not do its part."""


def run_command(command: Sequence[str]) -> None:
    """Raises InstallFailed."""
    try:
        done = subprocess.run(
            command, capture_output=True, text=True, timeout=COMMAND_S, check=False
        )
    except (OSError, subprocess.SubprocessError) as error:
        raise InstallFailed(f"install: {shlex.join(command)}: {error}") from error
    if done.returncode != 0:
        said = " ".join((done.stderr or done.stdout).split())[:300]
        raise InstallFailed(f"install: {shlex.join(command)} gave {done.returncode}: {said}")


def install(
    port_of: Callable[[Path], int],
    *,
    dry_run: bool,
    uninstall: bool,
    root: Path | None,
    program: Path | None,
) -> None:
    """Put the files in place, or take them away, and tell systemd.

    Args:
        port_of: The page's port by a configuration file that is there.
        dry_run: Only show.
        uninstall: Take away.
        root: An image's file system; no command is run.
        program: What the units start; None: this program, with ``root`` the one in /opt.

    Raises:
        UsageError: not root, or a place or program that cannot be.
        DiskError: a file cannot be read or written.
        InstallFailed: a command of the system failed.
    """
    if root is None and not dry_run and os.geteuid() != 0:
        raise UsageError("install: needs root. Run it with sudo, or look first with --dry-run.")
    here = Path("/") if root is None else root
    if program is None:
        program = work.PROGRAM if root is not None else Path(sys.executable).with_name("hinge")
    if root is None and not uninstall:
        work.check_program(program)
    config = here / work.CONFIG
    known = config.exists() and not uninstall
    port = port_of(config) if known else work.DEFAULT_PORT
    texts = work.rendered(work.templates(), program, port)
    steps = (work.removal if uninstall else work.plan)(here, texts)
    for step in steps:
        for line in step.lines():
            click.echo(line)
    if dry_run:
        click.echo("Nothing was written (--dry-run).")
        return
    live = root is None and BOOTED.is_dir()
    if live and uninstall and any(step.doing == "remove" for step in steps):
        tell_system(BEFORE)
    work.carry_out(steps)
    if live:
        tell_system(AFTER_REMOVAL if uninstall else AFTER)
    for line in _last_lines(root, live=live, uninstall=uninstall):
        click.echo(line)


def tell_system(commands: Sequence[Sequence[str]]) -> None:
    """Show and run each; udev's only where udevd runs. Raises InstallFailed."""
    for command in commands:
        if command[0] == "udevadm" and not UDEV.exists():
            continue
        click.echo(f"> {shlex.join(command)}")
        run_command(command)


def _last_lines(root: Path | None, *, live: bool, uninstall: bool) -> list[str]:
    if uninstall:
        return ["Data in /var/lib/hinge and the users hinge-device and hinge-log stay."]
    if root is not None:
        return [
            "Still to be done for the image:",
            f"  systemd-sysusers --root={root}",
            f"  systemctl --root={root} enable hinge-log hinge-device",
        ]
    if not live:
        return ["systemd does not run this machine: nothing was reloaded."]
    return [
        "Now: edit /etc/hinge/config.toml, then",
        "  hinge doctor --config /etc/hinge/config.toml     (with sudo)",
        "  systemctl enable --now hinge-log hinge-device    (with sudo; again later: restart)",
    ]
