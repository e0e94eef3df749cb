"""The loop: its pace, what it hands over, and that nothing outside can stop it."""

from __future__ import annotations

import gc
import itertools
import socket
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from device import ids
from device.journal import Journal
from device.live import Live
from device.loop import Health, run_loop
from device.notify import Notify
from device.outbox import OutboxHealth
from device.pacer import TICK_NS, Pacer
from device.recorder import Meta, Recorder, read_recording
from device.sensors import SensorsHealth
from device.sets import summarise
from device.tick import (
    OutputChange,
    RepDone,
    SensorFault,
    SessionEvent,
    SetDone,
    TickInput,
    TickOutput,
)
from drivers.sim.clock import VirtualClock
from services.schema import (
    ContactLoss,
    Message,
    RepBody,
    RepMessage,
    SessionClose,
    SessionOpen,
    SetMessage,
    decode_live,
)
from tests.device.test_live import frame

START = 1_000_000_000


def _body(start_s: float) -> RepBody:
    return RepBody(
        start_s=start_s, bottom_s=start_s + 1, end_s=start_s + 2, peak_tilt_deg=47.0,
        hip_travel_mm=None, hip_drop_mm=None, hip_return_mm=None, hinge_ratio=None,
        shin_angle_deg=None, knee_flexion_deg=None, drop_angle_deg=None, excess_drop_mm=None,
        early_drop_mm=None, onset_lag_s=None, peak_rate_dps=None, t_down_s=1.0, t_hold_s=0.0,
        t_up_s=1.0, contact_loss_ms=ContactLoss(), valid=True, verdict="GOOD",
        contacts="not_judged",
    )  # fmt: skip


class World:
    """Everything around the loop, scripted by tick number."""

    def __init__(self, ticks: int = 10) -> None:
        self.clock = VirtualClock(START)
        self.ticks = ticks
        self.outputs_of: dict[int, TickOutput] = {}
        self.faults_of: dict[int, tuple[SensorFault, ...]] = {}
        self.cost_of: dict[int, int] = {}
        self.seen: list[TickInput] = []
        self.unfinished: tuple[SetDone, ...] = ()
        self.levels: dict[str, float] = {}
        self.broken_pins: set[str] = set()
        self.posted: list[Message] = []
        self.said: list[str] = []
        self.healths: list[Health] = []
        self.collected_at: list[int] = []
        self.journal = Journal(
            "hinge", "dowel", "learn", stamp=lambda: ids.Stamp("2026-01-01T00:00:00.000Z", True)
        )

    # As sensors.
    def read(self, t_ns: int) -> TickInput:
        return TickInput(t_ns, faults=self.faults_of.get(len(self.seen), ()))

    def health(self) -> Any:
        return SensorsHealth({}, 0, ())

    # As the middle.
    def step(self, tick: TickInput, /) -> TickOutput:
        n = len(self.seen)
        self.seen.append(tick)
        self.clock.advance(self.cost_of.get(n, 0))
        return self.outputs_of.get(n, TickOutput())

    def finish(self) -> tuple[SetDone, ...]:
        return self.unfinished

    def run(self, **options: Any) -> Health:
        return run_loop(
            self,
            self,
            _Pins(self),
            _Post(self),
            options.pop("live", None),
            options.pop("recorder", None),
            self.clock,
            options.pop("stop", lambda: len(self.seen) >= self.ticks),
            journal=self.journal,
            say=self.said.append,
            on_health=self.healths.append,
            collect=lambda: self.collected_at.append(len(self.seen) - 1),
            **options,
        )


class _Pins:
    def __init__(self, world: World) -> None:
        self.world = world

    def set(self, name: str, value: float) -> None:
        if name in self.world.broken_pins:
            raise RuntimeError(f"{name} is stuck")
        self.world.levels[name] = value

    def all_off(self) -> None:
        for name in self.world.levels:
            self.set(name, 0.0)


class _Post:
    def __init__(self, world: World) -> None:
        self.world = world

    def put(self, message: Message) -> None:
        self.world.posted.append(message)

    def health(self) -> OutboxHealth:
        return OutboxHealth(3, 0, 1.0, 0, False, "nobody there", "disk is full")


