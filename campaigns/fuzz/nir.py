"""Fuzz NIR files: `python -m campaigns.fuzz.nir --count 1000 --out reports`.

A mutant is one of some small graphs, of all node types, with one to four changes that know the
structure: a number becomes an odd one, an array gets another type, shape or place, a field, node,
edge or name is left out, doubled or changed, groups contain themselves, links lead elsewhere; now
and then bytes of the file are damaged. Each mutant is imported as `sc-hw import` does, within
limits of time and memory.
"""

from __future__ import annotations

import argparse
import copy
import queue
import random
import tempfile
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from itertools import pairwise
from pathlib import Path
from typing import Any

import h5py
import nir
import numpy as np

from campaigns.freshness.stamps import write_report
from campaigns.fuzz.cases import Outcome, faults, fuzz, table
from sc_hw.commands.import_nir import import_nir
from sc_hw.errors import OutputError
from sc_hw.files import write_json
from sc_model.interchange.nodes import FIELDS
from sc_model.spec import ConfigError, ConfigTypeError

SCHEMA = "sc-hw.fuzz-nir.v1"
ERRORS = (ConfigError, ConfigTypeError, OutputError)
NUMBERS = (
    *(float("nan"), float("inf"), -float("inf"), -0.0, 0.0, 5e-324, 1e-30, 1e-9, 1e-3, 0.5, 1.0),
    *(-1.0, 3.7, 1e3, 2.0**31, -(2.0**63), 1e30, 1e308),
)
TYPES = ("f2", "f4", "f8", "i1", "i8", "u8", "?", "c16", "S5", "O", "pair")
NAMES = ("", "n\n", "a\x1b[0m", "é", "x" * 300, "*", "input", "output", "nodes", "type", "0", "a.b")
TEXTS = ("LIF", "NIRGraph", "Nothing", "", "same", "valid", "x" * 5000, "é\n", "Input", "Linear")
NOTES: dict[str, tuple[Any, ...]] = {
    "sc_profile": (1, 2, 0.5, "1"),
    "sc_dt_ms": (1.0, -1.0, float("nan"), 1e-300, "1"),
    "sc_reset": ("zero", "none", "soft", 3),
    "sc_reset_delay": (0, 1, 7, "no"),
    "sc_strict": (0, 1, float("nan")),
    "sc_refractory": (0, 3, -1, 1e9, 300),
    "sc_delay": (0, np.zeros((3, 4)), np.full((3, 4), 1e9), np.full((3, 4), 0.5)),
    "sc_tau": (5.0, np.full((3, 4), 5.0), np.full((3, 4), -1.0), np.arange(1.0, 13).reshape(3, 4)),
    "sc_plasticity": (1, "x", np.zeros(3)),
    "sc_new": (1,),
}

Tree = dict[str, Any]


@dataclass(frozen=True)
class Link:
    """A member of a group that is no array: `soft`, `external` or `hard`, and where it leads."""

    kind: str
    target: str


@dataclass(frozen=True)
class Outside:
    """An array whose numbers are not in the file: `external`, `virtual`, or `declared` only."""

    kind: str
    shape: tuple[int, ...]


# --- graphs ---------------------------------------------------------------------------------------


def neurons(kind: str, size: int, rng: np.random.Generator) -> Any:
    """Neurons of a kind with time constants of 2 to 40 steps of 1 ms."""
    make = getattr(nir, kind)
    values = {}
    for field in FIELDS[kind]:
        if field.startswith("tau"):
            values[field] = rng.uniform(0.002, 0.04, size)
        elif field == "r":
            values[field] = rng.uniform(1, 30, size) * (100.0 if kind in ("I", "IF") else 1.0)
        elif field in ("threshold", "v_threshold"):
            values[field] = rng.uniform(0.5, 2, size)
        else:
            values[field] = np.full(size, 0.0 if field.startswith("v") else 5.0)
    return make(**values)


