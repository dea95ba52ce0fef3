"""Catalogues of plug-ins: rules, layer kinds, FPGA families, targets; no list names them.

A plug-in is a module in the folder of its kind, or a module that an installed package names under
the entry-point group of the kind. A plug-in that can't be imported is kept as one line of text
(:attr:`Plugin.problem`) and hurts nothing else: only who asks for it by name gets that line as an
error.
"""

from __future__ import annotations

import importlib
import importlib.util
import pkgutil
import traceback
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from types import ModuleType
from typing import Any, Generic, TypeVar
from weakref import WeakSet

from sc_model.endless import IMPORT_SECONDS, limited
from sc_model.entry_points import entry_points_of, load, source_of
from sc_model.files import read_text
from sc_model.spec.errors import ConfigError, RuleError, did_you_mean
from sc_model.spec.rule_parts.source import RuleSource
from sc_model.texts import shown

T = TypeVar("T")
# of this process: who runs a command can be told of what is broken in those that it has loaded
_LOADED: WeakSet[Catalogue[Any]] = WeakSet()


@dataclass(frozen=True)
class Plugin:
    """A module that was looked at, and what came of it.

    Members
    -------
    group : entry-point group of its kind, as ``sc_model.rules``.
    name : name of the module in its folder, or of the entry point.
    source : where it comes from: a module, or a package with version and entry point.
    provides : names under which its things can be asked for, sorted; empty where it is broken.
    problem : what is wrong with it, in one line with file and line number; None where it works.
    """

    group: str
    name: str
    source: str
    provides: tuple[str, ...] = ()
    problem: str | None = None


class Catalogue(Generic[T]):
    """Things by name, found in a folder and among the entry points of installed packages.

    Parameters
    ----------
    subject : what a thing is called in errors, as ``rule family``.
    group : entry-point group, which is also the name of the package with the folder, unless
        `package` differs.
    path : folders of the package (its ``__path__``).
    things : reads (name, thing) pairs off a module. A module of the folder may have none (it is a
        helper); a module that an entry point names must have at least one. What it raises makes
        the plug-in a broken one.
    wanted : what `things` looks for, named in the error for an entry point without any.
    package : name of the package with the folder; `group` by default.

    Members
    -------
    things : the things by name.
    plugins : every module that was looked at, in the order of the search: those of the folder by
        name, then entry points by package and name. Helpers of the folder are left out.
    modules : name of the module that defines each thing, by the thing's name.
    """

    def __init__(
        self,
        subject: str,
        group: str,
        path: Iterable[str],
        things: Callable[[ModuleType], Iterable[tuple[str, T]]],
        *,
        wanted: str,
        package: str | None = None,
    ) -> None:
        self.subject, self.group, self.wanted, self._read = subject, group, wanted, things
        self.things: dict[str, T] = {}
        self.plugins: list[Plugin] = []
        self.modules: dict[str, str] = {}
        self._sources: dict[str, str] = {}
        for info in pkgutil.iter_modules(path):
            name = f"{package or group}.{info.name}"
            self._add(info.name, name, name, partial(importlib.import_module, name), None)
        points, broken = entry_points_of(group)
        for point in points:
            module = point.value.partition(":")[0]
            self._add(point.name, source_of(point), module, partial(load, point), wanted)
        for title, problem in broken:
            self.plugins.append(Plugin(group, title, f"package {title}", problem=problem))
        _LOADED.add(self)

    def _add(
        self,
        name: str,
        source: str,
        module: str,
        load: Callable[[], ModuleType],
        wanted: str | None,
    ) -> None:
        """Import one module and keep what it has, or why it has nothing."""
        try:
            with limited(IMPORT_SECONDS):
                content = load()
                pairs = list(self._read(content))
            if not pairs and wanted is not None:
                if isinstance(content, ModuleType):
                    raise ConfigError(f"the module must define {wanted}")
                raise ConfigError(
                    f"the entry point must name a module, as {module}, not a"
                    f" {type(content).__name__} in it"
                )
            names = [thing_name for thing_name, _ in pairs]
            for thing_name in names:
                if thing_name in self.things or names.count(thing_name) > 1:
                    other = self._sources.get(thing_name, source)
                    raise ConfigError(
                        f"{self.subject} '{thing_name}' is defined twice, in {other} and in"
                        f" {source}: rename one"
                    )
        except KeyboardInterrupt:
            raise
        except BaseException as error:  # whatever foreign code may raise on import
            cause = cause_of(error, module, self.wanted)
            end = "" if cause.endswith("?") else "."  # of a hint
            problem = f"plug-in {name} ({source}) is broken: {cause}{end}"
            self.plugins.append(Plugin(self.group, name, source, problem=problem))
            return
        if pairs:
            self.things.update(pairs)
            self.modules.update(dict.fromkeys(names, module))
            self._sources.update(dict.fromkeys(names, source))
            self.plugins.append(Plugin(self.group, name, source, tuple(sorted(names))))

    def names(self) -> tuple[str, ...]:
        """Names of all things that work, sorted."""
        return tuple(sorted(self.things))

    def pick(self, name: str, subject: str | None = None) -> T:
        """The thing of that name.

        Raises
        ------
        ConfigError
            the line of the broken plug-in of that name; else the known names, and the broken
            plug-ins, one of which may have been meant.
        """
        broken = [plugin for plugin in self.plugins if plugin.problem is not None]
        if name not in self.things:
            for plugin in broken:
                if plugin.name == name:
                    raise ConfigError(str(plugin.problem))
        try:
            return pick(subject or self.subject, name, self.things)
        except ConfigError as error:
            problems = " ".join(str(plugin.problem) for plugin in broken)
            raise ConfigError(f"{error} {problems}".rstrip()) from None


