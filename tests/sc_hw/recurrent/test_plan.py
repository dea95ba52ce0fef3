"""Sizes and graphs of recurrent networks, and what hardware refuses."""

from __future__ import annotations

import pytest
from recurrent_networks import plan_of

from sc_hw.recurrent.plan import bits_of
from sc_model.spec import ConfigError, RuleChoice
from sc_model.spec.errors import RuleError


def test_sizes() -> None:
    plan = plan_of()
    assert (plan.rows, plan.groups, plan.words) == (13, 2, 26)
    assert (plan.row_bits, plan.word_bits, plan.neuron_bits, plan.class_bits) == (4, 5, 3, 2)
    assert [bits_of(count) for count in (1, 2, 3, 4, 5)] == [1, 1, 2, 2, 3]
    assert list(plan.cells) == ["weight", "eligibility"]
    assert list(plan.traces) == ["pre_trace"]


def test_lanes_of_blocks_and_of_adders_take_the_same_time() -> None:
    """UltraPlus has 8 multipliers: four lanes take them, the others and the readout adders."""
    plan = plan_of("ice40_up", hidden={"lanes": 8})
    assert (plan.block_lanes, plan.readout_blocks) == (4, False)
    pipelines = [
        plan.synapse(blocks=blocks, latency=plan.synapse_latency) for blocks in (True, False)
    ]
    assert {each.latency for each in pipelines} == {plan.synapse_latency}
    assert plan_of("ice40_up", hidden={"lanes": 2}).readout_blocks is False
    assert plan_of("ice40_up", hidden={"lanes": 1}).readout_blocks is True
    assert plan_of().block_lanes == 4


@pytest.mark.parametrize(("neurons", "lanes"), [(8, 3), (6, 4)])
def test_lanes_that_leave_a_rest_are_refused(neurons: int, lanes: int) -> None:
    with pytest.raises(
        ConfigError,
        match=rf"^lanes of a recurrent layer must be a power of two that divides its neurons in"
        rf" hardware, not {lanes} with {neurons} neurons\.$",
    ):
        plan_of(hidden={"neurons": neurons, "lanes": lanes})


def test_a_rule_that_does_not_fit_is_refused() -> None:
    with pytest.raises(RuleError, match=r"^rule 'pair_stdp' must have"):
        plan_of(hidden={"rule": RuleChoice(family="pair_stdp")})
    with pytest.raises(RuleError, match=r"^rule 'e_prop' must have the field weight and the input"):
        plan_of(readout={"rule": RuleChoice(family="e_prop")})


@pytest.mark.parametrize(
    ("classes", "weight_bits", "error_shift"), [(2, 3, 2), (5, 4, 0), (3, 8, 4)]
)
def test_a_signal_of_which_nothing_is_left_is_refused(
    classes: int, weight_bits: int, error_shift: int
) -> None:
    readout = {
        "neurons": classes,
        "weight_bits": weight_bits,
        "initial": 1,
        "most_error": 1,
        "error_shift": error_shift,
    }
    with pytest.raises(ConfigError, match=r", or every learning signal is 0, not 15\.$") as refused:
        plan_of(hidden={"signal_shift": 15}, readout=readout)
    most = int(str(refused.value).split("<= ")[1].split(" ")[0])
    graph = plan_of(hidden={"signal_shift": most}, readout=readout).feedback().graph
    interval = graph.nodes[graph.outputs["signal"]].interval
    assert interval.hi == 1
