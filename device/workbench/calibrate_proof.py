"""Proof on simulated chips: every step finds what was planted, within its stated tolerance."""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Callable, Collection, Mapping
from pathlib import Path
from statistics import median
from typing import Final

import msgspec
from rich import box
from rich.console import Console
from rich.table import Table

from device.calibration.axes import rotation_angle_deg
from device.calibration.runner import Done, Runner, needed
from device.calibration.step import Step
from device.calibration.steps import STEPS
from device.calibration.steps.mounting import rows_of
from device.calibration.store import Store
from device.config_model import Config
from device.errors import EX_DONE, EX_FINDINGS
from device.workbench.calibrate_sim import SimBench
from device.workbench.options import print_json
from drivers.samples import PADS


class Check(msgspec.Struct, frozen=True):
    """One number that was planted, and what a step made of it."""

    step: str
    what: str
    planted: float
    found: float | None
    tolerance: float
    good: bool
    text: str = ""
    """Of a step that refused."""


class Proof(msgspec.Struct, frozen=True):
    """All checks, and how the steps ended."""

    checks: tuple[Check, ...]
    steps: tuple[Done, ...]

    @property
    def good(self) -> bool:
        return all(check.good for check in self.checks)


Truth = Callable[[SimBench, Done], list[tuple[str, float, float]]]
"""Of a step: what, planted, found."""


def _offset(bench: SimBench, done: Done) -> list[tuple[str, float, float]]:
    planted = bench.planted.part_offset_mm
    return [
        (f"ranger {i}, mm", -float(planted[i]), mm) for i, mm in enumerate(done.values["offset_mm"])
    ]


def _crosstalk(bench: SimBench, done: Done) -> list[tuple[str, float, float]]:
    planted = bench.planted.crosstalk_kcps
    return [
        (f"ranger {i}, kcps per SPAD", planted[i], kcps)
        for i, kcps in enumerate(done.values["crosstalk_kcps"])
    ]


def _empty(bench: SimBench, done: Done) -> list[tuple[str, float, float]]:
    planted = bench.planted.crosstalk_kcps
    return [
        (f"ranger {i}, kcps per SPAD", planted[i], kcps)
        for i, kcps in enumerate(done.values["empty_kcps"])
    ]


def _plane(bench: SimBench, done: Done) -> list[tuple[str, float, float]]:
    recess = bench.scene.recess_mm
    return [(f"ranger {i}, mm", recess[i], mm) for i, mm in enumerate(done.values["recess_mm"])] + [
        ("the plane, mm", median(recess), median(done.values["recess_mm"]))
    ]


def _heights(bench: SimBench, done: Done) -> list[tuple[str, float, float]]:
    heights = bench.scene.heights_m
    return [(f"ranger {i}, m", heights[i], m) for i, m in enumerate(done.values["heights_m"])]


def _gyro(bench: SimBench, done: Done) -> list[tuple[str, float, float]]:
    own = [0.0, 0.0, 0.0]
    for chip in bench.rig.dowel.chips:
        if chip.sensor == "imu":
            own = getattr(chip, "gyro_bias_dps", own)
    planted = bench.planted.gyro_bias_dps
    return [
        (f"{axis}, dps", planted[i] + own[i], done.values["bias_dps"][i])
        for i, axis in enumerate("xyz")
    ]


def _mounting(bench: SimBench, done: Done) -> list[tuple[str, float, float]]:
    off_deg = rotation_angle_deg(rows_of(done.values), bench.scene.chip_axes)
    return [("rotation off, deg", 0.0, off_deg)]


def _zero(bench: SimBench, done: Done) -> list[tuple[str, float, float]]:
    up = zip("xyz", bench.scene.chip_axes[0], done.values["up"], strict=True)
    return [(f"{axis} of up", planted, found) for axis, planted, found in up]


def _pads(bench: SimBench, done: Done) -> list[tuple[str, float, float]]:
    """Whether each pad closes and opens when it should, with its levels in force."""
    used = STEPS["pads"].put(bench.config, done.values)
    found = []
    for force_n, closes in ((0.0, 0.0), (LIGHT_N, 1.0)):
        for pad, name in enumerate(PADS):
            closed = bench.pad_closed(used, pad, force_n)
            found.append((f"{name}, closed at {force_n:g} N", closes, float(closed)))
    return found


LIGHT_N: Final = 2.5
"""A back presses with 1.5 N just before it leaves a pad, with 6 N when it stands well."""

TRUTHS: Final[Mapping[str, tuple[Truth, float]]] = {
    "empty": (_empty, 0.1),
    "offset": (_offset, 1.5),
    "crosstalk": (_crosstalk, 0.3),
    "plane": (_plane, 2.0),
    "heights": (_heights, 0.005),
    "gyro": (_gyro, 0.03),
    "mounting": (_mounting, 1.0),
    "zero": (_zero, 0.01),
    "pads": (_pads, 0.0),
}
"""What each step must find, and how nearly."""


def proof(config: Config, steps: Collection[Step], bench: SimBench | None = None) -> Proof:
    """Take ``steps``, with those they stand on, on a simulated station; nothing outlasts it."""
    bench = bench or SimBench(config)
    wanted = {step.name for step in steps}
    wanted |= {name for step in steps for name in needed(step)}
    with tempfile.TemporaryDirectory() as folder:
        runner = Runner(config, bench.build, bench.clock, Store(Path(folder)), bench)
        ended = [runner.run(step) for name, step in STEPS.items() if name in wanted]
    checks: list[Check] = []
    for done in ended:
        truth, tolerance = TRUTHS[done.step]
        if done.state != "stored":
            checks.append(Check(done.step, done.state, 0.0, None, tolerance, False, done.text))
            continue
        checks += [
            Check(done.step, what, planted, found, tolerance, abs(found - planted) <= tolerance)
            for what, planted, found in truth(bench, done)
        ]
    return Proof(tuple(checks), tuple(ended))


def prove(config: Config, steps: Collection[Step], *, as_json: bool) -> int:
    """Say how it went on stdout; returns 0, or 1 when something planted was not found."""
    found = proof(config, steps)
    if as_json:
        print_json(found)
    else:
        Console().print(_table(found))
        off = sum(not check.good for check in found.checks)
        sys.stdout.write(
            f"{len(found.checks)} planted values, {off} not found; nothing was stored\n"
        )
    return EX_DONE if found.good else EX_FINDINGS


def _table(found: Proof) -> Table:
    table = Table(title="calibration on simulated chips", box=box.SIMPLE, padding=0)
    for name in ("step", "what", "planted", "found", "within", ""):
        table.add_column(
            name, justify="right" if name in ("planted", "found", "within") else "left"
        )
    for check in found.checks:
        shown = "-" if check.found is None else f"{check.found:.3f}"
        table.add_row(
            check.step, check.what, f"{check.planted:.3f}", shown, f"{check.tolerance:g}",
            "ok" if check.good else f"NOT FOUND {check.text}",
        )  # fmt: skip
    return table
