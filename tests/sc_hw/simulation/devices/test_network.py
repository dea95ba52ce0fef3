"""A network as a device: model, golden network and RTL agree; states go from one to the other."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from network_designs import learns, two_clocks
from support import ROOT, edited

from sc_driver.board import Board
from sc_hw import Device
from sc_hw.build.elaborate import elaborate
from sc_hw.simulation.devices import device_block
from sc_hw.simulation.library import rtl_library
from sc_model.golden.network.network import Network, parameter_bounds
from sc_model.spec import ConfigError, Design, HetSynSpec, NetworkSpec, load_design
from sc_sim.rtl import engine_of

TWO_RATES = load_design(ROOT / "examples" / "network.toml")  # two clocks, intervals 1 and 10
LEARNS = learns()  # delays, recurrent, a plastic layer, one clock
DESIGNS = {design.name: design for design in (TWO_RATES, LEARNS)}
Pair = tuple[Device, Device]


def by_events(design: Design) -> Design:
    """The design with its first layer by events."""
    network = spec_of(design)
    first = network.layers[0].model_copy(update={"engine": "events"})
    layers = (first, *network.layers[1:])
    return design.model_copy(update={"network": network.model_copy(update={"layers": layers})})


def spec_of(design: Design) -> NetworkSpec:
    assert design.network is not None
    return design.network


def weights_of(design: Design) -> dict[str, Any]:
    """Parameters that make all layers spike, but not always."""
    rng = np.random.default_rng(3)
    drawn = {}
    for name, (shape, low, high) in parameter_bounds(spec_of(design)).items():
        field = name.partition(".")[2]
        drawn[name] = rng.integers(low // 4 if field == "weight" else low, high + 1, shape)
        if field == "threshold":
            drawn[name] = rng.integers(low, low + (high - low) // 64 + 2, shape)
    return drawn


def stimulus(design: Design, steps: int, seed: int = 1) -> dict[str, Any]:
    rng = np.random.default_rng(seed)
    taught = (
        {"reward": rng.integers(-99, 99, steps), "clear_traces": rng.random(steps) < 0.1}
        if spec_of(design).plastic is not None
        else {}
    )
    return {"spikes": rng.random((steps, spec_of(design).layers[0].inputs)) < 0.4, **taught}


@pytest.fixture(
    scope="module",
    params=[
        *(pytest.param(design, id=name) for name, design in DESIGNS.items()),
        # delays of the event engine: sums to come in place of the columns' past
        pytest.param(by_events(LEARNS), id="events", marks=pytest.mark.soak),
    ],
)
def pair(request: pytest.FixtureRequest, builds: Path) -> Iterator[Pair]:
    """A design on model and RTL, both loaded."""
    with Device.open(request.param, on="rtl", root=builds) as rtl:
        model = Device.open(request.param)
        for device in (model, rtl):
            device.load(weights_of(request.param))
        yield model, rtl


def fields(state: Mapping[str, Mapping[str, Any]]) -> dict[tuple[str, str], Any]:
    return {(s, n): np.asarray(v).tolist() for s, one in state.items() for n, v in one.items()}


def test_model_rtl_and_golden_agree(pair: Pair) -> None:
    model, rtl = pair
    design, given = model.design, stimulus(model.design, 47)
    for device in pair:
        device.load(weights_of(design))
    assert (model.backend, rtl.backend) == ("native", "rtl")
    taught = {name: values for name, values in given.items() if name != "spikes"}
    words = Network(spec_of(design), weights_of(design)).run(given["spikes"], taught)
    # in two calls, of which the second begins between ticks of the slower layer
    halves = [{n: v[:23] for n, v in given.items()}, {n: v[23:] for n, v in given.items()}]
    runs = [np.concatenate([device.run(**half) for half in halves]) for device in pair]
    assert 0 < words.mean() < 1
    assert np.array_equal(words, runs[0])
    assert np.array_equal(words, runs[1])
    assert fields(model.state()) == fields(rtl.state())
    golden = model.block.model(native=False)
    golden.load(weights_of(design))
    model.block.run(golden, given)
    assert fields(model.block.state(golden)) == fields(rtl.state())
    assert int(rtl.state()["network"]["steps"]) == 47
    one, other = (device.step(**{n: v[0] for n, v in given.items()}) for device in pair)
    assert one.tolist() == other.tolist()


def test_checkpoints_go_from_one_to_the_other(pair: Pair, tmp_path: Path) -> None:
    model, rtl = pair
    golden = Device(model.block, "model", model.block.model(native=False), None, "for this test")
    for source, target in ((model, rtl), (rtl, golden), (golden, model)):
        source.load(weights_of(model.design))
        source.run(**stimulus(model.design, 20))
        path = source.checkpoint(tmp_path / f"{source.backend}.npz")
        target.load({})
        target.restore(path)
        assert fields(source.state()) == fields(target.state())
        later = stimulus(model.design, 30, seed=2)
        words = [device.run(**later) for device in (source, target)]
        assert words[0].any()
        assert np.array_equal(*words)
        assert fields(source.state()) == fields(target.state())


LONG = ("two_rates", "learns")  # on a board


@pytest.mark.usefixtures("long_simulation")
@pytest.mark.parametrize(
    "design",
    [
        *(
            pytest.param(design, id=name, marks=pytest.mark.soak if name in LONG else ())
            for name, design in DESIGNS.items()
        ),
        pytest.param(by_events(LEARNS), id="events", marks=pytest.mark.soak),
    ],
)
def test_a_board_runs_it_as_the_model_does(design: Design, builds: Path, tmp_path: Path) -> None:
    """By `Device` and by the bare driver; both layers of `two_rates` are in the board's clock."""
    model, given = Device.open(design), stimulus(design, 47)
    with Device.open(design, on="sim-board", root=builds) as device:
        board = device.board
        assert board is not None
        for one in (model, device):
            one.load(weights_of(design))
        # the second call begins between ticks of the slower layer, with a word from before
        halves = [{n: v[:23] for n, v in given.items()}, {n: v[23:] for n, v in given.items()}]
        words = [np.concatenate([one.run(**half) for half in halves]) for one in (model, device)]
        assert 0 < words[0].mean() < 1
        assert np.array_equal(*words)
        assert fields(model.state()) == fields(device.state())
        first = {name: values[0] for name, values in given.items()}
        assert device.step(**first).tolist() == model.step(**first).tolist()
        # a driver that has not seen the word before asks the board for it
        with Board.open(board.link.transport, board.manifest) as other:
            assert other.step(**first).tolist() == model.step(**first).tolist()
            for taker in (model, other):
                taker.load(weights_of(design))
                taker.run(**stimulus(design, 20))
            assert fields(model.state()) == fields(other.state())
            path = other.checkpoint(tmp_path / "board.npz")
            assert path.read_bytes() != model.checkpoint(tmp_path / "model.npz").read_bytes()
            for taker in (model, other):
                taker.load({})
            model.restore(path)
            other.restore(tmp_path / "model.npz")
            later = stimulus(design, 17, seed=2)
            assert np.array_equal(model.run(**later), other.run(**later))
            assert fields(model.state()) == fields(other.state())
            other.reset()
            found, state = other.state(), model.state()
            assert int(found["network"]["steps"]) == 0
            for layer in spec_of(design).layers:  # a reset keeps parameters alone
                assert found[layer.name]["weight"].tolist() == state[layer.name]["weight"].tolist()
                assert state[layer.name]["potential"].any()
                assert not found[layer.name]["potential"].any()


