"""The page's small modules, run by node where there is one."""

from __future__ import annotations

import json
import shutil
import subprocess
from typing import Any

import pytest

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
