"""``python -m tests.doctor_docs`` writes the tables and the sample of docs/doctor.md anew."""

from __future__ import annotations

import re
import tempfile
from io import StringIO
from pathlib import Path

from rich.console import Console

from device.config_model import Config
from device.doctor.examine import examine
from device.doctor.show import report_view
from device.doctor.table import CHECKS
from device.workbench.doctor_faults import FAULTS
from device.workbench.doctor_rig import SimStation
from services.check import LogCheck
from services.config import LogConfig
from services.database import prepare

PAGE = Path(__file__).parent.parent / "docs" / "doctor.md"
SAMPLE = ("imu:bias", "pads:open", "supply:was_low")


def codes() -> str:
    rows = ["| code | measures | a complaint means | what to do |", "|---|---|---|---|"]
    rows += [f"| {c.code} | {c.measures} | {c.means} | {c.do} |" for c in CHECKS]
    return "\n".join(rows)


def faults() -> str:
    rows = ["| `--fault` | what it does | named by |", "|---|---|---|"]
    rows += [f"| `{name}` | {fault.what} | {fault.code} |" for name, fault in FAULTS.items()]
    return "\n".join(rows)


def sample() -> str:
    """What is printed for ``SAMPLE``; what differs from machine to machine made the same."""
    with tempfile.TemporaryDirectory() as folder:
        station = SimStation(Config(), Path(folder), SAMPLE)
        station.machine = station.machine._replace(versions={"hinge": "0.1.0", "python": "3.11"})
        log = LogConfig(data_dir=folder)
        prepare(log.database)
        report = examine(station, LogCheck(log), simulated=True, now_s=lambda: 0.0)
    out = StringIO()
    Console(file=out, width=110, color_system=None).print(report_view(report))
    shown = out.getvalue().replace(folder, "/var/lib/hinge")
    shown = re.sub(r"\d{4}-\d\d-\d\d \d\d:\d\d UTC", "2026-11-20 12:00 UTC", shown)
    lines = [line.rstrip() for line in shown.splitlines()]
    return "\n".join(["```", *lines, "```"])


def verdicts(text: str) -> list[str]:
    """Sign and code of each line of a sample: what must not change unseen."""
    return re.findall(r"^  (?:\S+ (?:ok|degraded|BROKEN|not known)) +[A-Z_]+", text, re.MULTILINE)


PARTS = {"codes": codes, "faults": faults, "sample": sample}


def mark(part: str, text: str, made: str) -> str:
    """``text`` with what stands between the marks of ``part`` replaced."""
    begin, end = f"<!-- {part} -->\n", f"\n<!-- /{part} -->"
    before, found, rest = text.partition(begin)
    assert found, f"{PAGE}: no mark {begin!r}"
    _, found, after = rest.partition(end)
    assert found, f"{PAGE}: no mark {end!r}"
    return f"{before}{begin}{made}{end}{after}"


if __name__ == "__main__":
    page = PAGE.read_text()
    for name, make in PARTS.items():
        page = mark(name, page, make())
    PAGE.write_text(page)
