"""The front door: parses, delegates, turns errors into one line and an exit code."""

from __future__ import annotations

import os
import sys
from contextlib import nullcontext
from pathlib import Path
from typing import Any, NoReturn

import click
import msgspec
from rich.console import Console

from device.config import changed, effective, load
from device.errors import DeviceError, DiskError, UsageError, exit_code
from device.workbench.calibrate_command import calibrate
from device.workbench.camera_command import camera
from device.workbench.drills_command import drills
from device.workbench.evaluate_command import evaluate
from device.workbench.options import config_option, motion_options, prepared, print_json
from drivers.errors import DriverError
from services.errors import ServiceError


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="hinge-station")
def cli() -> None:
    """Hinge Station: a practice aid for the hip hinge, not a diagnosis."""


@cli.command()
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--json", "as_json", is_flag=True, help="One JSON object on stdout.")
@motion_options
def replay(file: Path, as_json: bool, **given: Any) -> None:
    """Replay a recording (.mcap), motion (.csv) or scenario (.toml) through the code of `run`.

    A recording brings its own rig and configuration: only --drill, --stage and --stature
    change what is made of it. A scenario brings its own distance and pads.
    """
    from device.workbench import show
    from device.workbench.replay import replay as play

    config, options = prepared(given)
    with show.bar(Console(stderr=True), file.name) as step:
        result = play(config, file, options, lambda share: step(share, ""))
    if as_json:
        print_json(result)
    else:
        Console().print(show.reps_table(result))


@cli.command()
@click.argument("motion", type=click.Path(path_type=Path))
@click.option("--out", type=click.Path(path_type=Path), required=True, help="The .mcap to write.")
@motion_options
def simulate(motion: Path, out: Path, **given: Any) -> None:
    """Play a motion or scenario on the simulated rig; keep what the sensors gave as a recording."""
    from device.workbench import show
    from device.workbench.replay import simulate as play

    config, options = prepared(given)
    with show.bar(Console(stderr=True), motion.name) as step:
        result = play(config, motion, out, options, lambda share: step(share, ""))
    Console().print(f"{out}: {result.duration_s:.1f} s, {len(result.reps)} reps")


@cli.command()
@config_option
@click.option("--changed", "only_changed", is_flag=True, help="Only what differs from defaults.")
def config(config_path: Path | None, only_changed: bool) -> None:
    """Print the effective configuration as TOML."""
    from device.config_notes import notes
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
    for note in notes(found):
        _say(note)


@cli.command()
@config_option
def serve(config_path: Path | None) -> None:
    """Run the log service and its pages."""
    from services.config import rescue_config
    from services.serve import serve as run_service

    found, wrong = rescue_config(config_path)
    if wrong is not None:
        _say(f"{wrong}. Only [log] was read: the page comes up, the station does not")
    raise SystemExit(run_service(found))


@cli.command()
@config_option
def run(config_path: Path | None) -> None:
    """Run the station on its real chips, until SIGTERM or Ctrl-C."""
    from device.last_words import LastWords
    from device.real import run_station
    from services.config import ended_path

    # Where the log service looks, also when the rest of the file cannot be used.
    with LastWords(ended_path(config_path), _say).of_failure():
        run_station(load(config_path), _say)


@cli.command()
@config_option
def screen(config_path: Path | None) -> None:
    """Show address, state and reps on the small OLED ([screen]), until SIGTERM or Ctrl-C."""
    from device.ending import Ending
    from device.panel.program import run_screen
    from services.config import load_config

    found, log = load(config_path), load_config(config_path)
    with Ending() as ending:
        run_screen(found, log.host, log.port, log.allowed_hosts, ending, _say)


@cli.command()
@click.argument("scenario", type=click.Path(path_type=Path), required=False)
@config_option
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


cli.add_command(camera)
cli.add_command(calibrate)
cli.add_command(drills)
cli.add_command(evaluate)


