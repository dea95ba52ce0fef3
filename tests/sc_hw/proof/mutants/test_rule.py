"""Mutants of a rule's graph: each finds its place, and those that change nothing are recognised."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from sc_hw.build.elaborate import elaborate
from sc_hw.proof.mutants import mutants_of
from sc_hw.proof.mutants.mutant import SAME_FUNCTION, run_mutant
from sc_hw.proof.mutants.rule import MUTANTS, graph_mutant, mutated_graph
from sc_hw.proof.prove import prove
from sc_hw.proof.verdicts import EQUIVALENT, NO_PLACE, PROVED, REFUTED, MutantCounts
from sc_model.graph import Node, Op, trace
from sc_model.graph.nodes import Builder
from sc_model.rules import resolve
from sc_model.spec import Design, NeuronSpec, PlasticLayerSpec, RuleChoice

LANE = Design(name="lane", block="lane")
# A correct rule whose saturation never acts: a sum that is one bit short is the same function.
SOFT_BOUND = '''"""Soft-bound potentiation of an 8-bit weight.

Where the postsynaptic neuron spikes, weight' = weight + (((255 - weight) * pre_trace) >> 12). The
step is smaller than 255 - weight, so that the saturation never acts.
"""

from __future__ import annotations

from typing import Any

from pydantic import Field

from sc_model.spec.rule import Locality, Ops, RuleInput, RuleParams, StateField, Vector

FAMILY = "soft_bound"
TOP = 255


class Params(RuleParams):
    """Widths; both are 8."""

    weight_bits: int = Field(default=8, ge=8, le=8)
    trace_bits: int = Field(default=8, ge=8, le=8)


STATE = (
    StateField("weight", "weight_bits", loadable=True),
    StateField("pre_trace", "trace_bits", locality=Locality.PRE),
    StateField("post_trace", "trace_bits", locality=Locality.POST),
)
INPUTS = (
    RuleInput("pre_spike", locality=Locality.PRE),
    RuleInput("post_spike", locality=Locality.POST),
)


def update(ops: Ops, state: Any, inputs: Any, params: Params) -> dict[str, Any]:
    """One step."""
    step = ops.let("step_up", ((TOP - state.weight) * state.pre_trace) >> 12)
    return {
        "weight": ops.clamp(state.weight + ops.mux(inputs.post_spike, step, 0), 0, TOP),
        "pre_trace": ops.mux(inputs.pre_spike, TOP, state.pre_trace - (state.pre_trace >> 3)),
        "post_trace": ops.mux(inputs.post_spike, TOP, state.post_trace - (state.post_trace >> 3)),
    }


def float_update(ops: Ops, state: Any, inputs: Any, params: Params) -> dict[str, Any]:
    """The same without rounding."""
    step = (TOP - state.weight) * state.pre_trace / 4096.0
    return {
        "weight": ops.clamp(state.weight + ops.mux(inputs.post_spike, step, 0.0), 0, TOP),
        "pre_trace": ops.mux(inputs.pre_spike, float(TOP), state.pre_trace * 0.875),
        "post_trace": ops.mux(inputs.post_spike, float(TOP), state.post_trace * 0.875),
    }


# 255 * 255 = 65025, >> 12 = 15
VECTORS = (
    Vector(
        why="the largest step",
        state={"weight": 0, "pre_trace": 255, "post_trace": 8},
        inputs={"pre_spike": 0, "post_spike": 1},
        expected={"weight": 15, "pre_trace": 224, "post_trace": 255},
    ),
)
'''


@pytest.fixture
def soft_bound(tmp_path: Path) -> RuleChoice:
    file = tmp_path / "soft_bound.py"
    file.write_text(SOFT_BOUND, encoding="utf-8")
    return RuleChoice(family=str(file))


def designs(rule: RuleChoice) -> list[Design]:
    return [
        Design(name="lane", block="lane", rule=rule),
        Design(name="bank", block="bank", synapses=64, rule=rule),
        Design(
            name="layer",
            block="layer",
            rule=rule,
            layer=PlasticLayerSpec(inputs=20, neurons=6, lanes=6, chains=3),
            neuron=NeuronSpec(),
        ),
    ]


@pytest.mark.parametrize("block", ["lane", "bank", pytest.param("layer", marks=pytest.mark.soak)])
def test_a_correct_soft_bound_rule_passes(
    block: str, soft_bound: RuleChoice, tmp_path: Path
) -> None:
    (design,) = (design for design in designs(soft_bound) if design.block == block)
    certificate = prove(design, root=tmp_path, schedules=False)
    assert [c["name"] for c in certificate["claims"] if c["verdict"] != PROVED] == []
    rows = {row["name"]: row for row in certificate["mutants"]}
    assert rows["sum one bit short"] == {
        "name": "sum one bit short",
        "bug": "the sum in front of a saturation lacks its highest bit",
        "expected": EQUIVALENT,
        "verdict": EQUIVALENT,
        "reason": SAME_FUNCTION,
    }
    for name in ("product one bit short", "ceiling one too low", "stale operand"):
        assert rows[name]["verdict"] == REFUTED, name
    assert rows["negation one bit short"]["reason"] == "no place for it: the rule negates nothing"
    counts = MutantCounts.of(certificate["mutants"])
    assert counts.equivalent == 1
    assert counts.refuted == counts.total - 1
    assert certificate["passed"]


def test_the_smallest_value_refutes_a_short_negation(tmp_path: Path) -> None:
    (mutant,) = (mutant for mutant in MUTANTS if mutant.name == "negation one bit short")
    row = run_mutant(mutant, elaborate(LANE, tmp_path), tmp_path, 60.0)
    assert row["verdict"] == REFUTED
    assert row["counterexample"]["eligibility"] == -2048


def test_every_mutant_applies_to_the_first_rule() -> None:
    chosen = mutants_of("bank")
    assert len({mutant.name for mutant in chosen}) == len(chosen) >= 8
    assert [mutant.name for mutant in chosen if mutant.applies(LANE) is not None] == []


def test_a_mutated_graph_differs_in_one_node() -> None:
    def change(b: Builder, node: Node, args: tuple[int, ...]) -> int | None:
        return b.make(Op.CLAMP, args, (0, 1)) if node.op is Op.CLAMP else None

    graph = trace(*resolve(LANE.rule))
    clamps = sum(node.op is Op.CLAMP for node in graph.nodes)
    mutated = mutated_graph(graph, change)
    assert mutated is not None
    assert sum(node.op is Op.CLAMP and node.data == (0, 1) for node in mutated.nodes) == 1
    assert sum(node.op is Op.CLAMP for node in mutated.nodes) == clamps
    assert mutated_graph(graph, lambda b, node, args: None) is None


@pytest.mark.parametrize(
    ("limit", "verdict"),
    [(lambda hi: hi, EQUIVALENT), (lambda hi: hi + 1, REFUTED), (lambda hi: hi - 1, REFUTED)],
)
def test_a_new_mutant_is_one_entry(limit: Any, verdict: str, tmp_path: Path) -> None:
    """Saturation at the same limit changes nothing; at another one it does."""

    def change(b: Builder, node: Node, args: tuple[int, ...]) -> int | None:
        if node.op is not Op.CLAMP:
            return None
        lo, hi = (int(end) for end in node.data)
        return b.make(Op.CLAMP, args, (lo, limit(hi)))

    mutant = graph_mutant("other limit", "the limit is another", change, "nothing is saturated")
    row = run_mutant(mutant, elaborate(LANE, tmp_path), tmp_path, 60.0)
    assert row["verdict"] == verdict
    nothing = graph_mutant("nothing", "", lambda b, node, args: None, "there is no such node")
    row = run_mutant(nothing, elaborate(LANE, tmp_path), tmp_path, 60.0)
    assert (row["verdict"], row["expected"]) == (NO_PLACE, NO_PLACE)
    assert row["reason"] == "no place for it: there is no such node"


def test_in_a_layer_the_fault_is_put_where_its_lanes_compute(tmp_path: Path) -> None:
    """The last saturation is that of a neuron's trace, which no lane computes."""
    small = {"weight_bits": 6, "trace_bits": 4, "learning_shift": 4}
    rule = RuleChoice(family="pair_stdp", parameters=small)
    (design,) = (design for design in designs(rule) if design.block == "layer")
    graph = trace(*resolve(rule))
    saturated = [name for name, i in graph.outputs.items() if graph.nodes[i].op is Op.CLAMP]
    assert saturated == ["weight", "pre_trace", "post_trace"]
    assert graph.outputs["post_trace"] == max(graph.outputs.values())
    (mutant,) = (mutant for mutant in MUTANTS if mutant.name == "ceiling one too low")
    assert mutant.applies(design) is None
    assert prove(design, root=tmp_path, mutants=False, schedules=False)["passed"]
    row = run_mutant(mutant, elaborate(design, tmp_path), tmp_path, 60.0)
    assert row["verdict"] == REFUTED
