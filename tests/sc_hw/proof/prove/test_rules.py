"""Every rule file but the first (`test_prove.py` has it) is proved: lanes over its parameters,
mutants, banks by family.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from support import drawn_params

from sc_hw.proof.prove import prove, prove_many
from sc_hw.proof.verdicts import EQUIVALENT, NO_PLACE, PROVED, REFUTED
from sc_model.rules import load_rule, rule_families
from sc_model.spec import Design, RuleChoice

OTHERS = [family for family in rule_families() if family != "reward_modulated_stdp"]
# Proved here by `make soak`; what they have beside the others is in the tests of lane and bank.
LONG = ("e_prop", "tsodyks_markram", "unbiased_rstdp")
FAMILIES = [
    pytest.param(family, marks=pytest.mark.soak if family in LONG else ()) for family in OTHERS
]
# A clamp that no value reaches from above is one lower without a difference.
EQUIVALENT_MUTANTS = {"tsodyks_markram": 1, "unbiased_rstdp": 1}
OTHER_PARAMETERS = {
    "pair_stdp": {
        "headroom_bits": 0,
        "potentiation_gain": 171,
        "depression_gain": 255,
        "learning_shift": 0,
    },
    "triplet_stdp": {
        "trace_bits": 12,
        "read_shift": 4,
        "slow_decay_shift": 4,
        "pair_term": 20,
        "learning_shift": 0,
    },
}


def missed(certificate: dict[str, Any]) -> list[str]:
    return [claim["name"] for claim in certificate["claims"] if claim["verdict"] != PROVED]


@pytest.mark.parametrize("family", FAMILIES)
def test_lane_of_every_rule_with_mutants(family: str, tmp_path: Path) -> None:
    certificate = prove(
        Design(name="lane", block="lane", rule=RuleChoice(family=family)), root=tmp_path
    )
    assert missed(certificate) == []
    verdicts = [row["verdict"] for row in certificate["mutants"]]
    assert verdicts.count(REFUTED) >= 3
    assert verdicts.count(EQUIVALENT) == EQUIVALENT_MUTANTS.get(family, 0)
    assert set(verdicts) <= {REFUTED, NO_PLACE, EQUIVALENT}
    assert certificate["passed"]


# Names of ports of the multipliers and of the datapath, and of what is made of other values
CONFUSING = '''"""Two products: weight' = saturate((x y >> 5) + (y weight >> 6), n bits)."""
from pydantic import Field
from sc_model.spec.rule import RuleInput, RuleParams, StateField
from sc_model.spec.rule_kit import all_ones, vectors_for

FAMILY = "confusing"


class Params(RuleParams):
    weight_bits: int = Field(default=6, ge=6)


STATE = (StateField("weight", "weight_bits", loadable=True),)
INPUTS = (RuleInput("x", "weight_bits"), RuleInput("y", "weight_bits"))


def update(ops, state, inputs, params):
    first = ops.let("sum", inputs.x * inputs.y)
    second = ops.let("product", inputs.y * state.weight)
    total = ops.let("load", ops.let("a", first >> 5) + ops.let("sum_low", second >> 6))
    return {"weight": ops.clamp(total, 0, all_ones(params.weight_bits))}


def float_update(ops, state, inputs, params):
    total = inputs.x * inputs.y / 32 + inputs.y * state.weight / 64
    return {"weight": ops.clamp(total, 0, all_ones(params.weight_bits))}


vector = vectors_for(STATE, INPUTS)
VECTORS = (vector("rests", (9,), (0, 0), (0,)), vector("32 + 16", (32,), (32, 32), (48,)))
'''


def test_a_rule_may_name_its_values_as_ports_are_named(tmp_path: Path) -> None:
    file = tmp_path / "confusing.py"
    file.write_text(CONFUSING)
    design = Design(name="lane", block="lane", rule=RuleChoice(family=str(file)))
    certificate = prove(design, root=tmp_path, mutants=False)
    assert missed(certificate) == []
    signals = {claim["name"] for claim in certificate["claims"]}
    assert {"signal sum", "signal product", "signal load"} <= signals


# Products of two fields as wide as these may be end as `unknown` (docs/limits.md).
WIDE_PRODUCTS = ("tsodyks_markram", "unbiased_rstdp")


@pytest.mark.parametrize(
    "family", [each for each in FAMILIES if each.values[0] not in WIDE_PRODUCTS]
)
def test_lanes_of_every_rule_over_its_parameters(family: str, tmp_path: Path) -> None:
    designs = [
        Design(
            name="lane",
            block="lane",
            rule=RuleChoice(family=family, parameters=params.model_dump()),
        )
        for params in drawn_params(load_rule(family), 9, 8)
    ]
    certificates = prove_many(designs, root=tmp_path)
    failed = {str(c["parameters"]): missed(c) for c in certificates if not c["passed"]}
    assert failed == {}


# Each rule on a fabric of its own here; the other pairs are long, and run by `make soak`.
FABRICS = ("ice40_up", "ice40_hx", "ecp5", "generic")
PAIRS = [
    pytest.param(
        family,
        fabric,
        marks=() if place % len(FABRICS) == number and family not in LONG else pytest.mark.soak,
    )
    for place, family in enumerate(OTHERS)
    for number, fabric in enumerate(FABRICS)
]


@pytest.mark.parametrize(("family", "fabric"), PAIRS)
def test_bank_of_every_rule(family: str, fabric: str, tmp_path: Path) -> None:
    design = Design(
        name="bank", block="bank", synapses=40, fabric=fabric, rule=RuleChoice(family=family)
    )
    assert missed(prove(design, root=tmp_path, mutants=False, schedules=False)) == []


@pytest.mark.parametrize("fabric", ["generic", pytest.param("ice40_hx", marks=pytest.mark.soak)])
@pytest.mark.parametrize("family", OTHER_PARAMETERS)
def test_bank_with_other_parameters(family: str, fabric: str, tmp_path: Path) -> None:
    rule = RuleChoice(family=family, parameters=OTHER_PARAMETERS[family])
    design = Design(name="bank", block="bank", synapses=40, fabric=fabric, rule=rule)
    assert missed(prove(design, root=tmp_path, mutants=False, schedules=False)) == []
