"""The claims about quiet synapses hold, and are refuted where they are false."""

from __future__ import annotations

import pytest

from sc_hw.proof.quiet.claims import quiet_claims
from sc_hw.proof.verdicts import PROVED, REFUTED
from sc_model.graph.quiet import Condition, kept_fields, quiet_conditions
from sc_model.graph.smt import Terms
from sc_model.rules import load_rule, rule_families

KEPT: list[Terms] = []  # the solver crashes where terms outlive their manager


def verdicts(family: str, block: str, listed: tuple[Condition, ...]) -> dict[str, str]:
    rule = load_rule(family)
    KEPT.append(Terms())
    claims = quiet_claims(
        KEPT[-1], rule, rule.params_type(), kept_fields(rule, block), listed, 20.0
    )
    return {claim.name: claim.verdict for claim in claims}


@pytest.mark.parametrize("block", ["bank", "layer"])
@pytest.mark.parametrize("family", rule_families())
def test_what_the_graph_shows_the_solver_proves(family: str, block: str) -> None:
    rule = load_rule(family)
    listed = quiet_conditions(rule, rule.params_type(), kept_fields(rule, block))
    found = verdicts(family, block, listed)
    assert set(found.values()) == {PROVED}
    assert len(found) == len(listed) + 2


def test_a_false_condition_is_refuted() -> None:
    found = verdicts("error_triggered", "bank", (("trace",), ("shift",)))
    assert found["quiet: trace = 0"] == PROVED
    assert found["quiet: shift = 0"] == REFUTED


def test_the_exact_rule_can_skip_nothing() -> None:
    rule = load_rule("reward_modulated_stdp")
    KEPT.append(Terms())
    claims = quiet_claims(KEPT[-1], rule, rule.params_type(), kept_fields(rule, "layer"), (), 20.0)
    assert claims[-1].name == "quiet: control"
    assert claims[-1].statement.endswith("post_spike = 0 and reward = 0: nothing can be skipped")
