"""The name of a finished rep, and everything found in it."""

from __future__ import annotations

from typing import NamedTuple

from device.faults import FAULTS, FIRST_LOST_NAMES, Fault, RepView
from device.faults.hips_not_back import HIPS_NOT_BACK


class Finding(NamedTuple):
    """A fault found in a finished rep."""

    fault: Fault
    t_ns: int


def find(view: RepView) -> tuple[Finding, ...]:
    """All armed faults of the rep, in the order of ``FAULTS``."""
    found = [
        Finding(fault, t_ns)
        for fault in FAULTS
        if fault.code in view.drill.armed
        and fault.rep is not None
        and (t_ns := fault.rep(view)) is not None
    ]
    codes = {finding.fault.code for finding in found}
    implied = set()
    if "KNEE_DRIVEN" in codes:
        implied.add("KNEES_FIRST")
    # Hips that stay forward follow from a rounded back or a squat: say only the cause.
    if any(finding.fault.priority < HIPS_NOT_BACK.priority for finding in found):
        implied.add("HIPS_NOT_BACK")
    return tuple(finding for finding in found if finding.fault.code not in implied)


def name(view: RepView, found: tuple[Finding, ...]) -> str:
    """UNSCORED, the first fault that names, or GOOD."""
    if not view.measured.valid:
        return "UNSCORED"
    first_lost = min(
        (f for f in found if f.fault.code in FIRST_LOST_NAMES), key=lambda f: f.t_ns, default=None
    )
    for finding in found:
        if not finding.fault.names:
            continue
        if finding.fault.code in FIRST_LOST_NAMES and first_lost is not None:
            return first_lost.fault.code
        return finding.fault.code
    return "GOOD"
