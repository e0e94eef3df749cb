"""A scenario in the demo: the one that replay plays, made ahead, faults and all, and then over."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from device.workbench.demo_scenario import LEAD_NS, ScenarioActor
from drivers.sim.clock import VirtualClock
from drivers.sim.rig import Fitted, SimRig
from drivers.sim.scenario import ScenarioScene
from drivers.sim.scenario_file import Fault, Person, Scenario, Station, Step

S = 1_000_000_000
T0 = 5 * S
IMU = 0x6A
SCENARIO = Scenario(
    Station(),
    (Person("ann", 1.7),),
    (Step("ann", "cover_sensor", for_s=4.0), Step("ann", "set", reps=1)),
    (Fault(6.0, "imu", "unplug", 1.0), Fault(9.0, "tof", "hand", 1.0)),
)


@pytest.fixture
def actor() -> Iterator[ScenarioActor]:
    made = ScenarioActor(SCENARIO, "short", 3, T0)
    yield made
    made.close()


def test_made_ahead_it_is_the_same_scenario(actor: ScenarioActor) -> None:
    other = ScenarioScene(SCENARIO, 3, T0 + LEAD_NS)
    for t_ns in range(T0, T0 + 24 * S, S // 10):
        actor.attend(t_ns)
        assert actor.imu(t_ns) == other.imu(t_ns)
        assert actor.reflection(0, t_ns) == other.reflection(0, t_ns)
        assert actor.pad_force_n(t_ns) == other.pad_force_n(t_ns)
    assert actor.reflection(0, T0 + LEAD_NS + round(9.5 * S)).range_mm == 20.0


def test_it_says_what_is_done_takes_no_orders_and_ends(actor: ScenarioActor) -> None:
    assert actor.says(T0 + LEAD_NS + S) == "I am walking up to the wall."
    with pytest.raises(ValueError, match="short is being played"):
        actor.order("squat")
    end_ns = T0 + LEAD_NS + round(actor.duration_s * S)
    assert actor.says(end_ns - S // 100) != "short is over."
    assert actor.says(end_ns) == "short is over."


def test_its_faults_are_done_to_the_rig(actor: ScenarioActor) -> None:
    clock = VirtualClock(T0)
    rig = SimRig(actor, clock, Fitted(tofs=1))
    actor.attach(rig)

    def answers(at_s: float) -> bool:
        clock.sleep_until_ns(T0 + LEAD_NS + round(at_s * S))
        actor.attend(clock.now_ns())
        try:
            rig.dowel.write_read(IMU, [b"\x0f"], 1)
        except OSError:
            return False
        return True

    assert [answers(at_s) for at_s in (5.9, 6.1, 6.9)] == [True, False, False]
    answers(7.0)
    assert answers(7.5)
