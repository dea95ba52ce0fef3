"""What a bench knows of a design: the manifest, the rule it names, and where each field lies on the
pins.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sc_model.rules import load_rule
from sc_model.spec import IntFormat, NeuronSpec, PlasticLayerSpec, Rule, RuleParams

MANIFEST_SCHEMA = "sc-hw.manifest.v1"
CLOCK = "clk"


class BuildFolderError(ValueError):
    """A folder is no build, or its manifest and its Verilog do not belong together."""


@dataclass(frozen=True)
class Slot:
    """Bits of a field in a packed word."""

    offset: int
    form: IntFormat

    @property
    def mask(self) -> int:
        """Ones where the field lies in the word."""
        return ((1 << self.form.width) - 1) << self.offset

    def get(self, word: int) -> int:
        """The field's value in a word."""
        return self.form.decode(word >> self.offset)

    def put(self, value: int) -> int:
        """A word that holds the value and is zero elsewhere."""
        return self.form.encode(value) << self.offset


@dataclass(frozen=True)
class Bus:
    """All ports of one direction side by side, lowest bits first: one value to write or read a
    clock.

    `slots` maps the name of each port, and `port.field` of each packed field, to its bits.
    """

    width: int
    slots: Mapping[str, Slot]

    @property
    def dtype(self) -> np.dtype[Any]:
        """int64 where a word fits it, else Python integers."""
        return np.dtype(np.int64 if self.width <= 62 else object)

    def pack(self, arrays: Mapping[str, NDArray[Any]]) -> list[int]:
        """Words of as many clocks as the arrays are long; fields that are not given are zero."""
        total: Any = 0
        for name, values in arrays.items():
            slot = self.slots[name]
            mask = (1 << slot.form.width) - 1
            total = total + ((np.asarray(values).astype(self.dtype) & mask) << slot.offset)
        return [int(word) for word in total.tolist()]


def bus_of(ports: Iterable[Mapping[str, Any]]) -> Bus:
    """Place ports side by side."""
    slots, offset = {}, 0
    for port in ports:
        slots[port["name"]] = Slot(offset, IntFormat(port["width"], port["signed"]))
        for leaf in port["fields"]:
            slots[f"{port['name']}.{leaf['name']}"] = Slot(
                offset + leaf["offset"], IntFormat(leaf["width"], leaf["signed"])
            )
        offset += port["width"]
    return Bus(offset, slots)


@dataclass(frozen=True)
class Dut:
    """A design under test, read from its build folder."""

    folder: Path
    manifest: Mapping[str, Any]
    rule: Rule
    params: RuleParams
    drive: Bus = field(init=False)
    sense: Bus = field(init=False)

    def __post_init__(self) -> None:
        for name, direction in (("drive", "input"), ("sense", "output")):
            ports = [
                p
                for p in self.manifest["ports"]
                if p["direction"] == direction and p["name"] != CLOCK
            ]
            object.__setattr__(self, name, bus_of(ports))

    @property
    def block(self) -> str:
        """Kind of the design: names the bench."""
        return str(self.manifest["design"]["block"])

    @property
    def synapses(self) -> int:
        """Number of synapses, 1 for a lane."""
        return int(self.manifest["design"]["synapses"])

    @property
    def layer(self) -> tuple[PlasticLayerSpec, NeuronSpec]:
        """Size and neurons of a layer."""
        design = self.manifest["design"]
        return PlasticLayerSpec(**design["layer"]), NeuronSpec(**design["neuron"])

    @property
    def verilog(self) -> Path:
        """The emitted Verilog."""
        return self.folder / str(self.manifest["verilog"])

    @property
    def state(self) -> dict[str, IntFormat]:
        """Formats of the state fields."""
        return self.rule.state_formats(self.params)

    @property
    def inputs(self) -> dict[str, IntFormat]:
        """Formats of the rule's inputs."""
        return self.rule.input_formats(self.params)


def read_manifest(folder: Path) -> dict[str, Any]:
    """The manifest of a build folder that also has the Verilog; BuildFolderError says what it
    lacks.
    """
    file = folder / "manifest.json"
    try:
        manifest = json.loads(file.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise BuildFolderError(
            f"build folder {folder} has no manifest.json; `sc-hw elaborate DESIGN` writes one."
        ) from None
    except (OSError, ValueError) as error:
        raise BuildFolderError(f"manifest {file} can't be read: {error}.") from None
    if not isinstance(manifest, dict) or manifest.get("schema_version") != MANIFEST_SCHEMA:
        raise BuildFolderError(
            f"manifest {file} must have the schema {MANIFEST_SCHEMA}; elaborate the design again."
        )
    if not (folder / manifest["verilog"]).is_file():
        raise BuildFolderError(
            f"build folder {folder} has no {manifest['verilog']}; elaborate the design again."
        )
    return manifest


def read_build(folder: Path) -> Dut:
    """Read the build folder of a block with a rule; BuildFolderError says what it lacks,
    ConfigError names an unknown rule.
    """
    manifest = read_manifest(folder)
    if "rule" not in manifest:
        raise BuildFolderError(
            f"build folder {folder} must hold a block with a rule, not a"
            f" {manifest['design']['block']}."
        )
    rule = load_rule(manifest["rule"]["family"])
    return Dut(folder, manifest, rule, rule.params_type(**manifest["rule"]["parameters"]))
