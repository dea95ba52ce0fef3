"""A commented design file to start from."""

from __future__ import annotations

import json
from collections.abc import Collection
from math import gcd
from pathlib import Path
from typing import Any

from sc_hw.fabric.families import family_names, load_family
from sc_hw.files import PathLike, write_text
from sc_hw.learning.plan import LearningPlan
from sc_hw.recurrent.plan import RecurrentPlan
from sc_model.rules import load_rule
from sc_model.spec import ConfigError, Design, Frozen, NetworkSpec, parse_design, placement
from sc_model.spec.hetsyn import COUPLINGS
from sc_model.spec.learning import LearningNetworkSpec, RecurrentNetworkSpec

BLOCKS = (
    "lane: one synapse in registers; bank: many in block RAM; layer: dense, with its neurons;"
    " network: of layers; learning_network: hidden layers and a readout that learn;"
    " recurrent_network: a recurrent layer and a readout that learn"
)
CLASSES = 10  # of a new learning network, and of a recurrent one
SLOW = 10  # steps between two ticks of the second layer of a new network


def new(
    name: str,
    *,
    block: str = "bank",
    synapses: int = 1024,
    inputs: int = 64,
    neurons: int = 16,
    lanes: int | None = None,
    folder: PathLike = Path(),
) -> Path:
    """Write `<name>.toml`, every key with its meaning, and return its path.

    `synapses` is of a bank; `inputs`, `neurons` and `lanes` are of a layer, of each of the two
    layers of a network, or of the hidden layer of a network that learns. By default a network
    that learns has 8 lanes, a recurrent one 4 where they divide its neurons, and others 1. Raises
    ConfigError for a bad name, block or number, and where the file exists: nothing is overwritten.
    """
    design = checked_design(
        name, block=block, synapses=synapses, inputs=inputs, neurons=neurons, lanes=lanes
    )
    path = Path(folder) / f"{design.name}.toml"
    if path.exists():
        raise ConfigError(f"design file {path} exists already; choose another name or remove it.")
    lines = [
        f"# Design of {design.name}: `sc-hw elaborate {path.name}` makes its Verilog.",
        "[design]",
        f'name = "{design.name}"',
        f'block = "{design.block}"  # {BLOCKS}',
        *([f"synapses = {design.synapses}  # 1 to 65,536"] if design.block == "bank" else []),
        f'fabric = "{design.fabric}"  # what the pipeline is cut for: {", ".join(family_names())}',
        f"seed = {design.seed}  # of all random stimulus",
        "",
        *_tables(design),
    ]
    return write_text(path, "\n".join(lines) + "\n")


def checked_design(
    name: str, *, block: str, synapses: int, inputs: int, neurons: int, lanes: int | None
) -> Design:
    """The design that a file is to describe; ConfigError where such a design can't be."""
    table: dict[str, Any] = {"name": name, "block": block}
    tables: dict[str, Any] = {"design": table}
    if lanes is None:  # a network that learns has no single lane in hardware
        lanes = {"learning_network": 8, "recurrent_network": gcd(neurons, 4)}.get(block, 1)
    if block == "layer":
        tables["layer"] = {"inputs": inputs, "neurons": neurons, "lanes": lanes}
    elif block == "network":
        size = {"neurons": neurons, "lanes": lanes}
        fast = {"name": "fast", "inputs": inputs, **size, "clock": "sense"}
        slow = {
            "name": "slow",
            "inputs": neurons,
            **size,
            "tick_interval": SLOW,
            "policy": "accumulate",
            "clock": "think",
        }
        tables |= {"layer": [fast, slow], "clock": {"sense": {}, "think": {}}}
    elif block == "learning_network":
        tables["learning"] = {"inputs": inputs}
        tables["hidden"] = [{"name": "hidden", "neurons": neurons, "lanes": lanes}]
        tables["output"] = {"neurons": CLASSES, "lanes": lanes}
    elif block == "recurrent_network":
        hidden = {"neurons": neurons, "lanes": lanes}
        tables["recurrent"] = {
            "inputs": inputs,
            "hidden": hidden,
            "readout": {"neurons": CLASSES},
        }
    elif block != "lane":
        table["synapses"] = synapses
    design = parse_design(tables)
    family = load_family(design.fabric)
    if design.layer is not None:
        placement(design.layer)
    elif design.learning is not None:
        LearningPlan(design.learning, family)
    elif design.recurrent is not None:
        RecurrentPlan(design.recurrent, family)
    return design


def _tables(design: Design) -> list[str]:
    """The tables behind `[design]`."""
    if design.learning is not None:
        return _learning(design.learning)
    if design.recurrent is not None:
        return _recurrent(design.recurrent)
    return _network(design.network) if design.network is not None else _rule(design)


def _learning(network: LearningNetworkSpec) -> list[str]:
    """The tables of a network that learns."""
    lines = commented("learning", network, without=("hidden", "output"))
    for layer in network.hidden:
        lines += commented("[hidden]", layer, without=("rule",))
    return [*lines, *commented("output", network.output, without=("rule",))]


def _recurrent(network: RecurrentNetworkSpec) -> list[str]:
    """The tables of a recurrent network."""
    return [
        *commented("recurrent", network, without=("hidden", "readout")),
        *commented("recurrent.hidden", network.hidden, without=("rule",)),
        *commented("recurrent.readout", network.readout, without=("rule", "lanes")),
    ]


def _rule(design: Design) -> list[str]:
    """The tables of a design that computes a rule."""
    rule = load_rule(design.rule.family)
    return [
        *commented("layer", design.layer),
        *commented("neuron", design.neuron),
        "[rule]",
        f'family = "{rule.family}"',
        *(
            f"{key} = {info.default}  # {info.description}"
            for key, info in rule.params_type.model_fields.items()
        ),
    ]


def _network(network: NetworkSpec) -> list[str]:
    """The tables of a network: each layer with its neuron behind it."""
    lines = commented("network", network, without=("layers", "clocks", "plastic"))
    for role in network.roles:
        lines += commented(f"clock.{role}", network.clock(role))
    for layer in network.layers:
        lines += commented("[layer]", layer, without=("neuron", "kind"))[:-1]
        lines += commented("layer.neuron", dict(layer).get("neuron"), without=COUPLINGS)
    return lines


def commented(table: str, values: Frozen | None, without: Collection[str] = ()) -> list[str]:
    """A table with all its keys and what they mean; integers, texts and truth values are the same
    in TOML as in JSON. TOML has no null: a table that is not there is left out.
    """
    if values is None:
        return []
    fields = [
        (key, info)
        for key, info in type(values).model_fields.items()
        if key not in without and getattr(values, key) is not None
    ]
    return [
        f"[{table}]",
        *(
            f"{key} = {json.dumps(getattr(values, key))}  # {info.description}"
            for key, info in fields
        ),
        "",
    ]
