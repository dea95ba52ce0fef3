"""Networks as configurations: what a file may say, and one clear error for what it may not."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from sc_model.spec import (
    ConfigError,
    ConfigTypeError,
    ConvSpec,
    DenseSpec,
    Design,
    EncoderSpec,
    HetSynSpec,
    NetworkSpec,
    PlasticLayerSpec,
    PlasticStageSpec,
    ReadoutSpec,
    load_design,
    parse_design,
)


def tables(**changes: Any) -> dict[str, Any]:
    layers = [
        {"name": "fast", "inputs": 8, "neurons": 6, "clock": "sense", "neuron": {"threshold": 500}},
        {
            "name": "slow",
            "inputs": 6,
            "neurons": 4,
            "clock": "think",
            "tick_interval": 10,
            "policy": "accumulate",
        },
    ]
    return {
        "design": {"name": "two", "block": "network"},
        "layer": layers,
        "clock": {"sense": {"mhz": 48.0}},
        **changes,
    }


def changed(layer: int, **fields: Any) -> dict[str, Any]:
    values = tables()
    values["layer"][layer] |= fields
    return values


def text_of(values: dict[str, Any], kind: type[Exception] = ConfigError) -> str:
    with pytest.raises(kind) as caught:
        parse_design(values)
    return str(caught.value)


def test_a_network() -> None:
    design = parse_design(tables())
    network = design.network
    assert network is not None
    assert design.synapses == 72
    assert network.roles == ("sense", "think")
    assert (network.clock("sense").mhz, network.clock("think").mhz) == (48.0, 12.0)
    assert network.layers[0].neuron.reset == "subtract"
    assert network.layers[0].neuron.threshold == 500
    crossing = network.crossing(1)
    assert (
        crossing.i_interval,
        crossing.o_interval,
        crossing.most_words,
        crossing.value.width,
    ) == (1, 10, 10, 4)
    assert Design.model_validate_json(design.model_dump_json()) == design


@pytest.mark.parametrize(
    ("values", "text"),
    [
        (
            changed(1, inputs=7),
            ("layer 'slow' must have as many inputs as layer 'fast' has neurons (6), not 7."),
        ),
        (
            changed(1, name="fast"),
            ("the layers of a network must have names of their own, not 'fast' 2 times."),
        ),
        (
            changed(1, tick_interval=0),
            ("layer 2 ('slow'): [[layer]] tick_interval must be >= 1, not 0."),
        ),
        (
            changed(1, policy="acumulate"),
            "layer 2 ('slow'): [[layer]] policy must be 'hold', 'accumulate' or 'once', "
            "not 'acumulate'; "
            "did you mean 'accumulate'?",
        ),
        (tables(layer=[]), "a network must have one [[layer]] or more, not 0."),
        (
            tables(clock={"thnik": {}}),
            (
                "[clock.thnik] must be the clock of a layer: one of sense, think; did you "
                "mean 'think'?"
            ),
        ),
        (
            tables(network={"crossing_depth": 3}),
            ("[network] crossing_depth must be 1, 2, 4, 8 or 16, not 3."),
        ),
        (
            tables(network={"step_bits": 4}),
            ("[network] step_bits must be > 4 for a tick_interval of 10, not 4."),
        ),
        (
            changed(0, lanes=7),
            ("layer 1 ('fast'): [[layer]] lanes must be <= neurons, not 7 lanes for 6 neurons."),
        ),
        (
            changed(0, trace_bits=8),
            "layer 1 ('fast'): [[layer]] trace_fraction must be < trace_bits, not 10 of 8 "
            "bits: a trace needs places in front "
            "of the point.",
        ),
        (
            changed(0, neuron={"winner_take_all": True}),
            (
                "layer 1 ('fast'): [[layer]] neuron has no winner_take_all in such a layer; "
                "leave it out (a plastic layer has it)."
            ),
        ),
        (
            tables(neuron={"threshold": 4}),
            (
                "a network has no table [neuron]: each layer has its own, [layer.neuron], "
                "behind its [[layer]]."
            ),
        ),
        (
            tables(rule={"family": "pair_stdp"}),
            (
                "a design with block 'network' must not have a table [rule]: its synapses "
                "do not learn."
            ),
        ),
        (
            tables(layer={"inputs": 3}),
            (
                "a network's layers stand in tables [[layer]], one each, in double brackets; "
                "found one [layer]."
            ),
        ),
        (
            tables(network={"layers": ()}),
            "[network] has no field 'layers'; they stand in tables [[layer]] of their own.",
        ),
        (
            {"design": {"name": "a", "block": "lane"}, "network": {}},
            "a design has a table [network] only with block = \"network\", not 'lane'.",
        ),
        (
            {"design": {"name": "a", "block": "layer"}, "layer": [{}]},
            (
                "a design has tables [[layer]] only with block = \"network\"; a block 'layer' "
                "has one table [layer]."
            ),
        ),
    ],
)
def test_errors_say_what_is_allowed(values: dict[str, Any], text: str) -> None:
    assert text_of(values) == text


def test_kinds_are_kept() -> None:
    assert (
        text_of(changed(0, inputs=8.0), ConfigTypeError)
        == "layer 1 ('fast'): [[layer]] inputs must be an integer, not 8.0 (float)."
    )
    assert text_of(tables(network=3), ConfigTypeError) == "[network] must be a table, not 3 (int)."


def test_a_design_without_layers_is_no_network() -> None:
    with pytest.raises(
        ConfigError,
        match=(
            r"^a design with block 'network' must have a table \[\[layer\]\] for each of its"
            r" layers\.$"
        ),
    ):
        Design(name="a", block="network")
    layer = HetSynSpec(name="a", inputs=1, neurons=1)
    with pytest.raises(
        ConfigError,
        match=(
            r"^a design with block 'lane' must not have a table \[network\]; a network has one\.$"
        ),
    ):
        Design(name="a", block="lane", network=NetworkSpec(layers=(layer,)))


def test_a_file(tmp_path: Path) -> None:
    file = tmp_path / "net.toml"
    file.write_text(
        '[design]\nname = "net"\nblock = "network"\n[network]\ntick_ms = 0.5\n[clock.slow]\nmhz ='
        ' 8.5\n[[layer]]\nname = "a"\ninputs = 3\nneurons = 2\nclock ='
        ' "slow"\n[layer.neuron]\nleak_shift = 3\n'
    )
    network = load_design(file).network
    assert network is not None
    assert network.tick_ms == 0.5
    assert network.layers[0].neuron.leak_shift == 3


def test_a_layer_whose_decay_codes_can_not_be_says_which_it_is() -> None:
    layer = HetSynSpec(name="slow", inputs=1, neurons=1, tick_interval=1000)
    with pytest.raises(
        ConfigError,
        match=r"^layer 'slow': Decay codes need a tick in which a trace does not vanish: ",
    ):
        layer.codes(1.0)


def test_steps_of_many_inputs_come_in_slices() -> None:
    def slices(**fields: Any) -> int:
        layer = DenseSpec(
            **{"name": "a", "inputs": 784, "neurons": 4, "engine": "events", **fields}
        )
        return NetworkSpec(layers=(layer,)).slices()

    assert slices() == 49
    assert slices(bias=True) == 50  # the bias has the first place of another slice
    assert slices(inputs=257) == 17
    assert slices(engine="sweep") == 49
    assert slices(tick_interval=3) == 49
    whole_words: tuple[dict[str, Any], ...] = (
        {"inputs": 256}, {"inputs": 256, "engine": "sweep"},
    )  # fmt: skip
    assert [slices(**fields) for fields in whole_words] == [0] * len(whole_words)


def test_recurrent_layers_of_many_columns_take_and_give_slices() -> None:
    def slices(*layers: dict[str, Any]) -> list[int]:
        shared = {"neurons": 32, "engine": "events", "recurrent": True}
        made: list[DenseSpec] = []
        for number, fields in enumerate(layers):
            before = made[-1].neurons if made else 700
            given = {"name": f"l{number}", **shared, "inputs": before, **fields}
            made.append(DenseSpec.model_validate(given))
        network = NetworkSpec(layers=tuple(made))
        return [network.slices(index) for index in range(len(made))]

    # the inputs alone: its own spikes and a bias are not from outside
    assert slices({}) == slices({"bias": True}) == [44]
    assert slices({"inputs": 225}) == [15]
    assert slices({"inputs": 224}, {}) == [0, 0]  # what takes a word gives one
    assert slices({}, {}, {"recurrent": False, "neurons": 3}) == [44, 2, 0]
    assert slices({}, {"neurons": 31}) == [44, 0]
    swept: dict[str, Any] = {"engine": "sweep"}
    assert slices(swept) == [44]
    assert slices(swept, {"neurons": 224}, {}) == [44, 0, 0]  # swept layers from 257 on
    assert slices(swept, {"neurons": 240}, {}) == [44, 2, 15]
    # of one slice, words of another interval are whole
    assert slices({"inputs": 16, "neurons": 250}) == [1]
    assert slices({"inputs": 16, "neurons": 250, "tick_interval": 2}) == [0]
    assert slices({"inputs": 17, "neurons": 250, "tick_interval": 2}) == [2]
    # pairs of neurons must be in one slice; where the layer takes a word, they may be anywhere
    pairs = {"neurons_a_clock": 2, "lanes": 2}
    assert slices({"inputs": 700, **pairs}) == [44]
    assert slices({"inputs": 7, **pairs}) == [0]
    with pytest.raises(ValueError, match=r"neurons_a_clock divides: .* not 701 inputs"):
        slices({"inputs": 701, **pairs})
    # a layer that takes a word all the same, behind neurons that fill no slices
    assert slices({}, {"recurrent": False, "neurons": 75}, {"inputs": 75, **pairs})[2] == 0


def test_own_spikes_behind_an_image_are_a_word() -> None:
    image: dict[str, Any] = {"name": "a", "image": (1, 6, 6), "kernel": (3, 3), "channels": 8}
    for channels, slices in ((8, 0), (1, 1)):  # of one channel the order is that of the model
        first = ConvSpec.model_validate(image | {"channels": channels})
        last = DenseSpec(
            name="b", inputs=first.neurons, neurons=64, engine="events", recurrent=True
        )
        assert NetworkSpec(layers=(first, last)).slices(1) == slices


def test_spikes_between_layers_come_in_slices() -> None:
    def slices(first: dict[str, Any], second: dict[str, Any]) -> int:
        shared = {"neurons": 64, "engine": "events"}
        layers = (
            DenseSpec(**{"name": "a", "inputs": 5, **shared, **first}),
            DenseSpec(**{"name": "b", **shared, "inputs": first.get("neurons", 64), **second}),
        )
        return NetworkSpec(layers=layers).slices(1)

    assert slices({}, {}) == 4
    assert slices({}, {"bias": True}) == 5
    assert slices({"neurons": 128}, {"policy": "once"}) == 8
    assert slices({}, {"clock": "other"}) == 4
    assert slices({}, {"tick_interval": 2, "policy": "accumulate"}) == 4
    swept = {"engine": "sweep"}
    wide = {"neurons": 272}
    assert [slices(wide | one, two) for one, two in ((swept, swept), (swept, {}), ({}, swept))] == [
        17, 17, 17,
    ]  # fmt: skip
    whole_words: tuple[tuple[dict[str, Any], dict[str, Any]], ...] = (
        ({"neurons": 48}, {}), ({"neurons": 72}, {}), ({"recurrent": True}, {}),
        (swept, {}), ({}, swept), (wide | {"neurons": 280}, swept),
    )  # fmt: skip
    assert [slices(*fields) for fields in whole_words] == [0] * len(whole_words)


def test_spikes_of_many_neurons_leave_in_slices() -> None:
    def network(*layers: Any, **more: Any) -> NetworkSpec:
        return NetworkSpec(layers=layers, **more)

    def layer(neurons: int, **fields: Any) -> DenseSpec:
        return DenseSpec(**{"name": "a", "inputs": 5, "neurons": neurons, **fields})

    assert network(layer(256)).o_slices() == 0
    for fields in ({}, {"engine": "events"}, {"tick_interval": 3}, {"bias": True}):
        assert network(layer(257, **fields)).o_slices() == 17
    assert network(layer(1024), readout=ReadoutSpec(kind="count")).o_slices() == 64
    # A recurrent layer that takes a word gives one.
    for engine in ("sweep", "events"):
        recurrent = {"recurrent": True, "engine": engine, "inputs": 20}
        assert network(layer(300, **recurrent)).o_slices() == 19
        assert network(layer(300, **recurrent, tick_interval=2)).o_slices() == 19
        few = recurrent | {"inputs": 16, "tick_interval": 2}
        assert network(layer(300, **few)).o_slices() == 0
    one_slice = {"recurrent": True, "inputs": 16}
    assert network(layer(300, engine="events", **one_slice)).o_slices() == 19
    assert network(layer(300, engine="sweep", **one_slice)).o_slices() == 0
    # What goes on to a layer does as that one takes it.
    two = network(layer(320), layer(300, name="b", inputs=320))
    assert [two.o_slices(index) for index in (0, 1, -1)] == [20, 19, 19]
    assert two.o_slices(0) == two.slices(1)
    plastic = PlasticStageSpec(layer=PlasticLayerSpec(inputs=300, neurons=2))
    assert network(layer(300), plastic=plastic).o_slices() == 0


def test_a_convolution_gives_its_slices_place_by_place() -> None:
    def network(**fields: Any) -> NetworkSpec:
        return NetworkSpec(layers=(ConvSpec(name="a", kernel=(1, 1), **fields),))

    wide = network(image=(1, 20, 20), channels=3)
    assert (wide.o_slices(), wide.place_order(1)) == (75, (400, 3))
    assert network(image=(1, 20, 20), channels=1).place_order(1) is None
    word = network(image=(1, 5, 5), channels=3)
    assert (word.o_slices(), word.place_order(1)) == (0, None)


def test_samples_end_where_no_spike_waits() -> None:
    def network(*layers: DenseSpec, **more: Any) -> NetworkSpec:
        return NetworkSpec(layers=layers, **more)

    first = DenseSpec(name="a", inputs=4, neurons=4)
    slow = DenseSpec(name="b", inputs=4, neurons=2, tick_interval=3)
    spec = network(first, slow, sample_steps=6)
    assert [spec.sample_ticks(index) for index in range(2)] == [6, 2]
    assert [spec.in_sample(steps) for steps in (0, 5, 6, 13)] == [0, 5, 0, 1]
    assert [spec.at_start(steps) for steps in (0, 5, 12)] == [True, False, True]
    assert "sample_steps" in spec.model_dump()
    without = network(first)
    assert "sample_steps" not in without.model_dump()
    assert (without.sample_ticks(0), without.at_start(0), without.at_start(6)) == (0, True, False)
    fast = HetSynSpec(name="c", inputs=2, neurons=2)
    encoder = EncoderSpec(kind="latency", ticks=4, steps=4)
    for layers, more, text in (
        ((first, slow), {"sample_steps": 4}, r"sample_steps must be a multiple of the tick_interval"
         r" of layer 'b' \(3\), not 4\.$"),
        ((first, slow, fast), {"sample_steps": 6}, r"layers that wait for their producers; take"),
        ((first, slow.model_copy(update={"policy": "once"})), {"sample_steps": 6},
         r"layer 'b' must not have policy 'once' with sample_steps, behind"),
        ((first,), {"sample_steps": 6, "encoder": encoder},
         r"multiple of EncoderSpec\.steps \(4\), not 6\.$"),
    ):  # fmt: skip
        with pytest.raises(ConfigError, match=text):
            network(*layers, **more)
