"""The page's small modules, run by node where there is one."""

from __future__ import annotations

import itertools
import json
import shutil
import subprocess
from typing import Any

import msgspec
import pytest

from tests.services.helpers import set_body
from tests.services.test_pages import STATIC

NODE = shutil.which("node")
pytestmark = pytest.mark.skipif(NODE is None, reason="node is not installed")


def run(module: str, names: str, code: str) -> Any:
    """What ``result`` is after ``code``, with ``names`` of the module."""
    assert NODE is not None
    script = (
        f"import {{ {names} }} from {json.dumps((STATIC / module).as_uri())};"
        f"let result; {code}; console.log(JSON.stringify(result));"
    )
    done = subprocess.run(
        [NODE, "--no-warnings", "--input-type=module", "-e", script],
        capture_output=True,
        text=True,
        timeout=20,
        check=True,
    )
    return json.loads(done.stdout)


@pytest.mark.slow
def test_a_number_moves_by_whole_steps_and_at_most_5_times_a_second() -> None:
    code = """
    const number = new SteadyNumber();
    result = [[10.4, 0], [10.9, 300], [11.1, 400], [15, 500], [15, 599], [15, 600], [null, 601],
              [20, 602], [21, 650], [-3.2, 802]].map(([value, ms]) => number.show(value, ms))
    """
    assert run("steady.js", "SteadyNumber", code) == [10, 10, 11, 11, 11, 15, None, 20, 20, -3]


@pytest.mark.slow
def test_a_lamp_changes_at_once_and_then_holds_120_ms() -> None:
    code = """
    const lamp = new Held(120);
    result = [["closed", 0], ["open", 119], ["open", 120], ["closed", 121], ["closed", 239],
              ["closed", 240]].map(([value, ms]) => lamp.show(value, ms))
    """
    expected = ["closed", "closed", "open", "open", "open", "closed"]
    assert run("steady.js", "Held", code) == expected


@pytest.mark.slow
def test_the_figure_turns_moves_the_wall_and_hides_what_is_not_known() -> None:
    code = """
    const parts = {};
    const find = (id) => (parts[id] ??= {
      set: {}, setAttribute(name, value) { this.set[name] = String(value); },
      toggleAttribute(name, on) { this.set[name] = on; },
    });
    const figure = new Figure(find);
    const frame = { tilt_deg: 47, range_mm: 250, hip_travel_mm: 150, hip_drop_mm: 20,
                    target_low_deg: 45, target_high_deg: 50, pads: { sacrum: "closed" } };
    const look = () => JSON.parse(JSON.stringify(
      Object.fromEntries(Object.entries(parts).map(([id, part]) => [id, part.set]))));
    figure.draw(frame);
    const near = look();
    figure.draw({ ...frame, range_mm: 400, hip_travel_mm: 0 });
    const far = look();
    const open = { sacrum: "open", head: "open" };
    figure.draw({ ...frame, tilt_deg: null, range_mm: null, pads: open });
    result = { near, far, lost: look() };
    """
    got = run("figure.js", "Figure", code)
    near, far, lost = got["near"], got["far"], got["lost"]
    assert near["trunk"]["transform"] == near["needle"]["transform"] == "rotate(47.00 398 452)"

    def wall_px(look: dict[str, dict[str, str]]) -> float:
        return float(look["wall"]["transform"].removeprefix("translate(").split()[0])

    assert wall_px(near) - wall_px(far) == pytest.approx(150 * 0.4)
    foot_px = [float(look["foot"]["d"][1:].split()[0]) for look in (near, far)]
    assert foot_px[0] - foot_px[1] == pytest.approx(150 * 0.4), "feet and wall move as one"
    assert near["needle"]["hidden"] is False
    assert near["gap"]["hidden"] is False
    assert lost["needle"]["hidden"] is True
    assert lost["gap"]["hidden"] is True
    assert lost["spine"]["d"] != near["spine"]["d"]
    assert lost["head"]["cx"] != near["head"]["cx"]


def at_rest(code: str) -> Any:
    words = json.dumps(json.loads((STATIC / "words.json").read_text()))
    now = msgspec.json.encode(set_body()).decode()
    names = "Rest, bars, changeText, clock, mainText, restText"
    return run("rest.js", names, f"const words = {words}, now = {now};" + code)


@pytest.mark.slow
def test_a_change_is_said_only_when_it_is_real() -> None:
    code = """
    const tilt = words.measures.peak_tilt_deg;
    const rows = [[52, 47, true], [45, 51, true], [48, 47, false], [null, 47, null]];
    result = [...rows.map(([now, before, real]) => changeText({ now, before, real }, tilt)),
              changeText(undefined, tilt)];
    """
    assert at_rest(code) == ["+5°", "−6°", "no real change", "", ""]


