"""The cohort's report as tables for people."""

from __future__ import annotations

from rich.table import Table

from device.workbench.cohort_parts import Goal
from device.workbench.cohort_report import CohortReport
from device.workbench.cohort_stats import Off, Share

REACHED = {True: "reached", False: "NOT reached", None: ""}


def cohort_tables(report: CohortReport) -> list[Table]:
    """Goals, names, partings, errors and bands, in this order."""
    return [
        _goals(report),
        _names(report),
        _partings(report),
        _errors(report),
        _bands(report),
    ]


def _table(title: str, first: str, *columns: str) -> Table:
    table = Table(title=title)
    table.add_column(first)
    for name in columns:
        table.add_column(name, justify="right")
    return table


def _number(value: float | None, unit: str = "") -> str:
    return "-" if value is None else f"{value:g}{' ' if unit else ''}{unit}"


def _percent(share: Share) -> str:
    if share.share is None or share.low is None or share.high is None:
        return "-"
    return f"{100 * share.share:.1f} ({100 * share.low:.0f}-{100 * share.high:.0f})"


def _interval(goal: Goal) -> str:
    return "" if goal.low is None or goal.high is None else f"{goal.low:.1f}-{goal.high:.1f}"


def _goals(report: CohortReport) -> Table:
    title = f"{report.people_n} people, seed {report.seed}, stage {report.stage}: goals"
    table = _table(title, "what", "goal", "found", "95 %", "n", "")
    for goal in report.goals:
        table.add_row(
            goal.name,
            goal.goal,
            _number(goal.value, goal.unit),
            _interval(goal),
            str(goal.n),
            REACHED[goal.reached],
        )
    return table


def _names(report: CohortReport) -> Table:
    names = sorted({name for row in report.named for name in row.names})
    table = _table("sets of one pattern, named (%: named as what it is)", "pattern", "pads", "%")
    for name in names:
        table.add_column(name, justify="right")
    for row in report.named:
        cells = (str(row.names.get(name, 0) or "·") for name in names)
        table.add_row(row.pattern, row.pads, _percent(row.accepted), *cells)
    return table


def _partings(report: CohortReport) -> Table:
    features = list(dict.fromkeys(parting.feature for parting in report.partings))
    table = _table("area under the ROC curve against good reps", "pattern", *features)
    for pattern in dict.fromkeys(parting.pattern for parting in report.partings):
        cells = []
        for parting in report.partings:
            if parting.pattern == pattern:
                found = parting.area
                if found.auc is None or found.low is None or found.high is None:
                    cells.append("-")
                else:
                    cells.append(f"{found.auc:.3f} ({found.low:.2f}-{found.high:.2f})")
        table.add_row(pattern, *cells)
    return table


def _off(found: Off) -> str:
    if found.bias is None or found.sd is None or found.rmse is None:
        return "-"
    return f"{found.bias:+.2f} / {found.sd:.2f} / {found.rmse:.2f}"


def _errors(report: CohortReport) -> Table:
    table = _table(
        "good reps, measured minus truth: bias / SD / RMSE",
        "beam from the hip",
        "reps",
        "tilt deg",
        "travel mm",
        "drop mm",
        "shin deg",
        "ratio",
    )
    for row in report.errors:
        measures = (row.tilt_deg, row.travel_mm, row.drop_mm, row.shin_deg, row.ratio)
        table.add_row(row.beam, str(row.tilt_deg.n), *(_off(found) for found in measures))
    return table


def _bands(report: CohortReport) -> Table:
    table = _table(
        "by kind of people, % (95 %)",
        "kind",
        "band",
        "people",
        "sets exact",
        "good reps GOOD",
        "people with <= 1 false cue",
        "squats, knees-first named",
    )
    for band in report.bands:
        shares = (band.exact_sets, band.good_named, band.calm_people, band.knees_named)
        cells = (_percent(share) for share in shares)
        table.add_row(band.what, band.band, str(band.people), *cells)
    return table