def test_ticks_stand_at_their_deadlines_whatever_a_tick_takes() -> None:
    world = World(ticks=6)
    world.cost_of = {1: 4_900_000, 2: 1_000_000, 3: 4_999_999}
    health = world.run()
    assert [tick.t_ns for tick in world.seen] == [START + n * TICK_NS for n in range(6)]
    assert health.pacer == (6, 0, 0.0)


def test_a_late_tick_is_skipped_and_counted_never_made_up_for() -> None:
    world = World(ticks=6)
    world.cost_of = {1: 23_000_000}
    health = world.run()
    # Tick 1 began at 5 ms and ended at 28: 10, 15 and 20 are gone, 25 is 3 ms late.
    assert [(tick.t_ns - START) / 1e6 for tick in world.seen] == [0, 5, 28, 30, 35, 40]
    assert health.pacer == (6, 3, 3.0)


def test_a_condition_at_the_wall_is_said_when_it_begins_and_when_it_is_over() -> None:
    world = World(ticks=6)
    world.outputs_of = {
        1: TickOutput(conditions=("BLOCKED",)),
        3: TickOutput(conditions=()),
    }
    world.run()
    assert world.said == ["BLOCKED begins", "BLOCKED over after 0.0 s"]


@given(st.lists(st.integers(0, 40_000_000), min_size=1, max_size=60))
def test_no_two_ticks_ever_share_a_deadline(costs_ns: list[int]) -> None:
    clock = VirtualClock(START)
    pacer = Pacer(clock)
    starts = []
    for cost_ns in costs_ns:
        starts.append(pacer.wait())
        clock.advance(cost_ns)
    slots = [(t_ns - START) // TICK_NS for t_ns in starts]
    assert all(a < b for a, b in itertools.pairwise(slots))
    health = pacer.take_health()
    assert health.ticks == len(costs_ns)
    assert health.missed == slots[-1] + 1 - len(slots)
    assert health.lag_ms < TICK_NS * 1e-6


def test_outputs_are_set_in_their_tick_and_all_are_off_at_the_end() -> None:
    world = World(ticks=3)
    world.outputs_of[0] = TickOutput(outputs=(OutputChange("led_head_lost", 1.0),))
    world.outputs_of[1] = TickOutput(outputs=(OutputChange("buzzer", 440.0),))
    seen: list[dict[str, float]] = []

    def stop() -> bool:
        seen.append(dict(world.levels))
        return len(world.seen) >= 3

    world.run(stop=stop)
    assert seen[1:3] == [{"led_head_lost": 1.0}, {"led_head_lost": 1.0, "buzzer": 440.0}]
    assert world.levels == {"led_head_lost": 0.0, "buzzer": 0.0}


def test_a_pin_that_fails_is_said_once_and_holds_nothing_up() -> None:
    world = World(ticks=5)
    world.broken_pins = {"buzzer"}
    both = (OutputChange("buzzer", 440.0), OutputChange("led_head_lost", 1.0))
    world.outputs_of = {n: TickOutput(outputs=both) for n in (0, 2, 4)}
    health = world.run()
    assert len(world.seen) == 5
    assert world.said == ["output buzzer to 440.0: buzzer is stuck"]
    assert health.output_errors == 4
    assert world.levels == {"led_head_lost": 0.0}


def test_a_mistake_in_the_middle_ends_it_with_all_outputs_off() -> None:
    world = World(ticks=5)
    world.outputs_of[0] = TickOutput(
        outputs=(OutputChange("buzzer", 440.0),), sessions=(SessionEvent("open"),)
    )
    world.cost_of[1] = -1  # the clock refuses to go back
    with pytest.raises(ValueError, match="virtual clock"):
        world.run()
    assert world.levels == {"buzzer": 0.0}
    assert [type(m) for m in world.posted] == [SessionOpen, SessionClose]
    assert gc.isenabled()


def test_sensor_faults_are_said() -> None:
    world = World()
    world.faults_of[2] = (SensorFault("imu", 0, "lost", "LSM6DSOX at 0x6A: gone"),)
    world.faults_of[4] = (SensorFault("imu", 0, "back", ""),)
    world.run()
    assert world.said == ["imu lost: LSM6DSOX at 0x6A: gone", "imu back"]


def test_a_visit_and_its_reps_become_messages_with_keys_and_wall_time() -> None:
    world = World(ticks=6)
    world.outputs_of = {
        1: TickOutput(sessions=(SessionEvent("open"),)),
        2: TickOutput(reps=(RepDone(1, 1, _body(1.0)), RepDone(1, 2, _body(4.0)))),
        3: TickOutput(live=frame(drill="wall", stage="practice")),
        4: TickOutput(
            sessions=(SessionEvent("close", "left"), SessionEvent("open")),
            reps=(RepDone(1, 3, _body(8.0)),),
        ),
    }
    world.run()
    opened, rep_1, rep_2, rep_3, closed, opened_2, closed_2 = world.posted
    assert isinstance(opened, SessionOpen)
    assert isinstance(closed, SessionClose)
    assert isinstance(opened_2, SessionOpen)
    assert isinstance(closed_2, SessionClose)
    reps = [m for m in (rep_1, rep_2, rep_3) if isinstance(m, RepMessage)]
    assert [(m.set_index, m.rep_index, m.rep.start_s) for m in reps] == [
        (1, 1, 1.0), (1, 2, 4.0), (1, 3, 8.0),
    ]  # fmt: skip
    assert {opened.session_id, closed.session_id, *(m.session_id for m in reps)} == {
        opened.session_id
    }
    assert closed_2.session_id == opened_2.session_id != opened.session_id
    assert [opened.drill, *(m.drill for m in reps)] == ["dowel", "dowel", "dowel", "wall"]
    assert (reps[0].stage, reps[2].stage) == ("learn", "practice")
    assert (closed.reason, closed_2.reason) == ("left", "the station was stopped")
    assert len({m.id for m in world.posted}) == 7
    assert [m.id for m in world.posted] == sorted(m.id for m in world.posted)
    assert {m.wall_time for m in world.posted} == {"2026-01-01T00:00:00.000Z"}
    assert all(m.station == "hinge" and m.clock_synced for m in world.posted)


def test_a_set_is_logged_after_its_reps_and_before_its_visit_ends() -> None:
    world = World(ticks=5)
    first = SetDone(1, summarise([_body(1.0), _body(4.0)], 1.7, ended="left"))
    second = SetDone(2, summarise([_body(9.0)], 1.7, ended="end"))
    world.outputs_of = {
        1: TickOutput(sessions=(SessionEvent("open"),)),
        2: TickOutput(
            reps=(RepDone(1, 2, _body(4.0)),),
            sets=(first,),
            sessions=(SessionEvent("close", "left"),),
        ),
        3: TickOutput(sessions=(SessionEvent("open"),)),
    }
    world.unfinished = (second,)
    world.run()
    kinds = [SessionOpen, RepMessage, SetMessage, SessionClose]
    assert [type(m) for m in world.posted] == [*kinds, SessionOpen, SetMessage, SessionClose]
    one, other = (m for m in world.posted if isinstance(m, SetMessage))
    assert (one.set_index, one.summary, one.drill) == (1, first.summary, "dowel")
    assert (other.set_index, other.summary.ended) == (2, "end")
    assert one.session_id == world.posted[0].session_id != other.session_id
    assert len({m.id for m in world.posted}) == 7


def test_a_middle_that_failed_is_not_asked_for_its_set() -> None:
    world = World(ticks=5)
    world.outputs_of[0] = TickOutput(sessions=(SessionEvent("open"),))
    world.unfinished = (SetDone(1, summarise([_body(1.0)], 1.7, ended="end")),)
    world.cost_of[1] = -1
    with pytest.raises(ValueError, match="virtual clock"):
        world.run()
    assert [type(m) for m in world.posted] == [SessionOpen, SessionClose]


@pytest.mark.parametrize(
    ("events", "kinds"),
    [
        ((SessionEvent("open"),), [SessionOpen, RepMessage]),
        ((SessionEvent("open"), SessionEvent("close")), [SessionOpen, RepMessage, SessionClose]),
        ((), [SessionOpen, RepMessage]),
    ],
)
def test_a_rep_always_lies_within_a_visit(
    events: Sequence[SessionEvent], kinds: list[type]
) -> None:
    journal = Journal("hinge", "dowel", "learn")
    output = TickOutput(sessions=tuple(events), reps=(RepDone(1, 1, _body(0.0)),))
    messages = journal.messages(output)
    assert [type(m) for m in messages] == kinds
    assert len({m.session_id for m in messages}) == 1


def test_every_tick_is_recorded_also_those_without_news(tmp_path: Path) -> None:
    world = World(ticks=50)
    meta = Meta(source="run", origin_t_ns=START, odr_hz=208.0, drill="dowel", stage="learn")
    recorder = Recorder(tmp_path / "a.mcap", meta)
    health = world.run(recorder=recorder)
    recorder.close()
    assert list(read_recording(tmp_path / "a.mcap")[1]) == world.seen
    assert health.recorder is not None
    assert health.recorder.dropped == 0


def test_live_frames_go_out_and_systemd_hears_ready_after_the_first_tick(tmp_path: Path) -> None:
    listeners: dict[str, socket.socket] = {}
    for name in ("live", "notify"):
        listeners[name] = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        listeners[name].bind(str(tmp_path / name))
        listeners[name].settimeout(5)
    world = World(ticks=450)
    world.outputs_of[3] = TickOutput(live=frame(7))
    live, notify = Live(tmp_path / "live"), Notify({"NOTIFY_SOCKET": str(tmp_path / "notify")})
    world.run(live=live, notify=notify)
    assert decode_live(listeners["live"].recv(65536)).seq == 7
    heard = [listeners["notify"].recv(4096).decode() for _ in range(4)]
    assert [text.split("\n")[0] for text in heard] == [
        "READY=1", "WATCHDOG=1", "WATCHDOG=1", "STOPPING=1",
    ]  # fmt: skip
    assert "3 to send (nobody there)" in heard[1]
    live.close()
    notify.close()
    for listener in listeners.values():
        listener.close()


def test_live_frames_carry_how_the_device_is(tmp_path: Path) -> None:
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    listener.bind(str(tmp_path / "live"))
    listener.settimeout(5)
    world = World(ticks=420)
    world.cost_of[5] = 12_000_000
    world.outputs_of = {n: TickOutput(live=frame(n)) for n in (3, 410)}
    live = Live(tmp_path / "live")
    world.run(live=live)
    first, later = (decode_live(listener.recv(65536)) for _ in range(2))
    assert first.device is None, "nothing is known before the first second"
    assert later.device is not None
    assert (later.device.waiting, later.device.disk_error) == (3, "disk is full")
    assert later.device.ticks_missed == 1
    assert (later.device.recording, later.device.frames_dropped) == (None, 0)
    live.close()
    listener.close()


def test_ready_is_not_said_when_the_first_tick_fails(tmp_path: Path) -> None:
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    listener.bind(str(tmp_path / "notify"))
    listener.settimeout(5)
    world = World()
    world.cost_of[0] = -1
    notify = Notify({"NOTIFY_SOCKET": str(tmp_path / "notify")})
    with pytest.raises(ValueError, match="virtual clock"):
        world.run(notify=notify)
    assert listener.recv(100) == b"STOPPING=1"
    notify.close()
    listener.close()


def test_health_comes_once_a_second_with_the_worst_lag_since() -> None:
    world = World(ticks=601)
    world.cost_of = {250: 7_000_000}
    world.run()
    assert [h.pacer.ticks for h in world.healths] == [201, 401, 601]
    assert [h.pacer.lag_ms for h in world.healths] == [0.0, 2.0, 0.0]
    assert [h.pacer.missed for h in world.healths] == [0, 0, 0]


def test_garbage_is_collected_at_the_start_and_between_sets_only() -> None:
    world = World(ticks=8)
    states = {1: "SET_UP", 2: "READY", 3: "SET", 5: "RESTING", 6: "SET", 7: "LEFT"}
    world.outputs_of = {n: TickOutput(state=state) for n, state in states.items()}
    on: list[bool] = []

    def stop() -> bool:
        on.append(gc.isenabled())
        return len(world.seen) >= 8

    world.run(stop=stop)
    assert world.collected_at == [-1, 5, 7]  # before the first tick too
    assert not any(on)
    assert gc.isenabled()
    assert gc.get_freeze_count() == 0


def test_wall_time_is_utc_and_ids_sort_by_time() -> None:
    always: Callable[[], bool] = lambda: True  # noqa: E731  one word is enough
    stamp = ids.stamp(synced=always)
    assert stamp.wall_time.endswith("Z")
    assert stamp.clock_synced
    assert isinstance(ids.clock_synced(), bool)
    made = [ids.new_id() for _ in range(1000)]
    assert made == sorted(set(made))
    assert made[0][14] == "7"
