"""Sweep and event engine on the same networks: `python -m campaigns.events --out reports`.

Random networks (sizes, lanes, delays, recurrence, bias, policies, intervals, clocks; every fourth
with many inputs, which come in slices) are elaborated with both engines, and both play the same
steps from the same parameters in compiled Verilog. Their words must be those of the golden network.
So must those of networks whose spikes leave in slices: last layers of every kind, with more than
256 neurons, some with a readout.
Networks of 784, 128 and 10 neurons, one of them with delays, follow with the event engine alone, on
steps in which 13 % of the inputs are active; `adding` is the share of clocks in which all lanes of
their first layer add. The compiled network (`NativeNetwork`) plays the same networks for many more
steps; its states must be those of the golden network in the end, too.

Synapse events are counted from the golden network's words: for each tick the columns that are not 0
times the layer's neurons. Layers behind a policy that counts or keeps spikes are not counted, so
the number is a lower bound.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from campaigns.freshness.stamps import write_report
from sc_hw.build.elaborate import elaborate
from sc_hw.files import write_json
from sc_hw.simulation.library import rtl_library
from sc_model.golden.network.network import Network
from sc_model.native.network import NativeNetwork
from sc_model.spec import (
    SLICE,
    ConvSpec,
    DenseSpec,
    Design,
    HetSynSpec,
    LifSpec,
    NetworkSpec,
    ReadoutSpec,
    SparseSpec,
    TrainedLayerSpec,
)
from sc_model.spec.trained_layer import Policy
from sc_sim.benches.network.expected import Expected, expected
from sc_sim.benches.network.stimulus import parameters
from sc_sim.blocks.network.rtl import NetworkRtl
from sc_sim.clocks import drawn, nominal

POLICIES: tuple[Policy, ...] = ("hold", "accumulate", "once")
LEAKS: tuple[Literal["factor", "shift", "none"], ...] = ("factor", "shift", "none")
SCHEMA = "sc-hw.events.v1"
ENGINES = ("sweep", "events")
OUTPUTS = ("sweep", "events", "recurrent", "conv", "sparse", "hetsyn")  # last layers, many neurons
DELAYS = (0, 0, 1, 2, 6, 15)  # `max_delay` of a layer
ACTIVE = 0.13  # of the inputs of the large networks
LARGE_DELAYS = (0, 3)  # `max_delay` of their first layers
SAMPLE = 12  # steps that random parameters are fitted to
STALL = 0.2


def random_network(rng: np.random.Generator, *, wide: bool = False) -> NetworkSpec:
    """A network of one to three dense layers; a wide one has steps and spikes in slices."""
    layers: list[DenseSpec] = []
    inputs, interval = int(rng.integers(1, 60)), 1
    if wide:
        neurons = int(rng.choice((64, 80)))
        shared: dict[str, Any] = {"weight_bits": 5, "engine": "events"}
        first = DenseSpec(
            name="l0",
            inputs=int(rng.integers(257, 340)),
            neurons=neurons,
            lanes=int(rng.integers(1, 20)),
            bias=bool(rng.random() < 0.5),
            max_delay=int(rng.choice(DELAYS)),
            recurrent=bool(rng.random() < 0.5),
            **shared,
        )
        lanes = int(rng.integers(1, 8))
        bias, recurrent = (bool(rng.random() < 0.5) for _ in range(2))
        shared |= {"lanes": lanes, "bias": bias, "recurrent": recurrent}
        last = DenseSpec(name="l1", inputs=neurons, neurons=7, **shared)
        return _at_intervals(rng, first, last)
    clocks = ["one", "two"] if rng.random() < 0.5 else ["one", "one"]
    for index in range(int(rng.integers(1, 4))):
        neurons = int(rng.integers(1, 24))
        interval *= int(rng.choice((1, 1, 2, 3))) if index else 1
        layers.append(
            DenseSpec(
                name=f"l{index}",
                inputs=inputs,
                neurons=neurons,
                lanes=int(rng.integers(1, neurons + 1)),
                tick_interval=interval,
                clock=clocks[index % 2],
                policy=POLICIES[rng.choice(len(POLICIES))],
                weight_bits=int(rng.integers(3, 12)),
                max_delay=int(rng.choice(DELAYS)),
                recurrent=bool(rng.random() < 0.4),
                bias=bool(rng.random() < 0.4),
                neuron=LifSpec(leak=LEAKS[rng.choice(len(LEAKS))]),
            )
        )
        inputs = neurons
    return NetworkSpec(layers=tuple(layers))


def random_output(rng: np.random.Generator, kind: str) -> NetworkSpec:
    """A network whose last layer, of that kind, has more than 256 neurons; some have a readout.

    In front of it is a small layer, which may tick less often and have a clock of its own; a
    recurrent one is alone, for it has to take its steps in slices.
    """
    interval = int(rng.choice((1, 1, 2))) if kind != "recurrent" else 1
    last = random_last_layer(rng, kind, interval, str(rng.choice(("one", "two"))))
    inputs, lanes = int(rng.integers(1, 30)), int(rng.integers(1, 5))
    first = DenseSpec(
        name="l0",
        inputs=inputs,
        neurons=last.inputs,
        lanes=min(lanes, last.inputs),
        tick_interval=int(rng.integers(1, interval + 1)),
        clock="one",
    )
    layers = (last,) if kind == "recurrent" else (first, last)
    readout: dict[str, Any] = {}
    if last.neurons_a_clock == 1 and rng.random() < 0.6:
        kinds = ["count", "first_spike"]
        if kind != "hetsyn":
            kinds.append("largest_potential")
        readout["readout"] = ReadoutSpec.model_validate({"kind": str(rng.choice(kinds))})
    return NetworkSpec(layers=layers, **readout)


def random_last_layer(
    rng: np.random.Generator, kind: str, interval: int, clock: str
) -> TrainedLayerSpec:
    """A layer of that kind with more than 256 neurons."""
    shared: dict[str, Any] = {"name": "last", "tick_interval": interval, "clock": clock}
    if kind == "conv":
        image = (int(rng.integers(1, 3)), int(rng.integers(12, 20)), int(rng.integers(12, 20)))
        channels = int(rng.integers(3, 7))
        return ConvSpec(
            image=image, kernel=(2, 3), channels=channels, weight_bits=4, bias=True, **shared
        )
    shared |= {"inputs": int(rng.integers(1, 30)), "neurons": int(rng.integers(257, 400))}
    if kind == "sparse":
        synapses = min(int(rng.integers(300, 1500)), shared["inputs"] * shared["neurons"])
        return SparseSpec(synapses=synapses, weight_bits=4, max_delay=int(rng.choice(3)), **shared)
    shared["lanes"] = int(rng.integers(1, 9))
    if kind == "hetsyn":
        return HetSynSpec(**shared)
    by_events = kind == "events" or (kind == "recurrent" and rng.random() < 0.5)
    together = int(rng.choice((1, 1, 2, 4, 8))) if by_events else 1
    shared["neurons"] += -shared["neurons"] % together
    if kind == "recurrent":  # a sweep takes two slices or more
        shared["inputs"] += SLICE
    shared["inputs"] += -shared["inputs"] % together
    shared["lanes"] += -shared["lanes"] % together
    return DenseSpec(
        engine="events" if by_events else "sweep",
        recurrent=kind == "recurrent",
        neurons_a_clock=together,
        weight_bits=4,
        bias=bool(rng.random() < 0.5),
        max_delay=int(rng.choice(DELAYS)),
        neuron=LifSpec(leak=LEAKS[rng.choice(len(LEAKS))]),
        **shared,
    )


def _at_intervals(rng: np.random.Generator, *layers: DenseSpec) -> NetworkSpec:
    """Layers in one clock or two, which tick less often than what is in front, or as often."""
    interval, chain = 1, []
    for index, layer in enumerate(layers):
        interval *= int(rng.choice((1, 2, 3)))
        changes = {
            "tick_interval": interval,
            "policy": POLICIES[rng.choice(len(POLICIES))],
            "pending_bits": int(rng.integers(1, 4)),
            "clock": ("one", "two")[index * int(rng.integers(0, 2))],
        }
        chain.append(layer.model_copy(update=changes))
    return NetworkSpec(layers=tuple(chain))


def with_engine(spec: NetworkSpec, engine: str) -> NetworkSpec:
    """The network with another engine in all of its layers."""
    layers = [layer.model_copy(update={"engine": engine}) for layer in spec.layers]
    return spec.model_copy(update={"layers": tuple(layers)})


def synapse_events(spec: NetworkSpec, x: NDArray[np.uint8], golden: Expected) -> int:
    """Columns that are not 0 times neurons, over all ticks that are counted."""
    total, inputs = 0, x
    for layer in spec.layers:
        words = golden.words[layer.name]
        if layer.policy == "hold" and len(inputs) == len(words):
            active = int(inputs.sum()) + len(words) * layer.bias
            active += int(words[:-1].sum()) * layer.recurrent
            total += active * layer.neurons
        inputs = words
    return total


def run(
    spec: NetworkSpec,
    arrays: Mapping[str, NDArray[np.int64]],
    x: NDArray[np.uint8],
    golden: Expected,
    root: Path,
    *,
    seed: int,
    stall: float,
) -> dict[str, Any]:
    """One run of the Verilog; how many of its words are wrong or missing, and its clocks."""
    design = Design(name="campaign", block="network", network=spec)
    build = elaborate(design, root)
    rtl = NetworkRtl(build.folder, rtl_library(build.folder))
    declared = {str(row["role"]): float(row["mhz"]) for row in rtl.dut.manifest["domains"]}
    many = drawn(rtl.dut.roles, seed, 1)[0] if stall else nominal(declared)
    start = time.perf_counter()
    rtl.start(many, seed)
    played = rtl.play(arrays, x, stall, seed=seed)
    row = golden.transfers
    differences = len(row.steps) - row.match_length(played.out) if played.finished else len(x)
    differences += max(0, len(played.out.steps) - len(row.steps))
    times = played.taken.times
    period = many.clocks[spec.layers[0].clock].period
    clocks = float(times[-1] - times[0]) / period / max(1, len(times) - 1)
    rtl.close()
    return {
        "words": len(row.steps) // row.slices,
        "differences": int(differences),
        "clocks_a_step": round(clocks, 1),
        "wall_s": round(time.perf_counter() - start, 1),
    }


def random_rows(
    count: int, steps: int, seed: int, root: Path, *, first: int = 0
) -> list[dict[str, Any]]:
    """Both engines on random networks, from number `first` on."""
    rows = []
    for number in range(first, first + count):
        rng = np.random.default_rng((seed, number))
        spec = random_network(rng, wide=number % 4 == 3)
        rate = float(rng.uniform(0.02, 0.5))
        x = (rng.random((steps, spec.layers[0].inputs)) < rate).astype(np.uint8)
        arrays = parameters(spec, rng, x[:SAMPLE])
        golden = expected(spec, arrays, x)
        for engine in ENGINES:
            result = run(
                with_engine(spec, engine), arrays, x, golden, root, seed=number, stall=STALL
            )
            events = synapse_events(spec, x, golden)
            rows.append({**sizes(spec), "engine": engine, "synapse_events": events, **result})
            print(rows[-1], flush=True)
    return rows


def output_rows(count: int, steps: int, seed: int, root: Path) -> list[dict[str, Any]]:
    """Networks whose spikes leave in slices, `count` of each kind of last layer."""
    rows = []
    for number in range(count * len(OUTPUTS)):
        kind = OUTPUTS[number % len(OUTPUTS)]
        rng = np.random.default_rng((seed, 1000 + number))
        spec = random_output(rng, kind)
        x = (rng.random((steps, spec.layers[0].inputs)) < rng.uniform(0.1, 0.5)).astype(np.uint8)
        arrays = parameters(spec, rng, x[:SAMPLE])
        golden = expected(spec, arrays, x)
        result = run(spec, arrays, x, golden, root, seed=number, stall=STALL)
        readout = None if spec.readout is None else spec.readout.kind
        spikes = int(golden.words["last"].sum())
        rows.append({**sizes(spec), "last": kind, "readout": readout, "spikes": spikes, **result})
        print(rows[-1], flush=True)
    return rows


def sizes(spec: NetworkSpec) -> dict[str, Any]:
    """What a row says of a network's layers."""
    return {
        "network": [(layer.columns, layer.neurons, layer.lanes) for layer in spec.layers],
        "max_delay": [layer.max_delay for layer in spec.layers],
    }


