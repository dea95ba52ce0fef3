"""The choice of lanes, against all possible ones; prices are made up, but for the soak."""

from __future__ import annotations

import gc
from collections.abc import Callable
from typing import Any

import pytest
from amaranth.hdl import Fragment, Module
from support import ROOT

from sc_hw.bitstream.fit import (
    LOGIC_SHARE,
    MAX_TRIES,
    Search,
    Totals,
    fit,
    fullest,
    refusal,
    ticks_per_s,
)
from sc_hw.bitstream.lanes import lane_counts
from sc_hw.boards import board_file, load_board
from sc_hw.errors import BoardError
from sc_model.spec import ConfigError, Design, NeuronSpec, PlasticLayerSpec, load_design


def layer(inputs: int, neurons: int, **options: Any) -> Design:
    spec = PlasticLayerSpec(inputs=inputs, neurons=neurons, **options)
    return Design(name="mine", block="layer", layer=spec, neuron=NeuronSpec(threshold=999))


def prices(
    logic: Callable[[int], float], memory: Callable[[int, str], float]
) -> Callable[[Design], Totals]:
    """Cells by lanes and memory, of a device with 5,280 logic cells and 30 block RAMs."""

    def price(design: Design) -> Totals:
        assert design.layer is not None
        lanes = design.layer.lanes
        return {
            "ICESTORM_LC": (round(logic(lanes)), 5280),
            "ICESTORM_RAM": (round(memory(lanes, design.layer.memory)), 30),
            "ICESTORM_PLL": (1, 1),
        }

    return price


def rate(design: Design) -> float:
    assert design.layer is not None
    return 1000.0 * design.layer.lanes


CASES = [
    # logic limits: a straight line, one with steps, one that bends
    (layer(64, 16), prices(lambda n: 2600 + 310 * n, lambda n, _: 8 + n)),
    (layer(100, 10), prices(lambda n: 2000 + 150 * n + 400 * (n > 6), lambda n, _: n)),
    (layer(256, 10), prices(lambda n: 1500 + 40 * n**1.3, lambda n, _: 5)),
    # block RAM limits
    (layer(64, 16), prices(lambda n: 100 * n, lambda n, _: 4 + 3 * n)),
    (layer(256, 64), prices(lambda n: 10 * n, lambda n, _: 20 + (n > 1) * 4 + n / 8)),
]


@pytest.mark.parametrize(("design", "price"), CASES)
def test_the_search_finds_what_an_exhaustive_one_finds(
    design: Design, price: Callable[[Design], Totals]
) -> None:
    search = Search(design, price, rate)
    best = search.best(None)
    assert best is not None
    counts = lane_counts(design)
    all_of_them = [n for n in counts if fullest(price(search.with_lanes(n)))[1] <= 1]
    assert best.ticks_per_s >= 0.9 * 1000 * max(all_of_them)
    assert best.fits
    assert len(search.trials) <= MAX_TRIES + 1 < len(counts)


@pytest.mark.parametrize("error", [1.0, 0.7, 1.3])
@pytest.mark.parametrize(("design", "price"), CASES)
def test_a_prediction_shortens_the_search_and_decides_nothing(
    design: Design, price: Callable[[Design], Totals], error: float
) -> None:
    """`error`: how far a prediction is off; a factor for all candidates counts for nothing."""

    def predict(candidate: Design) -> float:
        assert candidate.layer is not None
        wrong = candidate.layer.lanes ** (error - 1)  # for many lanes more than for few
        return fullest(price(candidate))[1] * wrong

    search = Search(design, price, rate, predict=predict)
    best, plain = search.best(None), Search(design, price, rate).best(None)
    assert best is not None
    assert plain is not None
    assert best.fits
    assert best.ticks_per_s >= 0.9 * plain.ticks_per_s
    if error == 1.0:
        assert len(search.trials) <= 3


