# amaranth: UnusedElaboratable=no
"""Timing diagrams of the port pages, made from a simulation of the components themselves.

`python tests/docs/port_diagrams.py` writes them into `docs/ports/` anew; `test_ports.py` checks
that they are there as simulated.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

from amaranth.hdl import Value
from amaranth.sim import Simulator

from sc_hw.build.blocks import block_of
from sc_hw.fabric.families import load_family
from sc_model.spec import Design, load_design, parse_design

ROOT = Path(__file__).parents[2]
PAGES = ROOT / "docs" / "ports"

Sample = dict[str, int]
Drive = Callable[[int], Mapping[str, int]]  # inputs that change in a clock, by port


class Recording:
    """The ports of a component in every clock: as they are just before its rising edge.

    Parameters
    ----------
    component : of one clock.
    drive : inputs that get another value at the beginning of a clock.
    clocks : how many.
    """

    def __init__(self, component: Any, drive: Drive, clocks: int) -> None:
        self.ports: dict[str, Any] = {
            "__".join(map(str, path)): Value.cast(value)
            for path, _, value in component.signature.flatten(component)
        }
        self.samples: list[Sample] = []

        async def bench(context: Any) -> None:
            for clock in range(clocks):
                for name, value in drive(clock).items():
                    context.set(self.ports[name], value)
                sample = await context.tick().sample(*self.ports.values())
                self.samples.append(dict(zip(self.ports, sample[2:], strict=True)))

        simulator = Simulator(component)
        simulator.add_clock(1e-6)
        simulator.add_testbench(bench)
        simulator.run()

    def first(self, port: str, after: int = 0) -> int:
        """The first clock from `after` on in which a port is high."""
        return next(n for n in range(after, len(self.samples)) if self.samples[n][port])


def diagram(recording: Recording, ports: Sequence[str], clocks: Sequence[int]) -> str:
    """Some ports in some clocks: a bit is `_` or `#`, a number stands where it is first seen.

    Where clocks are left out stands `~`. A number is shown only where its stream's `valid`, or the
    strobe that it belongs to, is high: elsewhere it means nothing.
    """
    width = max(map(len, (*ports, "clock")))
    rows = []
    gaps = [clock for clock, after in pairwise(clocks) if after != clock + 1]

    # columns of a clock: the widest number, and a space
    shown_ports = [port for port in ports if len(recording.ports[port]) > 1 or port in VALUES]
    cell_width = 1 + max(4, *(-(-len(recording.ports[port]) // 4) for port in shown_ports))

    def row(name: str, cells: Sequence[str]) -> str:
        text = "".join(
            cell.ljust(cell_width, cell[-1] if cell[-1] in "_#" else " ")
            + (" ~ " if clock in gaps else "")
            for clock, cell in zip(clocks, cells, strict=True)
        )
        return f"{name:{width}}  {text}".rstrip()

    rows.append(row("clock", [str(clock) for clock in clocks]))
    for port in ports:
        signal = recording.ports[port]
        values = [recording.samples[clock][port] for clock in clocks]
        if len(signal) == 1 and port not in VALUES:
            rows.append(row(port, ["_#"[value] for value in values]))
            continue
        strobe = VALUES.get(port, re.sub("payload$", "valid", port))
        shown = [bool(recording.samples[clock].get(strobe, 1)) for clock in clocks]
        digits = -(-len(signal) // 4)
        cells = [f"{value & (1 << len(signal)) - 1:0{digits}x}" for value in values]
        rows.append(row(port, [c if seen else "." for c, seen in zip(cells, shown, strict=True)]))
    return "\n".join(rows)


# numbers that count where another port is high
VALUES = {"neuron": "spike", "updated_address": "updated", "updated_state": "updated"}


# --- what the pages show --------------------------------------------------------------------------

LAYER = load_design(ROOT / "examples" / "verilog_testbench" / "layer.toml")
LANE = load_design(ROOT / "examples" / "lane.toml")
BANK = load_design(ROOT / "examples" / "bank.toml")
NETWORK = load_design(ROOT / "examples" / "network.toml")
# of one clock, so that a word's way through it can be simulated without a crossing's own parts
SMALL_NETWORK = parse_design(
    {
        "design": {"name": "small", "block": "network"},
        "layer": [
            {"name": "first", "kind": "dense", "inputs": 4, "neurons": 3, "lanes": 1},
            {"name": "second", "kind": "dense", "inputs": 3, "neurons": 2, "lanes": 1},
        ],
    }
)


def simulated(design: Design, script: Mapping[int, Mapping[str, int]], clocks: int) -> Recording:
    """A design's component, whose inputs change as the script says, by clock."""
    component = block_of(design, load_family(design.fabric)).component
    return Recording(component, lambda clock: script.get(clock, {}), clocks)


def _fields(fields: Sequence[Mapping[str, Any]]) -> str:
    """Fields of a packed word with their bits, as `name` [high:low]."""
    texts = []
    for field in fields:
        low, high = field["offset"], field["offset"] + field["width"] - 1
        place = f"[{high}:{low}]" if high > low else f"[{low}]"
        texts.append(f"`{field['name']}` {place}" + (" signed" if field["signed"] else ""))
    return ", ".join(texts)


