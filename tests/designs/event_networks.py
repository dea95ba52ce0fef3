"""Networks with the event engine, for tests of its proofs."""

from __future__ import annotations

import atexit
import json
import re
import shutil
import tempfile
from functools import cache
from pathlib import Path
from typing import Any

from sc_hw.proof.blocks.network.parts import write_network_parts
from sc_hw.proof.blocks.network.trained_layer import PROVERS
from sc_hw.proof.blocks.parts import PARTS, claims_of_parts
from sc_hw.proof.facts import read_facts
from sc_model.spec import ConvSpec, DenseSpec, Design, LifSpec, NetworkSpec, SparseSpec


@cache
def _parts_of(design: str) -> Path:
    """A folder with the parts of a design, which is gone with the process."""
    folder = Path(tempfile.mkdtemp(prefix="sc-hw-parts-"))
    atexit.register(shutil.rmtree, folder)
    write_network_parts(Design.model_validate_json(design), folder)
    return folder


def verdicts_of_parts(
    design: Design, folder: Path, part: str, fault: tuple[str, str] = ("", "")
) -> Any:
    """Verdicts on the parts of a kind, or on all but the neurons; a fault reads differently."""
    shutil.copytree(_parts_of(design.model_dump_json()), folder, dirs_exist_ok=True)
    file = folder / "proof" / PARTS
    kinds = {part} if part else set(PROVERS) - {"neurons"}
    rows = [row for row in json.loads(file.read_text())["parts"] if row["part"] in kinds]
    file.write_text(json.dumps({"parts": rows}))
    for row in rows if fault[0] else ():
        text = (folder / row["verilog"]).read_text()
        assert re.search(fault[0], text), f"no {fault[0]!r} in {row['verilog']}"
        (folder / row["verilog"]).write_text(re.sub(fault[0], fault[1], text))

    def prove(prover: Any, net: Any, row: dict[str, Any]) -> None:
        facts, claims = PROVERS[row["part"]]
        claims(prover, net, design.network, read_facts(facts, row["facts"]))

    return {claim.name: claim.verdict for claim in claims_of_parts(folder, 60.0, prove)}


def two_event_layers() -> Design:
    """One group with partial sums and several groups, values of one bit and of two, recurrence."""
    first = DenseSpec(
        name="first", inputs=19, neurons=3, lanes=3, weight_bits=4, bias=True, engine="events",
        neuron=LifSpec(factor_shift=6, threshold_bits=8, fraction=2),
    )  # fmt: skip
    second = DenseSpec(
        name="second", inputs=3, neurons=5, lanes=2, weight_bits=4, recurrent=True,
        tick_interval=2, policy="accumulate", engine="events",
        neuron=LifSpec(leak="shift", threshold_bits=8, fraction=2),
    )  # fmt: skip
    return Design(name="two", block="network", network=NetworkSpec(layers=(first, second)))


def in_slices(clock: str = "sync") -> Design:
    """Steps in slices, spikes in slices between the layers, and a bias behind the last input.

    `clock`: of the second layer.
    """
    first = DenseSpec(
        name="first", inputs=259, neurons=64, lanes=4, weight_bits=4, bias=True, policy="once",
        engine="events", neurons_a_clock=2,
        neuron=LifSpec(leak="shift", threshold_bits=8, fraction=2),
    )  # fmt: skip
    second = DenseSpec(
        name="second", inputs=64, neurons=3, weight_bits=4, bias=True, engine="events", clock=clock,
        neuron=LifSpec(leak="shift", threshold_bits=8, fraction=2),
    )  # fmt: skip
    return Design(name="slices", block="network", network=NetworkSpec(layers=(first, second)))


