"""Fuzz design files: `python -m campaigns.fuzz.designs --count 10000 --out reports`.

A mutant is one of the examples with one to four changes, which know the structure of a design: a
value becomes one near its bounds or one of another kind, a table or key is left out, doubled,
renamed or moved, a key that its table may have is added; now and then the text itself is damaged.
Mutants are read and made into components, and elaborated, with their audit, within limits of time
and memory.
"""

from __future__ import annotations

import argparse
import contextlib
import copy
import random
import signal
import tempfile
import tomllib
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path
from typing import Any, get_args

from campaigns.freshness.stamps import write_report
from campaigns.fuzz.cases import Outcome, Run, faults, fuzz, table
from sc_hw.build.blocks import block_of
from sc_hw.build.elaborate import elaborate
from sc_hw.errors import AuditError, OutputError
from sc_hw.fabric.families import family_names, load_family
from sc_hw.files import write_json
from sc_model.layer_kinds import layer_kinds, load_kind
from sc_model.rules import load_rule, rule_families
from sc_model.spec import (
    ConfigError,
    ConfigTypeError,
    Design,
    Frozen,
    NeuronSpec,
    PlasticLayerSpec,
    load_design,
)
from sc_model.spec.network import ClockSpec, NetworkSpec

SCHEMA = "sc-hw.fuzz-designs.v1"
ROOT = Path(__file__).parents[2]
ERRORS = (ConfigError, ConfigTypeError, OutputError, AuditError)
_NUMBERS = (-(1 << 63), -1, 0, 1, 2, 3, 4, 5, 7, 8, 31, 33, 63, 64, 65, 255, 1 << 20, 10**30)
_REALS = (float("nan"), float("inf"), -0.0, 0.0, 5e-324, 1e-6, 0.5, 3.7, 1e10, 1e308)
_WORDS = ("", "self", "comb", "cd_a", "sync", "plastic", "clk", "a", "x" * 70, "x\x1b[0m\ny", "é")
_ODD: tuple[Any, ...] = (True, False, [], [1], {}, {"self": 1}, [{}], [[[1]]], date(2026, 1, 2))

Table = dict[str, Any]


def bases() -> list[Table]:
    """The examples as tables, with 8 lanes at most: each lane is one more of the same."""
    files = sorted((ROOT / "examples").rglob("*.toml"))
    tables = [tomllib.loads(file.read_text(encoding="utf-8")) for file in files]
    tables = [base for base in tables if "design" in base]
    for layer in (each["layer"] for each in tables if isinstance(each.get("layer"), dict)):
        layer["lanes"] = min(8, layer.get("lanes", 1))
    return tables


# --- TOML -----------------------------------------------------------------------------------------


def toml(tables: Table) -> str:
    """The tables as TOML; everything in them is written as an inline value."""
    return "".join(f"{_value(name)} = {_value(value)}\n" for name, value in tables.items())


def _value(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, str):
        signs = (c if c.isprintable() and c not in '"\\' else f"\\u{ord(c):04x}" for c in value)
        return f'"{"".join(signs)}"'
    if isinstance(value, dict):
        return "{" + ", ".join(f"{_value(k)} = {_value(v)}" for k, v in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(_value, value)) + "]"
    return str(value)


# --- changes --------------------------------------------------------------------------------------


def _tables_in(value: Any, role: str = "") -> Iterator[tuple[str, Table]]:
    """Every table of a design with the key that it stands at, the design itself first."""
    if isinstance(value, dict):
        yield role, value
        for name, inner in value.items():
            # a clock's own name is its role in the network
            yield from _tables_in(inner, "clock." if role == "clock" else str(name))
    elif isinstance(value, list):
        for inner in value:
            yield from _tables_in(inner, role)


def _models() -> dict[str, tuple[type[Frozen], ...]]:
    """The configurations that a table may be read as, by the key that it stands at."""
    kinds = [load_kind(name).spec for name in layer_kinds()]
    neurons = [type(kind.model_fields["neuron"].default) for kind in kinds]
    return {
        "design": (Design,),
        "layer": (PlasticLayerSpec, *kinds),
        "plastic": (PlasticLayerSpec,),
        "neuron": (NeuronSpec, *neurons),
        "network": (NetworkSpec,),
        "clock.": (ClockSpec,),
        "rule": tuple(load_rule(name).params_type for name in rule_families()),
    }


