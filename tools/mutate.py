"""``make mutate``: change the drivers in every way there is, and see what no test notices.

Functions by mutmut (settings in setup.cfg), constants by ``tools.mutate_constants``. A survivor
must be explained in ``tests/mutation.toml``. Writes ``docs/mutation.md``; exits with 1 when more
than a tenth survive or one is not explained.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import time
import tomllib
from collections import Counter
from pathlib import Path
from typing import NamedTuple

from tools.mutate_constants import survivors

ROOT = Path(__file__).parent.parent
EXPLAINED = ROOT / "tests" / "mutation.toml"
REPORT = ROOT / "docs" / "mutation.md"
MOST_SURVIVORS = 0.10
UNNOTICED = (0, 33)
"""Exit codes that mutmut keeps: all tests passed, or none comes by."""
MUTMUT = Path(sys.executable).parent / "mutmut"


class Survivor(NamedTuple):
    """``text``: the changed lines, "was -> now" on one line."""

    file: str
    text: str


class Reason(NamedTuple):
    """Why what matches ``pattern`` (in ``file``, or anywhere) cannot be noticed."""

    file: str | None
    pattern: re.Pattern[str]
    reason: str


def functions(workers: int) -> tuple[Counter[str], list[Survivor]]:
    """Mutants by file, and the survivors, of mutmut. Raises ``CalledProcessError``."""
    subprocess.run([MUTMUT, "run", "--max-children", str(workers)], check=True)
    counts: Counter[str] = Counter()
    left: list[Survivor] = []
    for meta in sorted((ROOT / "mutants" / "drivers").glob("*.py.meta")):
        file = f"drivers/{meta.name.removesuffix('.meta')}"
        if not (ROOT / file).exists():
            continue
        codes: dict[str, int | None] = json.loads(meta.read_text())["exit_code_by_key"]
        counts[file] = len(codes)
        left += [Survivor(file, _shown(name)) for name, code in codes.items() if code in UNNOTICED]
    return counts, left


def _shown(name: str) -> str:
    said = subprocess.run([MUTMUT, "show", name], check=True, capture_output=True, text=True).stdout
    lines = [line for line in said.splitlines() if not line.startswith(("---", "+++"))]
    was = " ".join(line[1:].strip() for line in lines if line.startswith("-"))
    now = " ".join(line[1:].strip() for line in lines if line.startswith("+"))
    return f"{was} -> {now}"


def constants(workers: int) -> tuple[Counter[str], list[Survivor]]:
    """The same, of the constants."""
    paths = sorted(Path("drivers").glob("*.py"))
    counts, left = survivors(paths, workers)
    return Counter(counts), [
        Survivor(each.file, f"{each.source} : {each.was} -> {each.now}") for each in left
    ]


def reasons() -> list[Reason]:
    with EXPLAINED.open("rb") as file:
        entries = tomllib.load(file)["survivor"]
    return [Reason(e.get("file"), re.compile(e["pattern"]), e["reason"]) for e in entries]


def reason_of(survivor: Survivor, known: list[Reason]) -> str | None:
    for each in known:
        if each.file in (None, survivor.file) and each.pattern.search(survivor.text):
            return each.reason
    return None


def page(counts: Counter[str], left: list[Survivor], known: list[Reason], took_s: float) -> str:
    """``docs/mutation.md``."""
    survived = Counter(each.file for each in left)
    total = sum(counts.values())
    lines = [
        "# What no test notices",
        "",
        f"By `make mutate`: {total} changes to `drivers/`, one at a time, each with the driver "
        f"tests run on it ({took_s / 60:.0f} minutes). {len(left)} survive "
        f"({len(left) / total:.1%}; at most {MOST_SURVIVORS:.0%} may).",
        "",
        "Functions are changed by mutmut; numbers and bytes outside of functions, among them every "
        "register table, by `tools/mutate_constants.py` (a tenth more, or a bit).",
        "",
        "| file | changes | survive | share |",
        "|---|---|---|---|",
    ]
    lines += [
        f"| {file} | {n} | {survived[file]} | {survived[file] / n:.1%} |"
        for file, n in sorted(counts.items())
        if n
    ]
    lines += ["", "## The survivors, and why", ""]
    by_reason: dict[str, list[Survivor]] = {}
    for each in left:
        by_reason.setdefault(reason_of(each, known) or "**Not explained**", []).append(each)
    for reason, found in sorted(by_reason.items(), key=lambda entry: -len(entry[1])):
        lines += [f"{len(found)} · {reason}", ""]
        lines += [f"- `{each.file}`: `{_short(each.text)}`" for each in found]
        lines.append("")
    return "\n".join(lines)


def _short(text: str) -> str:
    return text.replace("`", "'") if len(text) <= 160 else text[:157].replace("`", "'") + "..."


def main() -> int:
    os.chdir(ROOT)
    workers = os.cpu_count() or 1
    begun = time.monotonic()
    counts, left = functions(workers)
    more, unnoticed = constants(workers)
    counts += more
    left += unnoticed
    known = reasons()
    REPORT.write_text(page(counts, left, known, time.monotonic() - begun))
    share = len(left) / sum(counts.values())
    unexplained = [each for each in left if reason_of(each, known) is None]
    for each in unexplained:
        sys.stderr.write(f"not explained: {each.file}: {each.text}\n")
    sys.stdout.write(
        f"{sum(counts.values())} changes, {len(left)} survive ({share:.1%}), "
        f"{len(unexplained)} not explained: docs/mutation.md\n"
    )
    return int(share > MOST_SURVIVORS or bool(unexplained))


if __name__ == "__main__":
    raise SystemExit(main())
