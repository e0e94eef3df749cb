"""What is known of a patient outlasts the visit; a walk-up's does not; neither bends the rules."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest

from device.baseline import Baseline
from device.config import parse
from device.errors import ConfigError
from device.keeper import Keeper
from device.keepsake import Keepsakes
from device.lever import Build
from device.limits import LOG
from device.memory import Memory
from device.pipeline import Pipeline
from device.setup import Setting
from device.tick import SessionEvent, SetDone, TickInput, TickOutput
from tests.device.rig import World, feed, visit

WHO = "P-00002K-9"
TICK = TickInput(0, (), (), (), ())


class Known:
    """A middle that ends a visit at every tick."""

    def __init__(self, memory: Memory, closes: bool = True) -> None:
        self.memory = memory
        self._events = (SessionEvent("close", "left"),) if closes else ()

    def step(self, tick: TickInput, /) -> TickOutput:
        return TickOutput(sessions=self._events)

    def finish(self) -> Sequence[SetDone]:
        return ()


def keeper(folder: Path, memory: Memory, lines: list[str], closes: bool = True) -> Keeper:
    return Keeper(Known(memory, closes), Keepsakes(folder, lines.append), WHO, lines.append)


def test_a_visit_that_ends_is_kept_and_found_again(tmp_path: Path) -> None:
    lines: list[str] = []
    kept = keeper(tmp_path / "people", Memory((-0.004, -0.005), (-30.0,)), lines)
    kept.step(TICK)
    kept.close()
    assert Keepsakes(tmp_path / "people").load(WHO, Memory) == Memory((-0.004, -0.005), (-30.0,))
    assert lines == []


def test_a_program_that_is_stopped_in_the_visit_keeps_it_too(tmp_path: Path) -> None:
    kept = keeper(tmp_path, Memory((0.001,)), [], closes=False)
    kept.step(TICK)
    kept.close()
    assert Keepsakes(tmp_path).load(WHO, Memory) == Memory((0.001,))


def test_a_disk_that_does_not_take_it_is_said_and_the_loop_goes_on(tmp_path: Path) -> None:
    blocked = tmp_path / "people"
    blocked.write_text("not a folder")
    lines: list[str] = []
    kept = keeper(blocked, Memory((0.001,)), lines)
    for _ in range(3):
        assert kept.step(TICK).sessions
    kept.close()
    told = [line for line in lines if "not kept" in line]
    assert len(told) == 4  # three visits, and the end of the program
    assert all(WHO in line and str(blocked) in line and "\n" not in line for line in told)


def test_a_baseline_and_a_build_begin_with_what_is_known() -> None:
    shares = (-0.006,) * 5
    assert Baseline(shares).excess_share() == pytest.approx(-0.006 + LOG.excess_above_own)
    assert Baseline(shares).excess_shares == shares
    assert Build((-30.0, -20.0, -10.0)).lever_mm == -20.0


def test_no_memory_reaches_beyond_the_bounds() -> None:
    assert Baseline((0.05,) * 30).excess_share() == LOG.excess_most_share
    assert Baseline((-0.05,) * 30).excess_share() == LOG.excess_least_share


def test_a_visit_teaches_the_memory() -> None:
    pipeline = Pipeline(Setting(stature_m=1.70))
    feed(pipeline, World(visit(3.0).rep().rep()).ticks())
    assert len(pipeline.memory.excess_shares) == 2
    assert len(pipeline.memory.levers_mm) == 2


@pytest.mark.parametrize("patient", ["Smith", "P-00002K-8", "P-0002K-9"])
def test_a_patient_is_a_checked_pseudonym(patient: str) -> None:
    with pytest.raises(ConfigError, match=r"practice\.patient.*pseudonym"):
        parse(f'[practice]\npatient = "{patient}"\n')
    assert parse(f'[practice]\npatient = "{WHO}"\n').practice.patient == WHO
