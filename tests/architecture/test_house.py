"""The rules of the house: sizes of folders, functions and lines, import circles, a test a file."""

from __future__ import annotations

import ast
import re
import tomllib
from collections import Counter
from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path

import pytest
from support import ROOT

PACKAGES = ("sc_model", "sc_hw", "sim", "sc_driver", "campaigns")
ROOMS = (*PACKAGES, "examples", "benchmarks", "tests")
MODULES_OF_A_FOLDER = 20
LINES_OF_A_FUNCTION = 80
COLUMNS_OF_A_LINE = 100
# Folders from which tests import helpers by their bare names.
HELPERS = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["pytest"][
    "ini_options"
]["pythonpath"]
# Source files without a test of their own name, at most. This number may only fall: whoever adds
# such a test lowers it.
FILES_WITHOUT_A_TEST = 92


def python_files(rooms: Iterable[str]) -> list[Path]:
    """All modules in some folders, relative to the repository."""
    return sorted(file.relative_to(ROOT) for name in rooms for file in (ROOT / name).rglob("*.py"))


@cache
def text_of(file: Path) -> str:
    return (ROOT / file).read_text(encoding="utf-8")


class Imports(ast.NodeVisitor):
    """Import statements of a module, those in functions too, but not those for type checkers."""

    def __init__(self) -> None:
        self.nodes: list[ast.Import | ast.ImportFrom] = []

    def visit_If(self, node: ast.If) -> None:
        if ast.unparse(node.test) in ("TYPE_CHECKING", "typing.TYPE_CHECKING"):
            for statement in node.orelse:
                self.visit(statement)
        else:
            self.generic_visit(node)

    def visit_Import(self, node: ast.Import) -> None:
        self.nodes.append(node)

    def visit_ImportFrom(self, node: ast.ImportFrom) -> None:
        self.nodes.append(node)


@cache
def outline(source: str) -> tuple[list[ast.FunctionDef | ast.AsyncFunctionDef], Imports]:
    """Functions of a module, without their bodies, and its imports: parsed once for all tests."""
    tree = ast.parse(source)
    imports = Imports()
    imports.visit(tree)
    functions = [
        node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    ]
    for node in functions:
        node.body = []
    return functions, imports


SOURCES = python_files(PACKAGES)
FILES = python_files(ROOMS)


# --- sizes ----------------------------------------------------------------------------------------


def crowded(files: Iterable[Path], limit: int = MODULES_OF_A_FOLDER) -> dict[str, int]:
    """Folders with more modules side by side than the limit.

    `__init__` and `conftest` are about the folder itself, and do not count.
    """
    itself = ("__init__.py", "conftest.py")
    counts = Counter(str(file.parent) for file in files if file.name not in itself)
    return {folder: number for folder, number in sorted(counts.items()) if number > limit}


def test_no_folder_is_crowded() -> None:
    assert crowded(FILES) == {}


def test_a_crowded_folder_is_found() -> None:
    files = [Path("a") / f"m{k}.py" for k in range(21)]
    files += [Path("a/conftest.py"), *[Path("b/__init__.py")] * 30]
    assert crowded(files) == {"a": 21}
    assert crowded(files[1:]) == {}


def long_functions(source: str, limit: int = LINES_OF_A_FUNCTION) -> dict[str, int]:
    """Functions longer than the limit, from `def` to the last line, by name and first line."""
    return {
        f"{node.name}:{node.lineno}": (node.end_lineno or node.lineno) - node.lineno + 1
        for node in outline(source)[0]
        if (node.end_lineno or node.lineno) - node.lineno + 1 > limit
    }


def test_no_function_is_longer_than_a_page() -> None:
    found = {
        f"{file}:{name}": lines
        for file in FILES
        for name, lines in long_functions(text_of(file)).items()
    }
    assert found == {}


def test_a_long_function_is_found() -> None:
    page = "async def page():\n" + "    pass\n" * 79
    assert long_functions(page) == {}
    nested = "class A:\n    @decorated\n    def longer(self):\n" + "        pass\n" * 80
    assert long_functions(page + nested) == {"longer:83": 81}


def wide_lines(source: str, limit: int = COLUMNS_OF_A_LINE) -> list[int]:
    """Numbers of lines with more columns than the limit."""
    lines = source.split("\n")
    return [number for number, line in enumerate(lines, 1) if len(line) > limit]


def test_no_line_is_wider_than_a_page() -> None:
    """Ruff finds such a line too, but not one that a comment exempts (`# noqa`)."""
    assert {file: lines for file in FILES if (lines := wide_lines(text_of(file)))} == {}


def test_a_wide_line_is_found() -> None:
    assert wide_lines(f"{'a' * 100}\n{'b' * 101}  # noqa: E501\n") == [2]


# --- import circles -------------------------------------------------------------------------------


def module_name(file: Path) -> str:
    parts = file.with_suffix("").parts
    if parts[0] == "sim":  # `sc_sim` is a link to the folder
        parts = ("sc_sim", *parts[1:])
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def places_of(module: str) -> tuple[str, ...]:
    """Packages in which a bare name is looked for: what a script or a test has on its path."""
    if module.startswith("examples."):
        return (module.rpartition(".")[0],)
    return tuple(folder.replace("/", ".") for folder in HELPERS) if "tests" in module else ()


