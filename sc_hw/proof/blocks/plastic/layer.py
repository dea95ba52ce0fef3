"""The claims about a layer, part by part: what `layer_parts` has written of it is read back and
proved.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from sc_hw.proof.blocks.parts import claims_of_parts
from sc_hw.proof.blocks.plastic.critic import prove_critic
from sc_hw.proof.blocks.plastic.host import prove_host
from sc_hw.proof.blocks.plastic.lane import prove_plastic_lane
from sc_hw.proof.blocks.plastic.neurons import prove_neurons
from sc_hw.proof.blocks.plastic.sequencer import prove_layer_sequencer
from sc_hw.proof.blocks.plastic.traces import prove_input_memory, prove_output_memory
from sc_hw.proof.netlist import Netlist
from sc_hw.proof.prover import Prover
from sc_hw.proof.verdicts import Claim
from sc_model.spec import Design, Rule, RuleParams

Facts = dict[str, Any]
PartProver = Callable[[Prover, Netlist, Design, Rule, RuleParams, Facts], None]

PROVERS: dict[str, PartProver] = {
    "lane": lambda prover, net, design, rule, params, facts: prove_plastic_lane(
        prover, net, rule, params, facts
    ),
    "neurons": lambda prover, net, design, rule, params, facts: prove_neurons(
        prover, net, design, rule.state_formats(params)[facts["weight"]], facts
    ),
    "inputs": lambda prover, net, design, rule, params, facts: prove_input_memory(
        prover, net, rule, params, facts
    ),
    "outputs": lambda prover, net, design, rule, params, facts: prove_output_memory(
        prover, net, rule, params, facts
    ),
    "critic": lambda prover, net, design, rule, params, facts: prove_critic(
        prover,
        net,
        rule.input_formats(params)[facts["reward"]],
        design.layer.critic_shift if design.layer else 0,
        facts["latency"],
    ),
    "host": lambda prover, net, design, rule, params, facts: prove_host(prover, net, facts),
    "sequencer": lambda prover, net, design, rule, params, facts: prove_layer_sequencer(
        prover, net, facts["label"]
    ),
}


def prove_layer(
    folder: Path, manifest: dict[str, Any], rule: Rule, params: RuleParams, limit_s: float
) -> list[Claim]:
    """Claims about the layer whose parts lie in `folder`."""
    design = Design.model_validate({k: v for k, v in manifest["design"].items() if k != "synapses"})
    return claims_of_parts(
        folder,
        limit_s,
        lambda prover, net, row: PROVERS[row["part"]](
            prover, net, design, rule, params, row["facts"]
        ),
    )