def large_network(max_delay: int, lanes: int) -> NetworkSpec:
    """The network of 784, 128 and 10 neurons, with the event engine."""
    shared: dict[str, Any] = {"neuron": LifSpec(leak="shift"), "engine": "events"}
    hidden = DenseSpec(
        name="hidden", inputs=784, neurons=128, lanes=lanes, max_delay=max_delay, **shared
    )
    out = DenseSpec(name="out", inputs=128, neurons=10, lanes=5, **shared)
    return NetworkSpec(layers=(hidden, out))


def large_row(steps: int, seed: int, root: Path, max_delay: int, lanes: int) -> dict[str, Any]:
    """A large network in compiled Verilog."""
    rng = np.random.default_rng((seed, max_delay))
    spec = large_network(max_delay, lanes)
    x = (rng.random((steps, 784)) < ACTIVE).astype(np.uint8)
    arrays = parameters(spec, rng, x[:SAMPLE])
    golden = expected(spec, arrays, x)
    result = run(spec, arrays, x, golden, root, seed=seed, stall=0.0)
    active = float(x.sum(axis=1).mean())
    row = {
        **sizes(spec),
        "engine": "events",
        "synapse_events": synapse_events(spec, x, golden),
        "active_inputs_a_step": round(active, 1),
        "hidden_spikes_a_step": round(float(golden.words["hidden"].sum(axis=1).mean()), 1),
        "adding": round(active * spec.layers[0].groups / result["clocks_a_step"], 3),
        **result,
    }
    print(row, flush=True)
    return row


