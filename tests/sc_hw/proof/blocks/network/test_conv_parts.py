"""Claims about the sequencer of a convolution: proved for different images, refuted for faults."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from sc_hw.events import ConvLayer
from sc_hw.fabric.families import load_family
from sc_hw.proof.blocks.network.parts import SEQUENCER, write_event_parts
from sc_hw.proof.blocks.network.trained_layer import PROVERS
from sc_hw.proof.blocks.parts import PARTS, PartFiles, claims_of_parts
from sc_hw.proof.facts import read_facts
from sc_model.spec import ConvSpec, IntFormat, LifSpec, NetworkSpec

NEURON = LifSpec(leak="shift", threshold_bits=8, fraction=2)
POOLED = ConvSpec(
    name="c", image=(2, 6, 8), channels=4, kernel=(3, 2), pool=(2, 2), padding=(1, 1), lanes=2,
    bias=True, weight_bits=4, neuron=NEURON,
)  # fmt: skip
SHAPES = {
    "pool, margins, two words a place": POOLED,
    "one channel, one word a place": ConvSpec(
        name="c", image=(1, 8, 8), channels=8, kernel=(3, 3), lanes=8, neuron=NEURON
    ),
    "a line": ConvSpec(name="c", image=(3, 1, 12), channels=2, kernel=(1, 5), neuron=NEURON),
    "strides, groups of channels, a rest of the pool": ConvSpec(
        name="c",
        image=(4, 9, 8),
        channels=8,
        channel_groups=2,
        kernel=(3, 4),
        stride=(2, 3),
        pool=(2, 1),
        padding=(1, 0),
        lanes=2,
        weight_bits=4,
        neuron=NEURON,
    ),
    "a stride along a line": ConvSpec(
        name="c", image=(1, 1, 16), channels=2, kernel=(1, 2), stride=(1, 3), neuron=NEURON
    ),
    "one place": ConvSpec(
        name="c", image=(3, 6, 6), pool=(3, 2), channels=3, kernel=(2, 3), neuron=NEURON
    ),
}


def verdicts_of(spec: ConvSpec, folder: Path, *fault: str) -> dict[str, str]:
    """Verdicts on the claims about the sequencer, by name; `fault`: a text of it, and another."""
    network = NetworkSpec(layers=(spec,))
    parts = PartFiles(folder)
    layer = ConvLayer(spec, IntFormat(1), 1.0, 16, load_family("generic"))
    write_event_parts(parts, layer, 0)
    parts.write()
    file = folder / "proof" / PARTS
    rows = [row for row in json.loads(file.read_text())["parts"] if row["part"] == SEQUENCER]
    file.write_text(json.dumps({"parts": rows}))
    if fault:
        verilog = folder / "proof" / "sequencer_c.v"
        text = verilog.read_text()
        assert fault[0] in text
        verilog.write_text(text.replace(*fault))

    def prove(prover: Any, net: Any, row: dict[str, Any]) -> None:
        facts, claims = PROVERS[row["part"]]
        claims(prover, net, network, read_facts(facts, row["facts"]))

    claims = claims_of_parts(folder, 60.0, prove)
    return {claim.name.partition(": ")[2]: claim.verdict for claim in claims}


@pytest.mark.filterwarnings("ignore::amaranth.hdl.UnusedElaboratable")
@pytest.mark.parametrize("shape", SHAPES)
def test_all_claims_are_proved(shape: str, tmp_path: Path) -> None:
    found = verdicts_of(SHAPES[shape], tmp_path)
    assert set(found.values()) == {"proved"}
    assert {"the window of an event", "the words of an event", "distance of additions"} <= set(
        found
    )


@pytest.mark.filterwarnings("ignore::amaranth.hdl.UnusedElaboratable")
def test_another_quotient_refutes_the_window(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    wrong = "sc_hw.events.conv_sequencer.quotient"
    monkeypatch.setattr(wrong, lambda value, divisor: value[: len(value) - 1])
    assert verdicts_of(POOLED, tmp_path)["the window of an event"] == "refuted"


@pytest.mark.filterwarnings("ignore::amaranth.hdl.UnusedElaboratable")
@pytest.mark.parametrize(
    ("fault", "claim"),
    [
        (("used <= ", "used <= 1'h1 | "), "the sums begin"),
        (("ended <= ", "ended <= 1'h0 & "), "end of a tick"),
        (("left_row <= ", "left_row <= 1'h1 ^ "), "the words of an event"),
        (("busy <= ", "busy <= 1'h1 | "), "after a reset"),
    ],
)
def test_a_fault_in_the_verilog_refutes_its_claim(
    fault: tuple[str, str], claim: str, tmp_path: Path
) -> None:
    assert verdicts_of(POOLED, tmp_path, *fault)[claim] == "refuted"
