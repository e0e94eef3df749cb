"""The name of a finished rep, and everything found in it."""

from __future__ import annotations

from typing import NamedTuple

from device.faults import FAULTS, FIRST_LOST_NAMES, Fault, RepView


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
    # Hips that stay forward follow from a rounded back or a squat: say only the cause.
    cause = any(finding.fault.priority < 4 for finding in found)
    return tuple(f for f in found if not (cause and f.fault.code == "HIPS_NOT_BACK"))


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