def port_table(design: Design) -> str:
    """The ports of a design, with the fields of packed words: bit positions, as in the manifest."""
    block = block_of(design, load_family(design.fabric))
    rows = ["| port | direction | bits | fields, from the lowest bit |", "|---|---|--:|---|"]
    for port in block.description()["ports"]:
        fields = _fields(port["fields"]) or ("signed" if port["signed"] else "")
        rows.append(f"| `{port['name']}` | {port['direction']} | {port['width']} | {fields} |")
    return "\n".join(rows)


# which parts of an address count, by space
PARTS = {
    "synapse": "chain, number, word",
    "input": "chain, word",
    "output": "word",
    "neuron": "word",
    "control": "none",
    "history": "word",
}


def space_table(spaces: Sequence[Mapping[str, Any]], parts: Mapping[str, str] = PARTS) -> str:
    """The memory spaces of a layer: code, fields of a word, which parts of an address count."""
    rows = ["| space | code | address | fields of `data` |", "|---|--:|---|---|"]
    for space in spaces:
        fields = _fields(space["fields"])
        rows.append(f"| {space['name']} | {space['code']} | {parts[space['name']]} | {fields} |")
    return "\n".join(rows)


def _network_spaces() -> str:
    """The spaces of each layer of the network."""
    block = block_of(NETWORK, load_family(NETWORK.fabric))
    (fast, slow) = block.description()["layers"]
    assert fast["spaces"][0]["fields"] == slow["spaces"][0]["fields"]
    return space_table(fast["spaces"], {**PARTS, "synapse": "lane, word"})


def _layer_spaces() -> str:
    return space_table(block_of(LAYER, load_family(LAYER.fabric)).description()["spaces"])


def fenced(text: str) -> str:
    """A diagram as a block of Markdown."""
    return f"```text\n{text}\n```"


def _lane() -> str:
    script = {
        1: {"load": 1, "load_weight": 1000},
        2: {"load": 0},
        3: {"step": 1, "pre_spike": 1},
        4: {"pre_spike": 0, "post_spike": 1, "reward": 100},
        5: {"step": 0, "post_spike": 0, "reward": 0},
    }
    ports = ("load", "load_weight", "step", "pre_spike", "post_spike", "reward")
    outputs = ("weight", "pre_trace", "post_trace", "eligibility", "done")
    return diagram(simulated(LANE, script, 7), (*ports, *outputs), range(7))


def _bank_update() -> str:
    script: dict[int, dict[str, int]] = {}
    clock = 0
    for synapse in range(2):
        script[clock] = {"load__valid": 1, "load__payload": (1000 + synapse) << 10 | synapse}
        clock = simulated(BANK, script, clock + 20).first("load__ready", clock) + 1
    script[clock] = {"load__valid": 0, "i__valid": 1, "i__payload": 1}
    moved = simulated(BANK, script, clock + 20).first("i__ready", clock)
    script[moved + 1] = {"i__payload": 2}
    recording = simulated(BANK, script, moved + 40)
    updated = recording.first("updated")
    clocks = [*range(clock - 2, moved + 3), *range(updated, updated + 2)]
    ports = ("load__payload", "load__valid", "load__ready", "i__payload", "i__valid", "i__ready")
    return diagram(recording, (*ports, "updated", "updated_address", "updated_state"), clocks)


def _bank_read() -> str:
    script = {
        0: {"load__valid": 1, "load__payload": (1234 << 10) | 7},
        4: {"load__valid": 0, "read__valid": 1, "read__payload": 7, "readback__ready": 1},
    }
    recording = simulated(BANK, script, 30)
    asked = recording.first("read__ready", 4)
    script[asked + 1] = {"read__valid": 0}
    recording = simulated(BANK, script, 30)
    answered = recording.first("readback__valid")
    ports = ("read__payload", "read__valid", "read__ready")
    ports += ("readback__payload", "readback__valid", "readback__ready")
    return diagram(recording, ports, range(asked - 1, answered + 2))


def _layer_script() -> tuple[dict[int, dict[str, int]], int]:
    """Potentials of all neurons far above the threshold, and a step behind them."""
    script: dict[int, dict[str, int]] = {}
    clock = 0
    for neuron in range(3):
        script[clock] = {"load__valid": 1, "load__payload": 4 | neuron << 5 | 60_000 << 9}
        taken = simulated(LAYER, script, clock + 60).first("load__ready", clock)
        clock = taken + 1
    script[clock] = {"load__valid": 0}
    return script, clock


def _layer_load() -> str:
    script, clock = _layer_script()
    recording = simulated(LAYER, script, clock + 40)
    first = recording.first("load__ready")
    second = recording.first("load__ready", first + 1)
    clocks = [0, 1, first, first + 1, second - 1, second, second + 1]
    return diagram(recording, ("load__payload", "load__valid", "load__ready"), clocks)


