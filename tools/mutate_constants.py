"""Mutants of a module's constants: registers, scales, tables, limits (mutmut mutates functions).

Each number outside of functions is changed by a tenth (at least 1), and each byte of a bytes or
hex literal has its lowest bit flipped, one at a time; the driver tests then run in a fork whose
import of that module sees the change. A change that no test notices is a survivor.
"""

from __future__ import annotations

import ast
import os
import signal
import sys
from collections.abc import Iterator, Sequence
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec, SourceFileLoader
from importlib.util import spec_from_loader
from pathlib import Path
from types import CodeType, ModuleType
from typing import NamedTuple, TypeVar

Number = TypeVar("Number", int, float)
LONGEST_S = 120
"""A mutant that hangs the tests longer than this has been noticed."""


class Mutant(NamedTuple):
    """``line`` of ``file`` with ``was`` changed into ``now``."""

    file: str
    line: int
    was: str
    now: str
    source: str
    """The whole line as it stands, for whoever reads the report."""


class _Changer(ast.NodeTransformer):
    """Changes the ``n``-th place (and byte of it); counts them when there is no such."""

    def __init__(self, n: int) -> None:
        self.left = n
        self.done: tuple[int, str, str] | None = None

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.AST:
        return node

    def visit_Expr(self, node: ast.Expr) -> ast.AST:
        return node  # a docstring

    def visit_AnnAssign(self, node: ast.AnnAssign) -> ast.AST:
        if node.value is not None:
            node.value = self.visit(node.value)
        return node

    def visit_Call(self, node: ast.Call) -> ast.AST:
        if isinstance(node.func, ast.Attribute) and node.func.attr == "fromhex":
            for arg in node.args:
                if isinstance(arg, ast.Constant) and isinstance(arg.value, str):
                    arg.value = self._bytes(arg, bytes.fromhex(arg.value)).hex()
            return node
        return self.generic_visit(node)

    def visit_Constant(self, node: ast.Constant) -> ast.AST:
        value = node.value
        if isinstance(value, bytes):
            return ast.copy_location(ast.Constant(self._bytes(node, value)), node)
        if isinstance(value, bool) or not isinstance(value, int | float):
            return node
        changed: int | float = value * 1.1 if value else 1.0
        if isinstance(value, int):
            changed = value + max(1, value // 10)
        return ast.copy_location(ast.Constant(self._take(node, value, changed)), node)

    def _bytes(self, node: ast.Constant, value: bytes) -> bytes:
        out = bytearray(value)
        for at, byte in enumerate(value):
            out[at] = self._take(node, byte, byte ^ 1, f"byte {at} ")
        return bytes(out)

    def _take(self, node: ast.Constant, was: Number, now: Number, where: str = "") -> Number:
        self.left -= 1
        if self.left == -1:
            self.done = node.lineno, f"{where}{was!r}", f"{now!r}"
            return now
        return was


def mutants_of(path: Path) -> Iterator[tuple[Mutant, CodeType]]:
    """Every mutant of a module, compiled."""
    text = path.read_text()
    lines = text.splitlines()
    n = 0
    while True:
        tree = ast.parse(text)
        changer = _Changer(n)
        changer.visit(tree)
        if changer.done is None:
            return
        line, was, now = changer.done
        mutant = Mutant(str(path), line, was, now, lines[line - 1].strip())
        yield mutant, compile(ast.fix_missing_locations(tree), str(path), "exec")
        n += 1


class _Finder(MetaPathFinder):
    """Finds one module, and gives the code of its mutant."""

    def __init__(self, name: str, path: Path, code: CodeType) -> None:
        self._name = name
        self._loader = _Loader(name, str(path), code)

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        return spec_from_loader(fullname, self._loader) if fullname == self._name else None


class _Loader(SourceFileLoader):
    def __init__(self, name: str, path: str, code: CodeType) -> None:
        super().__init__(name, path)
        self._code = code

    def get_code(self, fullname: str) -> CodeType:
        return self._code


def _start(mutant: Mutant, code: CodeType, tests: Sequence[str]) -> int:
    """Run ``tests`` on it in a fork, whose process id is returned; it ends with 0 if they pass."""
    child = os.fork()
    if child == 0:
        import pytest

        quiet = os.open(os.devnull, os.O_WRONLY)
        os.dup2(quiet, 1)
        os.dup2(quiet, 2)
        signal.alarm(LONGEST_S)
        path = Path(mutant.file)
        name = ".".join(path.with_suffix("").parts)
        sys.meta_path.insert(0, _Finder(name, path, code))
        try:
            found = pytest.main(["-x", "-q", "-n0", "-p", "no:cacheprovider", *tests])
        except BaseException:  # noqa: BLE001  whatever it broke, it has been noticed
            os._exit(1)
        os._exit(int(found))
    return child


def _unnoticed(
    mutants: Iterator[tuple[Mutant, CodeType]], tests: Sequence[str], workers: int
) -> tuple[int, list[Mutant]]:
    """How many there were, and those on which ``tests`` pass."""
    running: dict[int, Mutant] = {}
    count, left = 0, []
    more = True
    while more or running:
        while more and len(running) < workers:
            following = next(mutants, None)
            if following is None:
                more = False
                break
            count += 1
            running[_start(*following, tests)] = following[0]
        if running:
            child, status = os.wait()
            mutant = running.pop(child)
            if status == 0:
                left.append(mutant)
    return count, sorted(left, key=lambda each: (each.line, each.was))


def survivors(paths: Sequence[Path], workers: int) -> tuple[dict[str, int], list[Mutant]]:
    """Mutants by file, and those that no test noticed.

    Raises:
        RuntimeError: The tests fail without a mutant too.
    """
    # Imported once, before the forks: what costs time and is nobody's mutant.
    import gpiozero  # noqa: F401
    import numpy  # noqa: F401
    import smbus2  # noqa: F401

    counts: dict[str, int] = {}
    left: list[Mutant] = []
    for path in paths:
        tests = _tests_of(path)
        plain = (Mutant(str(path), 0, "", "", ""), compile(path.read_text(), str(path), "exec"))
        if not _unnoticed(iter([plain]), tests, 1)[1]:
            raise RuntimeError(f"{path}: {' '.join(tests)} fail without a mutant")
        counts[str(path)], found = _unnoticed(mutants_of(path), tests, workers)
        left += found
        sys.stderr.write(
            f"{path}: {counts[str(path)]} constants changed, {len(found)} not noticed\n"
        )
    return counts, left


def _tests_of(path: Path) -> list[str]:
    """The driver tests but for the long sweeps, the module's own first."""
    own = Path("tests/drivers") / f"test_{path.name}"
    tests = sorted(Path("tests/drivers").glob("test_*.py"))
    rest = [each for each in tests if each != own and not each.name.endswith("_sweep.py")]
    return [str(each) for each in ([own] if own.exists() else []) + rest]