def imported_modules(source: str, module: str, is_package: bool, known: set[str]) -> set[str]:
    """Modules of `known` that a module imports, at once or later."""
    found: set[str] = set()
    places = places_of(module)
    for node in outline(source)[1].nodes:
        bare = [a.name for a in node.names] if isinstance(node, ast.Import) else [node.module]
        found |= {f"{place}.{name}" for place in places for name in bare}
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
            continue
        parts = module.split(".")
        parts = parts[: len(parts) - node.level + is_package] if node.level else []
        base = ".".join([*parts, *([node.module] if node.module else [])])
        for alias in node.names:
            # `from a import b` needs the module a.b if there is one, and else the name b of a
            inner = f"{base}.{alias.name}"
            found.add(inner if inner in known else base)
    return (found & known) - {module}


def circles(edges: Mapping[str, set[str]]) -> list[list[str]]:
    """Sets of modules that import each other in a circle (Tarjan 1972's strong components)."""
    order: dict[str, int] = {}
    lowest: dict[str, int] = {}
    stack: list[str] = []
    found: list[list[str]] = []

    def visit(module: str) -> None:
        order[module] = lowest[module] = len(order)
        stack.append(module)
        for other in sorted(edges[module]):
            if other not in order:
                visit(other)
                lowest[module] = min(lowest[module], lowest[other])
            elif other in stack:
                lowest[module] = min(lowest[module], order[other])
        if lowest[module] == order[module]:
            component = stack[stack.index(module) :]
            del stack[stack.index(module) :]
            if len(component) > 1:
                found.append(sorted(component))

    for module in sorted(edges):
        if module not in order:
            visit(module)
    return found


def import_graph() -> dict[str, set[str]]:
    names = {module_name(file): file for file in FILES}
    return {
        name: imported_modules(text_of(file), name, file.name == "__init__.py", set(names))
        for name, file in names.items()
    }


def test_no_modules_import_each_other_in_a_circle() -> None:
    graph = import_graph()
    assert graph["sc_model.learning.federated"] == {"sc_model.learning.secure_aggregation"}
    assert "tests.support" in graph["tests.hosts.host_manifests"]
    task = "examples.delayed_match.delayed_match_task"
    assert (
        task
        in graph["examples.delayed_match.delayed_match_twin"] | graph["examples.delayed_match.run"]
    )
    assert circles(graph) == []


def test_a_circle_is_found() -> None:
    known = {"p", "p.a", "p.b", "p.c"}
    sources = {
        "p": "",
        "p.a": "try:\n    from p import b\nexcept ImportError:\n    pass",
        "p.b": "if True:\n    from .c import name",
        "p.c": "import p.a",
    }
    edges = {
        name: imported_modules(text, name, name == "p", known) for name, text in sources.items()
    }
    assert edges == {"p": set(), "p.a": {"p.b"}, "p.b": {"p.c"}, "p.c": {"p.a"}}
    assert circles(edges) == [["p.a", "p.b", "p.c"]]
    later = "if TYPE_CHECKING:\n    import p\nelse:\n    def later():\n        import p.a"
    assert imported_modules(later, "p.c", False, known) == {"p.a"}
    edges["p.c"] = imported_modules("if TYPE_CHECKING:\n    import p.a", "p.c", False, known)
    assert circles(edges) == []
    scripts = {"examples.e.run", "examples.e.task", "tests.support", "tests.test_a"}
    assert imported_modules("import task", "examples.e.run", False, scripts) == {"examples.e.task"}
    helper = imported_modules("from support import ROOT", "tests.test_a", False, scripts)
    assert helper == {"tests.support"}


def test_the_benches_are_imported_by_the_name_that_is_installed() -> None:
    """`sim` is a name that others own too. Here both names lead to the folder, but Python would
    take them for two packages.
    """
    assert (ROOT / "sc_sim").resolve() == ROOT / "sim"
    other_packages = re.compile(r"^\s*(?:from|import) sim\b", re.MULTILINE)
    assert [file for file in FILES if other_packages.search(text_of(file))] == []


# --- a test for every file ------------------------------------------------------------------------


def without_test(sources: Iterable[Path], tests: set[Path]) -> list[Path]:
    """Source files `a/b.py` without a test `tests/a/test_b.py` or a folder `tests/a/b`.

    `__init__` and `__main__` are looked at by the tests of what they hold; a file that begins with
    an underscore belongs to its neighbours.
    """
    folders = {folder for test in tests for folder in test.parents}
    missing = []
    for file in sources:
        if file.name.startswith("_"):
            continue
        place = Path("tests") / file.parent
        if place / f"test_{file.name}" not in tests and place / file.stem not in folders:
            missing.append(file)
    return missing


def test_files_without_a_test_of_their_own_name_become_fewer() -> None:
    tests = {file.relative_to(ROOT) for file in (ROOT / "tests").rglob("test_*.py")}
    missing = without_test(SOURCES, tests)
    listed = "\n".join(map(str, missing))
    if len(missing) > FILES_WITHOUT_A_TEST:
        pytest.fail(
            f"{len(missing)} source files have no test of their own name, at most"
            f" {FILES_WITHOUT_A_TEST} may:\n{listed}"
        )


def test_a_file_without_a_test_is_found() -> None:
    sources = [Path("p/a.py"), Path("p/b.py"), Path("p/c.py"), Path("p/__init__.py")]
    tests = {Path("tests/p/test_a.py"), Path("tests/p/b/test_parts.py"), Path("tests/q/test_c.py")}
    assert without_test(sources, tests) == [Path("p/c.py")]
