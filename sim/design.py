"""What a bench knows of a design: its manifest, its rule, and each field's bits on the pins."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sc_model.files import read_text
from sc_model.rules import resolve_built
from sc_model.spec import IntFormat, NeuronSpec, PlasticLayerSpec, Rule, RuleParams
from sc_model.texts import OneLineError

MAX_MANIFEST_BYTES = 256 << 20  # that of the largest network lists every port and crossing
MANIFEST_SCHEMA = "sc-hw.manifest.v1"
CLOCK = "clk"  # of a block with a rule
VALID = "__valid"  # ends the name of a stream's valid bit
WATCHED = ("out_of_step_", "lost_")  # begin the names of outputs that report faults and losses


class BuildFolderError(OneLineError, ValueError):
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
    """All ports of one direction side by side, the first in the lowest bits.

    Members
    -------
    width : bits of the word that is written or read each clock.
    slots : bits of each port, by its name, and of each packed field, by `port.field`.
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
class ClockDomain:
    """A clock domain of a design, and the names of its ports.

    Members
    -------
    role : its name in the manifest.
    clock, reset : ports; the reset is synchronous and active high.
    """

    role: str
    clock: str
    reset: str


@dataclass(frozen=True)
class CrossingRegister:
    """A register that takes bits of another clock.

    Members
    -------
    path : of its instance, from the top.
    source, to : roles of the domains.
    bits : its width.
    layer : name of the layer whose crossing it is in.
    """

    path: tuple[str, ...]
    source: str
    to: str
    bits: int
    layer: str


@dataclass(frozen=True)
class Dut:
    """A design under test, read from its build folder: what its manifest says of every block.

    Members
    -------
    folder : build folder.
    manifest : of the build.
    """

    folder: Path
    manifest: Mapping[str, Any]

    @property
    def block(self) -> str:
        """Kind of the design: names its bench and its interface."""
        return str(self.manifest["design"]["block"])

    @property
    def synapses(self) -> int:
        """Number of synapses, 1 for a lane."""
        return int(self.manifest["design"]["synapses"])

    @property
    def top(self) -> str:
        """Name of the top module."""
        return str(self.manifest["top"])

    @property
    def verilog(self) -> Path:
        """The emitted Verilog."""
        return self.folder / str(self.manifest["verilog"])

    @cached_property
    def ports(self) -> dict[str, Mapping[str, Any]]:
        """Ports by name."""
        return {str(port["name"]): port for port in self.manifest["ports"]}

    @cached_property
    def domains(self) -> tuple[ClockDomain, ...]:
        """Clock domains; a block with a rule has one, which its manifest does not name."""
        described = self.manifest.get("domains")
        if described is None:
            described = [{"role": "sync", **self.manifest["domain"]}]
        return tuple(ClockDomain(d["role"], d["clock"], d["reset"]) for d in described)

    @property
    def roles(self) -> tuple[str, ...]:
        """Names of the clock domains."""
        return tuple(domain.role for domain in self.domains)

    def domain_of(self, port: str) -> int:
        """Number of a port's domain."""
        return self.roles.index(self.ports[port].get("domain", self.roles[0]))

    def _data_ports(self, direction: str) -> list[Mapping[str, Any]]:
        clocks = {domain.clock for domain in self.domains}
        return [
            port
            for name, port in self.ports.items()
            if port["direction"] == direction and name not in clocks
        ]

    @cached_property
    def drive(self) -> Bus:
        """All inputs but the clocks, side by side."""
        return bus_of(self._data_ports("input"))

    @cached_property
    def sense(self) -> Bus:
        """All outputs, side by side."""
        return bus_of(self._data_ports("output"))

    def _streams(self, direction: str) -> tuple[str, ...]:
        return tuple(
            name.removesuffix(VALID)
            for name, port in self.ports.items()
            if name.endswith(VALID) and port["direction"] == direction
        )

    @cached_property
    def sources(self) -> tuple[str, ...]:
        """Streams into the design; `i` is the first of a block that has one."""
        return self._streams("input")

    @cached_property
    def sinks(self) -> tuple[str, ...]:
        """Streams out of the design."""
        return self._streams("output")

    @property
    def watches(self) -> tuple[str, ...]:
        """Outputs that report a fault or a loss, and are counted."""
        return tuple(name for name in self.ports if name.startswith(WATCHED))

    def _registers(self, storage: bool) -> tuple[CrossingRegister, ...]:
        registers = []
        for crossing in self.manifest["crossings"]:
            if (crossing["kind"] == "storage") == storage:
                path = tuple(crossing["destination"].split(".")[:-1])  # without the flip-flop in it
                layer = path[0].removeprefix("crossing_")
                registers.append(
                    CrossingRegister(
                        path, crossing["from"], crossing["to"], int(crossing["bits"]), layer
                    )
                )
        return tuple(registers)

    @cached_property
    def synchronisers(self) -> tuple[CrossingRegister, ...]:
        """Chains of flip-flops that take single bits of a foreign clock."""
        return self._registers(storage=False)

    @cached_property
    def captures(self) -> tuple[CrossingRegister, ...]:
        """Registers that take words of a foreign clock, one for each crossing of a network."""
        return self._registers(storage=True)


