"""Do transfers fail now and then?"""

from __future__ import annotations

from typing import Final

from device.doctor.found import Found, broken, degraded, ok, skipped
from device.doctor.visit import Visit

BROKEN_SHARE: Final = 0.05
"""Of failed and repeated transfers: from here on samples are lost."""


def bus_errors(visit: Visit) -> Found:
    """Of the chips that are otherwise well: what another check names is not told twice."""
    if (held := visit.held()) is not None:
        return held
    parts = [part for part in visit.parts if part.delivers]
    transfers = sum(wire.transfers for wire in visit.wires.values())
    if not parts or not transfers:
        return skipped("no chip delivered")
    errors = sum(part.wire_errors for part in parts)
    retries = sum(part.retries for part in parts)
    figures = {"transfers": transfers, "failed_reads": errors, "retries": retries}
    words = f"{transfers} transfers, {retries} repeated, {errors} reads failed"
    if not errors + retries:
        return ok(words, figures)
    named = ", ".join(p.name for p in parts if p.wire_errors or p.retries)
    share = (errors + retries) / transfers
    return (broken if share > BROKEN_SHARE else degraded)(f"{words} ({named})", figures)
