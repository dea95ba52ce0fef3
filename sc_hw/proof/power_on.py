"""What a design's registers hold at power-on, read from the bytes of its Verilog.

Claims about behaviour hold in every state that an invariant allows, and a reset leads to such a
state. Power-on must do so too, as some designs are never reset: each register with a reset begins
with the value that reset gives it. The others are not used before they are written, as the claims
about behaviour leave them arbitrary; all the same they begin at 0, which registers of every fabric
can do, so that simulations and chips agree.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter
from typing import Any

from sc_hw.proof.verdicts import PROVED, REFUTED, Claim
from sc_hw.tools import run_yosys

# `proc` makes a multiplexer of an `if`, so that a register with a reset has one at its input that
# the reset selects. No `opt_dff`, which would take initial values for known facts.
_SCRIPT = """read_verilog {source}
hierarchy -check -top {top}
proc
flatten
opt_expr
opt_clean
memory_collect
write_json {name}.json
"""
_NAME = "power_on"
_MEMORIES = ("$mem", "$mem_v2")
_FLOPS = ("$dff", "$dffe", "$sdff", "$sdffe", "$sdffce", "$ff")
_SHOWN = 8  # registers that a counterexample names


@dataclass(frozen=True)
class Register:
    """A register of a flattened design. Values are texts of 0 and 1, highest bit first.

    Members
    -------
    name : its plainest name.
    power_on : its initial value; ``x`` where a bit has none.
    after_reset : its value after a reset; None for a register without one.
    reads_memory : it is the register in the read port of a memory.
    """

    name: str
    power_on: str
    after_reset: str | None
    reads_memory: bool

    @property
    def fault(self) -> str | None:
        """What is wrong with its value at power-on, in words; None where nothing is."""
        expected = self.after_reset
        if expected is None:
            # The register in a memory's read port has no value at power-on, as the memory has none.
            if self.reads_memory and set(self.power_on) <= {"0", "x"}:
                return None
            expected = "0" * len(self.power_on)
        return None if self.power_on == expected else f"{self.power_on} at power-on, not {expected}"


@dataclass(frozen=True)
class PowerOn:
    """The state of a design at power-on.

    Members
    -------
    registers : all there are.
    contents : memories that can be written and begin with other contents than zeros.
    seconds : that Yosys took.
    """

    registers: tuple[Register, ...]
    contents: tuple[str, ...]
    seconds: float

    def reset_values(self) -> dict[str, int]:
        """Value after a reset of every register that has one, by name."""
        return {
            register.name: int(register.after_reset, 2)
            for register in self.registers
            if register.after_reset is not None
        }

    def claims(self) -> list[Claim]:
        """The claims about these registers."""
        reset = [r for r in self.registers if r.after_reset is not None]
        others = [r for r in self.registers if r.after_reset is None]
        contents = dict.fromkeys(self.contents, "has contents at power-on")
        return [
            self._claim(
                "power-on: registers with a reset",
                f"the {len(reset)} registers with a reset begin at power-on with the value that"
                " reset gives them",
                {r.name: r.fault for r in reset if r.fault},
            ),
            self._claim(
                "power-on: other registers",
                f"the {len(others)} registers without a reset begin at 0, and memories without"
                " contents",
                {r.name: r.fault for r in others if r.fault} | contents,
            ),
        ]

    def _claim(self, name: str, statement: str, faults: Mapping[str, str]) -> Claim:
        examples = dict(sorted(faults.items())[:_SHOWN])
        return Claim(
            name, statement, REFUTED if faults else PROVED, self.seconds / 2, examples or None
        )


def read_power_on(folder: Path, manifest: Mapping[str, Any]) -> PowerOn:
    """The power-on state of the design whose manifest lies in `folder`.

    Raises ToolError where Yosys finds an error in the Verilog.
    """
    began = perf_counter()
    module = _module(folder, manifest)
    domains = manifest.get("domains") or [manifest["domain"]]
    contents = sorted(
        cell["parameters"]["MEMID"].lstrip("\\")
        for cell in module["cells"].values()
        if cell["type"] in _MEMORIES
        and int(cell["parameters"]["WR_PORTS"], 2)  # a table has contents, and no write port
        and not set(cell["parameters"]["INIT"]) <= {"x", "0"}
    )
    registers = tuple(_registers(module, [domain["reset"] for domain in domains]))
    return PowerOn(registers, tuple(contents), perf_counter() - began)


def _module(folder: Path, manifest: Mapping[str, Any]) -> Any:
    """The flattened top module, as Yosys' JSON describes it."""
    proof = folder / "proof"
    proof.mkdir(parents=True, exist_ok=True)
    source, top = (folder / manifest["verilog"]).resolve(), manifest["top"]
    run_yosys(_SCRIPT.format(source=source, top=top, name=_NAME), folder=proof, name=_NAME)
    text = (proof / f"{_NAME}.json").read_text(encoding="utf-8")
    return json.loads(text)["modules"][top]


def _registers(module: Mapping[str, Any], resets: Sequence[str]) -> Iterator[Register]:
    """Every register of a module with the given reset ports."""
    initial: dict[Any, str] = {}
    names: dict[Any, set[str]] = {}
    for name, net in module["netnames"].items():
        value = net.get("attributes", {}).get("init", "")[::-1]
        for index, bit in enumerate(net["bits"]):
            names.setdefault(bit, set()).add(name)
            if index < len(value) and value[index] in "01":
                initial[bit] = value[index]
    reset_bits = {bit for reset in resets for bit in module["ports"][reset]["bits"]}
    words: set[Any] = set()
    constants: dict[Any, str] = {}  # output of a multiplexer that a reset selects -> its constant
    legs: dict[Any, set[Any]] = {}  # output of a multiplexer -> its two inputs
    for cell in module["cells"].values():
        pins = cell["connections"]
        if cell["type"] in _MEMORIES:
            words.update(pins["RD_DATA"])
        elif cell["type"] == "$mux":
            legs |= {y: {a, b} for y, a, b in zip(pins["Y"], pins["A"], pins["B"], strict=True)}
            if reset_bits.issuperset(pins["S"]):
                values = zip(pins["Y"], pins["B"], strict=True)
                constants |= {y: b for y, b in values if b in ("0", "1")}
    for cell in module["cells"].values():
        if cell["type"] not in _FLOPS:
            continue
        d, q = (cell["connections"][pin][::-1] for pin in "DQ")
        reset = [constants.get(bit) for bit in d]
        yield Register(
            min(names.get(q[-1], {"?"}), key=lambda name: ("$" in name, len(name), name)),
            "".join(initial.get(bit, "x") for bit in q),
            None if None in reset else "".join(map(str, reset)),
            # With an enable the register takes the word or keeps what it has.
            all(words >= legs.get(bit, {bit}) - {output} for bit, output in zip(d, q, strict=True)),
        )
