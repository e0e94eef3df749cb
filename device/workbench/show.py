"""Results for people: tables and progress bars. Results go to stdout, progress to stderr."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich import box
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from device.workbench.evaluate import Errors, Evaluation
from device.workbench.result import Result
from services.schema import RepBody


@contextmanager
def bar(console: Console, title: str) -> Iterator[Callable[[float, str], None]]:
    """A progress bar on ``console``; call what it gives with the share done and a word."""
    with Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.percentage:>3.0f} %"),
        TimeElapsedColumn(),
        console=console,
        transient=True,
        # Into a file it would write one empty line.
        disable=not console.is_terminal,
    ) as progress:
        task = progress.add_task(title, total=1.0)

        def step(share: float, word: str = "") -> None:
            progress.update(task, completed=share, description=f"{title} {word}".rstrip())

        yield step


def _number(value: float | None, form: str) -> str:
    return "-" if value is None else format(value, form)


def reps_table(result: Result) -> Table:
    """One row a rep."""
    title = f"{result.source} · {result.duration_s:.1f} s · {result.drill}"
    ended = result.state[-1].name if result.state else "IDLE"
    none = None if result.reps else f"no reps; the last state was {ended}"
    table = Table(title=title, caption=none, box=box.SIMPLE, padding=0)
    for name in ("rep", "from\ns", "to\ns", "tilt\n°", "back\nmm", "drop\nmm", "ratio", "points"):
        table.add_column(name, justify="right", no_wrap=True)
    table.add_column("verdict, and what\nelse was found")
    for number, rep in enumerate(result.reps, start=1):
        also = dict.fromkeys(fault.code for fault in rep.faults if fault.code != rep.verdict)
        table.add_row(
            str(number),
            f"{rep.start_s:.1f}",
            f"{rep.end_s:.1f}",
            _number(rep.peak_tilt_deg, ".0f"),
            _number(rep.hip_travel_mm, ".0f"),
            _number(rep.hip_drop_mm, ".0f"),
            _number(rep.hinge_ratio, ".2f"),
            points(rep),
            ", ".join((rep.verdict, *also)),
        )
    return table


def points(rep: RepBody) -> str:
    """The sum, and contacts, hips, knees, depth and tempo: never the sum alone."""
    if rep.score is None:
        return "-"
    parts = rep.score_parts
    each = (parts.contacts, parts.hips, parts.knees, parts.depth_tempo)
    return f"{rep.score:.0f} = " + " ".join(_number(value, ".0f") for value in each)


def confusion_table(evaluation: Evaluation) -> Table:
    """Labels against names."""
    names = sorted({name for line in evaluation.confusion.values() for name in line})
    table = Table(
        title=f"{evaluation.folder}: {len(evaluation.rows)} reps, named",
        box=box.SIMPLE,
        padding=(0, 1, 0, 0),
    )
    table.add_column("label", no_wrap=True)
    for name in names:
        table.add_column(name, justify="right", no_wrap=True)
    for label, line in sorted(evaluation.confusion.items()):
        table.add_row(label, *(str(line.get(name, 0) or "·") for name in names))
    return table


def errors_table(evaluation: Evaluation) -> Table:
    """How far the measures are off the motions' own time series."""
    table = Table(title="measured minus truth, peak of each rep", box=box.SIMPLE)
    for name in ("measure", "reps", "bias", "SD", "RMSE"):
        table.add_column(name, justify="left" if name == "measure" else "right")
    rows: tuple[tuple[str, Errors], ...] = (
        ("tilt deg", evaluation.tilt_deg),
        ("travel mm", evaluation.travel_mm),
        ("drop mm", evaluation.drop_mm),
    )
    for name, errors in rows:
        table.add_row(
            name,
            str(errors.n),
            _number(errors.bias, ".1f"),
            _number(errors.sd, ".1f"),
            _number(errors.rmse, ".1f"),
        )
    return table
