"""The claims about a plastic layer: each of its parts is read back and proved by itself.

Then each part in the layer's Verilog is proved equal to the one that the claims are about, and what
joins the parts is claimed too (see `wiring`).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Generic, TypeVar

from sc_hw.proof.blocks.parts import claims_of_parts
from sc_hw.proof.blocks.plastic.critic import prove_critic
from sc_hw.proof.blocks.plastic.facts import (
    CriticFacts,
    HostFacts,
    InputsFacts,
    LaneFacts,
    NeuronsFacts,
    OutputsFacts,
    SequencerFacts,
)
from sc_hw.proof.blocks.plastic.host import prove_host
from sc_hw.proof.blocks.plastic.inputs import prove_inputs
from sc_hw.proof.blocks.plastic.lane import prove_plastic_lane
from sc_hw.proof.blocks.plastic.neurons import prove_neurons
from sc_hw.proof.blocks.plastic.outputs import prove_outputs
from sc_hw.proof.blocks.plastic.reference import Reference
from sc_hw.proof.blocks.plastic.sequencer import prove_layer_sequencer
from sc_hw.proof.blocks.plastic.wiring.layer import claims_of_wiring
from sc_hw.proof.facts import read_facts
from sc_hw.proof.netlist import Netlist
from sc_hw.proof.prover import Prover
from sc_hw.proof.verdicts import Claim
from sc_model.spec import Design, Rule, RuleParams
from sc_model.spec.plastic_layer import placement

F = TypeVar("F")


@dataclass(frozen=True)
class PartProver(Generic[F]):
    """How a kind of part is proved.

    Members
    -------
    facts : type of the part's facts.
    prove : adds the claims about one part to a prover.
    """

    facts: type[F]
    prove: Callable[[Prover, Netlist, Reference, F], None]


# By the kinds that `write_parts` writes into the list of parts.
PROVERS: dict[str, PartProver[Any]] = {
    "lane": PartProver(LaneFacts, prove_plastic_lane),
    "neurons": PartProver(NeuronsFacts, prove_neurons),
    "inputs": PartProver(InputsFacts, prove_inputs),
    "outputs": PartProver(OutputsFacts, prove_outputs),
    "critic": PartProver(CriticFacts, prove_critic),
    "host": PartProver(HostFacts, prove_host),
    "sequencer": PartProver(SequencerFacts, prove_layer_sequencer),
}


def prove_layer(
    folder: Path, manifest: dict[str, Any], rule: Rule, params: RuleParams, limit_s: float
) -> list[Claim]:
    """Claims about the layer whose parts are in `folder`.

    Parameters
    ----------
    folder : where `write_parts` has written.
    manifest : of the layer's build.
    rule, params : the learning rule.
    limit_s : seconds for one claim.

    Raises
    ------
    ValueError
        The manifest is of a design without a plastic layer.
    TypeError
        Facts are not those of this version.
    """
    # `synapses` is a number that a layer's manifest adds to its design.
    design = Design.model_validate({k: v for k, v in manifest["design"].items() if k != "synapses"})
    if design.layer is None or design.neuron is None:
        raise ValueError(f"Design must be a plastic layer, not the {design.block} '{design.name}'")
    reference = Reference(design.layer, design.neuron, rule, params)

    def prove_part(prover: Prover, net: Netlist, row: dict[str, Any]) -> None:
        # The kind selects both the type of the facts and the claims.
        part = PROVERS[row["part"]]
        part.prove(prover, net, reference, read_facts(part.facts, row["facts"]))

    claims = claims_of_parts(folder, limit_s, prove_part)
    return [*claims, *claims_of_wiring(folder, placement(design.layer), limit_s)]
