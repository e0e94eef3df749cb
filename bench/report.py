"""The report: a table for people, JSON for programs."""

from __future__ import annotations

from pathlib import Path

import msgspec


class Figure(msgspec.Struct, frozen=True):
    """One measured figure: median and spread over the runs, and what to hold it against."""

    name: str
    unit: str
    median: float
    lowest: float
    highest: float
    limit: str


class Report(msgspec.Struct, frozen=True):
    """All figures of one run on one machine."""

    machine: str
    runs: int
    figures: list[Figure]


def write(report: Report, folder: Path) -> None:
    """``REPORT.md`` and ``report.json`` in ``folder``."""
    lines = [
        "# Measured",
        "",
        f"By `make bench` on: {report.machine}; median of {report.runs} runs, lowest to highest.",
        "Absolute times depend on the machine and on what else it does.",
        "",
        "| what | figure | spread | against |",
        "|---|---|---|---|",
    ]
    lines += [
        f"| {f.name} | {f.median:.1f} {f.unit} | {f.lowest:.1f} to {f.highest:.1f} | {f.limit} |"
        for f in report.figures
    ]
    (folder / "REPORT.md").write_text("\n".join(lines) + "\n")
    (folder / "report.json").write_bytes(
        msgspec.json.format(msgspec.json.encode(report), indent=1) + b"\n"
    )
