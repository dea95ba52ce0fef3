"""Bench of a network: the emitted Verilog under several clockings against the golden network.

The golden network knows no clocks. A run:

1. The host loads all weights and decay codes.
2. Steps are played with random idle clocks and backpressure, in some runs with resets of any domain
   at any time.
3. The host reads everything.

Compared are the words that come out, the words at every crossing between two clocks, each layer's
traces and neurons in the end, and the outputs that report a fault.

Which words a reset makes void is known at the network's ends alone, where `i_restart` and
`o_restart` show it. Between two restarts, the words that come out must be the first words that the
golden network gives for the steps taken between two restarts of the input. After the last restart
they must be all of them.

A plastic layer keeps its memories in a reset, but one in the midst of its step leaves some synapses
updated and others not. So a run with resets has parts there, and the network is reset at rest in
front of each. In some parts there are resets at any time: the plastic layer's spikes are compared
up to the first one, and the host loads its state again behind them. In the others there is none:
all is compared, and the golden layer goes on from what it has learned, with its `control` as after
a reset.
"""

from __future__ import annotations

import random
import time
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sc_model.golden.network.recording import load_network_recording
from sc_model.spec import NetworkSpec
from sc_sim.benches.network.bench import NetworkBench, totals
from sc_sim.benches.network.stimulus import (
    Parameters,
    Teaching,
    images,
    lessons,
    parameters,
    pulses,
    spikes,
)
from sc_sim.blocks.network.records import Reset
from sc_sim.blocks.network.rtl import NetworkRtl
from sc_sim.clocks import KINDS, Clocking, drawn, nominal
from sc_sim.driver.library import build_library
from sc_sim.files import write_arrays
from sc_sim.request import Request
from sc_sim.results import Outcome, write_results
from sc_sim.toolchain import tool_versions

DEFAULT_UPDATES, LEAST_STEPS, MOST_STEPS = 100_000, 40, 2_000
LEAST_TICKS = 4  # of the slowest layer
RESET_RUNS = 2


@dataclass(frozen=True)
class Plan:
    """A run to come: its clocks, the rate of idle clocks, resets, and a seed."""

    clocking: Clocking
    stall: float
    resets: list[Reset]
    seed: int


def default_steps(spec: NetworkSpec) -> int:
    """Steps of a run that does not say how many."""
    updates = sum(layer.synapse_count / layer.tick_interval for layer in spec.layers)
    slowest = max(layer.tick_interval for layer in spec.layers)
    steps = max(LEAST_STEPS, round(DEFAULT_UPDATES / updates))
    return max(LEAST_TICKS * slowest, min(MOST_STEPS, steps))


def clockings(rtl: NetworkRtl, seed: int) -> list[Clocking]:
    """Those of a co-simulation: as declared, then one of each kind.

    With one domain there is only one more, for its stalls.
    """
    declared = {str(domain["role"]): float(domain["mhz"]) for domain in rtl.dut.manifest["domains"]}
    return [nominal(declared), *drawn(rtl.dut.roles, seed, len(KINDS) if len(declared) > 1 else 1)]


def stimulus(request: Request, rtl: NetworkRtl) -> tuple[NDArray[Any], Parameters, Teaching]:
    """Steps, or sets of values for an encoder, parameters and lessons.

    They are those of the recording, or random ones.
    """
    spec = rtl.spec
    steps = request.steps
    if spec.plastic is not None and spec.early(spec.layers[-1]):
        # Its first word waits for a lesson, the lesson for the host, and the host for the layer.
        raise ValueError(
            "co-simulation of a network with a plastic layer needs layers that wait for their"
            " producers; take tick_intervals that do not fall."
        )
    if request.events is None:
        rng = np.random.default_rng(request.seed)
        count = steps if steps is not None else default_steps(spec)
        if spec.encoder is not None:
            values, x = images(spec, rng, count)
            return values, parameters(spec, rng, x), {}
        x = spikes(rng, count, spec.layers[0].inputs)
        return x, parameters(spec, rng, x), lessons(rtl.lesson_formats, rng, len(x))
    if spec.encoder is not None:
        raise ValueError(
            f"recording {request.events} holds spikes, and a network with a table [encoder] takes"
            " values; leave out the recording, or the encoder."
        )
    recording = load_network_recording(request.events, spec)
    x = recording.x.astype(np.uint8)
    if steps is not None and steps > len(x):
        raise ValueError(
            f"steps must be <= {len(x)}, those of recording {request.events}, not {steps}"
        )
    teach = {name: values[:steps] for name, values in recording.teach.items()}
    return x[:steps], recording.parameters, teach


def plans(request: Request, rtl: NetworkRtl, steps: int) -> list[Plan]:
    """The runs of a request: at declared frequencies without stalls, under drawn clocks, and with
    resets.
    """
    draws, roles = random.Random(request.seed), rtl.dut.roles
    runs: list[tuple[Clocking, float, list[Reset]]] = []
    for number, clocking in enumerate(clockings(rtl, request.seed)):
        runs.append((clocking, request.stall if number else 0.0, []))
    if request.events is None:  # a recording is replayed undisturbed
        for clocking in drawn(roles, request.seed + 1, RESET_RUNS):
            runs.append((clocking, request.stall, pulses(roles, steps, clocking, draws)))
    return [Plan(*run, seed=draws.getrandbits(48)) for run in runs]


def simulate(request: Request) -> dict[str, Any]:
    """Run a request on a network; the results are also written to its file.

    Raises
    ------
    BuildFolderError, RecordingError, ConfigError, ValueError
        The input is wrong.
    SimulationError
        A tool fails. A design that differs from the golden model is no error: the results say so.
    """
    start = time.perf_counter()
    rtl = NetworkRtl(request.folder, build_library(request.folder, request.waves))
    x, layer_parameters, teach = stimulus(request, rtl)
    bench, planned = NetworkBench(rtl, layer_parameters, x, teach), plans(request, rtl, len(x))
    for plan in planned:
        bench.run(plan.clocking, plan.seed, plan.stall, plan.resets)
    outcome = _outcome(request, bench, len(x))
    if request.waves:  # the run that differs, or else the first one, once more
        first = outcome.first_difference
        plan = planned[0 if first is None else int(first["run"])]
        bench.run(plan.clocking, plan.seed, plan.stall, plan.resets, request.waves_file)
    return write_results(request, rtl.dut, outcome, start)


def _outcome(request: Request, bench: NetworkBench, steps: int) -> Outcome:
    """What the runs so far have found; writes the arrays of the final state."""
    runs, findings = list(bench.runs), bench.findings
    state = {
        f"{layer}.{name}": values
        for layer, fields in bench.state.items()
        for name, values in fields.items()
    }
    arrays = write_arrays(request.results_file.with_name("final_state.npz"), state)
    seconds, cycles = sum(run["wall_s"] for run in runs), sum(run["cycles"] for run in runs)
    bins = dict(sorted(findings.bins.items()))
    return Outcome(
        steps=steps,
        synapse_steps=sum(run["synapse_steps"] for run in runs),
        cycles=cycles,
        cycles_per_s=round(cycles / seconds) if seconds else None,
        differences=findings.differences,
        first_difference=findings.first,
        coverage={"bins": bins, "missed": [name for name, count in bins.items() if not count]},
        simulator={"verilator": tool_versions()["verilator"]},
        throughput={"steps_per_s": runs[0]["steps_per_s"], "clocks": "as declared"},
        final_state=str(arrays.resolve()),
        more={"crossings": totals(runs), "runs": runs},
    )
