"""Somebody at a terminal: answers, wrong answers, nobody there."""

from __future__ import annotations

import contextlib
import io
import os
import pty
import select
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rich.console import Console

from device.calibration.runner import Runner, answer
from device.calibration.session import Session
from device.calibration.step import Ask, Complaint, Ground
from device.calibration.steps import STEPS
from device.calibration.steps.offset import BOARD
from device.calibration.terminal import Terminal
from device.config_model import Config
from device.errors import UsageError
from device.tick import SensorFault, TickInput
from drivers.samples import ImuSample, PadSample, TofSample
from tests.calibration.bench import Bench, config_with


@pytest.fixture
def pipe() -> Iterator[tuple[int, int]]:
    ends = os.pipe()
    yield ends
    for end in ends:
        with contextlib.suppress(OSError):
            os.close(end)


class Sat(Terminal):
    """A terminal whose person also moves the board."""

    def __init__(self, bench: Bench, out: io.StringIO, fd: int, *, yes: bool = False) -> None:
        super().__init__(Console(file=out, width=200), fd, yes=yes)
        self._bench = bench

    def tell(self, step: Any, phase: Any) -> None:
        super().tell(step, phase)
        self._bench.sim.tell(step, phase)


def sit(tmp_path: Path, typed: bytes, pipe: tuple[int, int], **more: Any) -> tuple[Any, str]:
    bench = Bench(config_with(tmp_path))
    out = io.StringIO()
    os.write(pipe[1], typed)
    os.close(pipe[1])
    hands = Sat(bench, out, pipe[0], **more)
    sim = bench.sim
    runner = Runner(bench.config, sim.build, sim.clock, bench.store, hands)
    return runner.run(STEPS["offset"]), out.getvalue()


def test_what_is_typed_is_taken_and_what_is_wrong_is_asked_again(
    tmp_path: Path, pipe: tuple[int, int]
) -> None:
    done, said = sit(tmp_path, b"far\n9000\n140,0\n\n", pipe)
    assert done.state == "stored", done.text
    assert "offset: Range offset" in said
    assert "140 mm from their lenses" in " ".join(said.split())
    assert "got 'far', expected a number of mm" in said
    assert "got 9000, expected 60 to 400 mm" in said
    assert "Board [140 mm]:" in said
    assert said.count("Then press Enter.") == 1
    assert "tried out" in said


def test_what_looks_like_a_style_is_said_as_it_was_typed(
    tmp_path: Path, pipe: tuple[int, int]
) -> None:
    done, said = sit(tmp_path, b"[/]\n140\n\n", pipe)
    assert done.state == "stored", done.text
    assert "got '[/]', expected a number of mm" in said


def test_an_enter_before_the_question_is_no_answer() -> None:
    hand, screen = pty.openpty()
    try:
        terminal = Terminal(Console(file=io.StringIO()), screen)
        os.write(hand, b"\n\n")
        assert select.select([screen], [], [], 5.0)[0]
        terminal.prompt(None, "")
        assert terminal.line(TickInput(0)) is None
        os.write(hand, b"\n")
        assert select.select([screen], [], [], 5.0)[0]
        assert terminal.line(TickInput(0)) == ""
    finally:
        os.close(hand)
        os.close(screen)


def test_with_yes_nobody_has_to_type(tmp_path: Path, pipe: tuple[int, int]) -> None:
    done, _ = sit(tmp_path, b"", pipe, yes=True)
    assert done.state == "stored", done.text


def test_an_input_that_has_ended_is_said(tmp_path: Path, pipe: tuple[int, int]) -> None:
    with pytest.raises(UsageError, match="--yes"):
        sit(tmp_path, b"140\n", pipe)


@given(text=st.text(max_size=12))
def test_any_answer_is_a_number_within_or_a_complaint(text: str) -> None:
    ask = Ask("board_mm", "mm", 140.0, 60.0, 400.0)
    value, wrong = answer(ask, text)
    assert (value is None) == bool(wrong)
    assert value is None or 60.0 <= value <= 400.0


# -- the state machine ---------------------------------------------------------------------------


def ground() -> Ground:
    return Ground(Config(), {BOARD.name: 140.0}, {})


numbers = st.floats(-1e4, 1e4)
ticks = st.builds(
    lambda ms, imu, tof, pads: (ms, imu, tof, pads),
    st.integers(1, 400),
    st.lists(st.tuples(*[numbers] * 6), max_size=4),
    st.lists(st.tuples(st.booleans(), numbers, st.floats(0, 1e5), st.floats(0, 256)), max_size=2),
    st.lists(st.tuples(st.integers(0, 2), st.floats(0, 1)), max_size=3),
)


@pytest.mark.parametrize("name", STEPS)
@settings(max_examples=25)
@given(rows=st.lists(ticks, max_size=60))
def test_no_samples_break_a_step(name: str, rows: Any) -> None:
    typed = {"board_mm": 140.0, "height_0_m": 0.88}
    typed |= {f"board_{i}_mm": 200.0 + 100.0 * i for i in range(5)}
    session = Session(STEPS[name], Ground(Config(), typed, {}))
    t_ns = 0
    for _ in range(12):
        if session.phase is None:
            break
        session.begin({})
        before = session.phase
        going = True
        for ms, imu, tof, pads in rows:
            t_ns += ms * 1_000_000
            tick = TickInput(
                t_ns,
                tuple(ImuSample(t_ns, *row) for row in imu),
                tuple(
                    (0, TofSample(t_ns, abs(mm), ok, 0 if ok else 2, kcps, 50.0, 2.0, spads, 1))
                    for ok, mm, kcps, spads in tof
                ),
                tuple(PadSample(t_ns, pad, level, level > 0.1) for pad, level in pads),
            )
            going = session.tick(tick)
            assert 0.0 <= session.progress <= 1.0
            if not going:
                break
        if going:
            assert session.tick(TickInput(t_ns + 100_000_000_000)) is False or not rows
            t_ns += 200_000_000_000
            session.tick(TickInput(t_ns))
        assert session.phase is not before
    if session.phase is None:
        assert session.outcome is not None


def test_only_the_steps_own_sensor_ends_it() -> None:
    session = Session(STEPS["offset"], ground())
    session.begin({})
    assert session.tick(TickInput(1, faults=(SensorFault("imu", 0, "lost", "gone."),)))
    assert session.tick(TickInput(2, faults=(SensorFault("tof", 0, "back", ""),)))
    assert not session.tick(TickInput(3, faults=(SensorFault("tof", 0, "lost", "gone."),)))
    assert isinstance(session.outcome, Complaint)
    assert "gone" in str(session.outcome)
    assert session.phase is None
    assert session.tick(TickInput(4)) is False


def test_a_chip_that_is_gone_by_the_time_is_said() -> None:
    session = Session(STEPS["gyro"], ground())
    session.begin({}, [SensorFault("imu", 0, "lost", "LSM6DSOX at 0x6A is gone.")])
    assert "LSM6DSOX" in str(session.outcome)
