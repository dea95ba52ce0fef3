"""A design's modules as they stand in its Verilog: instances, their ports, and the logic between.

A proof of a part by itself says nothing of the part inside a design unless the two are compared,
and nothing of what joins the parts. Both need the hierarchy, which a netlist in BTOR2 has lost.
So Yosys writes it as JSON. Amaranth names the ports of a module after signals of other modules and
leaves out those that are unused or constant, but each signal of the component keeps a wire of its
name: that wire tells which bits of which ports carry the signal.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sc_hw.files import write_text
from sc_hw.proof.netlist import FLATTENED
from sc_hw.tools import run_yosys
from sc_model.graph.smt import K, Terms

# Ports that every module with registers has; no signals of a component.
CLOCK, RESET = "clk", "rst"

# Amaranth and Yosys make a name unique by a number behind a dollar sign.
_SUFFIX = re.compile(r"\$\d+$")

# A bit of a signal: of a port (its name, the bit's number), or a constant ("0", "1").
PortBit = tuple[str, int] | str


class HierarchyError(ValueError):
    """The Verilog is not built of the modules, ports and wires that the design is made of."""


@dataclass(frozen=True)
class Port:
    """A port of a component.

    Members
    -------
    name : in the component's signature, levels joined with two underscores.
    width : bits; above 0.
    output : whether the component drives it.
    """

    name: str
    width: int
    output: bool


@dataclass(frozen=True)
class Connections:
    """Where a component's ports are in the module that was made of it.

    Members
    -------
    inputs : the bits of each input that the module uses; an input without an entry is not used.
    outputs : the bits of each output that the module around it uses.
    """

    inputs: dict[str, list[PortBit]] = field(default_factory=dict)
    outputs: dict[str, list[PortBit]] = field(default_factory=dict)


def base_name(name: str) -> str:
    """A name without the numbers that make it unique, level by level."""
    return ".".join(_SUFFIX.sub("", part) for part in name.split("."))


@dataclass(frozen=True)
class Hierarchy:
    """The modules of a Verilog file, as Yosys' JSON has them.

    Members
    -------
    verilog : the file.
    modules : each module's ports, cells and wires, by name.
    """

    verilog: Path
    modules: Mapping[str, Any]

    def instances(self, module: str) -> dict[str, tuple[str, str]]:
        """Instances of other modules: for each, the cell's name and the module.

        Raises HierarchyError where two instances have the same name but for its number.
        """
        instances_by_name: dict[str, tuple[str, str]] = {}
        for cell, content in self.modules[module]["cells"].items():
            if content["type"].startswith("$"):
                continue
            name = base_name(cell)
            if name in instances_by_name:
                raise HierarchyError(f"module '{module}' must have one instance named '{name}'")
            instances_by_name[name] = (cell, content["type"])
        return instances_by_name

    def connections(self, module: str, ports: Iterable[Port]) -> Connections:
        """Where the ports of a component are in a module.

        Raises HierarchyError where two wires of the module could be the same port.
        """
        content = self.modules[module]
        # A port with constant bits is the port, and not these constants.
        whole = {
            (each["direction"] == "output", tuple(each["bits"])): name
            for name, each in content["ports"].items()
        }
        places: dict[bool, dict[Any, PortBit]] = {False: {}, True: {}}
        for name, port_of_module in content["ports"].items():
            table = places[port_of_module["direction"] == "output"]
            for number, bit in enumerate(port_of_module["bits"]):
                table.setdefault(bit, (name, number))
        result = Connections()
        for port in ports:
            place = places[port.output]
            wires: list[list[PortBit]] = []
            for name, wire in content["netnames"].items():
                if base_name(name) != port.name or len(wire["bits"]) != port.width:
                    continue
                own = whole.get((port.output, tuple(wire["bits"])))
                # Constants are texts already: "0", "1" or "x".
                bits: list[PortBit] = (
                    [b if isinstance(b, str) else place.get(b, "x") for b in wire["bits"]]
                    if own is None
                    else [(own, number) for number in range(port.width)]
                )
                if "x" not in bits and bits not in wires:
                    wires.append(bits)
            # A wire of constants alone may belong to something else with the same name.
            carried = [bits for bits in wires if not all(isinstance(bit, str) for bit in bits)]
            candidates = carried or wires
            if len(candidates) > 1:
                raise HierarchyError(
                    f"module '{module}' must have one wire for port '{port.name}', not"
                    f" {len(candidates)}"
                )
            if candidates:
                (result.outputs if port.output else result.inputs)[port.name] = candidates[0]
        return result

    def below(self, module: str) -> list[str]:
        """A module and all modules that are instantiated below it, each once."""
        names = [module]
        for name in names:
            for content in self.modules[name]["cells"].values():
                if not content["type"].startswith("$") and content["type"] not in names:
                    names.append(content["type"])
        return names

    def off_clock(self, module: str) -> list[str]:
        """What does not follow the rising edge of the module's port `clk`, or lacks clock or reset.

        Covers the registers and memories of the module itself, and the clock and reset of each
        instance in it.
        """
        content = self.modules[module]
        ports = {name: port["bits"] for name, port in content["ports"].items()}
        clock, reset = ports.get(CLOCK), ports.get(RESET)
        wrong = []
        for name, cell in content["cells"].items():
            pins, parameters = cell["connections"], cell.get("parameters", {})
            if not cell["type"].startswith("$"):
                for pin, net in ((CLOCK, clock), (RESET, reset)):
                    if pin in self.modules[cell["type"]]["ports"] and pins.get(pin) != net:
                        wrong.append(f"{name}.{pin}")
                continue
            # A memory's read port without a clock has an enable parameter of 0.
            clocked = "CLK" in pins and _number(parameters.get("CLK_ENABLE", 1))
            on_clock = pins.get("CLK") == clock and _number(parameters.get("CLK_POLARITY", 1))
            if cell["type"] in _OTHER_STORAGE or (clocked and not on_clock):
                wrong.append(name)
        return wrong


# Storage that something beside a clock's edge writes; a design in one clock domain has none of it.
# BTOR2 would show it as if the clock wrote it.
_OTHER_STORAGE = (
    *("$dlatch", "$adlatch", "$sr", "$dlatchsr", "$ff"),
    *("$adff", "$adffe", "$aldff", "$aldffe", "$dffsr", "$dffsre"),
)


def _number(parameter: Any) -> int:
    """A parameter of a cell, which JSON holds as a number or as binary digits."""
    return parameter if isinstance(parameter, int) else int(str(parameter), 2)


def read_hierarchy(verilog: Path, top: str, folder: Path) -> Hierarchy:
    """The hierarchy below a module of a Verilog file; files of the run go to `folder`.

    Raises ToolError where Yosys finds an error in the Verilog.
    """
    folder.mkdir(parents=True, exist_ok=True)
    run_yosys(
        f"read_verilog {verilog.resolve()}\nhierarchy -check -top {top}\nproc\ncheck -assert\n"
        "write_json hierarchy.json\n",
        folder=folder,
        name="hierarchy",
    )
    modules = json.loads((folder / "hierarchy.json").read_text(encoding="utf-8"))["modules"]
    return Hierarchy(verilog, modules)


# --- the logic between instances ------------------------------------------------------------------


@dataclass(frozen=True)
class Cut:
    """A module without its instances: their outputs are inputs, and their inputs are outputs.

    Members
    -------
    module : the module in Yosys' JSON. Its outputs are those of the module itself, and
        ``<instance>.<input>`` for the inputs of each instance.
    signals : for each output ``<instance>.<output>`` of an instance, and each input of the module
        itself by its component's name, the bits of the cut module's inputs.
    outputs : names of the outputs that the claims must be about.
    unknown : pins of instances that are connected but belong to none of the component's ports.
    """

    module: dict[str, Any]
    signals: dict[str, list[PortBit]]
    outputs: list[str]
    unknown: list[str]


def cut_module(
    hierarchy: Hierarchy, module: str, own: Sequence[Port], parts: Mapping[str, Sequence[Port]]
) -> Cut:
    """A module without its instances.

    Parameters
    ----------
    module : its name in the hierarchy.
    own : ports of its component.
    parts : for each instance, the ports of its component.

    Raises HierarchyError where an instance is missing or unknown, or its ports can't be told.
    """
    content = hierarchy.modules[module]
    instances = hierarchy.instances(module)
    if set(instances) != set(parts):
        raise HierarchyError(
            f"module '{module}' must have the instances {sorted(parts)}, not {sorted(instances)}"
        )
    inputs: dict[str, list[Any]] = {
        name: port["bits"]
        for name, port in content["ports"].items()
        if port["direction"] == "input"
    }
    around = hierarchy.connections(module, own)
    signals = dict(around.inputs)
    bits_of_port = {name: port["bits"] for name, port in content["ports"].items()}
    outputs = {
        name: [_bit(bits_of_port, bit) for bit in bits] for name, bits in around.outputs.items()
    }
    unknown = []
    for name, (cell, type_name) in instances.items():
        pins = content["cells"][cell]["connections"]
        child = hierarchy.modules[type_name]["ports"]
        connections = hierarchy.connections(type_name, parts[name])
        for port, bits in connections.inputs.items():
            outputs[f"{name}.{port}"] = [_bit(pins, bit) for bit in bits]
        for pin, net in pins.items():
            if child[pin]["direction"] == "output":
                inputs[f"{name}/{pin}"] = net
        for port, bits in connections.outputs.items():
            signals[f"{name}.{port}"] = [
                bit if isinstance(bit, str) else (f"{name}/{bit[0]}", bit[1]) for bit in bits
            ]
        port_bits = {
            bit
            for table in (connections.inputs, connections.outputs)
            for bits in table.values()
            for bit in bits
            if not isinstance(bit, str)
        }
        unknown += [
            f"{name}.{pin}"
            for pin, net in pins.items()
            if pin not in (CLOCK, RESET)
            and any((pin, number) not in port_bits for number in range(len(net)))
        ]
    ports = {name: {"direction": "input", "bits": bits} for name, bits in inputs.items()}
    ports |= {name: {"direction": "output", "bits": bits} for name, bits in outputs.items()}
    logic = {n: c for n, c in content["cells"].items() if c["type"].startswith("$")}
    clear = {
        "attributes": {"top": "1".zfill(32)},
        "ports": ports,
        "cells": logic,
        "netnames": content["netnames"],
    }
    return Cut(clear, signals, sorted(outputs), unknown)


def _bit(pins: Mapping[str, list[Any]], bit: PortBit) -> Any:
    """A bit of a net: that of a pin, or a constant. A pin that is not connected is undefined."""
    if isinstance(bit, str):
        return bit
    name, number = bit
    return pins[name][number] if name in pins and number < len(pins[name]) else "x"


def btor_of_modules(
    modules: Mapping[str, tuple[Path, str]], cuts: Mapping[str, Cut], folder: Path
) -> dict[str, str]:
    """BTOR2 texts of modules and of cut modules, all in one run of Yosys.

    Parameters
    ----------
    modules : for each text, a Verilog file and the name of the module in it.
    cuts : for each text, the cut module.
    folder : for the files of the run.
    """
    lines = []
    for file in {file: None for file, _ in modules.values()}:
        lines += ["design -reset", f"read_verilog {file.resolve()}", "design -save all"]
        for name, (place, module) in modules.items():
            if place == file:
                lines += ["design -load all", f"hierarchy -check -top {_escaped(module)}"]
                lines += [FLATTENED, f"write_btor {name}.btor"]
    for name, cut in cuts.items():
        creator = {"creator": "sc-hw", "modules": {"cut": cut.module}}
        write_text(folder / f"{name}.json", json.dumps(creator))
        lines += ["design -reset", f"read_json {name}.json", "hierarchy -top cut"]
        lines += [FLATTENED, f"write_btor {name}.btor"]
    run_yosys("\n".join([*lines, ""]), folder=folder, name="modules")
    return {name: (folder / f"{name}.btor").read_text() for name in (*modules, *cuts)}


def _escaped(name: str) -> str:
    """A module's name in a script of Yosys, whose own names begin with a dollar sign."""
    return f"\\{name}"


def term_of(terms: Terms, table: Mapping[str, Any], bits: Sequence[PortBit]) -> Any:
    """The vector of some bits, the lowest first, out of the terms of ports.

    Neighbouring bits of one port are taken together.
    """
    pieces: list[Any] = []
    start = 0
    while start < len(bits):
        end = start + 1
        first = bits[start]
        if isinstance(first, str):
            pieces.append(terms.const(int(first == "1"), 1))
        else:
            name, low = first
            while end < len(bits) and bits[end] == (name, low + end - start):
                end += 1
            whole = table[name]
            high = low + end - start - 1
            pieces.append(
                whole
                if (low, high) == (0, terms.width(whole) - 1)
                else terms(K.BV_EXTRACT, whole, indices=(high, low))
            )
        start = end
    return terms(K.BV_CONCAT, *reversed(pieces)) if len(pieces) > 1 else pieces[0]
