"""Activity counted in RTL on a recording: `python -m campaigns.activity --out reports`.

The co-simulation of a recorded task keeps all waves, and this counts in them: bits that change, and
accesses of memories, by clocks of their write and read ports. A net has another name in each module
that it passes: nets of one width that have changed at the same times to the same values are counted
once. A run also loads the layer and reads it back, so the figures are the difference between a run
of twice the steps and one of the steps: what the second half of the longer one took.

No energy is given. Lattice publishes what a toggle or an access takes for neither iCE40 UltraPlus
nor ECP5: its technical notes (TN1266 for ECP5) leave the coefficients to the Power Calculator,
which is no open tool. So `energy_pj` is null with that reason; with a measured power, an update
takes power / (updates a second).
"""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from campaigns.freshness.stamps import write_report
from sc_hw.build.elaborate import elaborate
from sc_hw.commands.demo import example_folder
from sc_hw.files import write_json
from sc_hw.simulation.cosim import cosim
from sc_hw.simulation.vcd import Signal, signals_of
from sc_model.spec import load_design

SCHEMA = "sc-hw.activity.v1"
STEPS = 30  # ten trials: the files of waves have some 100 MB
REASON = (
    "the vendor publishes no energy of a toggle or an access: its coefficients are part of its"
    " Power Calculator alone"
)


@dataclass
class Counts:
    """What was counted.

    Members
    -------
    clocks : rising edges of the clock.
    toggles : bits that changed, without those of the clock.
    nets : nets that changed at all, and `bits` their bits.
    writes : clocks in which a memory's write port is enabled.
    reads : clocks in which a memory's read port has another address than the clock before.
    memories : memories with a write port.
    """

    clocks: int = 0
    toggles: int = 0
    nets: int = 0
    bits: int = 0
    writes: int = 0
    reads: int = 0
    memories: int = 0


@dataclass
class Net:
    """A net's width, the bits of it that have changed, and a hash of when and to what."""

    bits: int
    toggles: int = 0
    history: int = 0


def changes(waves: Path) -> Iterator[tuple[str, str]]:
    """Code and new value of each change of a file of waves, and `("", time)` for each time."""
    with waves.open(encoding="ascii") as stream:
        for line in stream:
            if line.startswith("$enddefinitions"):
                break
        for line in stream:
            word = line.strip()
            if word.startswith("#"):
                yield "", word[1:]
            elif word.startswith("b"):
                value, code = word[1:].split(" ", 1)
                yield code, value
            elif word:
                yield word[1:], word[0]


def changed_bits(before: str, after: str) -> int:
    """Bits in which two values differ; VCD leaves leading zeros out."""
    width = max(len(before), len(after))
    return sum(a != b for a, b in zip(before.zfill(width), after.zfill(width), strict=True))


def ports(signals: list[Signal]) -> tuple[set[str], set[str]]:
    """Codes of write enables, and of read addresses, of all memories."""
    enables = {s.code for s in signals if s.path.endswith(".write__en")}
    addresses = {s.code for s in signals if s.path.endswith(".read__addr")}
    return enables, addresses


def count(waves: Path, clock: str) -> Counts:
    """Count a file of waves.

    Parameters
    ----------
    waves : VCD.
    clock : last name of the clock's signal.
    """
    signals = signals_of(waves)
    # the bench's own nets are no part of the design
    own = [s for s in signals if ".dut." in s.path or s.path.startswith("TOP.")]
    clocks = [s for s in signals if s.path.endswith(f".{clock}")]
    names = {s.code for s in clocks}
    first = min(clocks, key=lambda s: len(s.path)).code
    nets = {s.code: Net(s.bits) for s in own if s.code not in names}
    enables, addresses = ports(own)
    counts = Counts(memories=len(enables))
    values: dict[str, str] = {}
    requests: set[str] = set()
    time = ""
    for code, value in changes(waves):
        if not code:
            time = value
            continue
        before = values.get(code)
        values[code] = value
        if code == first and value == "1" and before == "0":
            counts.clocks += 1
            counts.writes += sum(values.get(one) == "1" for one in enables)
            counts.reads += len(requests)
            requests.clear()
        net = nets.get(code)
        if net is not None and before is not None:
            net.toggles += changed_bits(before, value)
            net.history = hash((net.history, time, value))
            if code in addresses:
                requests.add(code)
    different = {(net.bits, net.history): net for net in nets.values() if net.toggles}
    counts.nets = len(different)
    counts.bits = sum(net.bits for net in different.values())
    counts.toggles = sum(net.toggles for net in different.values())
    return counts


