"""What the commands that play something have in common: their options, and JSON on stdout."""

from __future__ import annotations

import math
import sys
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from typing import Any

import click
import msgspec

from device.config import load
from device.config_model import Config
from device.drills import DRILLS

STAGES = ("learn", "practice", "consolidate", "probe")


class Heights(click.ParamType[tuple[float, ...]]):
    """One to three heights, the lowest first"""

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


class Range(click.FloatRange):
    """A range that "nan" is not in: click compares, and every comparison with nan is false."""

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> float:
        number: float = super().convert(value, param, ctx)
        if not math.isfinite(number):
            self.fail(f"got {value!r}, expected a finite number", param, ctx)
        return number


config_option = click.option(
    "--config",
    "config_path",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="The station's TOML file.",
)


def motion_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """The options of ``motion_run.MotionOptions`` and the configuration's."""
    options = (
        click.option(
            "--drill",
            type=click.Choice(tuple(DRILLS)),
            metavar="NAME",
            help="The drill to judge by (default: the configuration's; see 'hinge drills').",
        ),
        click.option(
            "--stage",
            type=click.Choice(STAGES),
            help="What is told (default: the configuration's).",
        ),
        click.option(
            "--stature",
            "stature_m",
            type=Range(1.0, 2.3),
            metavar="METRES",
            help="Of the person, 1.0 to 2.3 (default: from the motion).",
        ),
        click.option(
            "--tof-height",
            "tof_heights_m",
            type=Heights(),
            help="Of one to three rangers, the lowest first (default: 3 cm below the hip).",
        ),
        click.option(
            "--gap",
            "gap_m",
            type=Range(0.05, 1.5),
            default=0.50,
            show_default=True,
            metavar="METRES",
            help="Buttock to wall at rest, 0.05 to 1.5.",
        ),
        click.option("--seed", type=int, default=0, show_default=True, help="Of sensor noise."),
        click.option(
            "--lead-in",
            "lead_in_s",
            type=Range(0.0, 60.0),
            default=2.0,
            show_default=True,
            metavar="SECONDS",
            help="For which the first pose is held before a motion.",
        ),
        click.option(
            "--stretch",
            type=Range(0.1, 10.0),
            default=1.0,
            show_default=True,
            metavar="TIMES",
            help="Play a motion at this many times its length.",
        ),
        click.option("--contacts-closed", is_flag=True, help="Force all pads closed."),
        config_option,
    )
    for option in reversed(options):
        command = option(command)
    return command


def prepared(given: dict[str, Any]) -> tuple[Config, Any]:
    """Configuration and ``MotionOptions`` from what the user typed."""
    # Here, not above: it brings the whole simulated rig along.
    from device.workbench.motion_run import MotionOptions

    config = load(given.pop("config_path"), drill=given["drill"], stage=given["stage"])
    return config, MotionOptions(**given)


def print_json(value: Any) -> None:
    sys.stdout.write(msgspec.json.format(msgspec.json.encode(value), indent=2).decode() + "\n")
