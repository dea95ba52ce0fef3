"""The claims about a layer, part by part: what `layer_parts` has written of it is read back and proved."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from sc_hw.flow.claims import Court
from sc_hw.flow.netlist import Netlist
from sc_hw.flow.prove_critic import prove_critic
from sc_hw.flow.prove_host import prove_host
from sc_hw.flow.prove_layer_sequencer import prove_layer_sequencer
from sc_hw.flow.prove_neurons import prove_neurons
from sc_hw.flow.prove_parts import claims_of_parts
from sc_hw.flow.prove_plastic_lane import prove_plastic_lane
from sc_hw.flow.prove_traces import prove_input_memory, prove_output_memory
from sc_hw.flow.verdicts import Claim
from sc_model.spec import Design, Rule, RuleParams

Facts = dict[str, Any]
Prover = Callable[[Court, Netlist, Design, Rule, RuleParams, Facts], None]

PROVERS: dict[str, Prover] = {
    "lane": lambda court, net, design, rule, params, facts: prove_plastic_lane(court, net, rule, params, facts),
    "neurons": lambda court, net, design, rule, params, facts: prove_neurons(
        court, net, design, rule.state_formats(params)[facts["weight"]], facts
    ),
    "inputs": lambda court, net, design, rule, params, facts: prove_input_memory(court, net, rule, params, facts),
    "outputs": lambda court, net, design, rule, params, facts: prove_output_memory(court, net, rule, params, facts),
    "critic": lambda court, net, design, rule, params, facts: prove_critic(
        court,
        net,
        rule.input_formats(params)[facts["reward"]],
        design.layer.critic_shift if design.layer else 0,
        facts["latency"],
    ),
    "host": lambda court, net, design, rule, params, facts: prove_host(court, net, facts),
    "sequencer": lambda court, net, design, rule, params, facts: prove_layer_sequencer(court, net, facts["label"]),
}


def prove_layer(folder: Path, manifest: dict[str, Any], rule: Rule, params: RuleParams, limit_s: float) -> list[Claim]:
    """Claims about the layer whose parts lie in `folder`."""
    design = Design.model_validate({k: v for k, v in manifest["design"].items() if k != "synapses"})
    return claims_of_parts(
        folder, limit_s, lambda court, net, row: PROVERS[row["part"]](court, net, design, rule, params, row["facts"])
    )