def _known_values() -> dict[str, tuple[Any, ...]]:
    """Values that each field may have, by its name: those at its bounds, or all of its words."""
    fields: dict[str, tuple[Any, ...]] = {}
    for model in (model for models in _MODELS.values() for model in models):
        for name, field in model.model_fields.items():
            bounds = [
                getattr(item, key)
                for item in field.metadata
                for key in ("ge", "le")
                if hasattr(item, key)
            ]
            near = tuple(bound + step for bound in bounds for step in (0, 0, 0, 0, 1, -1))
            flags = (True, False) if field.annotation is bool else ()
            fields[name] = fields.get(name, ()) + near + get_args(field.annotation) + flags
    fields |= {"family": rule_families(), "fabric": family_names(), "kind": layer_kinds()}
    return {name: values for name, values in fields.items() if values}


_MODELS = _models()
_FIELDS = _known_values()


def _new_value(rng: random.Random, name: str, old: Any) -> Any:
    """A value for a key: mostly one that it may have, or one near the old value."""
    known = _FIELDS.get(name)
    draw = rng.random()
    if known and draw < 0.6:
        value = rng.choice(known)
        return value if isinstance(value, int | float | str) else str(value)
    if isinstance(old, int) and not isinstance(old, bool) and draw < 0.88:
        return rng.choice((old + 1, old - 1, old * 2, old // 2, 1 - old, rng.randint(0, 40)))
    return copy.deepcopy(rng.choice(rng.choice((_NUMBERS, _REALS, _WORDS, _ODD))))


def _change_value(rng: random.Random, tables: Table, role: str, place: Table) -> None:
    if place:
        name = rng.choice(sorted(place))
        place[name] = _new_value(rng, name, place[name])


def _add_key(rng: random.Random, tables: Table, role: str, place: Table) -> None:
    """A key that a table at this place may have; now and then one of another table."""
    models = _MODELS.get(role)
    own = rng.choice(models).model_fields if models and rng.random() < 0.9 else _FIELDS
    name = rng.choice(sorted(own))
    place[name] = _new_value(rng, name, 8)


def _drop_key(rng: random.Random, tables: Table, role: str, place: Table) -> None:
    if place:
        del place[rng.choice(sorted(place))]


def _rename_key(rng: random.Random, tables: Table, role: str, place: Table) -> None:
    if place:
        old = rng.choice(sorted(place))
        place[rng.choice((*_WORDS, *sorted(_FIELDS), *sorted(tables)))] = place.pop(old)


def _move_table(rng: random.Random, tables: Table, role: str, place: Table) -> None:
    """A table, or a copy of it, comes to stand somewhere else."""
    others = [other for _, other in _tables_in(tables)]
    name = rng.choice(("design", "rule", "layer", "neuron", "network", "clock", "plastic", "sync"))
    place[name] = copy.deepcopy(rng.choice(others))


def _change_list(rng: random.Random, tables: Table, role: str, place: Table) -> None:
    """One of a network's layers is left out or doubled, or their order changes."""
    layers = tables.get("layer")
    if isinstance(layers, list) and layers:
        rng.choice((lambda: layers.pop(), lambda: layers.append(copy.deepcopy(layers[0]))))()
        rng.shuffle(layers)


def _nest(rng: random.Random, tables: Table, role: str, place: Table) -> None:
    """A value deep in tables or lists."""
    value: Any = rng.choice(_NUMBERS)
    inner = rng.choice(("list", "table"))
    for _ in range(rng.choice((2, 20, 200))):
        value = [value] if inner == "list" else {"a": value}
    if place:
        place[rng.choice(sorted(place))] = value


_Change = Callable[[random.Random, Table, str, Table], None]
_CHANGES: tuple[_Change, ...] = (
    *(_change_value,) * 10,
    *(_add_key,) * 8,
    _drop_key,
    _rename_key,
    _move_table,
    _change_list,
    _nest,
)


def _damaged(rng: random.Random, text: str) -> str:
    """The text with one piece taken out, doubled, or replaced by signs that TOML uses."""
    first, last = sorted(rng.randrange(len(text) + 1) for _ in range(2))
    last = min(last, first + 30)
    piece: str = rng.choice(
        ("", text[first:last] * 2, *"[]{}\"'=,.#\\\n\0", "1" * 5000, "0x" + "f" * 4000)
    )
    return text[:first] + piece + text[last:]


def mutant(number: int) -> str:
    """The text of the mutant of that number."""
    rng = random.Random(number)
    tables = copy.deepcopy(rng.choice(_BASES))
    for _ in range(rng.choice((1, 1, 1, 1, 2, 2, 3, 4))):
        role, place = rng.choice(list(_tables_in(tables))[1:] or [("", tables)])
        rng.choice(_CHANGES)(rng, tables, role, place)
    text = toml(tables)
    return _damaged(rng, text) if rng.random() < 0.08 else text


_BASES = bases()


# --- the command ----------------------------------------------------------------------------------


def elaborate_mutant(number: int) -> None:
    """Write a mutant to a file, read it and elaborate it in a folder that is deleted again."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "mutant.toml"
        file.write_text(mutant(number), encoding="utf-8", errors="surrogateescape")
        elaborate(load_design(file), Path(folder) / "build")


def read_mutant(number: int) -> None:
    """Read a mutant from a file, and make the components of its design."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "mutant.toml"
        file.write_text(mutant(number), encoding="utf-8", errors="surrogateescape")
        design = load_design(file)
        block_of(design, load_family(design.fabric))


def _fuzzed(run: Run, title: str, count: int, jobs: int) -> list[Outcome]:
    """What becomes of so many mutants; an interrupt ends the run, and what there is is returned."""
    outcomes: list[Outcome] = []
    with contextlib.suppress(KeyboardInterrupt):
        for outcome in fuzz(run, ERRORS, range(count), jobs=jobs):
            outcomes.append(outcome)
            if faults([outcome]):
                print(f"case {outcome.number}: {outcome.verdict}: {outcome.text}", flush=True)
            if len(outcomes) % 100 == 0:
                print(f"... {title} {len(outcomes)}, {len(faults(outcomes))} faults", flush=True)
    return outcomes


def main() -> None:
    """Fuzz, and write `fuzz_designs.json` and `fuzz_designs.md`; exit 1 where there is a fault."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=10_000, help="mutants to elaborate")
    parser.add_argument("--read", type=int, default=10_000, help="mutants to read alone")
    parser.add_argument("--jobs", type=int, default=2, help="workers at a time")
    parser.add_argument("--out", type=Path, default=Path("reports"))
    options = parser.parse_args()
    # A shell starts a background job with interrupts ignored; this one shall report on one.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    read = _fuzzed(read_mutant, "read", options.read, options.jobs)
    elaborated = _fuzzed(elaborate_mutant, "elaborated", options.count, options.jobs)
    command = f"python -m campaigns.fuzz.designs --read {len(read)} --count {len(elaborated)}"
    report = [
        "# Design files, fuzzed",
        "",
        f"Made by `{command}`: mutants of the examples, each within 20 s of a processor and 2 GB.",
    ]
    for title, outcomes in (
        ("Read, and made into components", read),
        ("Elaborated: Verilog, manifest, audit, constraints", elaborated),
    ):
        if outcomes:
            report += ["", f"## {title}", "", *table(outcomes)]
    write_report(options.out, "fuzz_designs", "\n".join(report) + "\n")
    counts = {
        name: dict(sorted(Counter(outcome.verdict for outcome in outcomes).items()))
        for name, outcomes in (("read", read), ("elaborated", elaborated))
    }
    write_json(
        options.out / "fuzz_designs.json",
        {"schema_version": SCHEMA, "command": command, **counts},
    )
    raise SystemExit(bool(faults(read + elaborated)))


if __name__ == "__main__":
    main()
