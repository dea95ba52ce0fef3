"""Entry points of installed packages; a package with a broken list of them hurts no other.

`importlib.metadata.entry_points` reads the lists of all packages, and ends at the first that is
broken, whoever asked for whatever group.
"""

from __future__ import annotations

import importlib
import importlib.metadata
from collections.abc import Callable, Iterator
from importlib.metadata import Distribution, EntryPoint
from pathlib import Path
from typing import Any

LIST = "entry_points.txt"
# What the standard library raises while it reads files of a package: a line without `=`, bytes that
# are no UTF-8, a folder without METADATA, a file that can't be read.
BROKEN = (TypeError, ValueError, AttributeError, OSError)
# what is wrong with each list that `pass_over_broken_lists` has passed over, by package
_passed_over: dict[str, str] = {}


def entry_points_of(group: str) -> tuple[list[EntryPoint], list[tuple[str, str]]]:
    """Entry points of a group, in a fixed order, and packages with a broken list.

    Parameters
    ----------
    group : name of the group.

    Returns
    -------
    Entry points by package, name and value; and of each package with a broken list its name and
    one line that says what is wrong with it.
    """
    problems: dict[str, str] = {}
    try:
        points = list(importlib.metadata.entry_points(group=group))
        problems |= _passed_over
    except BROKEN:
        points = []
        for distribution in _distributions():
            try:
                points += distribution.entry_points.select(group=group)
            except BROKEN as error:
                problems[_title(distribution)] = _problem(distribution, error)
    return sorted(points, key=_order), sorted(problems.items())


def groups_beginning_with(prefixes: tuple[str, ...]) -> list[str]:
    """Names of all groups of entry points that begin so, sorted; broken lists have none."""
    groups: set[str] = set()
    for distribution in _distributions():
        try:
            groups |= {point.group for point in distribution.entry_points}
        except BROKEN:
            continue
    return sorted(group for group in groups if group.startswith(prefixes))


def load(point: EntryPoint) -> Any:
    """What an entry point names, imported; ValueError where its value names nothing."""
    if EntryPoint.pattern.match(point.value) is None:
        raise ValueError(f"the value must be MODULE or MODULE:NAME, not {point.value!r}")
    return point.load()


def source_of(point: EntryPoint) -> str:
    """Package and entry point, as a person can look them up."""
    package = f"package {_title(point.dist)}, " if point.dist is not None else ""
    return f"{package}entry point {point.group}: {point.name} = {point.value}"


def pass_over_broken_lists(name: str = "importlib.metadata") -> None:
    """From now on a broken list is an empty one, for all libraries of this process.

    Libraries look for plug-ins of their own and would end there. Only for a process of ours: a
    program that imports this package keeps what its libraries do.

    Parameters
    ----------
    name : of the standard library's module, or of one with the same content; nothing happens where
        it is not installed.
    """
    try:
        module = importlib.import_module(name)
    except ImportError:
        return
    kind: Any = module.Distribution
    original: Callable[[Any], Any] = kind.entry_points.fget

    def entry_points(distribution: Any) -> Any:
        try:
            return original(distribution)
        except BROKEN as error:
            _passed_over[_title(distribution)] = _problem(distribution, error)
            return module.EntryPoints(())

    kind.entry_points = property(entry_points)


def _distributions() -> Iterator[Distribution]:
    """Installed packages; of two with one name the first on the path, which is imported."""
    names = set()
    for distribution in importlib.metadata.distributions():
        name = _name(distribution).lower().replace("-", "_").replace(".", "_")
        if name not in names:
            names.add(name)
            yield distribution


def _order(point: EntryPoint) -> tuple[str, str, str]:
    """A fixed order of entry points: that of the search path differs between machines."""
    return ("" if point.dist is None else _name(point.dist), point.name, point.value)


def _folder(distribution: Distribution) -> Path | None:
    """The folder of a package's metadata; None for one that lies in no folder."""
    # it has no public name
    return getattr(distribution, "_path", None)


def _field(distribution: Distribution, key: str) -> str | None:
    """A field of METADATA; None where it has none or can't be read."""
    try:
        return distribution.metadata[key]
    except (KeyError, *BROKEN):
        return None


def _name(distribution: Distribution) -> str:
    """A package's name, by its folder where METADATA has none."""
    name, folder = _field(distribution, "Name"), _folder(distribution)
    return name or ("?" if folder is None else folder.name.partition("-")[0])


def _title(distribution: Distribution) -> str:
    """Name and version of a package, or where they are missing."""
    version = _field(distribution, "Version")
    if version and _field(distribution, "Name"):
        return f"{_name(distribution)} {version}"
    return f"{_name(distribution)} (no name and version in {_folder(distribution)})"


def _problem(distribution: Distribution, error: Exception) -> str:
    """What is wrong with a package's list, in one line."""
    folder = _folder(distribution)
    where = LIST if folder is None else f"{folder / LIST}"
    return (
        f"package {_title(distribution)} has a broken list of plug-ins, so none of them is found:"
        f" {where} {_cause(folder, error)}; mend or uninstall the package."
    )


def _cause(folder: Path | None, error: Exception) -> str:
    """The line that is no entry point, or what the error says."""
    if isinstance(error, UnicodeDecodeError):
        return "is no UTF-8"
    if folder is not None and isinstance(error, TypeError | ValueError):
        in_a_section = False
        for number, line in enumerate((folder / LIST).read_text("utf-8").splitlines(), 1):
            text = line.strip()
            if text.startswith("[") and text.endswith("]"):
                in_a_section = True
            elif in_a_section and text and not text.startswith("#") and "=" not in text:
                return f"must have NAME = MODULE in line {number}, not {text[:60]!r}"
    return f"can't be read ({type(error).__name__}: {error})"
