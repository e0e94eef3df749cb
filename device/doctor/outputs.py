"""What the person said of lamps, buzzer and motor."""

from __future__ import annotations

from collections.abc import Sequence

from device.doctor.found import Found, broken, ok, skipped
from device.doctor.visit import Visit


def told(visit: Visit, names: Sequence[str], done: str) -> Found:
    if (held := visit.held()) is not None:
        return held
    said = {name: visit.outputs.get(name, "not asked") for name in names}
    dark = [name for name, answer in said.items() if answer == "no"]
    if dark:
        return broken(f"not {done}: {', '.join(dark)}", {name: said[name] for name in dark})
    unknown = sum(answer == "not asked" for answer in said.values())
    if unknown == len(names):
        return skipped("not asked")
    open_ends = f", {unknown} not answered" if unknown else ""
    return ok(f"{len(names) - unknown} {done}{open_ends}", dict(said))
