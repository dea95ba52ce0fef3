"""What is claimed of the memories at the chains' heads: which row they work on, and for whom."""

from __future__ import annotations

from sc_hw.proof.blocks.plastic.facts import LayerFacts
from sc_hw.proof.blocks.plastic.wiring.bus import rows_of
from sc_hw.proof.blocks.plastic.wiring.glue import Glue
from sc_hw.proof.blocks.plastic.wiring.steps import field
from sc_model.spec import Placement


def prove_heads(glue: Glue, facts: LayerFacts, place: Placement) -> None:
    """Add the claims about the inputs of each chain's memory of traces."""
    clear = glue.any_of(glue.at("cleared_trial"), glue.at("cleared_traces"))
    payload = glue.at("i__payload")
    spikes = field(glue, payload, facts.step, "spikes")
    at_host = glue.all_of(glue.at("sequencer.at_start"), glue.at("host.busy"))
    for chain in range(place.chains):
        head = f"inputs_{chain}"
        row = glue.wide("sequencer.row", f"{head}.row")
        rows = rows_of(place, chain)
        # What a transfer says of rows that the chain does not have is not defined.
        exists = glue.const(1) if rows == place.rows else glue.below(row, rows)
        here = glue.is_number(glue.at("host.chain"), chain)
        glue.outputs(
            f"inputs {chain}",
            f"the memory of chain {chain} gets the sequencer's row, or the host's between steps;"
            f" bit {chain} of the transfer's spikes if it has that row; the clears of the step"
            " before; and the host's loads that name this chain",
            {
                f"{head}.issue": glue.at("sequencer.issue"),
                f"{head}.row": glue.choice(at_host, glue.wide("host.word", f"{head}.row"), row),
                f"{head}.first": glue.at("sequencer.first"),
                f"{head}.last": glue.at("sequencer.last"),
                f"{head}.spike_in": glue.all_of(glue.bit(spikes, chain), exists),
                f"{head}.clear": clear,
                f"{head}.load": glue.all_of(glue.at("host.load_input"), here),
                f"{head}.load_data": glue.wide("host.data", f"{head}.load_data"),
            },
            running=False,
        )
