"""Claims about the wiring of a plastic layer's host port: each memory space reaches its part alone.

In all of these claims the wires hold in a reset too, so none assumes that there is none
(`running=False`).
"""

from __future__ import annotations

from typing import Any

from sc_hw.proof.blocks.plastic.facts import LayerFacts
from sc_hw.proof.blocks.plastic.wiring.glue import Glue
from sc_hw.proof.words import pack
from sc_model.graph.smt import K
from sc_model.spec import Placement


def prove_access(glue: Glue, facts: LayerFacts, place: Placement) -> None:
    """Add the claims about the host port's inputs, its streams, and the loads of the parts.

    Parameters
    ----------
    glue : the layer's module without its parts.
    facts : layouts and codes of the layer.
    place : its chains, rows and columns.
    """
    _prove_words(glue, facts, place)
    _prove_streams(glue)
    width = glue.widths["neurons.sums"] // place.chains
    values = [glue.low(glue.at(f"chain_{chain}.far_value"), width) for chain in range(place.chains)]
    glue.outputs(
        "sums",
        "a neuron gets the sum of each chain, when they come out of it and are a step's",
        # All chains shift at the same time, so the strobe of the first one stands for all.
        {
            "neurons.sums": pack(glue.t, values),
            "neurons.evaluate": glue.at("chain_0.far_evaluate"),
        },
        running=False,
    )
    decides = any(each.name == "decide" for each in facts.step)
    glue.outputs(
        "neurons",
        "the neurons get the step's flags, and the host's word, data and strobes of their spaces",
        {
            "neurons.decide": glue.at("decide") if decides else glue.const(0),
            "neurons.cleared": glue.at("cleared_trial"),
            "neurons.host": glue.at("host.busy"),
            "neurons.host_index": glue.wide("host.word", "neurons.host_index"),
            "neurons.load": glue.at("host.load_neuron"),
            "neurons.load_data": glue.wide("host.data", "neurons.load_data"),
            "neurons.load_control": glue.at("host.load_control"),
            "neurons.control_in": glue.wide("host.data", "neurons.control_in"),
        },
        running=False,
    )
    glue.outputs(
        "outputs",
        "the memory of the neurons' traces gets the host's data and the strobe of its space",
        {
            "outputs.load": glue.at("host.load_output"),
            "outputs.load_data": glue.wide("host.data", "outputs.load_data"),
        },
        running=False,
    )


def _control(glue: Glue, facts: LayerFacts) -> Any:
    """The word of control registers: the neurons' in the lowest bits, then those of the layer.

    See `sc_hw.plastic.control.control_layout`.
    """
    # The layer's register for each field of the word; all other fields are the neurons'.
    registers = {
        **({facts.critic.kept: facts.critic.kept} if facts.critic is not None else {}),
        "cleared_trial": "clear_trial",
        "cleared_traces": "clear_traces",
        "cleared_trial_before": "cleared_trial",
    }
    neuron_bits = sum(each.width for each in facts.control if each.name not in registers)
    values = []
    if neuron_bits:
        values.append(glue.at("neurons.control"))
    values += [glue.at(registers[each.name]) for each in facts.control if each.name in registers]
    return pack(glue.t, values)


def _prove_words(glue: Glue, facts: LayerFacts, place: Placement) -> None:
    """Claim what the host reads: a word of each memory space, and what comes out of the chains."""
    # The port `words` of the host port is an array: at the index of a space's code, its word.
    words = "host.words"
    bits = glue.widths["host.far_value"]
    array = glue.at(words)

    def word_at(code: int) -> Any:
        high = (code + 1) * bits - 1
        return glue.t(K.BV_EXTRACT, array, indices=(high, code * bits))

    heads = _of_chain(glue, place, "inputs_{}.word", bits)
    rows = {
        "input": heads,
        "output": glue.low(glue.at("outputs.word"), bits),
        "neuron": glue.low(glue.at("neurons.word"), bits),
        "control": glue.low(_control(glue, facts), bits),
    }
    codes = glue.t.width(array) // bits
    pairs = {name: (word_at(facts.spaces[name]), value) for name, value in rows.items()}
    # All other elements are 0: a lane's word comes out of its chain, and some codes have no space.
    zero = glue.const(0, bits)
    used = {facts.spaces[name] for name in rows}
    pairs |= {f"code {c}": (word_at(c), zero) for c in range(codes) if c not in used}
    glue.fields(
        "read-back",
        "the host reads of each space the word that its part shows: of the inputs that of the"
        " chain it names, of the registers each in its place",
        words,
        pairs,
        running=False,
        assumptions=[_names_a_chain(glue, place)],
    )
    glue.outputs(
        "chain's values to the host",
        "the host gets the value that comes out of the chain it names, when it comes, and knows"
        " whether a step has begun",
        {
            "host.at_start": glue.at("sequencer.at_start"),
            "host.far_sample": glue.at("chain_0.far_sample"),
            "host.far_value": _of_chain(glue, place, "chain_{}.far_value", bits),
        },
        running=False,
        assumptions=[_names_a_chain(glue, place)],
    )


def _names_a_chain(glue: Glue, place: Placement) -> Any:
    """Assumption that the number of the host's chain is that of a chain of the layer.

    The claims say nothing of a higher number, which the bits of the port can hold.
    """
    return glue.prover.on(glue.below(glue.at("host.chain"), place.chains))


def _of_chain(glue: Glue, place: Placement, name: str, bits: int) -> Any:
    """A signal of the chain whose number the host gives, extended to `bits` bits.

    Parameters
    ----------
    name : name of the signal in every chain, with ``{}`` in place of the chain's number.
    """
    number = glue.at("host.chain")
    value = glue.const(0, bits)
    for chain in range(place.chains):
        word = glue.low(glue.at(name.format(chain)), bits)
        value = glue.choice(glue.is_number(number, chain), word, value)
    return value


def _prove_streams(glue: Glue) -> None:
    """Claim that the streams of the host port are the layer's own ports."""
    inward = ("load__payload", "load__valid", "read__payload", "read__valid", "readback__ready")
    outward = ("load__ready", "read__ready", "readback__payload", "readback__valid")
    glue.outputs(
        "streams",
        "loads, reads and answers pass between the layer's ports and the host port unchanged",
        {
            **{f"host.{name}": glue.wide(name, f"host.{name}") for name in inward},
            **{name: glue.wide(f"host.{name}", name) for name in outward},
        },
        running=False,
    )
