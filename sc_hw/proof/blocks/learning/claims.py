# amaranth: UnusedElaboratable=no
"""All claims about a network that learns, part by part, and about the rules of its layers."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from sc_hw.learning import LearningNetwork
from sc_hw.learning.plan import LearningPlan
from sc_hw.proof.blocks.learning import arithmetic, lists, memories, schedule
from sc_hw.proof.blocks.learning.parts import plan_of
from sc_hw.proof.blocks.learning.wiring import claims_of_wiring
from sc_hw.proof.blocks.parts import claims_of_parts
from sc_hw.proof.netlist import Netlist
from sc_hw.proof.prover import Prover
from sc_hw.proof.quiet.claims import quiet_claims
from sc_hw.proof.verdicts import Claim
from sc_model.graph.quiet import quiet_conditions
from sc_model.graph.smt import Terms
from sc_model.rules import resolve
from sc_model.spec.learning import LearningNetworkSpec

Claims = Callable[[Prover, Netlist, LearningPlan], None]

PROVERS: dict[str, tuple[Claims, ...]] = {
    "lane": (arithmetic.prove_lane,),
    "lane_adders": (arithmetic.prove_lane,),
    "noise": (arithmetic.prove_noise,),
    "sizes": (arithmetic.prove_sizes,),
    "neurons": (arithmetic.prove_neurons,),
    "classes": (arithmetic.prove_classes,),
    "feedback": (arithmetic.prove_feedback,),
    "backward": (arithmetic.prove_ageing, schedule.prove_backward),
    "weights": (schedule.prove_weights,),
    "update": (schedule.prove_update,),
    "forward": (schedule.prove_forward,),
    "readout": (schedule.prove_readout,),
    "rows": (schedule.prove_rows,),
    "control": (schedule.prove_control,),
    "sums": (memories.prove_sums,),
    "state": (memories.prove_state,),
    "host": (memories.prove_host,),
    "lists": (lists.prove_lists,),
    "queue": (schedule.prove_queue,),
    "exploration": (arithmetic.prove_exploration,),
}

# The solver crashes where terms outlive the manager that made them.
_TERMS_IN_USE: list[Terms] = []


def prove_learning_network(folder: Path, manifest: dict[str, Any], limit_s: float) -> list[Claim]:
    """The claims about the parts in `folder`, and about what the rules allow to skip."""
    plan = plan_of(manifest["design"])

    def prove(prover: Prover, net: Netlist, row: dict[str, Any]) -> None:
        for claims in PROVERS[row["part"]]:
            claims(prover, net, plan)

    spec = LearningNetworkSpec.model_validate(manifest["design"]["learning"])
    network = LearningNetwork(spec, plan.family, behind_host=plan.behind_host)
    wiring = claims_of_wiring(folder, network, limit_s)
    return [*claims_of_parts(folder, limit_s, prove), *wiring]


def prove_rules(manifest: dict[str, Any], limit_s: float) -> list[Claim]:
    """The claims that synapses of each layer may be skipped where trace or signal is 0."""
    plan, claims = plan_of(manifest["design"]), []
    for index, layer in enumerate(plan.spec.layers):
        rule, params = resolve(plan.spec.rule(index))
        terms = Terms()
        _TERMS_IN_USE.append(terms)
        conditions = quiet_conditions(rule, params, ("weight",))
        for claim in quiet_claims(terms, rule, params, ("weight",), conditions, limit_s):
            claims.append(
                Claim(
                    f"layer {layer.name}: {claim.name}",
                    claim.statement,
                    claim.verdict,
                    claim.seconds,
                    claim.counterexample,
                )
            )
    return claims
