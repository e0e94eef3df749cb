"""The report for people: a table in words and shapes, so that no colour has to be told apart."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping
from typing import Final

from rich import box
from rich.console import Group, RenderableType
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from device.doctor.examine import Line, Report
from device.doctor.found import Status

SIGNS: Final[Mapping[Status, tuple[str, str]]] = {
    "ok": ("\N{CHECK MARK} ok", "bold blue"),
    "degraded": ("\N{WARNING SIGN} degraded", "bold dark_orange"),
    "broken": ("\N{MULTIPLICATION X} BROKEN", "bold white on dark_orange3"),
    "skipped": ("\N{MIDDLE DOT} not known", "dim"),
}
GROUPS: Final[tuple[tuple[str, str], ...]] = (
    ("BUS", "buses"),
    ("TOF", "rangers in the wall"),
    ("IMU", "dowel sensor"),
    ("PADS", "contact pads"),
    ("HAPTIC", "motor in the dowel"),
)
"""Codes that begin so belong together; the rest are grouped below."""
_OWN: Final = ("PINS", "LAMPS", "BUZZER", "VIBRATION", "KEYS")


def report_view(report: Report) -> RenderableType:
    """A table of all checks, then what to do about each complaint, then the verdict."""
    parts: list[RenderableType] = [_table(report)]
    parts += [_advice(line) for line in report.complaints]
    parts.append(_verdict(report))
    return Group(*parts)


def _group(code: str) -> str | None:
    """The heading above ``code``; None for what stands above all."""
    if code == "STATION":
        return None
    for start, name in GROUPS:
        if code.startswith(start + "_"):
            return name
    return "lamps, buzzer, keys" if code in _OWN else "computer and log"


def _table(report: Report) -> Table:
    where = "simulated rig" if report.simulated else report.station
    table = Table(
        title=f"hinge doctor \N{MIDDLE DOT} {where}",
        title_style="bold",
        box=box.SIMPLE_HEAD,
        padding=(0, 1),
        expand=False,
    )
    table.add_column("", no_wrap=True)
    table.add_column("code", no_wrap=True)
    table.add_column("found", overflow="fold")
    last: str | None = None
    for lines in _runs(report.checks):
        group = _group(lines[0].code)
        if group != last and group is not None:
            table.add_row("", Text(group, style="italic"), "")
        last = group
        line = lines[0]
        sign, style = SIGNS[line.status]
        many = f" to {lines[-1].code}" if len(lines) > 1 else ""
        table.add_row(
            Text(sign, style=style),
            Text(line.code, style="bold" if line.means else ""),
            Text(f"({many.strip()}) {line.found}" if many else line.found, style=_pale(line)),
        )
    return table


def _pale(line: Line) -> str:
    return "dim" if line.status == "skipped" else ""


def _runs(lines: list[Line]) -> Iterator[list[Line]]:
    """Lines by themselves, but what is not known for one reason in one group together."""

    def key(line: Line) -> tuple[str | None, str]:
        alike = line.found if line.status == "skipped" else line.code
        return _group(line.code), alike

    for _, run in itertools.groupby(lines, key):
        yield list(run)


def _advice(line: Line) -> Panel:
    sign, style = SIGNS[line.status]
    text = Text()
    text.append(f"{line.found}\n")
    text.append("means  ", style="bold")
    text.append(f"{line.means}\n")
    text.append("do     ", style="bold")
    text.append(line.do or "")
    return Panel(
        text,
        title=Text(f"{sign}  {line.code}", style=style),
        title_align="left",
        box=box.ROUNDED,
        padding=(0, 1),
    )


def _verdict(report: Report) -> Text:
    count = {name: sum(c.status == name for c in report.checks) for name in SIGNS}
    said = {
        "ok": "The station is good.",
        "degraded": "The station works, with limits.",
        "broken": "The station needs help.",
        "skipped": "Nothing could be known.",
    }
    text = Text()
    text.append(SIGNS[report.status][0], style=SIGNS[report.status][1])
    text.append(f"  {said[report.status]} ")
    text.append(
        f"{count['ok']} ok, {count['degraded']} degraded, {count['broken']} broken, "
        f"{count['skipped']} not known; {report.took_s:.1f} s."
    )
    if not report.asked:
        text.append("\nNobody was asked about lamps, buzzer, pads and keys.", style="dim")
    return text
