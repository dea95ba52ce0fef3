"""What is claimed of a layer's outputs: spikes, the end of a step, rest, and the counters."""

from __future__ import annotations

from sc_hw.proof.blocks.plastic.facts import LayerFacts
from sc_hw.proof.blocks.plastic.wiring.glue import Glue, Next
from sc_model.spec import Placement

_COUNTER = "saturated_"
_COUNTER_BITS = 32


def registers(facts: LayerFacts, place: Placement) -> dict[str, int]:
    """The registers that `prove_results` is about, by name, and their bits."""
    lanes = (place.columns * place.chains).bit_length()
    counters = [f"{_COUNTER}{name}" for name in facts.lane.saturating]
    return {
        **dict.fromkeys(("updates", *counters), _COUNTER_BITS),
        **{f"{name}_lanes": lanes for name in counters},
    }


def prove_results(glue: Glue, facts: LayerFacts, place: Placement) -> None:
    """Add the claims about the layer's outputs."""
    glue.outputs(
        "results",
        "spikes and the end of a step are the neurons'; the layer is idle if the host port is and"
        " no step has begun",
        {
            "spike": glue.at("neurons.spike"),
            "neuron": glue.wide("neurons.neuron", "neuron"),
            "done": glue.at("neurons.done"),
            "idle": glue.all_of(glue.at("host.idle"), glue.at("sequencer.at_start")),
        },
        running=False,
    )
    if any(port.name == "updates" for port in facts.ports["layer"]):
        updates = glue.at("updates")
        more = glue.const(place.inputs * place.neurons, glue.t.width(updates))
        glue.registers(
            "updates",
            f"a step that starts adds its {place.inputs} x {place.neurons} updates",
            {"updates": Next(glue.choice(glue.at("started"), glue.plus(updates, more), updates))},
            outputs={"updates": updates},
        )
    for name in facts.lane.saturating:
        counter = f"{_COUNTER}{name}"
        total = glue.at(counter)
        lanes = glue.at(f"{counter}_lanes")
        counts = glue.const(0, glue.t.width(lanes))
        for chain in range(place.chains):
            counts = glue.plus(counts, glue.at(f"chain_{chain}.{counter}"))
        glue.registers(
            counter,
            "the counter grows by what all chains have counted, which passes a register",
            {f"{counter}_lanes": Next(counts), counter: Next(glue.plus(total, lanes))},
            outputs={counter: total},
        )
