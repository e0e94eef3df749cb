"""The front door: parses, delegates, turns errors into one line and an exit code."""

from __future__ import annotations

import math
import os
import sys
import time
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from typing import Any, NoReturn

import click
import msgspec
from rich.console import Console

from device.config import changed, effective, load
from device.config_model import Config
from device.drills import DRILLS
from device.errors import DeviceError, DiskError, UsageError, exit_code
from device.workbench.drills_command import drills
from drivers.errors import DriverError
from services.errors import ServiceError

STAGES = ("learn", "practice", "consolidate", "probe")


class _Heights(click.ParamType[tuple[float, ...]]):
    name = "METRES[,METRES...]"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> tuple[float, ...]:
        try:
            heights = tuple(float(part) for part in str(value).split(","))
        except ValueError:
            self.fail(f"got {value!r}, expected metres, like 0.88 or 0.75,0.88,1.01", param, ctx)
        if not all(0.3 <= height <= 1.6 for height in heights):
            self.fail(f"got {value!r}, expected heights from 0.3 to 1.6 m", param, ctx)
        if len(heights) > 3 or any(b <= a for a, b in pairwise(heights)):
            self.fail(f"got {value!r}, expected at most 3 heights, the lowest first", param, ctx)
        return heights


class _Range(click.FloatRange):
    """A range that "nan" is not in: click compares, and every comparison with nan is false."""

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> float:
        number: float = super().convert(value, param, ctx)
        if not math.isfinite(number):
            self.fail(f"got {value!r}, expected a finite number", param, ctx)
        return number


_config_option = click.option(
    "--config", "config_path", type=click.Path(path_type=Path), help="The station's TOML file."
)


def _motion_options(command: Callable[..., Any]) -> Callable[..., Any]:
    options = (
        click.option("--drill", type=click.Choice(tuple(DRILLS)), help="The drill to judge by."),
        click.option("--stage", type=click.Choice(STAGES), help="What is told (default: learn)."),
        click.option(
            "--stature",
            "stature_m",
            type=_Range(1.0, 2.3),
            help="Stature in metres (default: from the motion).",
        ),
        click.option(
            "--tof-height",
            "tof_heights_m",
            type=_Heights(),
            help="Height of the ranger in metres (default: 3 cm below the hip).",
        ),
        click.option(
            "--gap",
            "gap_m",
            type=_Range(0.05, 1.5),
            default=0.50,
            show_default=True,
            help="Buttock to wall at rest, in metres.",
        ),
        click.option("--seed", type=int, default=0, show_default=True, help="Of sensor noise."),
        click.option(
            "--lead-in",
            "lead_in_s",
            type=_Range(0.0, 60.0),
            default=2.0,
            show_default=True,
            help="Seconds for which the first pose is held before a motion.",
        ),
        click.option(
            "--stretch",
            type=_Range(0.1, 10.0),
            default=1.0,
            show_default=True,
            help="Play a motion at this many times its length.",
        ),
        click.option("--contacts-closed", is_flag=True, help="Force all pads closed."),
        _config_option,
    )
    for option in reversed(options):
        command = option(command)
    return command


def _practice(config: Config, drill: str | None, stage: str | None) -> Config:
    practice = config.practice
    if drill is not None:
        practice = msgspec.structs.replace(practice, drill=drill)
    if stage is not None:
        practice = msgspec.structs.replace(practice, stage=stage)
    return msgspec.structs.replace(config, practice=practice)


def _prepared(given: dict[str, Any]) -> tuple[Config, Any]:
    """Configuration and motion options from what the user typed."""
    from device.workbench.motion_run import MotionOptions

    config = _practice(load(given.pop("config_path")), given["drill"], given["stage"])
    return config, MotionOptions(**given)


def _print_json(value: Any) -> None:
    sys.stdout.write(msgspec.json.format(msgspec.json.encode(value), indent=2).decode() + "\n")


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="hinge-station")
def cli() -> None:
    """Hinge Station: a practice aid for the hip hinge, not a diagnosis."""


@cli.command()
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--json", "as_json", is_flag=True, help="One JSON object on stdout.")
@_motion_options
def replay(file: Path, as_json: bool, **given: Any) -> None:
    """Replay a recording (.mcap), motion (.csv) or scenario (.toml) through the code of `run`."""
    from device.workbench import show
    from device.workbench.replay import replay as play

    config, options = _prepared(given)
    with show.bar(Console(stderr=True), file.name) as step:
        result = play(config, file, options, lambda share: step(share, ""))
    if as_json:
        _print_json(result)
    else:
        Console().print(show.reps_table(result))


@cli.command()
@click.argument("motion", type=click.Path(path_type=Path))
@click.option("--out", type=click.Path(path_type=Path), required=True, help="The .mcap to write.")
@_motion_options
def simulate(motion: Path, out: Path, **given: Any) -> None:
    """Play a motion or scenario on the simulated rig; keep what the sensors gave as a recording."""
    from device.workbench import show
    from device.workbench.replay import simulate as play

    config, options = _prepared(given)
    with show.bar(Console(stderr=True), motion.name) as step:
        result = play(config, motion, out, options, lambda share: step(share, ""))
    Console().print(f"{out}: {result.duration_s:.1f} s, {len(result.reps)} reps")