def test_with_a_goal_the_fewest_lanes_are_taken() -> None:
    design = layer(64, 16)
    search = Search(design, prices(lambda n: 2600 + 310 * n, lambda n, _: 8 + n), rate)
    best = search.best(3500)
    assert best is not None
    assert best.choices["lanes"] == min(n for n in lane_counts(design) if n >= 3.5)
    assert len(search.trials) == 1


def test_another_memory_is_tried_where_block_ram_is_too_little() -> None:
    design = layer(64, 16)

    def memory(lanes: int, kind: str) -> float:
        return lanes if kind == "single_port" else 31

    search = Search(design, prices(lambda n: 100 * n, memory), rate)
    best = search.best(None)
    assert best is not None
    assert best.choices["memory"] == "single_port"
    assert best.choices["lanes"] > 20


@pytest.mark.parametrize(
    ("price", "goal", "message"),
    [
        (
            prices(lambda n: 100, lambda n, _: 30 + n),
            None,
            r"'mine' on board 'icebreaker' does not fit with any of the 7 lanes and memories that"
            r" were tried: ICESTORM_RAM 31 of 30 at the least;",
        ),
        (prices(lambda n: 9000, lambda n, _: 1), None, r"ICESTORM_LC 9,000 of 5,280"),
        (
            prices(lambda n: 4000 + 300 * n, lambda n, _: 1),
            50_000,
            r"takes 3,000 steps a second at most, not 50,000 \(lanes = 3, .*more needs ICESTORM_LC"
            r" 5,\d00 of 5,280",
        ),
    ],
)
def test_what_can_not_be_is_refused_with_the_bottleneck(
    price: Callable[[Design], Totals], goal: float | None, message: str
) -> None:
    design = layer(64, 16)
    search = Search(design, price, rate)
    assert search.best(goal) is None
    with pytest.raises(BoardError, match=message):
        raise refusal(design, load_board("icebreaker"), search.trials, goal)


def test_a_design_that_can_not_be_placed_steps_back() -> None:
    design = layer(64, 16)
    search = Search(design, prices(lambda n: 2600 + 310 * n, lambda n, _: n), rate)
    best = search.best(None)
    assert best is not None
    built: list[int] = []

    def build(candidate: Design) -> dict[str, Any]:
        assert candidate.layer is not None
        built.append(candidate.layer.lanes)
        if len(built) < 3:
            raise BoardError("too slow")
        return {"made": True}

    found, report = search.build_trial(best, build, None)
    assert report == {"made": True}
    assert built == sorted(built, reverse=True)
    assert found.choices["lanes"] == built[-1]
    built.clear()
    with pytest.raises(BoardError, match="too slow"):  # fewer lanes miss the goal
        search.build_trial(best, build, best.ticks_per_s)


def test_logic_is_not_filled_to_the_last_cell() -> None:
    assert fullest({"ICESTORM_LC": (5000, 5280), "ICESTORM_RAM": (30, 30)})[0] == "ICESTORM_LC"
    assert fullest({"ICESTORM_LC": (5000, 5280)})[1] == pytest.approx(5000 / 5280 / LOGIC_SHARE)


def test_lanes_beyond_the_multipliers_have_adders() -> None:
    search = Search(layer(64, 16), prices(lambda n: n, lambda n, _: n), rate, multipliers=8)
    for lanes, expected in ((4, -1), (8, -1), (16, 8)):
        chosen = search.with_lanes(lanes).layer
        assert chosen is not None
        assert chosen.multipliers == expected


def test_other_blocks_have_nothing_to_choose() -> None:
    lane = Design(name="one", block="lane", fabric="ice40_up")
    search = Search(lane, lambda _: {"ICESTORM_LC": (900, 5280)}, lambda _: 24e6)
    best = search.best(1e6)
    assert best is not None
    assert best.choices == {}
    assert search.best(1e9) is None
    with pytest.raises(BoardError, match=r"\(a lane has no lanes or memories to choose\)"):
        raise refusal(lane, load_board("icebreaker"), search.trials, 1e9)
    assert ticks_per_s(lane, 24) == 24e6