def native_row(spec: NetworkSpec, steps: int, seed: int) -> dict[str, Any]:
    """A network as the compiled model, against the golden one: words, and states at the end."""
    rng = np.random.default_rng((seed, 7))
    x = (rng.random((steps, spec.layers[0].inputs)) < ACTIVE).astype(np.uint8)
    arrays = parameters(spec, rng, x[:SAMPLE])
    golden, native = Network(spec, arrays), NativeNetwork(spec, arrays)
    reference = expected(spec, arrays, x)
    start = time.perf_counter()
    differences = int((native.run(x) != golden.run(x)).any(axis=1).sum())
    states = native.state()
    for name, layer in golden.layers.items():
        wrong = (not np.array_equal(states[name][f], values) for f, values in layer.state.items())
        differences += sum(wrong)
    row = {
        **sizes(spec),
        "engine": "native",
        "synapse_events": synapse_events(spec, x, reference),
        "words": steps,
        "differences": differences,
        "clocks_a_step": None,
        "wall_s": round(time.perf_counter() - start, 1),
    }
    print(row, flush=True)
    return row


def native_rows(steps: int, seed: int) -> list[dict[str, Any]]:
    """The large networks, and one with recurrence, biases and delays in each layer."""
    many: dict[str, Any] = {"engine": "events", "recurrent": True, "bias": True}
    recurrent = NetworkSpec(
        layers=(
            DenseSpec(name="l0", inputs=300, neurons=200, max_delay=15, **many),
            DenseSpec(name="l1", inputs=200, neurons=60, max_delay=2, **many),
        )
    )
    specs = [*(large_network(delay, 8) for delay in LARGE_DELAYS), recurrent]
    return [native_row(spec, steps, seed) for spec in specs]