@cli.command()
@click.argument("folder", type=click.Path(path_type=Path), required=False)
@click.option("--cohort", type=int, metavar="N", help="Instead of FOLDER: N simulated people.")
@click.option("--gym-hour", is_flag=True, help="Instead of FOLDER: a scripted hour at the wall.")
@click.option(
    "--quiet-hours",
    type=_Range(0.1, 24.0),
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
@_motion_options
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
    config, options = _prepared(given)
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
        _print_json(found)
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
        _print_json(report)
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
        _print_json(report)
    else:
        console = Console()
        console.print(hour_table(report))
        _print_lines(console, report.findings)
    return report.findings


def _print_lines(console: Console, lines: list[str]) -> None:
    for line in lines:
        console.print(line, highlight=False, markup=False)


@cli.command()
@_config_option
@click.option("--changed", "only_changed", is_flag=True, help="Only what differs from defaults.")
def config(config_path: Path | None, only_changed: bool) -> None:
    """Print the effective configuration as TOML."""
    from device.speech import missing
    from services.config import load_config

    found = load(config_path)
    log = msgspec.to_builtins(load_config(config_path))
    if only_changed:
        sys.stdout.write(changed(found))
    else:
        sys.stdout.write(effective(msgspec.structs.replace(found, log=log)))
    silent = missing(found.speech)
    if silent is not None:
        _say(silent)


@cli.command()
@_config_option
def serve(config_path: Path | None) -> None:
    """Run the log service and its pages."""
    from services.config import load_config
    from services.serve import serve as run_service

    raise SystemExit(run_service(load_config(config_path)))


@cli.command()
@_config_option
def run(config_path: Path | None) -> None:
    """Run the station on its real chips, until SIGTERM or Ctrl-C."""
    from device.real import run_station

    run_station(load(config_path), _say)


@cli.command()
@click.argument("scenario", type=click.Path(path_type=Path), required=False)
@_config_option
@click.option(
    "--motion", type=click.Path(path_type=Path), help="Play this motion instead of the person."
)
@click.option("--speed", type=float, default=1.0, show_default=True, help="2 = twice life's pace.")
@click.option("--port", type=int, default=8080, show_default=True, help="Of the page; 0: any free.")
@click.option("--data", type=click.Path(path_type=Path), help="Keep the log here (default: gone).")
def demo(config_path: Path | None, **given: Any) -> None:
    """The whole station with no hardware: a simulated person, the loop, the log, the page.

    With SCENARIO (.toml): what it says happens at the wall, once, at --speed.
    """
    from device.workbench.demo import DemoOptions
    from device.workbench.demo import demo as play
    from services.config import load_config

    config = load(config_path)
    load_config(config_path)  # its faults are told here, with the user's own file name
    raise SystemExit(play(DemoOptions(config=config, **given)))


cli.add_command(drills)


@cli.command("demo-device", hidden=True)
@_config_option
@click.option("--motion", type=click.Path(path_type=Path))
@click.option("--scenario", type=click.Path(path_type=Path))
@click.option("--speed", type=float, default=1.0)
@click.option("--seed", type=int, default=0)
def demo_device(config_path: Path | None, **given: Any) -> None:
    """The demo's device program: `run` on the simulated rig."""
    from device.workbench.demo_device import DeviceOptions
    from device.workbench.demo_device import demo_device as play

    raise SystemExit(play(DeviceOptions(config=load(config_path), **given)))


def _say(line: str) -> None:
    sys.stderr.write(f"hinge: {line}\n")
    sys.stderr.flush()


def _fail(error: BaseException) -> NoReturn:
    code = error.exit_code if isinstance(error, ServiceError) else exit_code(error)
    for line in str(error).splitlines() or [type(error).__name__]:
        sys.stderr.write(f"hinge: {line}\n")
    raise SystemExit(code) from None


def _fail_usage(error: click.ClickException) -> NoReturn:
    """Wrong use, in one line, with the command whose ``--help`` says more."""
    text = " ".join(error.format_message().split())
    context = error.ctx if isinstance(error, click.UsageError) else None
    command = "hinge" if context is None else context.command_path
    sys.stderr.write(f"hinge: {text} See '{command} --help'.\n")
    raise SystemExit(error.exit_code)


def main() -> None:
    """Entry point: errors the user can act on become one line a finding, never a traceback."""
    try:
        cli(standalone_mode=False)
    except click.exceptions.Exit as end:
        raise SystemExit(end.exit_code) from None
    except click.exceptions.NoArgsIsHelpError as error:
        error.show()
        raise SystemExit(error.exit_code) from None
    except click.ClickException as error:
        _fail_usage(error)
    except (click.Abort, KeyboardInterrupt):
        raise SystemExit(130) from None
    except BrokenPipeError:
        # The reader of our output has gone, as `| head` does.
        sys.stderr.close()
        raise SystemExit(0) from None
    except (DeviceError, DriverError, ServiceError) as error:
        _fail(error)
    except OSError as error:
        _fail(DiskError(error.filename or "output", error, check="Check disk and rights."))
    except Exception as error:
        if os.environ.get("HINGE_TRACEBACK"):
            raise
        sys.stderr.write(
            f"hinge: a mistake in this program: {type(error).__name__}: {error}. "
            "Please report it; HINGE_TRACEBACK=1 shows where.\n"
        )
        raise SystemExit(1) from None


if __name__ == "__main__":
    main()
