"""A commented design file to start from."""

from __future__ import annotations

from pathlib import Path

from sc_hw.families import family_names
from sc_hw.flow.files import write_text
from sc_model.rules import load_rule
from sc_model.spec import ConfigError, Design, parse_design


def new(name: str, *, block: str = "bank", synapses: int = 1024, folder: Path = Path()) -> Path:
    """Write `<name>.toml`, every key with its meaning, and return its path.

    Raises ConfigError for a bad name, block or number, and where the file exists: nothing is overwritten.
    """
    tables: dict[str, object] = {"name": name, "block": block}
    if block != "lane":
        tables["synapses"] = synapses
    design: Design = parse_design({"design": tables})
    path = folder / f"{design.name}.toml"
    if path.exists():
        raise ConfigError(f"design file {path} exists already; choose another name or remove it.")
    rule = load_rule(design.rule.family)
    lines = [
        f"# Design of {design.name}: `sc-hw elaborate {path.name}` makes its Verilog.",
        "[design]",
        f'name = "{design.name}"',
        f'block = "{design.block}"  # lane: one synapse in registers, a step a clock; bank: many in block RAM, one a clock',
        *([f"synapses = {design.synapses}  # 1 to 65,536"] if design.block == "bank" else []),
        f'fabric = "{design.fabric}"  # what the pipeline is cut for: {", ".join(family_names())}',
        f"seed = {design.seed}  # of all random stimulus",
        "",
        "[rule]",
        f'family = "{rule.family}"',
        *(f"{key} = {info.default}  # {info.description}" for key, info in rule.params_type.model_fields.items()),
    ]
    return write_text(path, "\n".join(lines) + "\n")
