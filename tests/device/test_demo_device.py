"""The demo's person, motion and stage, on virtual time."""

from __future__ import annotations

import itertools
import socket
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from device.control import Datagrams
from device.tick import SetDone, TickInput, TickOutput
from device.workbench.demo_device import FastClock, Stage
from device.workbench.demo_person import AHEAD_S, MOST_ORDERS, MotionForEver, ReadyPerson
from device.workbench.motion_run import load_motion
from drivers.sim.body import Body
from drivers.sim.clock import VirtualClock
from drivers.sim.person import Person
from drivers.sim.rig import Fitted, SimRig
from drivers.sim.segments import Place
from services.schema import KeyPress, PersonOrder, encode
from tests.device.test_live import frame

S = 1_000_000_000
T0 = 5 * S
MOTION = Path(__file__).parents[1] / "data" / "motions" / "CMU_13__13_30_Squat_11s.csv"


@pytest.fixture
def person() -> Iterator[ReadyPerson]:
    made = ReadyPerson(Body(), Place(), 3, T0)
    yield made
    made.close()


def test_made_ahead_it_is_the_same_person(person: ReadyPerson) -> None:
    other = Person(Body(), Place(), 3, T0)
    for t_ns in range(T0, T0 + 40 * S, S // 10):
        person.attend(t_ns)
        assert person.imu(t_ns) == other.imu(t_ns)
        assert person.reflection(0, t_ns) == other.reflection(0, t_ns)
        assert person.pad_force_n(t_ns) == other.pad_force_n(t_ns)
        assert person.says(t_ns) == other.says(t_ns)


def test_the_next_piece_is_made_before_it_is_due(person: ReadyPerson) -> None:
    made = person.maker.make
    calls: list[str] = []

    def noting(step: str, start_s: float) -> object:
        calls.append(step)
        return made(step, start_s)

    person.maker.make = noting  # type: ignore[method-assign,assignment]  # looks on
    person.imu(T0)
    assert calls == ["approach"]
    end_ns = T0 + round(person.played[-1].end_s * 1e9)
    person.attend(end_ns - round((AHEAD_S + 0.1) * S))
    assert calls == ["approach"]
    person.attend(end_ns - round((AHEAD_S - 0.1) * S))
    person.attend(end_ns - round((AHEAD_S - 0.2) * S))
    person.imu(end_ns + 1)
    assert calls == ["approach", "pick_up"]


def test_orders_are_next_in_line_and_bounded(person: ReadyPerson) -> None:
    person.imu(T0)
    person.order("overarch")
    assert person.says(T0).endswith("Next, as told: overarch.")
    for _ in range(MOST_ORDERS - 1):
        person.order("rounding_mild")
    with pytest.raises(ValueError, match="20 orders are waiting"):
        person.order("squat")
    with pytest.raises(ValueError, match="'handstand', expected one of"):
        ReadyPerson(Body(), Place(), 0, T0).order("handstand")
    heard = []
    for t_ns in range(T0, T0 + 30 * S, S // 20):
        person.attend(t_ns)
        heard.append(person.says(t_ns).partition(" Next")[0])
    told = [words for words, _ in itertools.groupby(heard)]
    assert told[3:5] == [
        "I am leaning back too far at the top.", "I am rounding my low back a little.",
    ]  # fmt: skip


def test_a_motion_goes_round_without_a_jump() -> None:
    scene = MotionForEver(load_motion(MOTION), "squats", T0, Place())
    step_ns = S // 200
    length_ns = next(
        t for t in range(T0 + S, T0 + 60 * S, step_ns) if scene.says(t) != scene.says(T0)
    )
    assert scene.says(T0) == "I am squats, played for the 1st time."
    assert scene.says(length_ns) == "I am squats, played for the 2nd time."
    times = range(length_ns - 5 * S, length_ns + 3 * S, step_ns)
    for before, after in itertools.pairwise(times):
        a, b = scene.imu(before), scene.imu(after)
        assert all(abs(x - y) < 1.0 for x, y in zip(a[:3], b[:3], strict=True))
        near, far = (scene.reflection(0, t).range_mm for t in (before, after))
        assert near is not None
        assert far is not None
        assert abs(near - far) < 15
    assert scene.imu(T0 - S) == scene.imu(T0)
    with pytest.raises(ValueError, match="squats is being played"):
        scene.order("squat")


def test_time_runs_as_many_times_as_fast() -> None:
    clock = FastClock(20.0)
    began_s, start_ns = time.monotonic(), clock.now_ns()
    clock.sleep_until_ns(start_ns + S // 2)
    passed_s, now_ns = time.monotonic() - began_s, clock.now_ns()
    assert now_ns >= start_ns + S // 2
    assert 0.025 <= passed_s < 0.4
    clock.sleep_until_ns(start_ns)  # gone by
    assert clock.now_ns() - start_ns == pytest.approx(
        (time.monotonic() - began_s) * 20 * S, rel=0.1
    )


class Acting:
    """A stage with a live frame a tick."""

    def __init__(self, folder: Path, *, pads_fitted: bool = True) -> None:
        self.clock = VirtualClock(T0)
        self.person = ReadyPerson(Body(), Place(), 0, T0)
        fitted = Fitted(pads="ads1115" if pads_fitted else None)
        self.rig = SimRig(self.person, self.clock, fitted)
        self.path = folder / "person.sock"
        self.orders = Datagrams(self.path)
        self.said: list[str] = []
        self.stage = Stage(
            self.person, self.rig, self.orders, self.said.append, pads_fitted=pads_fitted
        )
        self.live = True
        self.stage.wrap(self)

    def step(self, tick: TickInput, /) -> TickOutput:
        return TickOutput(state="SET", live=frame(7) if self.live else None)

    def finish(self) -> tuple[SetDone, ...]:
        return ()

    def tick(self) -> str | None:
        output = self.stage.step(TickInput(self.clock.now_ns()))
        assert output.state == "SET"
        return None if output.live is None else output.live.person_says

    def tell(self, data: bytes) -> None:
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sender:
            sender.sendto(data, str(self.path))

    def answers(self, address: int = 0x6A, bus: int = 3) -> bool:
        try:
            self.rig.buses[bus].write(address, b"\x0f")
        except OSError:
            return False
        return True


@pytest.fixture
def acting(tmp_path: Path) -> Iterator[Acting]:
    made = Acting(tmp_path)
    yield made
    made.orders.close()
    made.person.close()


def test_the_words_go_into_live_frames_and_nothing_else_changes(acting: Acting) -> None:
    assert acting.tick() == "I am walking up to the wall."
    acting.live = False
    assert acting.tick() is None


def test_a_sensor_is_lost_for_the_time_asked(acting: Acting) -> None:
    acting.tick()
    acting.tell(encode(PersonOrder(lose="imu", for_s=2.0)))
    assert acting.tick() == "I am walking up to the wall. Unplugged: dowel sensor."
    assert not acting.answers()
    acting.clock.advance(S)
    acting.tell(encode(PersonOrder(lose="imu", for_s=2.0)))  # longer, not twice
    acting.tick()
    acting.clock.advance(2 * S - 1)
    acting.tick()
    assert not acting.answers()
    acting.clock.advance(1)
    assert acting.tick() == "I am walking up to the wall."
    acting.clock.advance(S)
    assert acting.answers()


@pytest.mark.parametrize(("asked_s", "for_s"), [(-5.0, 0.1), (1e9, 60.0)])
def test_the_time_a_sensor_is_lost_is_bounded(acting: Acting, asked_s: float, for_s: float) -> None:
    acting.tell(encode(PersonOrder(lose="tof", for_s=asked_s)))
    acting.tick()
    acting.clock.advance(round(for_s * S) - 1)
    assert "distance sensor" in (acting.tick() or "")
    acting.clock.advance(1)
    assert "distance sensor" not in (acting.tick() or "")


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (encode(PersonOrder(do="handstand")), "'handstand'"),
        (encode(KeyPress(key="next")), "key of the station"),
        (b"{", "ignored"),
        (b'{"type": "person", "lose": "lamp"}', "lamp"),
    ],
)
def test_an_order_that_makes_no_sense_is_said(acting: Acting, data: bytes, words: str) -> None:
    acting.tell(data)
    acting.tick()
    assert len(acting.said) == 1
    assert words in acting.said[0]


def test_a_refusal_is_shown_for_a_while(acting: Acting) -> None:
    acting.tell(encode(PersonOrder(do="handstand")))
    assert "I cannot: step 'handstand', expected one of" in (acting.tick() or "")
    acting.clock.advance(4 * S)
    assert "I cannot" not in (acting.tick() or "")


def test_pads_that_are_not_fitted_cannot_be_unplugged(tmp_path: Path) -> None:
    acting = Acting(tmp_path, pads_fitted=False)
    acting.tell(encode(PersonOrder(lose="pads")))
    words = acting.tick() or ""
    assert "I cannot: there are no pads to unplug." in words
    assert "Unplugged" not in words
    acting.orders.close()
    acting.person.close()