@pytest.mark.filterwarnings("always")
def test_a_block_that_is_only_timed_warns_of_nothing(recwarn: pytest.WarningsRecorder) -> None:
    Fragment.get(Module(), None)  # Amaranth warns from the first elaboration on
    gc.collect()  # what other tests have left
    recwarn.clear()
    bank = Design(name="many", block="bank", synapses=64, fabric="ice40_up")
    assert ticks_per_s(bank, 24) == 24e6 / 64
    gc.collect()
    assert [str(one.message) for one in recwarn] == []


@pytest.mark.parametrize("ticks", [0, -1, float("nan"), float("inf")])
def test_a_rate_that_is_none_is_refused(ticks: float) -> None:
    with pytest.raises(ConfigError, match="--ticks-per-s must be above 0"):
        fit(layer(16, 4), "icebreaker", ticks=ticks)


def test_a_board_without_place_and_route_is_refused() -> None:
    with pytest.raises(ConfigError, match="'arty-a7-35t' has no open place and route"):
        fit(layer(16, 4), "arty-a7-35t")


@pytest.mark.parametrize(("own", "first"), [((1, 8), 9), ((1, 1), 4)])
def test_the_fewest_lanes_of_event_layers_do_not_take_the_least_block_ram(
    own: tuple[int, int], first: int
) -> None:
    """The design's own lanes are tried next, though they are none of the counts, then larger."""
    design = load_design(ROOT / "examples" / "network.toml")
    network = design.network
    assert network is not None
    layers = tuple(
        layer.model_copy(update={"lanes": lanes})
        for layer, lanes in zip(network.layers, own, strict=True)
    )
    design = design.model_copy(update={"network": network.model_copy(update={"layers": layers})})

    def price(candidate: Design) -> Totals:
        assert candidate.network is not None
        lanes = sum(layer.lanes for layer in candidate.network.layers)
        ram = 210 if lanes < 4 else 65
        return {"TRELLIS_COMB": (3000 * lanes, 83_640), "DP16KD": (ram, 208)}

    lines: list[str] = []
    search = Search(design, price, lambda it: ticks_per_s(it, 24.0), progress=lines.append)
    best = search.best(None)
    assert best is not None
    assert best.fits
    assert (best.lanes or 0) > first
    assert [trial.fits for trial in search.trials[:3]].count(True) >= 1
    assert not any("trying lanes =" in line for line in lines)
    sizes = [trial.lanes for trial in search.trials]
    assert first in sizes[1:3]


@pytest.mark.soak
def test_the_example_on_the_smallest_device(tmp_path: Any) -> None:
    file = board_file(load_board("icebreaker"))
    assert file is not None
    result = fit(load_design(file), "icebreaker", ticks=10_000, root=tmp_path)
    assert result["ticks_per_s"] >= 10_000
    assert result["built"]["timing_met"]


def test_the_lanes_of_a_network_are_chosen_together() -> None:
    design = load_design(ROOT / "examples" / "network.toml")
    assert design.network is not None

    def price(candidate: Design) -> Totals:
        assert candidate.network is not None
        lanes = sum(layer.lanes for layer in candidate.network.layers)
        return {"ICESTORM_LC": (1500 + 250 * lanes, 5280), "ICESTORM_RAM": (2 * lanes, 30)}

    def network_rate(candidate: Design) -> float:
        return ticks_per_s(candidate, 24.0)

    search = Search(design, price, network_rate)
    best = search.best(None)
    assert best is not None
    assert best.fits
    counts = lane_counts(design)
    rates = [network_rate(search.with_lanes(n)) for n in counts]
    assert rates == sorted(rates)
    fitting = [n for n in counts if search.trial_of(n).fits]
    assert best.lanes == max(fitting) < max(counts)
    assert "lanes" not in best.choices
    layers = design.network.layers
    assert sum(best.choices[f"lanes of {layer.name}"] for layer in layers) == max(fitting)
    assert search.best(network_rate(search.with_lanes(counts[2]))) is not None
    with pytest.raises(BoardError, match=r"takes .* steps a second at most"):
        raise refusal(design, load_board("icebreaker"), search.trials, 1e9)
