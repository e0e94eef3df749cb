"""``hinge evaluate``: motions, simulated people or hours at the wall, against the truth."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import click
from rich.console import Console

from device.config_model import Config
from device.errors import UsageError
from device.workbench.options import Range, motion_options, prepared, print_json


@click.command()
@click.argument("folder", type=click.Path(path_type=Path), required=False)
@click.option("--cohort", type=int, metavar="N", help="Instead of FOLDER: N simulated people.")
@click.option("--gym-hour", is_flag=True, help="Instead of FOLDER: a scripted hour at the wall.")
@click.option(
    "--quiet-hours",
    type=Range(0.1, 24.0),
    metavar="H",
    help="Instead of FOLDER: H hours in which nobody trains.",
)
@click.option(
    "--pictures",
    type=click.Path(path_type=Path),
    metavar="DIR",
    help="With --cohort: draw ROC and errors into DIR (needs matplotlib).",
)
@click.option("--json", "as_json", is_flag=True, help="One JSON object on stdout.")
@motion_options
def evaluate(
    folder: Path | None,
    cohort: int | None,
    gym_hour: bool,
    quiet_hours: float | None,
    pictures: Path | None,
    as_json: bool,
    **given: Any,
) -> None:
    """Play every motion of FOLDER (with its INDEX.csv) and compare with the truth.

    Or a cohort of simulated people, or hours at the wall. Exit code 1 when something was
    missed, misnamed, counted that nobody did, or a goal was not reached.
    """
    chosen = [folder is not None, cohort is not None, gym_hour, quiet_hours is not None]
    if sum(chosen) != 1:
        raise UsageError(
            "evaluate: expected one of FOLDER, --cohort N, --gym-hour, --quiet-hours H, "
            f"got {sum(chosen)} of them"
        )
    if pictures is not None and cohort is None:
        raise UsageError(f"--pictures: got {pictures}, expected it with --cohort N only")
    config, options = prepared(given)
    if folder is not None:
        findings = _evaluate_folder(config, folder, options, as_json)
    elif cohort is not None:
        findings = _evaluate_cohort(config, cohort, options.seed, pictures, as_json)
    else:
        findings = _evaluate_hours(config, quiet_hours, options.seed, as_json)
    if findings:
        raise SystemExit(1)


def _evaluate_folder(config: Config, folder: Path, options: Any, as_json: bool) -> list[str]:
    from device.workbench import show
    from device.workbench.evaluate import evaluate as play

    with show.bar(Console(stderr=True), "evaluate") as step:
        found = play(
            config,
            folder,
            options,
            options.contacts_closed,
            time.perf_counter,
            lambda file, done, of: step(done / of, file),
        )
    if as_json:
        print_json(found)
    else:
        console = Console()
        console.print(show.confusion_table(found))
        console.print(show.errors_table(found))
        console.print(f"{found.motions} motions at {found.speed:.0f} x real time")
        _print_lines(console, found.findings)
    return found.findings


def _evaluate_cohort(
    config: Config, people: int, seed: int, pictures: Path | None, as_json: bool
) -> list[str]:
    from device.workbench import show
    from device.workbench.cohort import cohort as play
    from device.workbench.cohort_pictures import draw, require_matplotlib
    from device.workbench.cohort_tables import cohort_tables

    if pictures is not None:
        require_matplotlib()
    with show.bar(Console(stderr=True), "cohort") as step:
        report = play(config, people, seed, lambda done, of: step(done / of, f"{done} of {of}"))
    drawn = [] if pictures is None else draw(report, pictures)
    if as_json:
        print_json(report)
    else:
        console = Console()
        for table in cohort_tables(report):
            console.print(table)
        _print_lines(console, [str(path) for path in drawn])
    return [goal.name for goal in report.missed_goals]


def _evaluate_hours(config: Config, quiet: float | None, seed: int, as_json: bool) -> list[str]:
    from device.workbench import show
    from device.workbench.hour import hour_table, judge_hour
    from device.workbench.scenario_run import play_scenario
    from drivers.sim.hours import gym_hour, quiet_hours

    scenario = gym_hour(seed) if quiet is None else quiet_hours(quiet, seed)
    source = "gym hour" if quiet is None else f"{quiet:g} quiet hours"
    with show.bar(Console(stderr=True), source) as step:
        played = play_scenario(
            config, scenario, source=source, seed=seed, progress=lambda share: step(share, "")
        )
    report = judge_hour(played.result, played.truth)
    if as_json:
        print_json(report)
    else:
        console = Console()
        console.print(hour_table(report))
        _print_lines(console, report.findings)
    return report.findings


def _print_lines(console: Console, lines: list[str]) -> None:
    for line in lines:
        console.print(line, highlight=False, markup=False)