@pytest.mark.slow
def test_the_main_line_puts_a_tired_set_before_its_fault_and_praises_only_all_good() -> None:
    code = """
    const of = (other) => {
      const said = mainText({ ...now, ...other }, words);
      return [said.kind, said.text];
    };
    result = [of({ stop_advised: true, main_fault_reps: 1 }), of({ stop_advised: true }), of({}),
              of({ main_fault: null }), of({ main_fault: null, unscored: 10 }),
              of({ main_fault: "NEW" })];
    """
    assert at_rest(code) == [
        ["tired", "Good reps are going: rest"],
        ["tired", "Good reps are going: rest · Low back left the dowel (2×)"],
        ["fault", "Low back left the dowel (2×)"],
        ["good", "Every rep good"],
        ["quiet", "Not scored: too little was measured"],
        ["fault", "NEW (2×)"],
    ]


@pytest.mark.slow
def test_the_rest_is_counted_in_minutes_and_ends_in_words() -> None:
    code = "result = [90, 60, 9, 0].map((left_s) => restText({ left_s }, words));"
    assert at_rest(code) == ["Rest 1:30", "Rest 1:00", "Rest 0:09", "Rest is over"]


@pytest.mark.slow
def test_the_bars_are_as_high_as_the_tilts_and_shaped_by_the_verdicts() -> None:
    code = """
    const frame = { target_low_deg: 45, target_high_deg: 50,
                    set_verdicts: ["GOOD", "SACRUM", "UNSCORED", "GOOD"] };
    const rest = { tilts_deg: [25, 50, null, -3] };
    result = bars(rest, frame, (code) => words.cues[code]?.kind === "fault");
    """
    aim, *reps = at_rest(code)
    assert [bar["kind"] for bar in reps] == ["done", "flagged", "unscored", "done"]
    assert reps[0]["height"] == pytest.approx(reps[1]["height"] / 2)
    assert reps[3]["height"] == 0
    assert aim["y"] == pytest.approx(reps[1]["y"])
    assert aim["height"] == pytest.approx(reps[1]["height"] / 10)
    for bar in (aim, *reps):
        assert 0 <= bar["x"] <= bar["x"] + bar["width"] <= 640
        assert 0 <= bar["y"] <= bar["y"] + bar["height"] <= 100.0001
    assert [a["x"] + a["width"] < b["x"] for a, b in itertools.pairwise(reps)] == [True] * 3


@pytest.mark.slow
def test_without_an_imu_the_bars_are_travel_and_there_is_no_tilt_to_aim_at() -> None:
    code = """
    const frame = { target_low_deg: 45, target_high_deg: 50, set_verdicts: ["GOOD", "GOOD"] };
    const rest = { tilts_deg: [null, null], travels_mm: [100, 200] };
    result = bars(rest, frame, () => false);
    """
    one, other = at_rest(code)
    assert [one["kind"], other["kind"]] == ["done", "done"]
    assert other["height"] == pytest.approx(2 * one["height"])


@pytest.mark.slow
def test_the_set_is_drawn_once_and_hidden_when_the_next_begins() -> None:
    code = """
    let made = 0;
    const node = () => ({
      textContent: "", children: [], classList: { toggle(name, on) { this[name] = on; } },
      setAttribute() {}, append(child) { this.children.push(child); },
      get lastChild() { return this.children.at(-1); },
      replaceChildren(...nodes) { made += 1; this.children = nodes; },
    });
    globalThis.document = { createElement: node, createElementNS: node };
    const parts = {};
    const rest = new Rest((id) => (parts[id] ??= node()), words);
    const before = { ...now, t_down_s: { mean: 1.5 } };
    const view = {
      left_s: 9, rest_s: 60, now, before, tilts_deg: [47],
      changes: [{ measure: "t_down_s", now: 2, before: 1.5, real: true }],
      advice: { code: "same", text: "Once more" },
    };
    const frame = {
      state: "RESTING", set_index: 1, heels_cm: 18, rest: view, set_verdicts: ["GOOD"],
      target_low_deg: 45, target_high_deg: 50,
    };
    rest.draw(frame);
    rest.draw({ ...frame, rest: { ...view, left_s: 8 } });
    const rows = parts["rest-rows"].children;
    const look = {
      of: parts["rest-of"].textContent, next: parts["rest-next"].textContent,
      rows: rows.map((row) => row.children.map((cell) => cell.textContent)),
      kinds: rows.map((row) => row.lastChild.className),
      shown: rest.shown, hidden: parts.heels.hidden,
    };
    rest.draw({ ...frame, state: "READY", rest: null });
    const heels = [parts.heels.hidden, parts.heels.textContent];
    result = { ...look, made, after: rest.shown, heels };
    """
    got = at_rest(code)
    assert got["of"] == "of 10 good"
    assert got["next"] == "Once more · Stand with your heels 18 cm from the wall"
    assert (got["shown"], got["hidden"], got["after"]) == (True, True, False)
    assert got["heels"] == [False, "Stand with your heels 18 cm from the wall"]
    assert got["rows"][3] == ["Way down", "2.0 s", "1.5 s", "+0.5 s"]
    assert got["rows"][0] == ["Tilt", "47°", "47°", ""]
    assert got["kinds"] == ["same", "same", "same", "real"]
    assert got["made"] == 2, "rows and bars once, however often the seconds change"
