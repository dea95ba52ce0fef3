"""The claims about a layer, part by part: what `layer_parts` has written of it is read back and proved."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from sc_hw.flow.claims import Court
from sc_hw.flow.layer_parts import PARTS
from sc_hw.flow.netlist import Netlist, parse_btor, read_back
from sc_hw.flow.prove_critic import prove_critic
from sc_hw.flow.prove_host import prove_host
from sc_hw.flow.prove_layer_sequencer import prove_layer_sequencer
from sc_hw.flow.prove_neurons import prove_neurons
from sc_hw.flow.prove_plastic_lane import prove_plastic_lane
from sc_hw.flow.prove_traces import prove_input_memory, prove_output_memory
from sc_hw.flow.verdicts import Claim
from sc_model.graph.smt import Terms
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
    claims: list[Claim] = []
    kept: list[Terms] = []  # a solver's terms must outlive what is made of them
    for number, row in enumerate(json.loads((folder / "proof" / PARTS).read_text())["parts"]):
        terms = Terms()
        kept.append(terms)
        court = Court(terms, limit_s)
        net = parse_btor(read_back(folder / row["verilog"], row["top"], folder / "proof", f"part_{number}"), terms)
        PROVERS[row["part"]](court, net, design, rule, params, row["facts"])
        claims += court.claims
    return claims