def _layer_step() -> str:
    script, clock = _layer_script()
    start = clock + 60  # what the loads made stale has been fetched again
    script[start] = {"i__valid": 1, "i__payload": 1 | 100 << 2}
    begins = simulated(LAYER, script, start + 60).first("i__ready", start)
    # bit 0: the row of chain 0, bit 1: that of chain 1
    for row, spikes in enumerate((1, 2, 3, 0, 1)):
        script.setdefault(begins + row, {}).update({"i__payload": spikes, "i__valid": 1})
    script[start]["i__payload"] = script[begins]["i__payload"] = 1 | 100 << 2
    script[begins + 5] = {"i__valid": 0}
    recording = simulated(LAYER, script, begins + 80)
    done = recording.first("done")
    fired = [n for n in range(begins, done + 1) if recording.samples[n]["spike"]]
    near = {n for clock in (*fired, done) for n in (clock, clock + 1)}
    clocks = sorted({begins - 1, *range(begins, begins + 6), *near})
    ports = ("i__payload", "i__valid", "i__ready", "spike", "neuron", "done")
    return diagram(recording, ports, clocks)


def _read_of_layer(space: int) -> tuple[Recording, int, int, int]:
    """A read of word 0 of a space: when it is taken, answered, and the next one taken."""
    script, clock = _layer_script()
    start = clock + 60
    address = {"read__payload": space, "read__valid": 1, "readback__ready": 1}
    recording = simulated(LAYER, {**script, start: address}, start + 250)
    taken, answered = recording.first("read__ready", start), recording.first("readback__valid")
    return recording, taken, answered, recording.first("read__ready", taken + 1)


def _layer_read() -> str:
    recording, taken, answered, again = _read_of_layer(4)
    clocks = [taken - 1, taken, taken + 1, answered - 1, answered, answered + 1, again]
    ports = ("read__payload", "read__valid", "read__ready")
    return diagram(
        recording, (*ports, "readback__payload", "readback__valid", "readback__ready"), clocks
    )


def _layer_clocks() -> str:
    timing = block_of(LAYER, load_family(LAYER.fabric)).timing()
    rows = ["| moments of this design | clocks |", "|---|--:|"]
    for name, space in (("a synapse's word", 1), ("a word of another space", 4)):
        _, taken, answered, again = _read_of_layer(space)
        rows.append(f"| from the read of {name} to its readback | {answered - taken} |")
        rows.append(
            f"| from one read of {name} to the next, with `readback__ready` high |"
            f" {again - taken} |"
        )
    rows.append(
        f"| from a step's last row to `done` (`latency_clocks`) | {timing['latency_clocks']} |"
    )
    rows.append(
        f"| from `done` to `done`, at full speed (`sweep_clocks`) | {timing['sweep_clocks']} |"
    )
    return "\n".join(rows)


def _network_word() -> str:
    network = SMALL_NETWORK
    script: dict[int, dict[str, int]] = {
        0: {"i__valid": 1, "i__payload": 5, "o__ready": 1},
    }
    taken = simulated(network, script, 60).first("i__ready")
    script[taken + 1] = {"i__valid": 0}
    recording = simulated(network, script, 400)
    out = recording.first("o__valid")
    clocks = [*range(max(0, taken - 1), taken + 2), out - 1, out, out + 1]
    ports = ("i__payload", "i__valid", "i__ready", "o__payload", "o__valid", "o__ready")
    return diagram(recording, ports, clocks)


MADE: dict[str, Callable[[], str]] = {
    "ports of examples/lane.toml": lambda: port_table(LANE),
    "a lane's step": lambda: fenced(_lane()),
    "ports of examples/bank.toml": lambda: port_table(BANK),
    "a bank's sweep": lambda: fenced(_bank_update()),
    "a bank's read": lambda: fenced(_bank_read()),
    "ports of examples/verilog_testbench/layer.toml": lambda: port_table(LAYER),
    "spaces of examples/verilog_testbench/layer.toml": _layer_spaces,
    "spaces of examples/network.toml": _network_spaces,
    "a layer's loads": lambda: fenced(_layer_load()),
    "a layer's step": lambda: fenced(_layer_step()),
    "a layer's read": lambda: fenced(_layer_read()),
    "a layer's clocks": _layer_clocks,
    "ports of examples/network.toml": lambda: port_table(NETWORK),
    "a network's word": lambda: fenced(_network_word()),
}
_BLOCK = re.compile(r"(<!-- made: ([^>]*?) -->\n)(.*?)(<!-- end -->)", re.S)


def blocks_of(text: str) -> dict[str, str]:
    """The blocks of a page that are made, by their names."""
    return {name: made.rstrip("\n") for _, name, made, _ in _BLOCK.findall(text)}


def main() -> None:
    """Make all blocks of all pages anew."""
    for page in sorted(PAGES.glob("*.md")):
        text = page.read_text(encoding="utf-8")
        page.write_text(
            _BLOCK.sub(lambda found: f"{found[1]}{MADE[found[2]]()}\n{found[4]}", text),
            encoding="utf-8",
        )


if __name__ == "__main__":
    main()