def bases() -> list[Any]:
    """Small graphs that hold all types of nodes."""
    rng = np.random.default_rng(1)

    def chain(*nodes: Any, inputs: Any = (4,), outputs: Any = (3,)) -> Any:
        members = {f"n{number}": node for number, node in enumerate(nodes)}
        full = {
            "input": nir.Input(np.array(inputs)),
            **members,
            "output": nir.Output(np.array(outputs)),
        }
        return nir.NIRGraph(full, list(pairwise(full)), type_check=False)

    def linear(rows: int, columns: int) -> Any:
        return nir.Linear(rng.normal(0, 1, (rows, columns)))

    kinds = [
        chain(linear(3, 4), neurons(kind, 3, rng)) for kind in ("LIF", "IF", "CubaLIF", "Threshold")
    ]
    affine = nir.Affine(rng.normal(0, 1, (3, 4)), rng.normal(0, 1, 3))
    two = chain(
        affine,
        neurons("LIF", 3, rng),
        linear(3, 3),
        nir.Scale(np.full(3, 0.5)),
        neurons("CubaLIF", 3, rng),
    )
    delayed = chain(nir.Delay(np.array([0, 1, 2, 5]) * 1e-3), linear(3, 4), neurons("LIF", 3, rng))
    traces = chain(neurons("LI", 4, rng), linear(3, 4), neurons("LIF", 3, rng))
    conv = nir.Conv2d(
        (6, 6), rng.normal(0, 1, (2, 1, 3, 3)), (1, 1), (1, 1), (1, 1), 1, np.zeros(2)
    )
    images = chain(
        conv,
        neurons("IF", 72, rng),
        nir.SumPool2d(np.array([2, 2]), np.array([2, 2]), np.zeros(2, int)),
        nir.Flatten(None, 0, -1),
        linear(3, 18),
        neurons("LIF", 3, rng),
        inputs=(1, 6, 6),
    )
    pool = nir.AvgPool2d(np.array([2, 2]), np.array([2, 2]), np.array([0, 0]))
    conv1 = nir.Conv1d(8, rng.normal(0, 1, (2, 1, 3)), 1, "same", 1, 1, np.zeros(2))
    pooled = chain(
        pool, nir.Flatten(None, 0, -1), linear(3, 4), neurons("LIF", 3, rng), inputs=(1, 4, 4)
    )
    waves = chain(
        conv1, nir.Flatten(None, 0, -1), linear(3, 16), neurons("IF", 3, rng), inputs=(1, 8)
    )
    inner = chain(neurons("CubaLIF", 3, rng), inputs=(3,))
    inner.nodes["back"] = linear(3, 3)
    inner.edges += [("n0", "back"), ("back", "n0")]
    nested = chain(linear(3, 4), inner)
    return [*kinds, two, delayed, traces, images, pooled, waves, nested]


def tree_of(graph: Any) -> Tree:
    """The groups and arrays that `nir.write` makes of a graph."""

    def plain(value: Any) -> Any:
        if isinstance(value, dict):
            return {str(name): plain(each) for name, each in value.items() if each is not None}
        return value if isinstance(value, str) else np.asarray(value)

    node = graph.to_dict()
    node["edges"] = [[str(a), str(b)] for a, b in node["edges"]]

    def texts(group: Tree) -> Tree:
        for name, each in group.items():
            if name == "edges":
                group[name] = np.array(each, dtype=object)
            elif isinstance(each, dict):
                if name == "metadata" and not each:
                    continue
                texts(each)
        group.pop("metadata", None)
        return group

    return {"version": nir.version, "node": plain(texts(node))}


def write_tree(path: Path, tree: Tree) -> None:
    """Write an HDF5 file; members that HDF5 itself refuses are left out."""
    with h5py.File(path, "w") as file:
        _write(file, tree, path)


