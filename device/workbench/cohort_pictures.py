"""Pictures of a cohort's report: ROC curves and errors, as SVG and PNG.

Colours are Okabe and Ito's, told apart by colour-blind eyes too; lines differ by their dashes
as well. matplotlib is wanted only here: ``pip install hinge-station[plots]``.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from device.errors import DiskError, UsageError
from device.workbench.cohort_parts import is_good
from device.workbench.cohort_people import FAULTS, Person
from device.workbench.cohort_report import FEATURES, CohortReport
from device.workbench.cohort_run import RepRow
from device.workbench.cohort_stats import roc

COLOURS = ("#0072B2", "#E69F00", "#009E73", "#CC79A7", "#56B4E9", "#D55E00", "#000000")
DASHES = ("-", "--", "-.", ":", "-", "--", "-.")
KINDS = ("svg", "png")

_Pair = tuple[Callable[[RepRow], float | None], Callable[[RepRow], float]]
MEASURES: tuple[tuple[str, str, _Pair], ...] = (
    ("tilt", "deg", (lambda r: r.measured_tilt_deg, lambda r: r.tilt_deg)),
    ("hip travel", "mm", (lambda r: r.measured_travel_mm, lambda r: r.travel_mm)),
    ("hip drop", "mm", (lambda r: r.measured_drop_mm, lambda r: r.drop_mm)),
    ("shin", "deg", (lambda r: r.measured_shin_deg, lambda r: r.shin_deg)),
)
CAUSES: tuple[tuple[str, Callable[[Person], float]], ...] = (
    ("beam over the hip (cm)", lambda p: 100 * p.beam_m),
    ("girth (1 = usual)", lambda p: p.girth),
    ("stature (m)", lambda p: p.stature_m),
    ("descent (s)", lambda p: p.down_s),
)


def draw(report: CohortReport, folder: Path) -> list[Path]:
    """Write ``roc``, ``errors`` and ``errors-by-person``, each as SVG and PNG; returns the files.

    Raises ``UsageError`` when matplotlib is missing, ``DiskError`` when the folder cannot be
    written.
    """
    figures = {
        "roc": _roc_figure(report),
        "errors": _error_figure(report),
        "errors-by-person": _people_figure(report),
    }
    written = []
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name, figure in figures.items():
            for kind in KINDS:
                path = folder / f"{name}.{kind}"
                # Without a date the same report gives the same picture.
                bare = {"Date": None} if kind == "svg" else {"Software": None}
                figure.savefig(path, dpi=120, metadata=bare)
                written.append(path)
    except OSError as error:
        raise DiskError(folder, error, check="Check the folder of --pictures.") from None
    return written


def require_matplotlib() -> None:
    """Raises ``UsageError`` when there is nothing to draw with: ask before a long run."""
    try:
        import matplotlib.figure  # noqa: F401 - only whether it can be
    except ImportError as error:
        raise UsageError(
            f"--pictures: matplotlib cannot be used: {error}, expected it to be installed: "
            "pip install 'hinge-station[plots]'"
        ) from None


def _figure(width_in: float, height_in: float) -> Any:
    require_matplotlib()
    from matplotlib import rcParams
    from matplotlib.figure import Figure

    # Names of parts of an SVG are drawn from this, not from chance.
    rcParams["svg.hashsalt"] = "hinge"
    return Figure(figsize=(width_in, height_in), layout="constrained")


def _title(report: CohortReport, what: str) -> str:
    return f"{what} · {report.people_n} simulated people, seed {report.seed}"


def _roc_figure(report: CohortReport) -> Any:
    figure = _figure(13.0, 4.8)
    figure.suptitle(_title(report, "Which reps each measured feature tells from good ones"))
    axes = figure.subplots(1, len(FEATURES), sharey=True)
    areas = {(p.feature, p.pattern): p.area for p in report.partings}
    for axis, (feature, value) in zip(axes, FEATURES.items(), strict=True):
        good = [v for r in report.reps if is_good(r) and (v := value(r)) is not None]
        axis.plot([0, 1], [0, 1], color="#999999", linewidth=0.8)
        for pattern, colour, dash in zip(FAULTS, COLOURS, DASHES, strict=True):
            bad = [v for r in report.reps if r.pattern == pattern and (v := value(r)) is not None]
            if not good or not bad:
                continue
            false, hit = roc(good, bad)
            auc = areas[feature, pattern].auc
            label = f"{pattern} {auc:.2f}" if auc is not None else pattern
            axis.plot(false, hit, color=colour, linestyle=dash, linewidth=1.6, label=label)
        axis.set_title(f"{feature} ({len(good)} good reps)")
        axis.set_xlabel("good reps past the limit (share)")
        axis.set_xlim(0, 1)
        axis.set_ylim(0, 1.01)
        if axis.get_legend_handles_labels()[0]:
            axis.legend(fontsize=8, loc="lower right", title="pattern, area")
    axes[0].set_ylabel("faulty reps past the limit (share)")
    return figure


def _error_figure(report: CohortReport) -> Any:
    """Bland-Altman: the error over the truth, with bias and 95 % limits."""
    figure = _figure(13.0, 3.8)
    figure.suptitle(_title(report, "Good reps: error over truth, bias and 95 % limits"))
    for axis, (name, unit, (measured, truth)) in zip(
        figure.subplots(1, len(MEASURES)), MEASURES, strict=True
    ):
        points = [
            (truth(row), value - truth(row))
            for row in report.reps
            if is_good(row) and (value := measured(row)) is not None
        ]
        axis.set_xlabel(f"true {name} ({unit})")
        axis.set_ylabel(f"measured - true ({unit})")
        if not points:
            continue
        errors = [error for _, error in points]
        axis.plot(*zip(*points, strict=True), ".", color=COLOURS[0], markersize=2.5, alpha=0.5)
        bias = sum(errors) / len(errors)
        sd = (sum((error - bias) ** 2 for error in errors) / len(errors)) ** 0.5
        axis.axhline(bias, color=COLOURS[6], linewidth=1.2)
        for limit in (bias - 1.96 * sd, bias + 1.96 * sd):
            axis.axhline(limit, color=COLOURS[5], linewidth=1.0, linestyle="--")
        axis.set_title(f"{name}: {bias:+.1f} ± {1.96 * sd:.1f} {unit}")
    return figure


def _people_figure(report: CohortReport) -> Any:
    """Each person's mean error over what differs between people."""
    figure = _figure(13.0, 6.4)
    figure.suptitle(_title(report, "Mean error of each person on good reps"))
    rows: dict[int, list[RepRow]] = {}
    for row in report.reps:
        if is_good(row):
            rows.setdefault(row.person, []).append(row)
    grid = figure.subplots(2, len(CAUSES), sharey="row")
    for line, (name, unit, (measured, truth)) in zip(grid, MEASURES[1:3], strict=True):
        for axis, (label, cause) in zip(line, CAUSES, strict=True):
            points = []
            for person in report.people:
                off = [
                    value - truth(row)
                    for row in rows.get(person.number, ())
                    if (value := measured(row)) is not None
                ]
                if off:
                    points.append((cause(person), sum(off) / len(off)))
            axis.axhline(0.0, color="#999999", linewidth=0.8)
            if points:
                axis.plot(*zip(*points, strict=True), "o", color=COLOURS[0], markersize=4)
            axis.set_xlabel(label)
        line[0].set_ylabel(f"{name}: measured - true ({unit})")
    return figure
