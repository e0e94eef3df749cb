"""``tools.mutate_constants``: every constant is changed once, and nothing else is."""

from __future__ import annotations

from pathlib import Path

from tools.mutate import Reason, Survivor, page, reason_of, reasons
from tools.mutate_constants import mutants_of

SOURCE = '''"""A module."""
LIMIT = 30
NONE = 0
SHARE = 0.5
FLAG = True
NAME = "CHIP"
"""Says 7."""
_START = b"\\x00\\x87"
_BLOCK = bytes.fromhex("0102")
TABLE: dict[str, int] = {"a": 3}


class Part:
    """Also 9."""

    size = 12

    def f(self) -> int:
        return 5
'''


def made(folder: Path) -> list[dict[str, object]]:
    path = folder / "part.py"
    path.write_text(SOURCE)
    found = []
    for mutant, code in mutants_of(path):
        space: dict[str, object] = {"__name__": "part"}
        exec(code, space)
        space["line"] = mutant.line
        found.append(space)
    return found


def test_each_constant_and_each_byte_is_changed_by_itself(tmp_path: Path) -> None:
    plain: dict[str, object] = {"__name__": "part"}
    exec(compile(SOURCE, "part.py", "exec"), plain)
    names = ("LIMIT", "NONE", "SHARE", "FLAG", "NAME", "_START", "_BLOCK", "TABLE")
    changed = [
        [(name, space[name]) for name in names if space[name] != plain[name]]
        for space in made(tmp_path)
    ]
    assert changed == [
        [("LIMIT", 33)],
        [("NONE", 1)],
        [("SHARE", 0.55)],
        [("_START", b"\x01\x87")],
        [("_START", b"\x00\x86")],
        [("_BLOCK", b"\x00\x02")],
        [("_BLOCK", b"\x01\x03")],
        [("TABLE", {"a": 4})],
        [],  # the class's
    ]
    assert made(tmp_path)[-1]["Part"].size == 13  # type: ignore[attr-defined]  # made by exec
    assert [space["line"] for space in made(tmp_path)] == [2, 3, 4, 8, 8, 9, 9, 10, 16]


def test_a_survivor_is_explained_by_file_and_pattern() -> None:
    known = reasons()
    assert known
    assert all(each.reason.endswith(".") for each in known)
    found = Survivor("drivers/vl53l1x.py", "MS = 1_000_000 : 1000000 -> 1100000")
    assert reason_of(found, known) is not None
    assert reason_of(Survivor("drivers/vl53l1x.py", "x = 1 -> x = 2"), known) is None
    here = Reason("drivers/a.py", known[0].pattern, "")
    assert reason_of(found, [here]) is None


def test_the_page_counts_by_file_and_shows_what_is_not_explained() -> None:
    from collections import Counter

    left = [Survivor("drivers/a.py", "MS = 1 : 1 -> 2"), Survivor("drivers/b.py", "`x` -> y")]
    text = page(Counter({"drivers/a.py": 40, "drivers/b.py": 10}), left, reasons(), 90.0)
    assert "50 changes" in text
    assert "2 survive (4.0%" in text
    assert "| drivers/a.py | 40 | 1 | 2.5% |" in text
    assert "**Not explained**" in text
    assert "`'x' -> y`" in text