def _write(group: Any, tree: Tree, path: Path) -> None:
    for name, value in tree.items():
        try:
            if isinstance(value, dict):
                _write(group.create_group(name), value, path)
            elif isinstance(value, Link):
                makers: dict[str, Callable[[str], Any]] = {
                    "soft": h5py.SoftLink,
                    "external": lambda target: h5py.ExternalLink(target, "/"),
                    "hard": lambda target: group.file[target],
                }
                group[name] = makers[value.kind](value.target)
            elif isinstance(value, Outside):
                _write_outside(group, name, value, path)
            elif isinstance(value, str) or value.dtype == object:
                group.create_dataset(name, data=value, dtype=h5py.string_dtype())
            else:
                group.create_dataset(name, data=value, compression="gzip" if value.ndim else None)
        except (ValueError, TypeError, KeyError, RuntimeError, OSError, UnicodeError):
            continue


def _write_outside(group: Any, name: str, value: Outside, path: Path) -> None:
    if value.kind == "external":
        group.create_dataset(
            name, value.shape, "f4", external=[(str(path.parent / "other"), 0, 4096)]
        )
    elif value.kind == "virtual":
        layout = h5py.VirtualLayout(value.shape, "f4")
        layout[:] = h5py.VirtualSource(str(path.parent / "other"), "data", value.shape)
        group.create_virtual_dataset(name, layout)
    else:
        group.create_dataset(name, value.shape, "f8", chunks=True, compression="gzip")


# --- changes --------------------------------------------------------------------------------------


def _groups(tree: Tree) -> Iterator[Tree]:
    """Every group, the outermost first."""
    yield tree
    for value in tree.values():
        if isinstance(value, dict):
            yield from _groups(value)


def _arrays(tree: Tree) -> list[tuple[Tree, str]]:
    """Every array of numbers: its group and its name."""
    return [
        (group, name)
        for group in _groups(tree)
        for name, value in group.items()
        if isinstance(value, np.ndarray) and value.dtype != object
    ]


def _change_number(rng: random.Random, tree: Tree) -> None:
    group, name = rng.choice(_arrays(tree))
    value = np.array(group[name], dtype=np.float64)
    number = rng.choice(NUMBERS)
    if value.ndim and value.size and rng.random() < 0.7:
        value.reshape(-1)[rng.randrange(value.size)] = number
    else:
        value = np.full(value.shape, number)
    group[name] = value


def _change_type(rng: random.Random, tree: Tree) -> None:
    group, name = rng.choice(_arrays(tree))
    kind, value = rng.choice(TYPES), group[name]
    if kind == "pair":
        group[name] = np.zeros(value.shape, [("a", "f4"), ("b", "i4")])
    elif kind == "O":
        group[name] = np.full(value.shape, rng.choice(TEXTS), dtype=object)
    else:
        with np.errstate(all="ignore"):
            group[name] = np.real_if_close(value).astype(kind)


def _change_shape(rng: random.Random, tree: Tree) -> None:
    group, name = rng.choice(_arrays(tree))
    value = group[name]
    shapes: tuple[Callable[[Any], Any], ...] = (
        lambda each: each[None],
        lambda each: each[..., None],
        lambda each: each.reshape(-1),
        lambda each: each.reshape(-1)[:0],
        lambda each: each.reshape(-1)[:1].reshape(()) if each.size else each,
        lambda each: each.T,
        lambda each: np.concatenate([each.reshape(-1)] * 2),
        lambda each: np.resize(each, rng.choice(((2000,), (1, 1, 1, 1, 3), (1025, 3), (3, 1025)))),
    )
    group[name] = rng.choice(shapes)(value)


def _change_place(rng: random.Random, tree: Tree) -> None:
    """Numbers that lie elsewhere, or links."""
    group = rng.choice(list(_groups(tree)))
    name = rng.choice([*group, "w", "metadata"])
    targets = ("/", "/node", "/node/nodes", "/nowhere", "other", "/dev/zero")
    shape = rng.choice(((3, 4), (10**6, 10**6), (1 << 24,), (1 << 12, 1 << 12), (0,), (3,)))
    group[name] = rng.choice(
        (
            Link(rng.choice(("soft", "external", "hard")), rng.choice(targets)),
            Outside(rng.choice(("external", "virtual", "declared")), shape),
        )
    )