def page(report: Mapping[str, Any]) -> str:
    """The report as Markdown."""
    totals = report["totals"]
    lines = [
        "# Event engine and sweep: the same words",
        "",
        f"`{report['command']}`",
        "",
        f"{totals['networks']} random networks with both engines, networks of 784, 128 and 10"
        " neurons with the event engine, and larger runs of the compiled model (`native`):"
        f" {totals['synapse_events']:,} synapse events at least, {totals['words']:,} words,"
        f" **{totals['differences']} differences** from the golden network.",
        "",
    ]
    for row in report["large"]:
        delays = f", delays of up to {row['max_delay'][0]} ticks" * (row["max_delay"][0] > 0)
        lanes = row["network"][0][2]
        lines += [
            f"784, 128 and 10 neurons, {lanes} and 5 lanes{delays}: {row['clocks_a_step']} clocks a"
            f" step with {row['active_inputs_a_step']} active inputs and"
            f" {row['hidden_spikes_a_step']} spikes of hidden neurons a step; all lanes of the"
            f" hidden layer add in {row['adding']:.1%} of the clocks. A sweep of that layer takes"
            f" {784 * -(-128 // lanes):,} clocks.",
            "",
        ]
    lines += [
        "| columns, neurons, lanes | longest delays | engine | synapse events | words |"
        " differences | clocks a step |",
        "|---|---|---|---|---|---|---|",
    ]
    for row in [*report["networks"], *report["large"], *report["native"]]:
        sizes_text = "; ".join(", ".join(map(str, layer)) for layer in row["network"])
        delays = "; ".join(map(str, row["max_delay"]))
        clocks = "-" if row["clocks_a_step"] is None else f"{row['clocks_a_step']:,}"
        lines.append(
            f"| {sizes_text} | {delays} | {row['engine']} | {row['synapse_events']:,} |"
            f" {row['words']:,} | {row['differences']} | {clocks} |"
        )
    return "\n".join([*lines, *outputs_page(report["outputs"])]) + "\n"