def test_a_seeded_fault_is_located(builds: Path, tmp_path: Path) -> None:
    """Verilog whose neurons do not remember that they have fired."""
    layer = HetSynSpec(name="tiny", inputs=2, neurons=2)
    design = Design(name="tiny", block="network", network=NetworkSpec(layers=(layer,)))
    weights = {"tiny.weight": np.array([[60, 120], [127, 127]]), "tiny.code": np.full((2, 2), 20)}
    build = elaborate(design, builds)
    wrong = edited(
        build, tmp_path / "wrong", r"\{ o_ready, o_potential \}", "{ 1'h0, o_potential }"
    )
    model, given = Device.open(design), {"spikes": np.ones((30, 2), int)}
    model.load(weights)
    first = int(np.flatnonzero(model.run(**given).any(axis=1))[0])
    assert first > 0
    # the library that writes waves from the first, so that one is compiled and not two
    engine = engine_of(wrong.folder, rtl_library(wrong.folder, waves=True))
    with Device(model.block, "rtl", engine, wrong.folder) as rtl:
        model.load(weights)
        found = Device.compare(model, rtl, every=7, **given)
    assert found is not None
    assert (found.step, found.space, found.field) == (first, "tiny", "fired")
    assert (found.expected, found.actual) == (1, 0)
    assert found.wave is not None
    assert "$end" in found.wave.read_text()


def test_a_wrong_weight_is_located(pair: Pair) -> None:
    model, _ = pair
    other = Device.open(model.design)
    name = next(iter(weights_of(model.design)))
    layer, field = name.split(".")
    model.load(weights_of(model.design))
    compared = other.restore

    def wrong(state: Any) -> None:
        state[layer][field][2, 1] ^= 1
        compared(state)

    other.restore = wrong  # type: ignore[method-assign]
    found = Device.compare(model, other, **stimulus(model.design, 20))
    assert found is not None
    assert (found.step, found.space, found.field, found.index) == (0, layer, field, (2, 1))