def _change_member(rng: random.Random, tree: Tree) -> None:
    """A member is left out, renamed, copied or moved."""
    group = rng.choice(list(_groups(tree)))
    if not group:
        return
    name, draw = rng.choice(sorted(group)), rng.random()
    if draw < 0.4:
        del group[name]
    elif draw < 0.7:
        group[rng.choice(NAMES)] = group.pop(name)
    else:
        copied = copy.deepcopy(group[name])  # a group in itself is made by links
        rng.choice(list(_groups(tree)))[rng.choice((name, *NAMES))] = copied


def _change_edges(rng: random.Random, tree: Tree) -> None:
    graphs = [group for group in _groups(tree) if isinstance(group.get("nodes"), dict)]
    if not graphs:
        return
    graph = rng.choice(graphs)
    edges = [list(each) for each in graph.get("edges", []) if np.ndim(each) == 1]
    names = [*graph["nodes"], "nowhere"]
    for _ in range(rng.choice((1, 1, 2, 5))):
        draw = rng.random()
        if draw < 0.3 and edges:
            edges.pop(rng.randrange(len(edges)))
        elif draw < 0.5 and edges:
            edges.append(rng.choice(edges)[::-1])
        else:
            edges.append([rng.choice(names), rng.choice(names)])
    graph["edges"] = np.array(edges, dtype=object).reshape(-1, 2)


def _change_text(rng: random.Random, tree: Tree) -> None:
    places = [(g, n) for g in _groups(tree) for n, v in g.items() if isinstance(v, str)]
    group, name = rng.choice(places)
    group[name] = rng.choice((*TEXTS, *FIELDS))


def _change_depth(rng: random.Random, tree: Tree) -> None:
    """A graph within itself, often or deep."""
    graph = tree.get("node")
    if not isinstance(graph, dict) or not isinstance(graph.get("nodes"), dict):
        return
    if sum(1 for _ in _groups(tree)) > 100:
        return  # deeper than Python's recursions here go
    for _ in range(rng.choice((1, 20, 40, 90))):
        graph = {
            "type": "NIRGraph",
            "nodes": {
                "input": {"type": "Input", "shape": np.array([4])},
                "inner": graph,
                "output": {"type": "Output", "shape": np.array([3])},
            },
            "edges": np.array([["input", "inner"], ["inner", "output"]], dtype=object),
        }
    tree["node"] = graph


def _change_notes(rng: random.Random, tree: Tree) -> None:
    group = rng.choice([each for each in _groups(tree) if "type" in each] or [tree])
    notes = {name: rng.choice(NOTES[name]) for name in rng.sample(sorted(NOTES), 2)}
    group["metadata"] = {
        name: each if isinstance(each, str) else np.asarray(each) for name, each in notes.items()
    }
    node = tree.get("node")
    if isinstance(node, dict) and rng.random() < 0.7:
        node["metadata"] = {"sc_profile": np.asarray(1), "sc_dt_ms": np.asarray(1.0)}


CHANGES = (
    *(_change_number, _change_number, _change_type, _change_shape, _change_shape, _change_place),
    *(_change_member, _change_edges, _change_text, _change_depth, _change_notes),
)


def mutant(number: int, path: Path, damage: bool = True) -> dict[str, Any]:
    """Write the file of a case, and return the options of its import.

    Parameters
    ----------
    number : of the case.
    path : of the file.
    damage : whether bytes of some files are changed; without it each file is whole.
    """
    rng = random.Random(number)
    graphs = bases()
    tree = tree_of(graphs[number % len(graphs)])
    for _ in range(rng.choice((0, 1, 1, 2, 3, 4))):
        if _arrays(tree):
            rng.choice(CHANGES)(rng, tree)
    write_tree(path, tree)
    if rng.random() < 0.25 and damage:
        _damage(rng, path)
    source = rng.choice((None, None, None, "snntorch", "norse", "norse-seconds", "spikingjelly"))
    return {
        "source": source,
        "dt_ms": rng.choice((1.0, 1.0, 1.0, 0.1, 1e-3, 100.0)) if source != "snntorch" else None,
        "reset": rng.choice(("zero", "subtract", "none")) if source != "spikingjelly" else None,
        "reset_delay": rng.random() < 0.5 if source in (None, "snntorch") else None,
        "weight_bits": rng.choice((4, 8, 16)),
    }


