"""Networks that start anew at a sample's end: models, Verilog and boards beside resets."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from network_faults import refuted, write_network

from sc_hw.build.elaborate import elaborate
from sc_hw.network.network import SpikeNetwork
from sc_hw.simulation.cosim import cosim
from sc_hw.simulation.device import Device
from sc_model.golden.network.network import Network
from sc_model.native import NativeNetwork
from sc_model.spec import (
    ConfigError,
    ConvSpec,
    DenseSpec,
    Design,
    HetSynSpec,
    HostSpec,
    LifSpec,
    NetworkSpec,
    NeuronSpec,
    ReadoutSpec,
    SparseSpec,
    TrainedLayerSpec,
)
from sc_sim.benches.network.stimulus import parameters

LIF = LifSpec(leak="shift", threshold_bits=10)


def network(name: str, *layers: TrainedLayerSpec, **more: Any) -> Design:
    return Design(name=name, block="network", network=NetworkSpec(layers=layers, **more))


# Pasts of columns, spikes of the tick before, traces; three intervals; a clock that comes back.
SWEPT = network(
    "swept",
    DenseSpec(name="a", inputs=6, neurons=7, lanes=2, max_delay=3, recurrent=True, neuron=LIF),
    HetSynSpec(
        name="b", inputs=7, neurons=5, lanes=2, tick_interval=2, policy="accumulate", clock="z",
        max_delay=2, neuron=NeuronSpec(reset="subtract", threshold=9_000),
    ),
    DenseSpec(
        name="c", inputs=5, neurons=4, lanes=2, tick_interval=4, recurrent=True, engine="events",
        neuron=LIF,
    ),
    sample_steps=12,
    readout=ReadoutSpec(kind="largest_potential"),
)  # fmt: skip
EVENTS = network(
    "events",
    DenseSpec(name="a", inputs=6, neurons=7, lanes=2, engine="events", neuron=LIF),
    SparseSpec(name="b", inputs=7, neurons=6, synapses=20, neuron=LIF),
    ConvSpec(name="c", image=(1, 2, 3), channels=2, kernel=(1, 2), neuron=LIF),
    sample_steps=5,
    readout=ReadoutSpec(kind="count"),
)


def stimulus(design: Design) -> tuple[NetworkSpec, Any, Any]:
    """The network, parameters with which it fires, and 100 steps."""
    assert design.network is not None
    rng = np.random.default_rng(1)
    x = (rng.random((100, 6)) < 0.5).astype(np.uint8)
    return design.network, parameters(design.network, rng, x), x


@pytest.mark.parametrize(
    "design", [SWEPT, pytest.param(EVENTS, marks=pytest.mark.soak)], ids=lambda one: one.name
)
def test_each_sample_is_as_after_a_reset(design: Design) -> None:
    spec, given, x = stimulus(design)
    network, other, words = Network(spec, given), Network(spec, given), []
    period, interval = spec.sample_steps, spec.layers[-1].tick_interval
    got = network.run(x)
    for begin in range(0, len(x), period):
        other.reset()
        words.append(other.run(x[begin : begin + period]))
    ticks = slice(interval - 1, None, interval)
    wanted = np.concatenate(words)[ticks]
    assert wanted.any()
    np.testing.assert_array_equal(got[ticks], wanted)
    held = np.repeat(got[ticks], interval, axis=0)  # up to the next tick, of another sample too
    np.testing.assert_array_equal(got[interval - 1 :], held[: len(got) - interval + 1])
    assert network.readout is not None
    assert other.readout is not None
    assert network.readout.scores.tolist() == other.readout.scores.tolist()


@pytest.mark.soak
@pytest.mark.parametrize("design", [SWEPT, EVENTS], ids=lambda one: one.name)
def test_compiled_models_and_verilog_do_the_same(design: Design, tmp_path: Path) -> None:
    """However steps are divided; samples that end early or late; states at a sample's end."""
    spec, given, x = stimulus(design)
    period, interval = spec.sample_steps, spec.layers[-1].tick_interval
    golden, native = Network(spec, given), NativeNetwork(spec, given)
    wanted = golden.run(x)
    found = np.concatenate([native.run(x[:17]), native.run(x[17:18]), native.run(x[18:])])
    np.testing.assert_array_equal(found, wanted)
    for steps in (period, 2 * period, period + interval, 3 * interval):
        samples = x[: 100 // steps * steps].reshape(-1, steps, 6)
        one, two = golden.answers(samples), native.answers(samples)
        assert one.winners.tolist() == two.winners.tolist()
        assert one.scores.tolist() == two.scores.tolist()

    results = cosim(elaborate(design, root=tmp_path), steps=100)
    assert (results["passed"], results["differences"]) == (True, 0)
    seen = []
    for on in ("model", "rtl"):
        with Device.open(design, on=on, root=tmp_path) as device:
            device.load(given)
            answers = device.answers(x[: 4 * period].reshape(4, period, 6))
            words = [device.run(spikes=x[: 2 * period])]
            device.restore(device.state())
            words.append(device.run(spikes=x[: period + interval]))
            state = device.state()
            text = rf"go on from at the end of a sample, after each {period} steps, not after"
            with pytest.raises(ConfigError, match=text):
                device.restore(state)
            seen.append((answers, np.concatenate(words), state))
    (model, words, state), (rtl, same_words, same_state) = seen
    assert model.winners.tolist() == rtl.winners.tolist()
    assert model.scores.tolist() == rtl.scores.tolist()
    np.testing.assert_array_equal(words, same_words)
    for space, fields in state.items():
        for name, values in fields.items():
            np.testing.assert_array_equal(same_state[space][name], values, f"{space}.{name}")


@pytest.mark.soak
def test_a_board_does_the_same(tmp_path: Path) -> None:
    spec, given, x = stimulus(EVENTS)
    design = EVENTS.model_copy(update={"name": "board", "host": HostSpec(door="uart")})
    wanted = NativeNetwork(spec, given).answers(x[:20].reshape(4, 5, 6))
    with Device.open(design, on="sim-board", root=tmp_path) as device:
        device.load(given)
        found = device.answers(x[:20].reshape(4, 5, 6))
        assert found.winners.tolist() == wanted.winners.tolist()
        assert found.scores.tolist() == wanted.scores.tolist()
        np.testing.assert_array_equal(
            device.run(spikes=x[:10]), NativeNetwork(spec, given).run(x[:10])
        )


@pytest.mark.soak
def test_the_end_of_a_sample_is_proved_and_faults_are_refuted(tmp_path: Path) -> None:
    neuron = LifSpec(leak="shift", threshold_bits=8, fraction=2)
    shared: dict[str, Any] = {"inputs": 3, "lanes": 2, "weight_bits": 4, "neuron": neuron}
    design = network(
        "small",
        DenseSpec(name="a", neurons=3, max_delay=2, recurrent=True, engine="sweep", **shared),
        DenseSpec(name="b", neurons=2, engine="events", tick_interval=5, **shared),
        sample_steps=5,
    )
    for name in ("whole", "none", "first", "second"):
        (tmp_path / name).mkdir()
    write_network(design, tmp_path / "whole")
    assert refuted(tmp_path / "whole", tmp_path / "none") == set()
    fault = ("layer_a", r"\bsample_tick <= [^;]+;", "sample_tick <= 0;")
    found = refuted(tmp_path / "whole", tmp_path / "first", [fault])
    assert found == {"top.v, layer a: the first tick"}
    fault = ("layer_b", r"\bfresh <= [^;]+;", "fresh <= 0;")
    assert "top.v, layer b: the first tick" in refuted(
        tmp_path / "whole", tmp_path / "second", [fault]
    )


def test_events_that_would_arrive_in_the_next_sample_are_refused() -> None:
    layer = DenseSpec(name="a", inputs=2, neurons=2, max_delay=1, engine="events")
    text = r"^layer 'a' must have no delays with sample_steps in hardware, where events of a sample"
    with pytest.raises(ConfigError, match=text):
        SpikeNetwork(NetworkSpec(layers=(layer,), sample_steps=4))