def test_a_state_in_which_spikes_may_wait_is_refused(tmp_path: Path) -> None:
    device = Device.open(TWO_RATES)
    before = device.state()
    device.run(**stimulus(TWO_RATES, 7))
    text = (
        r"^network 'two_rates' has a state to go on from after each 10 steps, when all layers tick"
        r" and no spike waits, not after 7\.$"
    )
    with pytest.raises(ConfigError, match=text):
        device.checkpoint(tmp_path / "seven.npz")
    with pytest.raises(ConfigError, match=r"^a state: network 'two_rates' .*, not after 7\.$"):
        device.restore(device.state())
    device.restore(before)
    once = Device.open(two_clocks())
    once.run(spikes=np.ones((4, 2), int))
    with pytest.raises(ConfigError, match=r" before the first step, .*, not after 4\.$"):
        once.checkpoint(tmp_path / "once.npz")
    assert Device.compare(once_loaded(), once_loaded(), spikes=np.ones((9, 2), int)) is None


def test_a_difference_behind_a_state_that_cannot_be_restored() -> None:
    """Where spikes may wait, all steps are run again from the beginning."""
    one, other = once_loaded(), once_loaded()
    run, taken = other.run, [0]

    def wrong(**given: Any) -> Any:
        words = np.array(run(**given))
        taken[0] = int(other.state()["network"]["steps"])
        if taken[0] - len(words) <= 13 < taken[0]:
            words[13 - taken[0], 1] ^= 1
        return words

    other.run = wrong  # type: ignore[method-assign]
    found = Device.compare(one, other, every=4, spikes=np.ones((19, 2), int))
    assert found is not None
    assert (found.step, found.space, found.index) == (13, "output", (1,))


def once_loaded() -> Device:
    device = Device.open(two_clocks())
    device.load({})
    return device


def test_layout_and_files(tmp_path: Path) -> None:
    for design in (TWO_RATES, LEARNS):
        device = Device.open(design)
        layout, state = device.block.layout(), device.state()
        assert {s: set(one) for s, one in layout.items()} == {s: set(v) for s, v in state.items()}
    np.savez(tmp_path / "weights.npz", **weights_of(TWO_RATES))
    one, other = Device.open(TWO_RATES), Device.open(TWO_RATES)
    one.load(weights_of(TWO_RATES))
    other.load(tmp_path / "weights.npz")
    assert fields(one.state()) == fields(other.state())
    with pytest.raises(ConfigError, match=r"none\.npz must be a file"):
        one.load(tmp_path / "none.npz")
    with pytest.raises(TypeError, match=r"^a network loads arrays by '<layer>.<parameter>'"):
        one.load(3)
    with pytest.raises(ValueError, match=r"^parameters must be among fast\.weight, .*, not 'f'\.$"):
        one.load({"f": 3})
    state = one.state()
    state["slow"]["potential"][0] = 1 << 40
    with pytest.raises(ConfigError, match=r"slow\.potential must be in \[-524288, 524287\]"):
        one.restore(state)


def test_what_is_no_step() -> None:
    block = device_block(TWO_RATES)
    with pytest.raises(TypeError, match=r"^a step of a network takes spikes, shape \(inputs,\)$"):
        block.run(block.model(native=False), {"reward": 3})
    text = r"^a design with block 'network' must have the table \[network\]\.$"
    with pytest.raises(ConfigError, match=text):
        device_block(TWO_RATES.model_copy(update={"network": None}))
    layers = (
        HetSynSpec(name="slow", inputs=2, neurons=3, tick_interval=4),
        HetSynSpec(name="fast", inputs=3, neurons=2),
    )
    ahead = Design(name="ahead", block="network", network=NetworkSpec(layers=layers))
    with pytest.raises(
        ConfigError, match=r"^a network on rtl or a board must have layers that wait .*'fast'"
    ):
        Device.open(ahead, on="rtl")


def test_another_layout_of_lanes_and_clocks_is_the_same_network(tmp_path: Path) -> None:
    one = Device.open(TWO_RATES)
    network = spec_of(TWO_RATES)
    layers = tuple(layer.model_copy(update={"lanes": 4, "clock": "x"}) for layer in network.layers)
    moved = TWO_RATES.model_copy(
        update={"network": network.model_copy(update={"layers": layers, "clocks": {}})}
    )
    assert device_block(moved).identity() == one.block.identity()
    assert device_block(LEARNS).identity() != one.block.identity()


def test_a_state_of_a_sweep_becomes_one_of_events(tmp_path: Path) -> None:
    swept, events = Device.open(LEARNS), Device.open(by_events(LEARNS))
    swept.load(weights_of(LEARNS))
    swept.run(**stimulus(LEARNS, 20))
    events.restore(swept.checkpoint(tmp_path / "swept.npz"))
    assert np.any(events.state()["a"]["arriving"])
    later = stimulus(LEARNS, 20, seed=2)
    words = [device.run(**later) for device in (swept, events)]
    assert words[0].any()
    assert np.array_equal(*words)
    with pytest.raises(ConfigError, match=r"^layer 'a': a state of engine 'sweep' must have 'hist"):
        swept.restore(events.checkpoint(tmp_path / "events.npz"))