def measure(steps: int) -> dict[str, Any]:
    """Replay the digits' recording with waves, once and twice as far, and count the difference."""
    folder = example_folder()
    design = load_design(folder / "digits.toml")
    runs, updates, differences = [], [], 0
    with tempfile.TemporaryDirectory() as place:
        build = elaborate(design, place)
        for length in (steps, 2 * steps):
            results = cosim(
                build, events=folder / "digits.npz", steps=length, stall=0.0, waves=True
            )
            runs.append(count(Path(results["waves"]), str(build.manifest["domain"]["clock"])))
            updates.append(int(results["synapse_steps"]))
            differences += int(results["differences"])
    once, twice = runs
    more = updates[1] - updates[0]
    toggles, reads = twice.toggles - once.toggles, twice.reads - once.reads
    writes = twice.writes - once.writes
    return {
        "schema_version": SCHEMA,
        "design": design.name,
        "recording": "digits.npz",
        "steps": steps,
        "synapse_updates": more,
        "differences": differences,
        "clocks": twice.clocks - once.clocks,
        "nets": twice.nets,
        "net_bits": twice.bits,
        "memories": twice.memories,
        "toggles": toggles,
        "memory_writes": writes,
        "memory_reads": reads,
        "toggles_a_step": round(toggles / steps, 1),
        "toggles_an_update": round(toggles / more, 2),
        "accesses_an_update": round((writes + reads) / more, 3),
        "energy_pj": {"ice40-up5k": None, "ecp5-25f-6": None},
        "energy_reason": REASON,
    }


def page(values: Mapping[str, Any]) -> str:
    """The report in Markdown."""
    labels = {
        "steps of the recording": "steps",
        "synapse updates": "synapse_updates",
        "clocks": "clocks",
        "nets that changed": "nets",
        "bits of nets that changed": "toggles",
        "... a step": "toggles_a_step",
        "... a synapse update": "toggles_an_update",
        "writes of memories": "memory_writes",
        "reads of memories, of another address": "memory_reads",
        "accesses a synapse update": "accesses_an_update",
        "differences from the golden model": "differences",
    }
    rows = "".join(f"| {name} | {values[key]:,} |\n" for name, key in labels.items())
    return (
        "# Activity on real recordings\n\n`python -m campaigns.activity --out reports`\n\n"
        f"Counted in the RTL of `{values['design']}` while it replays `{values['recording']}`:"
        f" every net of the design that changed, {values['net_bits']:,} bits, without the clock."
        " It is activity of the Verilog before synthesis, not of a fabric's cells.\n\n"
        f"| what | number |\n|---|--:|\n{rows}\n"
        f"**Energy: not given.** iCE40 UltraPlus and ECP5: {values['energy_reason']}. With a"
        " measured power, an update takes power divided by updates a second.\n"
    )


def main() -> None:
    """Run the command."""
    parser = argparse.ArgumentParser(prog="campaigns.activity", description=__doc__)
    parser.add_argument("--steps", type=int, default=STEPS, help="steps of the recording")
    parser.add_argument("--out", type=Path, default=Path("build") / "activity")
    options = parser.parse_args()
    values = measure(options.steps)
    write_json(options.out / "activity.json", values)
    write_report(options.out, "activity", page(values))
    print(page(values))


if __name__ == "__main__":
    main()