@dataclass(frozen=True)
class RuleDut(Dut):
    """A design under test that runs one learning rule: a lane, a bank or a layer.

    Members
    -------
    rule, params : the rule that the manifest names, and its parameters.
    """

    rule: Rule
    params: RuleParams

    @property
    def layer(self) -> tuple[PlasticLayerSpec, NeuronSpec]:
        """Size and neurons of a layer."""
        design = self.manifest["design"]
        return PlasticLayerSpec(**design["layer"]), NeuronSpec(**design["neuron"])

    @property
    def state(self) -> dict[str, IntFormat]:
        """Formats of the state fields."""
        return self.rule.state_formats(self.params)

    @property
    def inputs(self) -> dict[str, IntFormat]:
        """Formats of the inputs that come with a step: not those that the block draws itself."""
        return self.rule.step_formats(self.params, fed=self.fed)

    @property
    def variables(self) -> dict[str, IntFormat]:
        """Formats of all that the rule reads beside the state."""
        return self.rule.input_formats(self.params)

    @property
    def settings(self) -> dict[str, IntFormat]:
        """Formats of the run-time parameters, which are ports."""
        formats = self.rule.input_formats(self.params)
        return {setting.name: formats[setting.name] for setting in self.rule.settings}

    @property
    def fed(self) -> bool:
        """Whether random inputs are ports."""
        return bool(self.manifest["design"].get("random") == "ports")

    @property
    def draws(self) -> bool:
        """Whether the block has a register behind random inputs."""
        return "random__state" in self.ports


def read_manifest(folder: Path) -> dict[str, Any]:
    """The manifest of a build folder, which must also have the Verilog.

    Raises BuildFolderError, which says what the folder lacks.
    """
    file = folder / "manifest.json"
    try:
        manifest = json.loads(read_text(file, MAX_MANIFEST_BYTES))
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


def read_dut(folder: Path) -> Dut:
    """Read any build folder; BuildFolderError says what it lacks."""
    return Dut(folder, read_manifest(folder))


def read_build(folder: Path) -> RuleDut:
    """Read the build folder of a block with a rule.

    Raises BuildFolderError, which says what the folder lacks, and ConfigError for an unknown rule.
    """
    manifest = read_manifest(folder)
    if "rule" not in manifest:
        raise BuildFolderError(
            f"build folder {folder} must hold a block with a rule, not a"
            f" {manifest['design']['block']}."
        )
    rule, params = resolve_built(manifest["rule"])
    return RuleDut(folder, manifest, rule, params)
