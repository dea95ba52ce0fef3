"""A commented design file to start from."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from sc_hw.families import family_names
from sc_hw.flow.files import write_text
from sc_model.rules import load_rule
from sc_model.spec import ConfigError, Design, Frozen, parse_design, placement

BLOCKS = "lane: one synapse in registers, a step a clock; bank: many in block RAM; layer: dense, with its neurons"


def new(
    name: str,
    *,
    block: str = "bank",
    synapses: int = 1024,
    inputs: int = 64,
    neurons: int = 16,
    lanes: int = 1,
    folder: Path = Path(),
) -> Path:
    """Write `<name>.toml`, every key with its meaning, and return its path.

    `synapses` is of a bank; `inputs`, `neurons` and `lanes` are of a layer. Raises ConfigError for a bad name, block or
    number, and where the file exists: nothing is overwritten.
    """
    table: dict[str, Any] = {"name": name, "block": block}
    tables = {"design": table}
    if block == "layer":
        tables["layer"] = {"inputs": inputs, "neurons": neurons, "lanes": lanes}
    elif block != "lane":
        table["synapses"] = synapses
    design: Design = parse_design(tables)
    if design.layer is not None:
        placement(design.layer)
    path = folder / f"{design.name}.toml"
    if path.exists():
        raise ConfigError(f"design file {path} exists already; choose another name or remove it.")
    rule = load_rule(design.rule.family)
    lines = [
        f"# Design of {design.name}: `sc-hw elaborate {path.name}` makes its Verilog.",
        "[design]",
        f'name = "{design.name}"',
        f'block = "{design.block}"  # {BLOCKS}',
        *([f"synapses = {design.synapses}  # 1 to 65,536"] if design.block == "bank" else []),
        f'fabric = "{design.fabric}"  # what the pipeline is cut for: {", ".join(family_names())}',
        f"seed = {design.seed}  # of all random stimulus",
        "",
        *_commented("layer", design.layer),
        *_commented("neuron", design.neuron),
        "[rule]",
        f'family = "{rule.family}"',
        *(f"{key} = {info.default}  # {info.description}" for key, info in rule.params_type.model_fields.items()),
    ]
    return write_text(path, "\n".join(lines) + "\n")


def _commented(table: str, values: Frozen | None) -> list[str]:
    """A table with all its keys and what they mean; integers, texts and truth values are the same in TOML as in JSON."""
    if values is None:
        return []
    fields = type(values).model_fields.items()
    return [f"[{table}]", *(f"{key} = {json.dumps(getattr(values, key))}  # {info.description}" for key, info in fields), ""]