def outputs_page(rows: list[dict[str, Any]]) -> list[str]:
    """The lines about spikes that leave in slices."""
    differences, slices = sum(row["differences"] for row in rows), "leave in slices of 16"
    lines = [
        "",
        f"Networks whose spikes {slices}, with the readout's answer beside the last slice:"
        f" **{differences} differences** in {sum(row['words'] for row in rows):,} words.",
        "",
        "| columns, neurons, lanes | last layer | readout | spikes | words | differences |",
        "|---|---|---|---|---|---|",
    ]
    for row in rows:
        sizes_text = "; ".join(", ".join(map(str, layer)) for layer in row["network"])
        lines.append(
            f"| {sizes_text} | {row['last']} | {row['readout'] or '-'} | {row['spikes']:,} |"
            f" {row['words']:,} | {row['differences']} |"
        )
    return lines


def main() -> None:
    """Run the campaign and write `events.json` and `events.md`."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--networks", type=int, default=20)
    parser.add_argument("--outputs", type=int, default=2, help="networks of each last layer")
    parser.add_argument("--steps", type=int, default=2000)
    parser.add_argument("--large-steps", type=int, default=2000)
    parser.add_argument("--native-steps", type=int, default=10000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--build", type=Path, default=Path("build"))
    parser.add_argument("--out", type=Path, default=Path("reports"))
    options = parser.parse_args()
    native = native_rows(options.native_steps, options.seed)
    cases = [(delay, lanes) for delay in LARGE_DELAYS for lanes in (8, 32)]
    large = [large_row(options.large_steps, options.seed, options.build, *case) for case in cases]
    rows = random_rows(options.networks, options.steps, options.seed, options.build)
    outputs = output_rows(options.outputs, options.steps, options.seed, options.build)
    report = {
        "schema": SCHEMA,
        "command": f"python -m campaigns.events --networks {options.networks}"
        f" --steps {options.steps} --large-steps {options.large_steps}"
        f" --native-steps {options.native_steps} --outputs {options.outputs} --seed {options.seed}",
        "totals": {
            "networks": options.networks,
            **{
                name: sum(row[name] for row in [*rows, *large, *native])
                for name in ("synapse_events", "words", "differences")
            },
        },
        "large": large,
        "native": native,
        "networks": rows,
        "outputs": outputs,
    }
    write_json(options.out / "events.json", report)
    write_report(options.out, "events", page(report))


if __name__ == "__main__":
    main()
