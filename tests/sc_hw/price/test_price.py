"""Prices beside a real synthesis, and the figures of a committed report again."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from support import ROOT

from sc_hw.build.blocks import block_of
from sc_hw.build.elaborate import elaborate
from sc_hw.build.emit import to_verilog
from sc_hw.fabric.families import load_family
from sc_hw.fabric.targets import load_target
from sc_hw.price.frame import black_box, frame
from sc_hw.price.model import model_of
from sc_hw.price.price import by_events, model_note, price, step_clocks
from sc_hw.price.synthesis import count, synthesise
from sc_model.spec import ConfigError, DenseSpec, Design, NetworkSpec, RuleChoice, load_design
from sc_model.spec.coding import EncoderSpec, ReadoutSpec
from sc_model.spec.learning import (
    HiddenLayerSpec,
    LearningNetworkSpec,
    OutputLayerSpec,
    RecurrentLayerSpec,
    RecurrentNetworkSpec,
)

BANK = Design(
    name="bank",
    block="bank",
    synapses=300,
    rule=RuleChoice(family="pair_stdp", parameters={"weight_bits": 8, "trace_bits": 8}),
)


def test_memories_and_multipliers_and_flip_flops_are_those_of_a_synthesis(tmp_path: Path) -> None:
    target = load_target("ice40-up5k")
    (found,) = price(BANK, [target.name])
    family = load_family(target.family)
    block = block_of(BANK.model_copy(update={"fabric": target.family}), family)
    ports = elaborate(BANK, tmp_path).manifest["ports"]
    texts = {
        "block.v": to_verilog(block.component, block.top, family),
        "frame.v": frame(block.top, ports),
        "empty.v": black_box(block.top, ports),
    }
    for name, text in texts.items():
        (tmp_path / name).write_text(text)
    whole, alone = (
        count(synthesise([name, "frame.v"], target, tmp_path, name[:5]), target.cells)
        for name in ("block.v", "empty.v")
    )
    measured = {unit: whole[unit] - alone[unit] for unit in whole}
    assert found["bram"] == measured["bram"] > 0
    assert found["dsp"] == measured["dsp"]
    assert found["ff"]["value"] == pytest.approx(measured["ff"], rel=0.01)
    assert found["lut"]["value"] == pytest.approx(measured["lut"], rel=0.15)
    parts = found["parts"].values()
    assert sum(part["ff"] for part in parts) == found["ff"]["value"]
    assert sum(part["bram"] for part in parts) == found["bram"]
    assert sum(part["lut"]["value"] for part in parts) == pytest.approx(
        found["lut"]["value"], abs=len(found["parts"])
    )
    # a sweep over the bank takes a clock for each synapse
    assert found["step_clocks"] == 300
    assert found["steps_per_s"] == round(found["quoted_mhz"] * 1e6 / 300, 1)
    assert found["fits"]


def test_the_shipped_model_gives_the_figures_of_the_report() -> None:
    from campaigns.price.__main__ import predicted

    report = json.loads((ROOT / "reports" / "price.json").read_text(encoding="utf-8"))
    rows = [row for row in report["rows"] if row["held_out"]]
    assert len(rows) >= 40
    for row in rows:
        model = model_of(row["target"])
        assert model is not None
        assert predicted(model, row) == row["predicted"]
    held = report["held_out"]
    assert held["lut"]["median_percent"] <= 5
    assert held["fmax_mhz"]["median_percent"] <= 12
    for unit in ("bram", "dsp"):
        assert held[unit]["exact"] == held[unit]["designs"]


def learning(*lanes: int) -> Design:
    """A network that learns, with lanes of the hidden layer and of the readout."""
    hidden, output = lanes
    spec = LearningNetworkSpec(
        inputs=8,
        hidden=(HiddenLayerSpec(name="hidden", neurons=8, lanes=hidden),),
        output=OutputLayerSpec(neurons=2, lanes=output),
    )
    return Design(name="l", block="learning_network", learning=spec)


def recurrent(max_delay: int) -> Design:
    spec = RecurrentNetworkSpec(
        inputs=4,
        hidden=RecurrentLayerSpec(neurons=4, max_delay=max_delay),
        readout=OutputLayerSpec(neurons=2),
    )
    return Design(name="r", block="recurrent_network", recurrent=spec)


def test_a_block_that_the_model_was_not_fitted_to_has_exact_figures_alone(tmp_path: Path) -> None:
    (row,) = price(learning(2, 2), ["ice40-hx8k"], root=tmp_path)
    assert (row["lut"]["low"], row["lut"]["high"], row["ff"]["low"]) == (None, None, None)
    assert row["lut"]["value"] > 300
    assert set(row["fmax_mhz"].values()) == {row["quoted_mhz"], row["steps_per_s"]} == {None}
    assert row["fmax_reason"] == row["quoted_reason"]
    assert row["fmax_reason"].endswith(
        "this target, not to learning_network; `sc-hw estimate` measures it"
    )
    assert (row["step_clocks"], row["step_clocks_at_most"]) == (None, True)
    assert row["timing"]["event_clocks"] > 0
    # where the report finds it
    file = tmp_path / row["build_id"] / "price" / "ice40-hx8k.json"
    assert json.loads(file.read_text(encoding="utf-8")) == row


def network(**fields: Any) -> Design:
    layer = DenseSpec(name="a", inputs=4, neurons=4, **fields.pop("layer", {}))
    return Design(name="n", block="network", network=NetworkSpec(layers=(layer,), **fields))


@pytest.mark.parametrize(
    ("design", "what"),
    [
        (network(), None),
        (network(layer={"engine": "events"}), None),
        (
            network(layer={"engine": "events", "neurons_a_clock": 2, "lanes": 2}),
            "neurons_a_clock",
        ),
        (network(encoder=EncoderSpec(kind="threshold")), "[encoder]"),
        (network(readout=ReadoutSpec(kind="count")), "[readout]"),
        (
            network(encoder=EncoderSpec(kind="threshold"), readout=ReadoutSpec(kind="count")),
            "[readout], [encoder]",
        ),
        (load_design(ROOT / "examples" / "mnist" / "mnist_conv.toml"), "layers of kind conv"),
        (BANK, None),
        (learning(2, 2), None),
        (learning(4, 2), "layers that differ in lanes"),
        (recurrent(1), None),
        (recurrent(3), "max_delay"),
    ],
)
def test_what_the_model_was_not_tried_on_is_named(design: Design, what: str | None) -> None:
    shipped = model_of("ice40-up5k")
    assert shipped is not None
    # as where it was fitted to all blocks
    model = replace(shipped, cover=dict.fromkeys([*shipped.cover, design.block], 0.0))
    note = model_note(design, model)
    if what is None:
        assert note is None
    else:
        assert note is not None
        assert note.startswith(f"the bars are those of designs without {what}")


def test_fewer_clocks_for_fewer_spikes() -> None:
    assert by_events(network(layer={"engine": "events"}))
    assert not by_events(network(layer={"engine": "sweep"}))
    assert not by_events(BANK)


def test_a_networks_step_is_that_of_its_slowest_layer() -> None:
    layers = (
        DenseSpec(name="a", inputs=4, neurons=4),
        DenseSpec(name="b", inputs=4, neurons=4, tick_interval=10, policy="accumulate"),
    )
    design = Design(name="n", block="network", network=NetworkSpec(layers=layers))
    assert step_clocks(design, {"tick_clocks": {"a": 30, "b": 200}}) == 30
    assert step_clocks(design, {"tick_clocks": {"a": 30, "b": 900}}) == 90


@pytest.mark.parametrize(
    ("target", "line"),
    [
        ("gowin-gw1n9", "target 'gowin-gw1n9' has no price model; `sc-hw estimate` measures it."),
        ("ice40-up5", "target must be"),
    ],
)
def test_a_target_without_a_model_is_refused(target: str, line: str) -> None:
    design = load_design(ROOT / "examples" / "lane.toml")
    with pytest.raises(ConfigError, match=re.escape(line)):
        price(design, [target])
