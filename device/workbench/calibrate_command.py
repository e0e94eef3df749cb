"""``hinge calibrate``: what is stored, steps on the station's chips, or all on simulated ones."""

from __future__ import annotations

import difflib
import sys
from collections.abc import Collection
from pathlib import Path
from typing import Any

import click
import msgspec
from rich import box
from rich.console import Console
from rich.table import Table

from device.calibration.apply import Judged, fitted, judge_all, load_records, utc_now
from device.calibration.records import Record
from device.calibration.runner import Done, Runner
from device.calibration.step import Step
from device.calibration.steps import STEPS
from device.calibration.store import Store
from device.calibration.terminal import Terminal, values_text
from device.config import load
from device.config_model import Config
from device.control import Control
from device.errors import EX_DONE, EX_FINDINGS, EX_MISSING_CHIP, UsageError
from device.real import open_pins
from device.sensors import Sensors
from device.station import build_sensors, dowel_power, open_buses, xshut_pins
from device.tick import Sensor
from device.workbench.options import config_option, print_json
from drivers.clock import MonotonicClock


class Listed(msgspec.Struct, frozen=True):
    """A step, what is stored of it, and what that is worth (chips not asked)."""

    step: str
    title: str
    place: str
    state: str
    why: str
    record: Record | None


@click.command()
@click.argument("steps", nargs=-1, metavar="[STEP ...]")
@click.option("--list", "only_list", is_flag=True, help="Say which steps there are, in order.")
@click.option("--show", is_flag=True, help="Say what is stored and what it is worth.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object on stdout.")
@click.option("--yes", is_flag=True, help="Nobody types: take defaults, wait for nobody.")
@click.option(
    "--simulated",
    is_flag=True,
    help="On simulated chips with faults planted; nothing is stored. 1 if one is not found.",
)
@config_option
def calibrate(steps: tuple[str, ...], config_path: Path | None, **given: bool) -> None:
    """Calibrate the station: all steps for what is fitted, or only STEP ...

    Each step says what to do, measures, and is stored only when it is good; what was stored
    before stays otherwise. The station must not be running. See docs/calibration.md.
    """
    config = load(config_path)
    chosen = _chosen(steps, config)
    ways = [name for name in ("only_list", "show", "simulated") if given[name]]
    if len(ways) > 1:
        raise UsageError("calibrate: got two of --list, --show and --simulated, expected one")
    if given["only_list"] or given["show"]:
        _show(config, chosen, as_json=given["as_json"], full=given["show"])
        return
    if given["simulated"]:
        from device.workbench.calibrate_proof import prove

        raise SystemExit(prove(config, chosen, as_json=given["as_json"]))
    raise SystemExit(_on_chips(config, chosen, as_json=given["as_json"], yes=given["yes"]))


def _chosen(names: tuple[str, ...], config: Config) -> tuple[Step, ...]:
    """The named steps in their own order; all for what is fitted when none is named.

    Raises ``UsageError`` for a step that does not exist or whose sensor is not fitted.
    """
    there = {step.name: step for step in fitted(config)}
    for name in names:
        if name not in STEPS:
            near = difflib.get_close_matches(name, STEPS, n=1)
            meant = f" Did you mean {near[0]!r}?" if near else ""
            raise UsageError(f"step: got {name!r}, expected one of {', '.join(STEPS)}.{meant}")
        if name not in there:
            raise UsageError(f"step {name}: this station has no {STEPS[name].sensor}")
    return tuple(step for name, step in there.items() if not names or name in names)


# -- what is stored ------------------------------------------------------------------------


def listed(config: Config, steps: Collection[Step], store: Store) -> list[Listed]:
    """Each step with its record, judged without asking the chips."""
    records = load_records(store, config)
    judged: dict[str, Judged] = {one.step: one for one in judge_all(records, config, utc_now())}
    return [
        Listed(
            step.name,
            step.title,
            "wall" if step.place == "wall" else f"dowel {config.dowel.id}",
            judged[step.name].state,
            judged[step.name].why,
            records.get(step.name),
        )
        for step in steps
    ]


def _show(config: Config, steps: Collection[Step], *, as_json: bool, full: bool) -> None:
    rows = listed(config, steps, Store(config.paths.calibration, _say))
    if as_json:
        print_json(rows)
        return
    table = Table(title=f"calibration in {config.paths.calibration}", box=box.SIMPLE, padding=0)
    for name in ("step", "of", "what", "state", *(("made", "found") if full else ())):
        table.add_column(name, no_wrap=name in ("step", "of", "state", "made"))
    for row in rows:
        cells = [row.step, row.place, row.title, row.state]
        if full:
            made, found = "-", row.why
            if row.record is not None:
                made = row.record.made_at[:10]
                text = values_text(row.record.values | row.record.residuals)
                found = f"{row.why}\n{text}".strip()
            cells += [made, found]
        table.add_row(*cells)
    Console().print(table)


# -- on the station's chips ------------------------------------------------------------------


def _on_chips(config: Config, steps: Collection[Step], *, as_json: bool, yes: bool) -> int:
    """Take the steps; returns the exit code. Raises what opening buses and pins does."""
    clock = MonotonicClock()
    # Holding the running station's own socket: two programs must not drive the same chips.
    control = Control(config.paths.device_socket)
    try:
        buses = open_buses(config)
        factory = open_pins()
        try:
            xshut = xshut_pins(config, factory)
            power = dowel_power(config, factory, clock)

            def build(used: Config, only: Collection[Sensor]) -> Sensors:
                return build_sensors(
                    used, buses, factory, clock, xshut=xshut, only=only, power=power
                )

            hands = Terminal(Console(stderr=True), sys.stdin.fileno(), yes=yes)
            runner = Runner(config, build, clock, Store(config.paths.calibration, _say), hands)
            return take(runner, steps, as_json=as_json)
        finally:
            factory.close()
    finally:
        control.close()


def take(runner: Runner, steps: Collection[Step], *, as_json: bool) -> int:
    """Take the steps one after the other, say how each ended; returns the exit code."""
    ended: list[Done] = []
    for step in steps:
        done = runner.run(step)
        ended.append(done)
        if not as_json:
            sys.stdout.write(f"{done_text(done)}\n")
            sys.stdout.flush()
    if as_json:
        print_json(ended)
    return code_of(ended)


def done_text(done: Done) -> str:
    """How a step ended, in a line."""
    if done.state == "stored":
        return f"{done.step}: stored: {values_text(done.values | done.residuals)}"
    return f"{done.step}: {done.state}, nothing stored: {done.text}"


def code_of(ended: Collection[Done]) -> int:
    """0 all stored, 69 a chip was missing, 1 a step refused."""
    states = {done.state for done in ended}
    if "missing" in states:
        return EX_MISSING_CHIP
    return EX_FINDINGS if "refused" in states else EX_DONE


def _say(line: Any) -> None:
    sys.stderr.write(f"hinge: {line}\n")
