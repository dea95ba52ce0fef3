# amaranth: UnusedElaboratable=no
"""Share of a full sweep's clocks that do an update, counted in a simulation of the sequencer.

`python -m campaigns.utilisation --out reports` writes utilisation.json and utilisation.md: every
size from 64 x 16 to 1,024 x 256 with every number of lanes that `placement` accepts. Only the
sequencer decides when the lanes work, so it is simulated without them. Sweeps of more clocks than
`--longest` are not simulated: they follow from the claim, proved for every size, that a group takes
`slots` clocks (see docs/layers.md), and `counted` is false in their rows.
"""

from __future__ import annotations

import argparse
from functools import cache
from itertools import product
from pathlib import Path
from typing import Any

from amaranth.sim import Simulator

from campaigns.freshness.stamps import write_report
from sc_hw.fabric.families import load_family
from sc_hw.files import write_json
from sc_hw.plastic import PlasticLayer
from sc_hw.plastic.sequencer import LayerSequencer
from sc_model.rules import load_rule
from sc_model.spec import ConfigError, NeuronSpec, PlasticLayerSpec
from sc_model.spec.plastic_layer import FULL_LANE, placement

INPUTS, NEURONS = (64, 128, 256, 512, 1024), (16, 32, 64, 128, 256)


@cache  # many layers have the same order
def count(rows: int, slots: int, groups: int) -> tuple[int, int]:
    """Clocks with an update, and all clocks, of a sweep between others when no transfer waits.

    Parameters
    ----------
    rows : rows of a group.
    slots : clocks of a group.
    groups : groups of the layer.
    """
    last = (rows - 1, slots - rows - 1, groups - 1)
    row, pause, group = (max(1, number.bit_length()) for number in last)
    sequencer = LayerSequencer(row, pause, group, max(1, (rows * groups - 1).bit_length()))
    starts: list[int] = []
    updates = [0]

    async def bench(ctx: Any) -> None:
        ctx.set(sequencer.last_row, last[0])
        ctx.set(sequencer.last_pause, last[1])
        ctx.set(sequencer.last_group, last[2])
        ctx.set(sequencer.i_valid, 1)
        ctx.set(sequencer.open, 1)
        clock = 0
        # The first sweep may begin late; the second is counted, and the third's start ends it.
        while len(starts) < 3:
            if ctx.get(sequencer.start):
                starts.append(clock)
            if len(starts) == 2:
                updates[0] += ctx.get(sequencer.issue)
            await ctx.tick()
            clock += 1

    simulator = Simulator(sequencer)
    simulator.add_clock(1e-6)
    simulator.add_testbench(bench)
    simulator.run()
    return updates[0], starts[2] - starts[1]


def measure(
    inputs: int, neurons: int, lanes: int, fabric: str, longest: int, **neuron: Any
) -> dict[str, Any] | None:
    """A row of `utilisation.json`; None where no layer has so many lanes.

    Parameters
    ----------
    inputs, neurons, lanes : size of the layer.
    fabric : family that the lanes are built for.
    longest : clocks of the longest sweep that is simulated.
    neuron : fields of `NeuronSpec`.
    """
    rule = load_rule("reward_modulated_stdp")
    spec = PlasticLayerSpec(inputs=inputs, neurons=neurons, lanes=lanes)
    try:
        place = placement(spec)
    except ConfigError:
        return None
    layer = PlasticLayer(
        rule, rule.params_type(), spec, NeuronSpec(**neuron), place, load_family(fabric)
    )
    row = {
        "inputs": inputs,
        "neurons": neurons,
        "lanes": lanes,
        "chains": place.chains,
        "synapses_per_lane": inputs * neurons / lanes,
        "sweep_clocks": layer.timing.sweep,
        "counted": layer.timing.sweep <= longest,
    }
    updates = place.rows * place.groups
    if row["counted"]:
        updates, clocks = count(place.rows, layer.timing.slots, place.groups)
        if clocks != layer.timing.sweep:
            raise AssertionError(f"a sweep takes {clocks} clocks, not {layer.timing.sweep}: {row}")
    return {**row, "share": updates / layer.timing.sweep}


def _markdown(rows: list[dict[str, Any]], fabric: str) -> str:
    """The lowest share of each size, with full lanes and with shorter ones, as Markdown."""
    lines = [
        "# Clocks of a full sweep that do an update\n",
        f"Fabric {fabric}, winner-take-all; made by `python -m campaigns.utilisation`.\n",
        (
            "| layer | lanes, each 512 synapses or more | lowest share | at lanes | lanes with"
            " fewer | lowest share | at lanes |"
        ),
        "|---|---|---|---|---|---|---|",
    ]
    for inputs, neurons in product(INPUTS, NEURONS):
        same_size = [row for row in rows if (row["inputs"], row["neurons"]) == (inputs, neurons)]
        cells = []
        for part in (
            [r for r in same_size if r["synapses_per_lane"] >= FULL_LANE],
            [r for r in same_size if r["synapses_per_lane"] < FULL_LANE],
        ):
            worst = min(part, key=lambda row: row["share"], default=None)
            cells += [
                str(len(part)),
                f"{100 * worst['share']:.1f} %" if worst else "-",
                str(worst["lanes"]) if worst else "-",
            ]
        lines.append(f"| {inputs} x {neurons} | " + " | ".join(cells) + " |")
    simulations = sum(row["counted"] for row in rows)
    lines.append(
        f"\n{len(rows)} layers, {simulations} of them counted in simulation clock by clock.\n"
    )
    return "\n".join(lines)


def main() -> None:
    """Measure all layers, then write `utilisation.json` and `utilisation.md`."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, default=Path("reports"))
    parser.add_argument("--fabric", default="ecp5")
    parser.add_argument("--longest", type=int, default=3000)
    options = parser.parse_args()
    rows = []
    for inputs, neurons in product(INPUTS, NEURONS):
        for lanes in range(1, 513):
            if inputs * neurons / lanes >= 128:
                row = measure(
                    inputs, neurons, lanes, options.fabric, options.longest, winner_take_all=True
                )
                rows += [row] if row else []
    write_json(
        options.out / "utilisation.json",
        {"schema_version": "sc-hw.utilisation.v1", "fabric": options.fabric, "rows": rows},
    )
    write_report(options.out, "utilisation", _markdown(rows, options.fabric))


if __name__ == "__main__":
    main()
