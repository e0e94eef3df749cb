"""From a configuration to a report: gather once, then let every check look at it."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import Final, Protocol

import msgspec

from device.config_model import Config
from device.control import somebody_listens
from device.doctor.found import Figure, Status
from device.doctor.look import calibration_of, spool_of
from device.doctor.machine import Machine
from device.doctor.measure import Rig, measure
from device.doctor.table import CHECKS
from device.doctor.visit import AtWork, LogSide, Visit

EXIT_GOOD: Final = 0
EXIT_DEGRADED: Final = 1
EXIT_BROKEN: Final = 2


class Line(msgspec.Struct, frozen=True, kw_only=True):
    """One check's result. ``means`` and ``do`` are null where there is no complaint."""

    code: str
    status: Status
    found: str
    figures: dict[str, Figure]
    measures: str
    means: str | None
    do: str | None


class Report(msgspec.Struct, frozen=True, kw_only=True):
    """What ``hinge doctor --json`` prints. ``status`` is the worst of the checks'."""

    station: str
    simulated: bool
    quick: bool
    asked: bool
    """A person answered for lamps, buzzer, pads and keys."""
    status: Status
    exit_code: int
    took_s: float
    checks: list[Line]

    @property
    def complaints(self) -> list[Line]:
        return [line for line in self.checks if line.status in ("degraded", "broken")]


class Station(Protocol):
    """What is examined: a real station or a simulated one."""

    @property
    def config(self) -> Config: ...
    @property
    def rig(self) -> Rig: ...
    @property
    def machine(self) -> Machine: ...


def examine(
    station: Station,
    log: LogSide,
    *,
    quick: bool = False,
    simulated: bool = False,
    now_s: Callable[[], float] = time.monotonic,
) -> Report:
    """Measure and judge. While the station is running its buses are left alone.

    Raises ``ConfigError`` for a setting that a chip does not have; all else is a finding.
    """
    began_s = now_s()
    visit = Visit(
        config=station.config,
        machine=station.machine,
        log=log,
        outbox=spool_of(station.config),
        quick=quick,
        at_work=at_work(station.config.paths.device_socket),
    )
    if not visit.running:
        measure(visit, station.rig)
    visit.calibration = calibration_of(visit.config, visit.machine.now_unix_s, visit.identities())
    return judge(visit, simulated=simulated, took_s=now_s() - began_s)


def at_work(path: Path) -> AtWork:
    """Whether a device program answers at ``path``; unknown where this user may not ask."""
    try:
        if path.parent.is_dir() and not os.access(path.parent, os.X_OK):
            return "unknown"
        if path.exists() and not os.access(path, os.W_OK):
            return "unknown"
    except PermissionError:
        return "unknown"
    return "yes" if somebody_listens(path) else "no"


def judge(visit: Visit, *, simulated: bool, took_s: float) -> Report:
    """Every check of the table on what was gathered."""
    lines = []
    for check in CHECKS:
        found = check.run(visit)
        complains = found.status in ("degraded", "broken")
        lines.append(
            Line(
                code=check.code,
                status=found.status,
                found=found.words,
                figures=dict(found.figures),
                measures=check.measures,
                means=check.means if complains else None,
                do=check.do if complains else None,
            )
        )
    statuses = {line.status for line in lines}
    status: Status = "ok"
    exit_code = EXIT_GOOD
    if "broken" in statuses:
        status, exit_code = "broken", EXIT_BROKEN
    elif "degraded" in statuses:
        status, exit_code = "degraded", EXIT_DEGRADED
    return Report(
        station=visit.config.station.name,
        simulated=simulated,
        quick=visit.quick,
        asked=visit.attended,
        status=status,
        exit_code=exit_code,
        took_s=round(took_s, 2),
        checks=lines,
    )
