"""The rules of the house: sizes of folders and functions, import circles, a test for every file."""

from __future__ import annotations

import ast
import re
from collections import Counter
from collections.abc import Iterable, Mapping
from pathlib import Path

import pytest
from support import ROOT

PACKAGES = ("sc_model", "sc_hw", "sim", "sc_driver", "campaigns")
MODULES_OF_A_FOLDER = 20
LINES_OF_A_FUNCTION = 80
# Source files without a test of their own name, at most. This number may only fall: whoever adds
# such a test lowers it.
FILES_WITHOUT_A_TEST = 94


def source_files() -> list[Path]:
    """All modules, relative to the repository."""
    return sorted(
        file.relative_to(ROOT) for name in PACKAGES for file in (ROOT / name).rglob("*.py")
    )


SOURCES = source_files()


# --- sizes ----------------------------------------------------------------------------------------


def crowded(files: Iterable[Path], limit: int = MODULES_OF_A_FOLDER) -> dict[str, int]:
    """Folders with more modules side by side than the limit; `__init__` is the folder itself."""
    counts = Counter(str(file.parent) for file in files if file.name != "__init__.py")
    return {folder: number for folder, number in sorted(counts.items()) if number > limit}


def test_no_folder_is_crowded() -> None:
    assert crowded(SOURCES) == {}


def test_a_crowded_folder_is_found() -> None:
    files = [Path("a") / f"m{k}.py" for k in range(21)] + [Path("b/__init__.py")] * 30
    assert crowded(files) == {"a": 21}
    assert crowded(files[1:]) == {}


def long_functions(source: str, limit: int = LINES_OF_A_FUNCTION) -> dict[str, int]:
    """Functions longer than the limit, from `def` to the last line, by name and first line."""
    return {
        f"{node.name}:{node.lineno}": (node.end_lineno or node.lineno) - node.lineno + 1
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and (node.end_lineno or node.lineno) - node.lineno + 1 > limit
    }


def test_no_function_is_longer_than_a_page() -> None:
    found = {
        f"{file}:{name}": lines
        for file in SOURCES
        for name, lines in long_functions((ROOT / file).read_text(encoding="utf-8")).items()
    }
    assert found == {}


def test_a_long_function_is_found() -> None:
    page = "async def page():\n" + "    pass\n" * 79
    assert long_functions(page) == {}
    nested = "class A:\n    @decorated\n    def longer(self):\n" + "        pass\n" * 80
    assert long_functions(page + nested) == {"longer:83": 81}


# --- import circles -------------------------------------------------------------------------------


def module_name(file: Path) -> str:
    parts = file.with_suffix("").parts
    if parts[0] == "sim":  # `sc_sim` is a link to the folder
        parts = ("sc_sim", *parts[1:])
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


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


def imported_modules(source: str, module: str, is_package: bool, known: set[str]) -> set[str]:
    """Modules of `known` that a module imports, at once or later."""
    visitor = Imports()
    visitor.visit(ast.parse(source))
    found: set[str] = set()
    for node in visitor.nodes:
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
    names = {module_name(file): file for file in SOURCES}
    return {
        name: imported_modules(
            (ROOT / file).read_text(encoding="utf-8"), name, file.name == "__init__.py", set(names)
        )
        for name, file in names.items()
    }


def test_no_modules_import_each_other_in_a_circle() -> None:
    graph = import_graph()
    assert graph["sc_model.learning.federated"] == {"sc_model.learning.secure_aggregation"}
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


def test_the_benches_are_imported_by_the_name_that_is_installed() -> None:
    """`sim` is a name that others own too. Here both names lead to the folder, but Python would
    take them for two packages.
    """
    assert (ROOT / "sc_sim").resolve() == ROOT / "sim"
    folders = ("sc_model", "sc_hw", "sim", "campaigns", "benchmarks", "examples", "tests")
    files = (file for folder in folders for file in (ROOT / folder).rglob("*.py"))
    owned = re.compile(r"^\s*(?:from|import) sim\b", re.MULTILINE)
    assert [file for file in files if owned.search(file.read_text(encoding="utf-8"))] == []


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
