"""Claims about a plastic layer's feed, which sends the values of a group's neurons to the lanes.

Names of registers are those of `sc_hw.plastic.feed.NeuronFeed`. A *token* ends a group of neurons;
see `sc_hw.plastic.host`.
"""

from __future__ import annotations

from typing import Any

from sc_hw.proof.blocks.plastic.facts import LayerFacts
from sc_hw.proof.blocks.plastic.wiring.glue import Glue, Next
from sc_model.spec import Placement

# Registers of the feed that have one bit.
_FLAGS = ("for_step", "refetch", "restart", "feeding", "at_first", "clear", "mute")


def registers(facts: LayerFacts, place: Placement) -> dict[str, int]:
    """Widths in bits of the registers that `prove_feed` is about, by name."""
    (index,) = (port for port in facts.ports["outputs"] if port.name == "index")
    number = max(1, (place.columns - 1).bit_length())
    return {**dict.fromkeys(_FLAGS, 1), "index": index.width, "number": number}


def token(glue: Glue, ago: int) -> Any:
    """Whether there was a token `ago` clocks ago, from the sequencer or from the host port."""
    return glue.any_of(glue.at("sequencer.end", ago), glue.at("host.token", ago))


def prove_feed(glue: Glue, facts: LayerFacts, place: Placement) -> None:
    """Add the claims about the feed.

    Parameters
    ----------
    glue : the layer's module without its parts.
    facts : clocks and layouts of the layer.
    place : its groups and columns.
    """
    # The first shift into the lanes comes `weight_fetched` + `first_shift` clocks after a token.
    # It carries the values of the first neuron, whose turn is `feed` clocks before. `feeding`,
    # which says that it is its turn, is a register: one clock more.
    delay = facts.lane.weight_fetched + facts.first_shift - facts.feed - 1
    begins = glue.strobe(lambda ago: token(glue, ago), delay)
    for_step, refetch, restart = (glue.at(n) for n in ("for_step", "refetch", "restart"))
    new_step = glue.all_of(begins, for_step, glue.no(refetch), glue.at("at_first"))
    _prove_token(glue)
    _prove_turns(glue, place, begins)
    latch = glue.all_of(begins, glue.any_of(restart, new_step))
    trial, traces, before = (glue.at(n) for n in ("clear_trial", "clear_traces", "cleared_trial"))
    glue.registers(
        "feed's clears",
        "from a step's first neuron on traces are cleared if the step under way asks for it, and"
        " spikes are dropped if it or the step before asks for a new trial",
        {
            "clear": Next(glue.choice(latch, glue.any_of(trial, traces), glue.at("clear")), None),
            "mute": Next(glue.choice(latch, glue.any_of(trial, before), glue.at("mute")), None),
        },
    )
    index = glue.at("index")
    busy = glue.at("host.busy")
    # Synapses see the spikes of two steps before. With more than two groups a neuron has been
    # evaluated once more by the time of its turn, so the spike before its last one is asked for.
    # With two groups that is so only where the host has made the layer fetch a second time.
    before_last = glue.const(1) if place.groups > 2 else refetch
    glue.outputs(
        "feed",
        "the memory of the neurons' traces gets a neuron's turn in a step, its number (the host's"
        " word during an access), the exchange of the banks when a new step begins, the clear, and"
        " the neuron's spike unless it is dropped; neurons are asked for the spike of two steps"
        " before",
        {
            "outputs.feed": glue.all_of(glue.at("feeding"), for_step),
            "outputs.index": glue.choice(busy, glue.wide("host.word", "outputs.index"), index),
            "outputs.flip": new_step,
            "outputs.clear": glue.at("clear"),
            "outputs.spike": glue.all_of(glue.at("neurons.asked"), glue.no(glue.at("mute"))),
            "neurons.ask": index,
            "neurons.ask_before": before_last,
            "neurons.next_step": new_step,
        },
        running=False,
    )


def _prove_token(glue: Glue) -> None:
    """Claim the registers that say what a token is for; they keep it until the next token."""
    now = token(glue, 0)
    reads, restarts, takes = (glue.at(f"host.{n}") for n in ("reading", "restart", "take"))

    def next_value(value: Any, register: str) -> Next:
        return Next(glue.choice(now, value, glue.at(register)), None)

    glue.registers(
        "token",
        "until the next token it is known whether its sums are a step's, whether the host fetches"
        " values again, and whether it begins with the first neuron",
        {
            "for_step": next_value(glue.no(reads), "for_step"),
            "refetch": next_value(glue.any_of(restarts, takes), "refetch"),
            "restart": next_value(restarts, "restart"),
        },
    )


def _prove_turns(glue: Glue, place: Placement, begins: Any) -> None:
    """Claim the turns of a group: their number in the group, and the number of the neuron."""
    feeding, for_step = glue.at("feeding"), glue.at("for_step")
    number = glue.at("number")
    index = glue.at("index")
    zero = glue.const(0, glue.t.width(index))

    def one_more(value: Any) -> Any:
        return glue.plus(value, glue.const(1, glue.t.width(value)))

    at_end = glue.is_number(index, place.groups * place.columns - 1)
    next_neuron = glue.choice(at_end, zero, one_more(index))
    next_index = glue.choice(glue.all_of(feeding, for_step), next_neuron, index)
    at_last_turn = glue.is_number(number, place.columns - 1)
    goes_on = glue.all_of(feeding, glue.no(at_last_turn))
    rest = glue.const(0, glue.t.width(number))
    glue.registers(
        "turns",
        f"a token gives {place.columns} turns, one a clock; in a step's they go on from neuron to"
        " neuron, the first after the last; a restart goes back to the first",
        {
            "feeding": Next(glue.any_of(begins, goes_on)),
            "number": Next(glue.choice(feeding, one_more(number), rest)),
            "index": Next(
                glue.choice(begins, glue.choice(glue.at("restart"), zero, index), next_index)
            ),
            "at_first": Next(glue.is_number(index, 0), 1),
        },
    )
