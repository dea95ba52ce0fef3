# amaranth: UnusedElaboratable=no
"""All claims about a recurrent network, part by part, and about the rule of its layer."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

from sc_hw.proof.blocks.learning.arithmetic import prove_noise
from sc_hw.proof.blocks.parts import claims_of_parts
from sc_hw.proof.blocks.recurrent import arithmetic, host, memories, schedule
from sc_hw.proof.blocks.recurrent.parts import plan_of
from sc_hw.proof.blocks.recurrent.wiring import claims_of_wiring
from sc_hw.proof.netlist import Netlist
from sc_hw.proof.prover import Prover
from sc_hw.proof.quiet.claims import quiet_claims
from sc_hw.proof.verdicts import Claim
from sc_hw.recurrent import RecurrentNetwork
from sc_hw.recurrent.plan import RecurrentPlan
from sc_model.graph.quiet import quiet_conditions
from sc_model.graph.smt import Terms
from sc_model.rules import resolve

KEPT = ("weight",)  # what must not change without a signal
# The solver crashes where terms outlive the manager that made them.
_TERMS_IN_USE: list[Terms] = []

Claims = Callable[[Prover, Netlist, RecurrentPlan], None]

PROVERS: dict[str, tuple[Claims, ...]] = {
    "control": (schedule.prove_control,),
    "spikes": (schedule.prove_spikes,),
    "sweep": (memories.prove_sweep,),
    "neurons": (memories.prove_neurons,),
    "readout": (memories.prove_readout,),
    "host": (host.prove_host,),
    "noise": (lambda prover, net, _: prove_noise(prover, net),),
    "lane": (arithmetic.prove_lane,),
    "lane_adders": (arithmetic.prove_lane_adders,),
    "row": (arithmetic.prove_row,),
    "neuron": (arithmetic.prove_neuron,),
    "error": (arithmetic.prove_error,),
    "feedback": (arithmetic.prove_feedback,),
    "readout_synapse": (arithmetic.prove_readout_synapse,),
}


def prove_recurrent_network(folder: Path, manifest: dict[str, Any], limit_s: float) -> list[Claim]:
    """The claims about the parts in `folder`, and about what joins them."""
    plan = plan_of(manifest["design"])

    def prove(prover: Prover, net: Netlist, row: dict[str, Any]) -> None:
        for claims in PROVERS[row["part"]]:
            claims(prover, net, plan)
        # intermediates of several parts have one name
        prover.claims[:] = [
            replace(claim, name=f"{row['part']}: {claim.name}")
            if claim.name.startswith("signal ")
            else claim
            for claim in prover.claims
        ]

    wiring = claims_of_wiring(folder, RecurrentNetwork(plan.spec, plan.family), limit_s)
    return [*claims_of_parts(folder, limit_s, prove), *wiring]


def prove_frozen(manifest: dict[str, Any], limit_s: float) -> list[Claim]:
    """The claims that a layer without signals keeps its weights: that is how it is frozen."""
    plan = plan_of(manifest["design"])
    rule, params = resolve(plan.spec.hidden_rule)
    terms = Terms()
    _TERMS_IN_USE.append(terms)
    conditions = quiet_conditions(rule, params, KEPT)
    return quiet_claims(terms, rule, params, KEPT, conditions, limit_s)
