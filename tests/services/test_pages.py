"""The pages: nothing inline, nothing from elsewhere, every code in words of at most four."""

from __future__ import annotations

import json
import re
from pathlib import Path

import httpx
import pytest

from services import schema
from services.web import words
from tests.services.helpers import Service, new_id, rep, rep_body
from tests.services.test_http import store

STATIC = Path(words.WORDS_FILE).parent
STATES = ("IDLE", "NEAR", "DOWEL_UP", "SET_UP", "READY", "SET", "RESTING", "LEFT")
INLINE = re.compile(r"<script(?![^>]*\ssrc=)|<style|\sstyle=|\son\w+=|javascript:", re.IGNORECASE)
ELSEWHERE = re.compile(r"(?:src|href|url\(|import|from)[\s=(\"']+(?:https?:)?//", re.IGNORECASE)


@pytest.mark.slow
@pytest.mark.parametrize("path", ["/", "/reps", "/api/v1/docs"])
def test_pages_inline_nothing_and_fetch_nothing_from_elsewhere(
    service: Service, client: httpx.Client, path: str
) -> None:
    store(service, rep(new_id()))
    answer = client.get(path)
    assert answer.headers["content-type"].startswith("text/html")
    assert not INLINE.search(answer.text), INLINE.search(answer.text)
    assert not ELSEWHERE.search(answer.text)
    assert "http://" not in answer.text
    assert "https://" not in answer.text
    linked = re.findall(r"(?:src|href)=\"(/[^\"#]+)\"", answer.text)
    assert linked
    for link in linked:
        assert client.get(link).status_code == 200, link


@pytest.mark.parametrize("text", ["<script>x</script>", '<p style="a">', '<p onclick="a">'])
def test_the_check_for_inline_finds_it(text: str) -> None:
    assert INLINE.search(text)


@pytest.mark.parametrize("file", sorted(STATIC.iterdir()), ids=lambda file: file.name)
def test_static_files_name_no_address_elsewhere(file: Path) -> None:
    text = file.read_text().replace("http://www.w3.org/2000/svg", "")
    assert "://" not in text
    assert not ELSEWHERE.search(text)
    assert "innerHTML" not in text
    assert "eval(" not in text


def test_modules_import_files_that_are_there() -> None:
    for file in STATIC.glob("*.js"):
        for name in re.findall(r"(?:from|fetch\() ?\"/static/([^\"]+)\"", file.read_text()):
            assert (STATIC / name).is_file(), f"{file.name}: {name}"


def test_no_red_and_no_green() -> None:
    for file in STATIC.glob("*.css"):
        for red, green, blue in re.findall(r"#(\w\w)(\w\w)(\w\w)\b", file.read_text()):
            r, g, b = (int(part, 16) for part in (red, green, blue))
            assert not (r > 2 * max(g, b, 40)), f"red: #{red}{green}{blue}"
            assert not (g > 1.5 * max(r, b, 40)), f"green: #{red}{green}{blue}"


@pytest.mark.parametrize("code", schema.VERDICTS)
def test_every_code_has_words_icon_and_kind(code: str) -> None:
    row = words.CUES[code]
    assert 1 <= len(row["words"].split()) <= 4
    assert row["kind"] in {"good", "fault", "advice", "quiet"}
    assert f'id="i-{row["icon"]}"' in (STATIC.parent / "templates" / "live.html").read_text()
    assert words.verdict_words(code) == row["verdict"]


def test_no_words_for_codes_that_are_not_there() -> None:
    assert set(words.CUES) == set(schema.VERDICTS)
    assert set(words.STATES) == set(STATES)
    for row in words.STATES.values():
        assert 1 <= len(row["words"].split()) <= 4
    assert words.verdict_words("NEW_CODE") == "NEW_CODE"


def test_every_end_measure_and_line_of_a_set_has_its_words() -> None:
    from device.limits import MDC
    from device.set_end import AFTER

    table = json.loads(words.WORDS_FILE.read_text())
    ends = {*AFTER.values(), "stop", "idle", "interrupted", "end"}
    assert set(table["ended"]) == ends, "a set that ended by count needs no word"
    assert set(table["measures"]) == set(MDC)
    assert set(MDC) <= set(schema.SetBody.__struct_fields__)
    assert "{cm}" in table["rest"]["heels"]


def test_only_good_looks_good() -> None:
    assert [code for code, row in words.CUES.items() if row["kind"] == "good"] == ["GOOD"]


@pytest.mark.slow
def test_the_list_of_reps_says_what_is_known(service: Service, client: httpx.Client) -> None:
    parts = schema.ScoreParts(contacts=40.0, hips=12.6, knees=25.0)
    nothing = {"peak_tilt_deg": None, "hip_travel_mm": None, "hip_drop_mm": None}
    unknown = rep_body("UNSCORED", contacts="not_judged", hinge_ratio=None, **nothing)
    store(
        service,
        rep(new_id(), rep=rep_body("KNEE_DRIVEN", score=88.0, score_parts=parts)),
        rep(new_id(), rep=unknown, clock_synced=False, wall_time="<b>2026</b>"),
        rep(new_id(), "<img src=x onerror=y>"),
    )
    text = client.get("/reps").text
    rows = re.findall(r"<tr class=.*?</tr>", text, re.DOTALL)
    assert "Hips went down, not back" in rows[2]
    assert "47°" in rows[2]
    assert "193 mm" in rows[2]
    assert "1.01" in rows[2]
    assert 'class="fault"' in rows[2]
    assert rows[1].count("<td>–</td>") == 5
    points = "88 <small>contacts 40/40, hips 13/25, knees 25/25, depth, tempo –/10</small>"
    assert f"<td>{points}</td>" in rows[2]
    assert "contacts not judged" in rows[1]
    assert "clock not set" in rows[1]
    assert 'class="unscored"' in rows[1]
    assert "<b>" not in text
    assert "<img" not in text
    assert "Practice aid, not a diagnosis" in text


@pytest.mark.slow
def test_the_live_page_has_its_parts(client: httpx.Client) -> None:
    text = client.get("/").text
    for part in (
        "cue-words",
        "ring-count",
        "lamp-head",
        "lamp-thoracic",
        "lamp-sacrum",
        "needle",
        "rest-good",
        "rest-words",
        "rest-chart",
        "rest-rows",
        "rest-next",
        "heels",
        "trouble",
    ):
        assert f'id="{part}"' in text
    for pattern in ("hinge", "squat", "rounding", "knees_first", "trunk_bend", "head_drop"):
        assert f'{{"do": "{pattern}"}}' in text
    assert text.count('"lose": ') == 3
    for key in ("next", "stop", "mute", "cues", "good", "not_good"):
        assert f'{{"key": "{key}"}}' in text
    assert "Practice aid, not a diagnosis" in text
    assert 'data-lost="true"' in text, "nothing looks good before the first frame"