def _damage(rng: random.Random, path: Path) -> None:
    """Change some bytes, or leave out the end."""
    data = bytearray(path.read_bytes())
    if rng.random() < 0.2:
        del data[rng.randrange(len(data)) :]
    for _ in range(rng.choice((1, 4, 4, 16))):
        if data:
            data[rng.randrange(len(data))] = rng.choice((0, 1, 0xFF, rng.randrange(256)))
    path.write_bytes(data)


def run_case(folder: Path, number: int) -> None:
    """Import the file of a case into a folder."""
    (folder / "other").write_bytes(b"\0" * 4096)
    path = folder / "case.nir"
    options = mutant(number, path)
    import_nir(path, folder / "net", **options)


def _outcomes(folder: Path, numbers: range, jobs: int) -> Iterator[Outcome]:
    """What became of the cases, in the order in which they end; each job has a worker of its own.

    Parameters
    ----------
    folder : where files are written, in a folder for each job.
    numbers : of the cases.
    jobs : cases at a time.
    """
    ended: queue.SimpleQueue[Outcome | None] = queue.SimpleQueue()

    def work(job: int) -> None:
        own = folder / str(job)
        own.mkdir()
        for outcome in fuzz(partial(run_case, own), ERRORS, numbers[job::jobs]):
            ended.put(outcome)
        ended.put(None)

    for job in range(jobs):
        threading.Thread(target=work, args=(job,), daemon=True).start()
    running = jobs
    while running:
        outcome = ended.get()
        if outcome is None:
            running -= 1
        else:
            yield outcome


def main() -> None:
    """Write `fuzz_nir.md` and `.json`, also when interrupted; fail if there is a fault."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=1000, help="number of files")
    parser.add_argument("--first", type=int, default=0, help="number of the first")
    parser.add_argument("--jobs", type=int, default=1, help="files at a time")
    parser.add_argument("--out", type=Path, default=Path("reports"), help="folder of the report")
    arguments = parser.parse_args()
    numbers = range(arguments.first, arguments.first + arguments.count)
    outcomes: list[Outcome] = []
    with suppress(KeyboardInterrupt), tempfile.TemporaryDirectory() as folder:
        for outcome in _outcomes(Path(folder), numbers, arguments.jobs):
            outcomes.append(outcome)
            if len(outcomes) % 100 == 0:
                print(f"... {len(outcomes):,} files", flush=True)
            if faults([outcome]):
                print(f"case {outcome.number}: {outcome.verdict}\n{outcome.text}", flush=True)
    outcomes.sort(key=lambda outcome: outcome.number)
    arguments.out.mkdir(parents=True, exist_ok=True)
    command = f"python -m campaigns.fuzz.nir --count {len(outcomes)} --first {arguments.first}"
    bad = faults(outcomes)
    write_json(
        arguments.out / "fuzz_nir.json",
        {
            "schema": SCHEMA,
            "command": command,
            "outcomes": {
                verdict: sum(each.verdict == verdict for each in outcomes)
                for verdict in sorted({each.verdict for each in outcomes})
            },
            "faults": [each.number for each in bad],
        },
    )
    lines = [
        "# NIR files with random changes",
        "",
        f"`{command}`: {len(outcomes):,} files, each at most 20 s of a processor and 2 GiB of"
        " memory.",
        "A file is accepted, or refused with one line; nothing else may happen.",
        "",
        *table(outcomes),
    ]
    write_report(arguments.out, "fuzz_nir", "\n".join(lines) + "\n")
    if bad:
        raise SystemExit(1)


if __name__ == "__main__":
    main()
