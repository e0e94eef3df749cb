"""What the device's log says of the conditions at the wall."""

from __future__ import annotations

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from device.condition_log import QUIET_NS, ConditionLog

S = 1_000_000_000


def test_a_condition_is_said_as_it_begins_and_when_it_is_over() -> None:
    log = ConditionLog()
    assert log.lines(5 * S, ("BLOCKED",)) == ["BLOCKED begins"]
    assert log.lines(6 * S, ("BLOCKED", "COAT")) == ["COAT begins"]
    assert log.lines(9 * S, ("COAT",)) == ["BLOCKED over after 4.0 s"]
    assert log.lines(10 * S, ()) == ["COAT over after 4.0 s"]


def test_a_lost_sensor_is_left_to_the_sensors_own_line() -> None:
    log = ConditionLog()
    assert log.lines(S, ("SENSOR_IMU",)) == []
    assert log.lines(2 * S, ()) == []


def test_one_that_comes_and_goes_is_said_once_in_ten_seconds_with_the_number_left_out() -> None:
    log = ConditionLog()
    said = [
        line
        for second in range(12)
        for line in (*log.lines(second * S, ("LEANING",)), *log.lines(second * S + S // 2, ()))
    ]
    assert said == [
        "LEANING begins",
        "LEANING over after 0.5 s",
        "LEANING begins (9 more before)",
        "LEANING over after 0.5 s",
    ]


@given(st.lists(st.tuples(st.integers(40, 3000), st.sets(st.sampled_from("ABC"))), max_size=60))
def test_never_more_than_two_lines_of_one_in_ten_seconds(steps: list[tuple[int, set[str]]]) -> None:
    log, t_ns = ConditionLog(), 0
    begun: dict[str, list[int]] = {}
    ended: dict[str, int] = {}
    for ms, codes in steps:
        t_ns += ms * 1_000_000
        for line in log.lines(t_ns, sorted(codes)):
            code = line.split()[0]
            if "begins" in line:
                assert code in codes
                begun.setdefault(code, []).append(t_ns)
            else:
                assert code not in codes
                ended[code] = ended.get(code, 0) + 1
    for code, times in begun.items():
        assert all(b - a >= QUIET_NS for a, b in pairwise(times))
        assert len(times) - ended.get(code, 0) in (0, 1)
