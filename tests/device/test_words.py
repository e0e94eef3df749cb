"""The words of every cue, spoken and on the page: both stand side by side in docs/faults.md."""

from __future__ import annotations

import re

import pytest

from device.faults import FAULTS
from device.faults.fatigue import FATIGUE
from device.faults.rule import Fault
from services.web import words
from tests.device.test_faults import DOC

TABLE = {
    code: (spoken, page)
    for code, spoken, page in re.findall(
        r"^\| `([A-Z_]+)` \| (.+) \| (.+) \|$", DOC.read_text(), re.MULTILINE
    )
}
ALL = (*FAULTS, FATIGUE)


def test_the_table_has_every_fault_once_and_nothing_else() -> None:
    assert list(TABLE) == [fault.code for fault in ALL]


@pytest.mark.parametrize("fault", ALL, ids=lambda fault: fault.code)
def test_spoken_words_and_the_pages_are_those_of_the_table(fault: Fault) -> None:
    assert TABLE[fault.code] == (fault.words, words.CUES[fault.code]["words"])


@pytest.mark.parametrize("fault", ALL, ids=lambda fault: fault.code)
def test_the_page_says_the_same_thing_in_fewer_words(fault: Fault) -> None:
    """Close enough to be taken for one another: a word in common, and never the longer one."""
    spoken, page = (set(re.findall(r"[a-z]+", text.lower())) for text in TABLE[fault.code])
    assert spoken & page
    assert len(page) <= len(spoken)
