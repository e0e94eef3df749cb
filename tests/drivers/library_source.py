"""Holds the calls of a source text against a library that is installed but cannot be imported.

The library's files are parsed. A name imported from it is followed to its classes (a name may be
imported from one of two places, then both count), and so is what is made of it: ``x = Class()``,
``x = obj.method()`` by the method's return annotation, attributes of self. On anything so typed
each attribute must exist and each call must bind.
"""

from __future__ import annotations

import ast
from dataclasses import dataclass, field
from functools import cache
from importlib.metadata import distribution
from pathlib import Path


@dataclass(frozen=True)
class Made:
    """A class of the library: its dotted module and its name."""

    module: str
    name: str


@dataclass
class Members:
    """What objects of a class have: methods with their signatures, and all attributes."""

    methods: dict[str, ast.FunctionDef] = field(default_factory=dict)
    attributes: set[str] = field(default_factory=set)


class Library:
    """The source of an installed distribution whose package has the same name."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.root = Path(str(distribution(name).locate_file(name)))
        self.version = distribution(name).version

    @cache  # noqa: B019  # one library lives as long as its tests
    def tree(self, module: str) -> ast.Module:
        parts = module.split(".")[1:]
        path = self.root.joinpath(*parts)
        file = path / "__init__.py" if path.is_dir() else path.with_suffix(".py")
        return ast.parse(file.read_text(encoding="utf-8"))

    def text(self, module: str) -> str:
        return ast.unparse(self.tree(module))

    def find(self, module: str, name: str) -> list[Made]:
        """The classes that ``name`` stands for in ``module``; empty when it is none of ours."""
        found: list[Made] = []
        for node in ast.walk(self.tree(module)):
            if isinstance(node, ast.ClassDef) and node.name == name:
                found.append(Made(module, name))
            if isinstance(node, ast.ImportFrom):
                for alias in node.names:
                    if (alias.asname or alias.name) == name:
                        source = self._source(module, node)
                        if source.split(".")[0] == self.name:
                            found += self.find(source, alias.name)
        return list(dict.fromkeys(found))

    def _source(self, module: str, node: ast.ImportFrom) -> str:
        if not node.level:
            return node.module or ""
        is_package = self.root.joinpath(*module.split(".")[1:]).is_dir()
        parts = module.split(".")
        parts = parts[: len(parts) - node.level + (1 if is_package else 0)]
        return ".".join([*parts, *([node.module] if node.module else [])])

    def node(self, made: Made) -> ast.ClassDef:
        return next(
            n
            for n in ast.walk(self.tree(made.module))
            if isinstance(n, ast.ClassDef) and n.name == made.name
        )

    @cache  # noqa: B019  # one library lives as long as its tests
    def members(self, made: Made) -> Members:
        """Its own and, where it has none of that name, those of its bases."""
        members = Members()
        node = self.node(made)
        for base in node.bases:
            name = base.id if isinstance(base, ast.Name) else ""
            for parent in self.find(made.module, name) if name else []:
                inherited = self.members(parent)
                members.methods |= inherited.methods
                members.attributes |= inherited.attributes
        for item in node.body:
            if isinstance(item, ast.FunctionDef):
                members.attributes.add(item.name)
                words = [ast.unparse(d) for d in item.decorator_list]
                if not any("property" in w or w.endswith(".setter") for w in words):
                    if "overload" not in words:
                        members.methods[item.name] = item
                else:
                    members.methods.pop(item.name, None)
            if isinstance(item, ast.Assign | ast.AnnAssign):
                targets = item.targets if isinstance(item, ast.Assign) else [item.target]
                members.attributes |= {t.id for t in targets if isinstance(t, ast.Name)}
        for inner in ast.walk(node):
            if (
                isinstance(inner, ast.Attribute)
                and isinstance(inner.ctx, ast.Store)
                and isinstance(inner.value, ast.Name)
                and inner.value.id == "self"
            ):
                members.attributes.add(inner.attr)
        return members

    def returned(self, made: Made, method: str) -> list[Made]:
        """The first of our classes in the method's return annotation."""
        function = self.members(made).methods.get(method)
        if function is None or function.returns is None:
            return []
        for node in ast.walk(function.returns):
            if isinstance(node, ast.Name) and (found := self.find(made.module, node.id)):
                return found
        return []


