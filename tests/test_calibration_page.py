"""docs/calibration.md says what the code does: steps, ages, needs, tolerances, commands."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import click
import pytest

from device.calibration.steps import STEPS
from device.window_watch import BLOCKS, DIRTY_KCPS
from device.workbench.calibrate_command import calibrate
from device.workbench.calibrate_proof import LIGHT_N, TRUTHS

ROOT = Path(__file__).parent.parent
PAGE = (ROOT / "docs/calibration.md").read_text(encoding="utf-8")


def test_the_table_has_every_step_as_it_is() -> None:
    table = PAGE.split("<!-- steps -->")[1].split("\n\n")[0]
    rows = [[cell.strip() for cell in line.strip("| \n").split("|")] for line in table.splitlines()]
    rows = [row for row in rows if len(row) > 1][2:]
    assert [row[0] for row in rows] == list(STEPS)
    for name, place, _, age, needs, _ in rows:
        step = STEPS[name]
        assert place == step.place
        assert age == f"{step.best_days} days"
        assert needs == (", ".join(step.needs) or "-")


@pytest.mark.parametrize(
    "line", [line for line in PAGE.splitlines() if re.match(r"(sudo )?hinge calibrate", line)]
)
def test_every_command_on_the_page_can_be_typed(line: str) -> None:
    words = shlex.split(line.removeprefix("sudo "), comments=True)[2:]
    with calibrate.make_context("calibrate", words) as context:
        assert set(context.params["steps"]) <= set(STEPS)
    with pytest.raises(click.UsageError):
        calibrate.make_context("calibrate", [*words, "--no-such-thing"])


def test_the_numbers_on_the_page_are_the_codes() -> None:
    for words in (
        f"offset within {TRUTHS['offset'][1]:g} mm",
        f"crosstalk within {TRUTHS['crosstalk'][1]:g} kcps",
        f"light within {TRUTHS['empty'][1]:g}",
        f"plane within {TRUTHS['plane'][1]:g} mm",
        f"heights within {1e3 * TRUTHS['heights'][1]:g} mm",
        f"{TRUTHS['gyro'][1]:g} dps",
        f"mounting within {TRUTHS['mounting'][1]:g} degree",
        f"close at {LIGHT_N:g} N",
        f"hung for {BLOCKS} s",
        f"steadily {DIRTY_KCPS:g} kcps",
    ):
        assert words in PAGE, words
    assert "docs/calibration.md" in (ROOT / "README.md").read_text(encoding="utf-8")
