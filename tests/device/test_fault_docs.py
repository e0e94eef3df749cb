"""docs/faults-of-the-rig.md tells the kinds and the times that the sweep holds."""

from __future__ import annotations

import re
from pathlib import Path

from device.bus_ladder import POWER_AFTER_NS, REBIND_AFTER_NS, ladder_of
from device.recovery import PAUSE_FIRST_NS, PAUSE_MOST_NS
from device.sensors import RETRY_FIRST_NS, RETRY_MOST_NS
from drivers.bus import timeout_units
from drivers.bus_recovery import OFF_NS, PULSES
from drivers.sim.bus import SimBus
from drivers.sim.clock import VirtualClock
from tests.device.fault_kinds import KINDS
from tests.device.test_fault_station import BACK_S, FREED, TICK_MS, TIMEOUT_MS

PAGE = (Path(__file__).parents[2] / "docs" / "faults-of-the-rig.md").read_text()


def _rows(title: str) -> list[list[str]]:
    section = PAGE.split(f"## {title}\n")[1].split("\n## ")[0]
    rows = [line.strip("|").split("|") for line in section.splitlines() if line.startswith("|")]
    return [[cell.strip() for cell in row] for row in rows[2:]]


def test_every_kind_that_is_tried_has_its_row() -> None:
    assert [row[0] for row in _rows("One sensor")] == [kind.name for kind in KINDS]


def test_every_rung_has_its_row_and_its_time() -> None:
    rows = _rows("A whole bus")
    want = [(name, f"{within_s} s") for within_s, name in FREED.values()]
    assert [(row[0], row[1]) for row in rows] == want


def test_the_figures_are_those_in_use() -> None:
    for figure in (
        f"fits into its {TICK_MS:.0f} ms",
        f"one timeout of {TIMEOUT_MS:.0f} ms in a tick",
        f"one in {RETRY_MOST_NS // 10**6} ms",
        f"bring-up after {RETRY_FIRST_NS // 10**6} ms, then every {RETRY_MOST_NS // 10**6} ms",
        f"first sample comes within {BACK_S} s",
        f"pauses for {PAUSE_FIRST_NS // 10**9} s",
        f"up to {PAUSE_MOST_NS // 10**9} s",
        f"Not in the first {REBIND_AFTER_NS / 1e9} s",
        f"Not in the first {POWER_AFTER_NS / 1e9} s",
        f"off for {OFF_NS // 10**6} ms",
        f"{timeout_units(400_000) * 10} ms at 400 kHz, {timeout_units(100_000) * 10} ms at 100 kHz",
    ):
        assert figure in PAGE, figure
    assert PULSES == 9


def test_without_tools_a_bus_is_only_opened_anew() -> None:
    said: list[str] = []
    bus = SimBus([], VirtualClock(), name="i2c-1")
    ladder = ladder_of(1, bus, None, None, said.append)
    for now_ns in range(0, 3_000_000_000, 100_000_000):
        ladder.failed(now_ns, silent=False)
        while ladder.busy:
            ladder.step(now_ns)
    assert {re.sub(", done$", "", line) for line in said} == {"i2c-1: opened anew"}