def loaded_problems() -> list[str]:
    """The lines of all broken plug-ins of the catalogues that this process has loaded, sorted."""
    plugins = (plugin for catalogue in _LOADED for plugin in catalogue.plugins)
    return sorted({plugin.problem for plugin in plugins if plugin.problem is not None})


def cause_of(error: BaseException, module: str, wanted: str = "") -> str:
    """The error in one line, with the innermost file and line of the plug-in's own folder.

    What the plug-in calls in foreign packages says less than the line that calls it. Where none of
    its lines is under way, what it defines has the fault: the line that binds the name `wanted`, or
    the file alone. A `ConfigError` begins with that place, as those of rule files do.
    """
    text = " ".join(str(error).split()).removesuffix(".")
    if isinstance(error, RuleError):  # it has its place
        return text
    if isinstance(error, SyntaxError):
        return f"{type(error).__name__}: {error.msg} ({error.filename}:{error.lineno})"
    file = _file_of(module)
    if file is None:
        return text if isinstance(error, ConfigError) else f"{type(error).__name__}: {text}"
    frames = traceback.extract_tb(error.__traceback__)
    own = [frame for frame in frames if _folder(frame.filename) == _folder(file)]
    if isinstance(error, ConfigError):
        return f"{place_of(error, own[-1].filename if own else file, wanted)}: {text}"
    place = f"{own[-1].filename}:{own[-1].lineno}" if own else file
    return f"{type(error).__name__}: {text} ({place})"


def place_of(error: BaseException, file: str, wanted: str) -> str:
    """`FILE:LINE` of an error about a file: the line under way, else that which binds `wanted`."""
    try:
        text = read_text(Path(file))
    except (OSError, UnicodeDecodeError):  # in a zip file, say
        text = ""
    source = RuleSource(file, text)
    return source.place(source.line_of_error(error) or source.line_of(wanted))


def listed(module: ModuleType, name: str, kind: type[T]) -> tuple[T, ...]:
    """The things in the tuple `name` of a module, none where it has no such name.

    Raises
    ------
    ConfigError : it is no tuple or list, or has something else in it.
    """
    items = getattr(module, name, ())
    if not isinstance(items, tuple | list):
        raise ConfigError(
            f"{name} must be a tuple, as ({kind.__name__}(...),) with a comma, not"
            f" {shown(items)} ({type(items).__name__})."
        )
    for item in items:
        if not isinstance(item, kind):
            raise ConfigError(
                f"{name} must hold objects of class {kind.__name__}, not {shown(item)}."
            )
    return tuple(items)


def _file_of(module: str) -> str | None:
    """The file of a module, or None where there is no such module.

    The traceback alone does not tell: import hooks of other packages have frames in it, too.
    """
    try:
        spec = importlib.util.find_spec(module)
    except Exception:  # whatever a parent package of foreign code may raise on import
        return None
    return None if spec is None else spec.origin


def _folder(file: str) -> str:
    return str(Path(file).parent)


def modules_of(package: str, path: Iterable[str]) -> list[ModuleType]:
    """All modules of a package, imported."""
    return [
        importlib.import_module(f"{package}.{info.name}") for info in pkgutil.iter_modules(path)
    ]


def by_name(what: str, entries: Iterable[tuple[str, T, str]]) -> dict[str, T]:
    """A dictionary of (name, thing, place) triples; ConfigError where two have the same name."""
    things: dict[str, T] = {}
    places: dict[str, str] = {}
    for name, thing, place in entries:
        if name in things:
            raise ConfigError(
                f"{what} '{name}' is defined twice, in {places[name]} and in {place}: rename one."
            )
        things[name], places[name] = thing, place
    return things


def pick(subject: str, name: str, known: Mapping[str, T]) -> T:
    """The thing of that name; ConfigError lists the known ones."""
    if name not in known:
        hint = did_you_mean(name, known) or "."
        raise ConfigError(
            f"{subject} must be one of {', '.join(sorted(known))}, not '{name}'{hint}"
        )
    return known[name]
