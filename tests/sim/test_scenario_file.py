"""Scenario files: every mistake is one line with file, key, got and what is allowed."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.sim.body import PATTERNS
from drivers.sim.hours import gym_hour, quiet_hours
from drivers.sim.scenario_file import (
    FOR_S,
    ScenarioError,
    parse_scenario,
    read_scenario,
    scenario_toml,
)

# The example of the interface, with all keys that it promises.
FULL = """
[station]
tof_heights_m = [0.75, 0.88, 1.01]
gap_m = 0.30
pads = "fsr"
[[person]]
id = "a"
stature_m = 1.62
girth = 1.2
reflectance = 0.05
hem_mm = 0
never_closes = ["head"]
[[step]]
who = "a"
do = "set"
pattern = "hinge"
reps = 10
pause_s = [0.0, 0.3]
tempo_s = [1.2, 2.5]
[[step]]
who = "a"
do = "rest"
for_s = 20
[[fault]]
at_s = 95.0
for_s = 4.0
chip = "imu"
kind = "unplug"
"""
ONE = '[[person]]\nid = "a"\n'
STEP = ONE + '[[step]]\nwho = "a"\ndo = "set"\n'


def test_the_format_as_promised() -> None:
    scenario = parse_scenario(FULL)
    assert scenario.station.tof_heights_m == (0.75, 0.88, 1.01)
    assert scenario.person[0].never_closes == ("head",)
    assert scenario.step[0].patterns == ("hinge",)
    assert scenario.step[0].pause_s == (0.0, 0.3)
    assert (scenario.step[1].length_s, scenario.step[0].reps) == (20.0, 10)
    assert (scenario.fault[0].at_s, scenario.fault[0].end_s) == (95.0, 99.0)


def test_a_list_of_patterns_and_the_defaults() -> None:
    scenario = parse_scenario(STEP + 'pattern = ["hinge", "squat"]')
    assert scenario.step[0].patterns == ("hinge", "squat")
    assert scenario.station.tof_heights_m == (0.88,)
    assert scenario.station.pads == "fsr"
    assert scenario.person[0].stature_m == 1.75


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("[station]\ngap = 1", "station.gap: got an unknown key, expected one of tof_heights_m"),
        ("[station]\ngap = 1", "did you mean 'gap_m'?"),
        ("[statoin]\ngap_m = 1", "statoin: got an unknown key"),
        ("[statoin]\ngap_m = 1", "did you mean 'station'?"),
        (ONE + "stature_m = 0", "person[0].stature_m: got 0, expected a stature in metres"),
        (ONE + "stature_m = 2.31", "got 2.31, expected a stature in metres, 1.0 to 2.3"),
        (ONE + "stature_m = nan", "person[0].stature_m: got nan, expected a stature"),
        (ONE + "girth = inf", "person[0].girth: got inf"),
        (ONE + 'never_closes = ["hed"]', "person[0].never_closes: got ['hed'], expected a list of"),
        (ONE + ONE, "person[1].id: got 'a' again"),
        (ONE + 'never_closes=["head"]\nalways_closes=["head"]', "person[0].always_closes"),
        ("[station]\ntof_heights_m = [0.2]", "station.tof_heights_m: got [0.2], expected 1 to 3"),
        ("[station]\ntof_heights_m = []", "station.tof_heights_m: got []"),
        ("[station]\ntof_heights_m = [0.9, 0.8]", "expected the lowest first"),
        ('[station]\npads = "fsrs"', "got 'fsrs', expected one of fsr, mpr121, none; did you mean"),
        (ONE, "step: got nothing, expected at least one [[step]]"),
        (STEP.replace('who = "a"', 'who = "ab"'), "step[0].who: got 'ab', expected one of a;"),
        (STEP.replace('"set"', '"sit"'), "step[0].do: got 'sit', expected one of approach"),
        (STEP.replace('"set"', '"sit"'), "did you mean 'set'?"),
        (STEP + 'pattern = "hnge"', "step[0].pattern: got 'hnge'"),
        (STEP + "pattern = []", "step[0].pattern: got an empty list"),
        (STEP + "reps = 0", "step[0].reps: got 0, expected a whole number, 1 to 100"),
        (STEP + "reps = 1.5", "step[0].reps: got 1.5, expected a whole number"),
        (STEP + "pause_s = [0.5, 0.1]", "step[0].pause_s: got [0.5, 0.1], expected the lesser"),
        (STEP + "pause_s = [-1.0, 0.1]", "step[0].pause_s: got [-1.0, 0.1], expected two times"),
        (STEP + "tempo_s = [0.0, 0.1]", "step[0].tempo_s: got [0.0, 0.1], expected two times"),
        (STEP + "for_s = 20", "step[0].for_s: got 20.0, expected none: a set has reps"),
        (STEP.replace('"set"', '"rest"') + "for_s = -1", "step[0].for_s: got -1, expected seconds"),
        (STEP.replace('"set"', '"leave"') + "for_s = 60", "expected 1.5 to 30.0 s for leave"),
        (STEP.replace('"set"', '"rest"') + "for_s = 0.5", "expected at least 1 s for rest"),
        ("[[fault]]\nat_s = -1.0", "fault[0].at_s: got -1.0, expected seconds, 0 to 86400"),
        ('[[fault]]\nchip = "imu"\nkind = "unplug"', "fault[0].at_s: got nothing, expected second"),
        ('[[fault]]\nat_s = 1\nchip = "imu"', "fault[0].kind: got nothing, expected one of unplug"),
        (
            STEP + '[[fault]]\nat_s = 1\nchip = "bus-1"\nkind = "frozen"',
            "fault[0].kind: got 'frozen' for bus-1, expected one of nack, power_cycle, stuck",
        ),
        (
            STEP + '[[fault]]\nat_s = 1\nchip = "imu"\nkind = "sunlight"',
            "fault[0].kind: got 'sunlight' for imu, expected it for tof only",
        ),
        (
            STEP + 2 * '[[fault]]\nat_s = 1\nfor_s = 2\nchip = "imu"\nkind = "nack"\n',
            "fault[1].at_s: got 1.0, within fault[0] of imu, expected at least 3.0",
        ),
        ("step = 3", "step: got 3, expected tables [[step]]"),
        ("station = 3", "station: got 3, expected a table [station]"),
        ("a = ", "not TOML: Invalid value"),
    ],
)
def test_a_mistake_is_one_line_that_names_file_and_key(text: str, line: str) -> None:
    with pytest.raises(ScenarioError) as caught:
        parse_scenario(text, "x.toml")
    said = str(caught.value)
    assert said.startswith("x.toml: ")
    assert line in said
    assert "\n" not in said


def test_a_file_that_is_no_text(tmp_path: Path) -> None:
    path = tmp_path / "x.toml"
    path.write_bytes(b"[station]\n\xff")
    with pytest.raises(ScenarioError, match="byte 10: got no UTF-8"):
        read_scenario(path)
    with pytest.raises(FileNotFoundError):
        read_scenario(tmp_path / "y.toml")


@given(
    st.text(max_size=60)
    | st.lists(
        st.sampled_from(
            ["[station]", "[[person]]", 'id = "a"', "[[step]]", 'who = "a"', 'do = "set"',
             "reps = 3", "[[fault]]", "at_s = 1", "gap_m = 0.5", "for_s = 3", "x = [1, {}]"]
        )
    ).map("\n".join)
)  # fmt: skip
def test_whatever_is_in_the_file_it_is_a_scenario_or_one_line(text: str) -> None:
    said = ""
    try:
        scenario = parse_scenario(text, "x.toml")
    except ScenarioError as error:
        said = str(error)
    else:
        assert parse_scenario(scenario_toml(scenario)) == scenario
    assert "\n" not in said


def test_what_is_written_is_read_again() -> None:
    for scenario in (gym_hour(1), quiet_hours(0.5, 1), parse_scenario(FULL)):
        assert parse_scenario(scenario_toml(scenario)) == scenario


@pytest.mark.parametrize("name", [*FOR_S, *PATTERNS])
def test_every_step_and_pattern_can_be_written(name: str) -> None:
    is_step = name in FOR_S
    text = STEP.replace('"set"', f'"{name}"') if is_step else STEP + f'pattern = "{name}"'
    assert parse_scenario(text).step[0].do == (name if is_step else "set")


@pytest.mark.parametrize("kind", ["hand", "second_body", "sunlight"])
def test_what_stands_in_front_of_a_ranger_is_the_rangers(kind: str) -> None:
    text = '[[person]]\nid = "a"\n[[step]]\nwho = "a"\ndo = "set"\n[[fault]]\nat_s = 1\n'
    assert parse_scenario(f'{text}chip = "tof"\nkind = "{kind}"\n').fault[0].kind == kind
    with pytest.raises(ScenarioError, match=rf"fault\[0\].kind: got '{kind}' for imu"):
        parse_scenario(f'{text}chip = "imu"\nkind = "{kind}"\n')
