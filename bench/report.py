"""The report: a table for people, JSON for programs."""

from __future__ import annotations

from pathlib import Path

import msgspec

from bench.wire import WireRow


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
    wire: list[WireRow]


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
    lines += [
        "",
        "## The wire, a full sample",
        "",
        "On the simulated bus at 400 kHz, read every 5 ms; a START, a repeated START and a STOP "
        "are a bit, a byte nine. Public drivers read once when a sample is there, without "
        "the polls that find none.",
        "",
        "| chip | driver | transactions | bytes | us | least bytes |",
        "|---|---|---|---|---|---|",
    ]
    lines += [
        f"| {w.chip} | {w.driver} | {w.transactions:.1f} | {w.bytes:.1f} | {w.wire_us:.0f} "
        f"| {w.least_bytes:g} |"
        for w in report.wire
    ]
    (folder / "REPORT.md").write_text("\n".join(lines) + "\n")
    (folder / "report.json").write_bytes(
        msgspec.json.format(msgspec.json.encode(report), indent=1) + b"\n"
    )