def other_intervals(clock: str = "sync") -> Design:
    """Steps and spikes in slices to layers that tick less often, counted or kept on the way.

    `clock`: of the second layer.
    """
    shared: dict[str, Any] = {
        "weight_bits": 4, "engine": "events",
        "neuron": LifSpec(leak="shift", threshold_bits=8, fraction=2),
    }  # fmt: skip
    first = DenseSpec(
        name="first", inputs=259, neurons=64, lanes=4, bias=True, tick_interval=3,
        policy="accumulate", **shared,
    )  # fmt: skip
    second = DenseSpec(
        name="second", inputs=64, neurons=3, bias=True, tick_interval=6, policy="once",
        pending_bits=2, clock=clock, **shared,
    )  # fmt: skip
    network = NetworkSpec(layers=(first, second), crossing_depth=2)
    return Design(name="other_intervals", block="network", network=network)


def convolutions(*, both: bool = True) -> Design:
    """Spikes of a convolution in slices, the last one not full, to another one, and to a bias."""
    neuron = LifSpec(leak="shift", threshold_bits=8, fraction=2)
    first = ConvSpec(
        name="first", image=(1, 8, 8), channels=3, kernel=(3, 3), lanes=3, bias=True,
        weight_bits=4, neuron=neuron,
    )  # fmt: skip
    second = ConvSpec(
        name="second", image=(3, 6, 6), channels=4, kernel=(3, 3), lanes=2, weight_bits=4,
        neurons_a_clock=2, neuron=neuron,
    )  # fmt: skip
    before = (first, second) if both else (first,)
    last = DenseSpec(
        name="last", inputs=before[-1].neurons, neurons=3, weight_bits=4, bias=True,
        engine="events", neuron=neuron,
    )  # fmt: skip
    network = NetworkSpec(layers=(*before, last))
    return Design(name="convolutions", block="network", network=network)


def with_delays() -> Design:
    """Delays: banks that are a power of two and others, one partial sum and several, recurrence."""
    first = DenseSpec(
        name="first", inputs=5, neurons=3, lanes=2, weight_bits=3, bias=True, engine="events",
        max_delay=3, neuron=LifSpec(leak="shift", threshold_bits=8, fraction=2),
    )  # fmt: skip
    second = DenseSpec(
        name="second", inputs=3, neurons=9, weight_bits=3, recurrent=True, max_delay=2,
        engine="events", neuron=LifSpec(leak="shift", threshold_bits=8, fraction=2),
    )  # fmt: skip
    return Design(name="delays", block="network", network=NetworkSpec(layers=(first, second)))


def recurrent_in_slices() -> Design:
    """Recurrent layers whose own spikes lie in slices: behind inputs that do not fill their last
    slice and others, with a bias behind them, delays, and several neurons a clock.
    """
    neuron = LifSpec(leak="shift", threshold_bits=8, fraction=2)
    first = DenseSpec(
        name="first", inputs=243, neurons=48, lanes=4, weight_bits=3, bias=True, recurrent=True,
        engine="events", neuron=neuron,
    )  # fmt: skip
    second = DenseSpec(
        name="second", inputs=48, neurons=32, lanes=2, weight_bits=3, max_delay=1, recurrent=True,
        neurons_a_clock=2, engine="events", neuron=neuron,
    )  # fmt: skip
    return Design(name="recurrent", block="network", network=NetworkSpec(layers=(first, second)))


def many_own_spikes() -> Design:
    """A recurrent layer of more neurons than inputs: the first chunk of a tick has both."""
    layer = SparseSpec(
        name="only", inputs=6, neurons=272, synapses=500, fan_in=9, weight_bits=3, bias=True,
        recurrent=True, neuron=LifSpec(leak="shift", threshold_bits=8, fraction=2),
    )  # fmt: skip
    return Design(name="many", block="network", network=NetworkSpec(layers=(layer,)))


def swept_own_spikes() -> Design:
    """A swept recurrent layer whose own spikes lie in slices, and delays of its columns."""
    neuron = LifSpec(leak="shift", threshold_bits=8, fraction=2)
    layer = DenseSpec(
        name="only", inputs=243, neurons=18, lanes=4, weight_bits=3, bias=True, recurrent=True,
        max_delay=2, neuron=neuron,
    )  # fmt: skip
    return Design(name="swept", block="network", network=NetworkSpec(layers=(layer,)))
