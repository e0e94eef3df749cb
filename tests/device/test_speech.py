"""Spoken cues: a real process stands in for espeak-ng, and may hang, crash or be missing."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from device.coaching import Coaching
from device.config import effective, parse
from device.config_model import Speech
from device.errors import ConfigError
from device.speech import PROGRAM, Speaker, command, missing, speaker_of
from device.tick import Key
from tests.device.rig import SACRUM, Log, World, hinge, run, visit

ON = Speech(enabled=True)
WAIT_S = 10.0


@pytest.fixture
def program(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], Path]:
    """Puts a shell script on the PATH as espeak-ng; gives the file it may write to."""
    folder = tmp_path / "bin"
    folder.mkdir()
    monkeypatch.setenv("PATH", f"{folder}:{os.environ['PATH']}")
    notes = tmp_path / "notes"

    def write(body: str) -> Path:
        script = folder / PROGRAM
        script.write_text(f"#!/bin/sh\nnotes={notes}\n{body}\n")
        script.chmod(0o755)
        return notes

    return write


def until(ready: Callable[[], bool]) -> None:
    """Wait for another process, bounded."""
    end_s = time.monotonic() + WAIT_S
    while not ready():
        assert time.monotonic() < end_s, "waited in vain"
        time.sleep(0.005)


def lines(notes: Path) -> list[str]:
    return notes.read_text().splitlines() if notes.exists() else []


def alive(pid: str) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except (FileNotFoundError, ProcessLookupError):
        return False
    return state != "Z"


RECORD = 'echo "$*" >> $notes; cat >> $notes; echo . >> $notes'


def test_the_words_go_by_standard_input_and_the_settings_as_options(
    program: Callable[[str], Path],
) -> None:
    notes = program(RECORD)
    said: list[str] = []
    speech = Speech(enabled=True, voice="en-gb+f3", words_per_minute=120, volume=80)
    speaker = speaker_of(speech, said.append)
    assert speaker is not None
    speaker.say("--version is a word here")
    until(lambda: "." in lines(notes))
    speaker.close()
    assert lines(notes)[:2] == [
        "-v en-gb+f3 -s 120 -a 80 -b 1 --stdin",
        "--version is a word here",
    ]
    assert said == []


def test_a_new_cue_cuts_the_old_one_and_silence_cuts_it_too(
    program: Callable[[str], Path],
) -> None:
    notes = program("echo $$ >> $notes; cat > /dev/null; exec sleep 60")
    speaker = Speaker(command(ON), lambda text: None)
    speaker.say("one")
    until(lambda: len(lines(notes)) == 1)
    speaker.say("two")
    until(lambda: len(lines(notes)) == 2)
    first, second = lines(notes)
    assert not alive(first)
    assert alive(second)
    speaker.say("")
    until(lambda: not alive(second))
    speaker.close()
    assert len(lines(notes)) == 2


def test_one_that_hangs_is_ended_with_its_children_and_said_once(
    program: Callable[[str], Path],
) -> None:
    notes = program("sleep 60 & echo $! >> $notes; exec sleep 60")
    said: list[str] = []
    speaker = Speaker(command(ON), said.append, longest_s=0.1)
    for number in (1, 2):
        speaker.say("hips before knees")
        until(lambda n=number: len(lines(notes)) == n)  # type: ignore[misc]  # bound now
        until(lambda n=number: not alive(lines(notes)[n - 1]))  # type: ignore[misc]  # as above
    speaker.close()
    assert said == [
        "speech: espeak-ng took longer than 0.1 s for a cue. The station goes on without the words."
    ]


def test_one_that_crashes_is_said_once_with_its_own_words(program: Callable[[str], Path]) -> None:
    notes = program("echo $$ >> $notes; echo 'no such voice' >&2; exit 3")
    said: list[str] = []
    speaker = Speaker(command(ON), said.append)
    for number in (1, 2):
        speaker.say("hips before knees")
        until(lambda n=number: len(lines(notes)) == n)  # type: ignore[misc]  # bound now
        until(lambda n=number: not alive(lines(notes)[n - 1]))  # type: ignore[misc]  # as above
        until(lambda: said != [])
    speaker.close()
    assert said == [
        "speech: espeak-ng gave exit code 3: no such voice. The station goes on without the words."
    ]


def test_one_that_does_not_read_its_words_is_no_error(program: Callable[[str], Path]) -> None:
    notes = program("exec 0<&-; echo x >> $notes")
    said: list[str] = []
    speaker = Speaker(command(ON), said.append)
    speaker.say("hips before knees")
    until(lambda: lines(notes) == ["x"])
    speaker.close()
    assert said == []


def test_the_loop_never_waits_for_speech(program: Callable[[str], Path]) -> None:
    program("exec sleep 60")
    speaker = Speaker(command(ON), lambda text: None, longest_s=0.2)
    started_s = time.monotonic()
    for number in range(1000):
        speaker.say(f"word {number}")
    assert time.monotonic() - started_s < 1.0
    speaker.close()


def test_a_missing_program_is_one_line_and_no_speaker(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    said: list[str] = []
    assert speaker_of(ON, said.append) is None
    (line,) = said
    assert "\n" not in line
    assert line.startswith("speech.enabled: got true")
    assert "Install espeak-ng" in line
    assert missing(Speech()) is None
    assert speaker_of(Speech(), said.append) is None
    # One that goes away while the station runs is said as well.
    Speaker(command(ON), said.append).close()
    speaker = Speaker(command(ON), said.append)
    speaker.say("hello")
    until(lambda: len(said) == 2)
    speaker.close()
    assert "cannot be started" in said[1]


def test_settings_are_checked_and_shown() -> None:
    config = parse("[speech]\nenabled = true\nlanguage = 'en-gb'\nwords_per_minute = 120\n")
    assert config.speech == Speech(enabled=True, language="en-gb", words_per_minute=120)
    assert parse(effective(config)) == config
    for text, expected in (
        ("language = '; rm'", "a language"),
        ("language = '-x'", "a language"),
        ("voice = '--path=/'", "a voice of espeak-ng"),
        ("words_per_minute = 20", "80 to 300"),
        ("volume = 900", "0 to 200"),
        ("enabled = 'yes'", "true or false"),
    ):
        with pytest.raises(ConfigError, match=expected):
            parse(f"[speech]\n{text}\n")


# -- what is spoken, and when ----------------------------------------------------------------


def spoken(log: Log) -> list[tuple[float, str]]:
    return [(t, words) for t, words in log.says if words]


def test_a_cue_after_the_rep_is_spoken_once_its_tones_are_over() -> None:
    log = run(World(visit(3.0).rep(hinge(30), pause_s=2.0)), coaching=Coaching(speech=True))
    ((at_s, words),) = spoken(log)
    (told_s,) = log.told("DEPTH_LOW")
    assert words == "A little further"
    assert at_s - told_s == pytest.approx(0.35, abs=0.006)
    (cue,) = [cue for _, cue in log.cues]
    assert cue.channels == ("led", "buzzer", "speech")


def test_a_live_cue_is_not_spoken_over_and_cuts_what_is_being_said() -> None:
    track = visit(3.0).rep(hinge(30), pause_s=0.3).rep(pause_s=2.0)
    log = run(World(track, opens=((SACRUM, 8.2, 9.0),)), coaching=Coaching(speech=True))
    (told_s,) = log.told("SACRUM")
    assert [words for t, words in log.says if abs(t - told_s) < 0.01] == [""]
    assert all(words != "Low back left the dowel: keep the tail on it" for _, words in log.says)
    (cue,) = [cue for _, cue in log.cues if cue.code == "SACRUM"]
    assert cue.channels == ("led", "buzzer")


def test_nothing_is_spoken_while_muted_or_with_cues_off_or_without_speech() -> None:
    track = visit(3.0).rep(hinge(30), pause_s=2.0)
    keys: tuple[Key, ...] = ("mute", "cues", "next_hold")
    for key in keys:
        log = run(World(track, keys=((1.0, key),)), coaching=Coaching(speech=True))
        assert spoken(log) == []
        assert log.says[0][1] == ""
    assert run(World(track)).says == []
    question = Coaching(speech=True, self_estimate=True)
    asked = run(World(visit(3.0).reps(3, pause_s=1.0).stand(1.0)), coaching=question)
    assert [words for _, words in spoken(asked)] == ["How was that rep?"]
