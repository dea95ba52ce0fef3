"""One netlist, two learning rates: changed at run time on model, RTL and simulated board alike."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from support import VECTORS

from sc_hw import Device
from sc_hw.simulation.device import MODEL, RTL, SIMULATED_BOARD
from sc_hw.simulation.stimulus import random_stimulus
from sc_model.spec import ConfigError, Design, NeuronSpec, PlasticLayerSpec, RuleChoice

TUNABLE = RuleChoice(family=str(VECTORS / "tunable_rule.py"))
LANE = Design(name="rates_lane", block="lane", rule=RuleChoice(family="unbiased_rstdp"))
BANK = Design(name="rates_bank", block="bank", synapses=5, rule=RuleChoice(family="e_prop"))
LAYER = Design(
    name="rates_layer",
    block="layer",
    layer=PlasticLayerSpec(inputs=6, neurons=3),
    neuron=NeuronSpec(threshold=300),
    rule=TUNABLE,
)
RATES = {
    "lane": ("learning_shift", 6, 2),
    "bank": ("learning_shift", 7, 3),
    "layer": ("rate", 3, 0),
}
Seen = list[tuple[dict[str, int], Any, dict[str, dict[str, Any]]]]


def run_with_two_rates(device: Device) -> Seen:
    """Parameters, results and state after 30 steps at each of two rates."""
    name, *rates = RATES[device.design.block]
    stimulus = random_stimulus(device.design, 30, np.random.default_rng(2))
    device.load(50)
    seen: Seen = []
    for rate in rates:
        device.set(**{name: rate})
        result = device.run(**stimulus)
        logged = result["weight"] if isinstance(result, dict) else result
        state = {
            space: {field: np.asarray(values).tolist() for field, values in fields.items()}
            for space, fields in device.state().items()
        }
        seen.append((device.parameters, None if logged is None else logged.tolist(), state))
    return seen


def check_two_rates(design: Design, root: Path) -> None:
    found: dict[str, Seen] = {}
    netlists = set()
    for on in (MODEL, RTL, SIMULATED_BOARD):
        with Device.open(design, on=on, root=root) as device:
            assert device.parameters == design_settings(design)
            found[on] = run_with_two_rates(device)
            if device.folder is not None:
                netlists.add((device.folder / "top.v").read_text(encoding="utf-8"))
    assert found[RTL] == found[MODEL]
    assert found[SIMULATED_BOARD] == found[MODEL]
    name, first, second = RATES[design.block]
    assert [seen[0] for seen in found[MODEL]] == [{name: first}, {name: second}]
    assert len(netlists) == 1


def design_settings(design: Design) -> dict[str, int]:
    with Device.open(design) as device:
        return device.parameters


def test_a_lane_on_model_rtl_and_simulated_board(tmp_path: Path) -> None:
    check_two_rates(LANE, tmp_path)


@pytest.mark.soak
@pytest.mark.parametrize("design", [BANK, LAYER], ids=["bank", "layer"])
def test_other_blocks_on_model_rtl_and_simulated_board(design: Design, tmp_path: Path) -> None:
    check_two_rates(design, tmp_path)


@pytest.mark.parametrize("design", [LANE, BANK, LAYER], ids=["lane", "bank", "layer"])
def test_the_rate_matters_and_is_part_of_a_checkpoint(design: Design, tmp_path: Path) -> None:
    name, first, second = RATES[design.block]
    stimulus = random_stimulus(design, 40, np.random.default_rng(3))
    weights = {}
    with Device.open(design) as device, Device.open(design) as other:
        for rate in (first, second):
            device.load(50)
            device.set(**{name: rate})
            logged = device.run(**stimulus)
            logged = logged if isinstance(logged, dict) else device.state()["synapse"]
            weights[rate] = logged["weight"].tolist()
        file = device.checkpoint(tmp_path / "state.npz")
        other.restore(file)
        assert other.parameters == {name: second}
        for one in (device, other):
            one.run(**stimulus)
        assert str(device.state()) == str(other.state())
        device.load(50)
        assert device.parameters == {name: second}  # a load leaves it as it is
    assert weights[first] != weights[second]


def test_golden_and_compiled_models_draw_the_same() -> None:
    for design in (LANE, BANK):
        with Device.open(design) as device:
            golden = device.block.model(native=False)
            stimulus = random_stimulus(design, 50, np.random.default_rng(5))
            device.run(**stimulus)
            for step in range(50):
                golden.step({name: values[step] for name, values in stimulus.items()})
            assert str(device.block.state(golden)) == str(device.state())


def test_ports_feed_what_is_random_otherwise() -> None:
    design = Design(
        name="fed", block="bank", synapses=4, random="ports", rule=RuleChoice(family="e_prop")
    )
    stimulus = random_stimulus(design, 5, np.random.default_rng(1))
    assert sorted(stimulus) == ["noise", "pre_spike", "signal", "slope"]
    with Device.open(design) as device:
        device.run(**stimulus)
        assert sorted(device.state()) == ["parameters", "synapse"]
        del stimulus["noise"]
        with pytest.raises(TypeError, match="takes the inputs"):
            device.run(**stimulus)


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ({"rate": 6}, "the run-time parameter 'rate' must be in [0, 5], not 6."),
        ({"rate": 1.5}, "the run-time parameter 'rate' must be an integer, not 1.5 (float)."),
        (
            {"rat": 1},
            "the rule 'tunable' has no run-time parameter 'rat'; did you mean 'rate'? It has:"
            " rate.",
        ),
    ],
)
def test_a_wrong_setting_is_one_line_and_changes_nothing(
    values: dict[str, Any], expected: str
) -> None:
    with Device.open(LAYER) as device:
        with pytest.raises((ConfigError, TypeError)) as error:
            device.set(**values)
        assert str(error.value) == expected
        assert device.parameters == {"rate": 2}


def test_a_block_without_parameters_says_so() -> None:
    with Device.open(Design(name="plain", block="lane")) as device:
        assert device.parameters == {}
        with pytest.raises(ConfigError) as error:
            device.set(rate=1)
    assert str(error.value) == (
        "the rule 'reward_modulated_stdp' has no run-time parameters, and so not 'rate'; its"
        " parameters stand in the design, in the table [rule]."
    )