def misfit(call: ast.Call, function: ast.FunctionDef, bound: bool = True) -> str | None:
    """Why ``call`` cannot be made of ``function``; None when it can."""
    args = function.args
    names = [a.arg for a in (*args.posonlyargs, *args.args)][1 if bound else 0 :]
    keywords = {k.arg for k in call.keywords if k.arg is not None}
    if len(call.args) > len(names) and args.vararg is None:
        return f"{len(call.args)} arguments, expected at most {len(names)}"
    unknown = keywords - set(names) - {a.arg for a in args.kwonlyargs}
    if unknown and args.kwarg is None:
        return f"no argument {min(unknown)!r}, expected {', '.join(names)}"
    given = set(names[: len(call.args)])
    if given & keywords:
        return f"argument {min(given & keywords)!r} given twice"
    needed = names[: len(names) - len(args.defaults)]
    missing = [name for name in needed if name not in given | keywords]
    return f"argument {missing[0]!r} is missing" if missing else None


@dataclass
class Held:
    """What came of holding a source against the library."""

    problems: list[str] = field(default_factory=list)
    used: set[str] = field(default_factory=set)


class _Reader(ast.NodeVisitor):
    def __init__(self, library: Library) -> None:
        self.library = library
        self.known: dict[str, list[Made]] = {}
        self.classes: dict[str, list[Made]] = {}
        self.held = Held()

    def visit_ImportFrom(self, node: ast.ImportFrom) -> None:
        module = node.module or ""
        if module.split(".")[0] != self.library.name:
            return
        for alias in node.names:
            found = self.library.find(module, alias.name)
            if not found:
                self.held.problems.append(f"{module} has no class {alias.name}")
            self.classes[alias.asname or alias.name] = found

    def visit_Assign(self, node: ast.Assign) -> None:
        self.visit(node.value)
        for target in node.targets:
            pairs = [(target, node.value)]
            if isinstance(target, ast.Tuple) and isinstance(node.value, ast.Tuple):
                pairs = list(zip(target.elts, node.value.elts, strict=True))
            for one, value in pairs:
                kinds = self._kinds(value)
                if kinds and isinstance(one, ast.Name | ast.Attribute):
                    self.known[ast.unparse(one)] = kinds
                self.visit(one)

    def visit_Attribute(self, node: ast.Attribute) -> None:
        self.visit(node.value)
        for made in self._kinds(node.value):
            self.held.used.add(f"{made.name}.{node.attr}")
            if node.attr not in self.library.members(made).attributes:
                self.held.problems.append(f"{made.module}.{made.name} has no {node.attr!r}")

    def visit_Call(self, node: ast.Call) -> None:
        self.generic_visit(node)
        if isinstance(node.func, ast.Name):
            for made in self.classes.get(node.func.id, []):
                self.held.used.add(made.name)
                self._bind(node, made, "__init__")
        if isinstance(node.func, ast.Attribute):
            for made in self._kinds(node.func.value):
                self._bind(node, made, node.func.attr)

    def _bind(self, node: ast.Call, made: Made, method: str) -> None:
        function = self.library.members(made).methods.get(method)
        wrong = None if function is None else misfit(node, function)
        if wrong is not None:
            self.held.problems.append(f"{made.module}.{made.name}.{method}: {wrong}")

    def _kinds(self, node: ast.expr) -> list[Made]:
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            return self.classes.get(node.func.id, [])
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            owners = self._kinds(node.func.value)
            return [m for o in owners for m in self.library.returned(o, node.func.attr)]
        if isinstance(node, ast.Name | ast.Attribute):
            return self.known.get(ast.unparse(node), [])
        return []


def hold(source: str, library: Library) -> Held:
    """All that ``source`` asks of ``library`` that is not there, and all that it asks."""
    reader = _Reader(library)
    reader.visit(ast.parse(source))
    return reader.held