@cli.command("demo-device", hidden=True)
@config_option
@click.option("--motion", type=click.Path(path_type=Path))
@click.option("--scenario", type=click.Path(path_type=Path))
@click.option("--speed", type=float, default=1.0)
@click.option("--seed", type=int, default=0)
def demo_device(config_path: Path | None, **given: Any) -> None:
    """The demo's device program: `run` on the simulated rig."""
    from device.workbench.demo_device import DeviceOptions
    from device.workbench.demo_device import demo_device as play

    raise SystemExit(play(DeviceOptions(config=load(config_path), **given)))


@cli.command()
@config_option
@click.option("--json", "as_json", is_flag=True, help="One JSON object on stdout.")
@click.option("--quick", is_flag=True, help="A second and a half, and no questions.")
@click.option("--unattended", is_flag=True, help="Nobody is asked to look, listen or press.")
@click.option("--simulated", is_flag=True, help="A rig of simulated chips, and somebody to ask.")
@click.option(
    "--fault",
    "faults",
    multiple=True,
    metavar="CHIP:KIND",
    help="With --simulated: what is wrong with it, see docs/doctor.md. Repeatable.",
)
def doctor(
    config_path: Path | None,
    as_json: bool,
    quick: bool,
    unattended: bool,
    simulated: bool,
    faults: tuple[str, ...],
) -> None:
    """Measure the whole station; name what is wrong and what to do.

    Exit code 0: good, 1: works with limits, 2: broken.
    """
    from device.doctor.examine import Station, examine
    from device.doctor.real import real_station
    from device.doctor.show import report_view
    from device.workbench.doctor_rig import sim_station
    from services.check import LogCheck
    from services.config import load_config
    from services.database import prepare

    if faults and not simulated:
        raise UsageError(f"--fault: got {', '.join(faults)}, expected it with --simulated only")
    config, log = load(config_path), load_config(config_path)
    attended = not unattended and not quick
    with sim_station(config, faults, attended=attended) if simulated else nullcontext() as sim:
        station: Station = sim or real_station(config, attended=attended)
        if sim is not None:
            log = msgspec.structs.replace(log, data_dir=sim.config.paths.data_dir)
            prepare(log.database)
            sim.spoil()
        found = examine(station, LogCheck(log), quick=quick, simulated=simulated)
    if as_json:
        print_json(found)
    else:
        Console().print(report_view(found))
    raise SystemExit(found.exit_code)


@cli.command()
@click.option("--dry-run", is_flag=True, help="Only show what would change.")
@click.option("--uninstall", is_flag=True, help="Take it all away again; data and users stay.")
@click.option(
    "--root",
    type=click.Path(path_type=Path, exists=True, file_okay=False),
    metavar="FOLDER",
    help="Into the file system of an image at FOLDER; no command is run.",
)
@click.option(
    "--program",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="The hinge that the units start; this one by default, with --root the one in /opt.",
)
def install(**given: Any) -> None:
    """Put the station's units, users, rules and configuration in place, for systemd.

    An /etc/hinge/config.toml that is there already is left alone. Run it again after an update
    or a change of [log] port: what is right stays as it is.
    """
    from device.workbench.install_command import install as put_in_place
    from services.config import rescue_config

    put_in_place(lambda file: rescue_config(file)[0].port, **given)


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
    text = " ".join(error.format_message().split()).rstrip(".")
    context = error.ctx if isinstance(error, click.UsageError) else None
    command = "hinge" if context is None else context.command_path
    sys.stderr.write(f"hinge: {text}. See '{command} --help'.\n")
    raise SystemExit(error.exit_code)


def _open_streams() -> None:
    """Streams that the caller has closed: /dev/null in their place, in their order, so that no
    file of ours gets their numbers."""
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:
            setattr(sys, name, os.fdopen(os.open(os.devnull, os.O_RDWR), mode, encoding="utf-8"))


def main() -> None:
    """Entry point: errors the user can act on become one line a finding, never a traceback."""
    _open_streams()
    try:
        cli(prog_name="hinge", standalone_mode=False)
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
