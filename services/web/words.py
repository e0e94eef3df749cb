"""Codes to words and icons, in one place: ``static/words.json``, read by page and server.

Words are at most four, for reading at 3 m. They say what to do, not what is wrong with you.
"""

from __future__ import annotations

import json
from pathlib import Path

WORDS_FILE = Path(__file__).parent / "static" / "words.json"
_TABLE: dict[str, dict[str, dict[str, str]]] = json.loads(WORDS_FILE.read_text(encoding="utf-8"))

CUES = _TABLE["cues"]
STATES = _TABLE["states"]
CONDITIONS = _TABLE["conditions"]
"""``show``: big in place of the state's words always, or between sets only, or in the line."""
FAULT_CODES = frozenset(code for code, row in CUES.items() if row["kind"] == "fault")


def verdict_words(code: str) -> str:
    """What a finished rep is called in the list; an unknown code stands for itself."""
    return CUES[code]["verdict"] if code in CUES else code
