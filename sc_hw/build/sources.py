"""The texts that decide which Verilog a design becomes: their hash goes into a build's name.

A build is named by everything that makes it. Were the generator's own texts left out, a folder with
Verilog and certificate of an older generator would be taken for that of the present one.
"""

from __future__ import annotations

import hashlib
import sys
from functools import cache
from pathlib import Path

import sc_model
from sc_hw.fabric.families import family_module
from sc_model.layer_kinds import kind_of
from sc_model.spec import Design

# What stands on the way from a design to its Verilog. The other rooms (proof, simulation, price,
# reporting, the models) read the Verilog, or run beside it, and change no byte of it.
_GENERATOR = {
    Path(str(sc_model.__file__)).parent: ("arithmetic", "graph", "layer_kinds", "rules", "spec"),
    Path(__file__).parents[1]: (
        "build",
        "events",
        "learning",
        "fabric",
        "host",
        "network",
        "parts",
        "plastic",
        "recurrent",
        "synapse",
        "trained",
        "wires.py",
    ),
}


def generator_files() -> tuple[Path, ...]:
    """The source files of the generator, sorted."""
    files: list[Path] = []
    for package, rooms in _GENERATOR.items():
        for room in rooms:
            path = package / room
            files += [path] if path.is_file() else path.rglob("*.py")
    return tuple(sorted(files))


@cache
def _generator_sha256() -> str:
    """Hash over names and bytes of the generator's files, read once in a process.

    A process runs the texts that it has imported: what changes on the disk afterwards makes no
    difference to the Verilog that it emits.
    """
    digest = hashlib.sha256()
    roots = [package.parent for package in _GENERATOR]
    for file in generator_files():
        name = next(file.relative_to(root) for root in roots if file.is_relative_to(root))
        # The length keeps the end of one file apart from the beginning of the next.
        content = file.read_bytes()
        digest.update(f"{name.as_posix()} {len(content)}\n".encode() + content)
    return digest.hexdigest()


def source_hashes(design: Design) -> dict[str, str]:
    """SHA-256 of the texts that make a design's Verilog, by name.

    Parameters
    ----------
    design : its family and the kinds of its layers may come from packages of other people; the
        files of these count as well. A design's rule has a hash of its own in the build's name.

    Raises ConfigError where the design names a family or a layer kind that can't be loaded.
    """
    hashes = {"generator": _generator_sha256()}
    own = set(generator_files())
    for module in _plugin_modules(design):
        file = Path(str(getattr(sys.modules.get(module), "__file__", module)))
        if file not in own and file.is_file():
            hashes[module] = hashlib.sha256(file.read_bytes()).hexdigest()
    return hashes


def _plugin_modules(design: Design) -> list[str]:
    """Modules that define what a design names, sorted and each once."""
    modules = {family_module(design.fabric)}
    if design.network is not None:
        modules |= {kind_of(layer).spec.__module__ for layer in design.network.layers}
    return sorted(modules)
