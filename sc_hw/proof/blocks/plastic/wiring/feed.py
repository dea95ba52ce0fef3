"""What is claimed of a layer's feed: the values of a group's neurons, sent into the chains."""

from __future__ import annotations

from typing import Any

from sc_hw.proof.blocks.plastic.facts import LayerFacts
from sc_hw.proof.blocks.plastic.wiring.glue import Glue, Next
from sc_model.spec import Placement

_FLAGS = ("for_step", "refetch", "restart", "feeding", "at_first", "clear", "mute")


def registers(facts: LayerFacts, place: Placement) -> dict[str, int]:
    """The registers that `prove_feed` is about, by name, and their bits."""
    (index,) = (port for port in facts.ports["outputs"] if port.name == "index")
    number = max(1, (place.columns - 1).bit_length())
    return {**dict.fromkeys(_FLAGS, 1), "index": index.width, "number": number}


def token(glue: Glue, ago: int) -> Any:
    """Whether a group ended, or the host asked for the same, so many clocks ago."""
    return glue.any_of(glue.at("sequencer.end", ago), glue.at("host.token", ago))


def prove_feed(glue: Glue, facts: LayerFacts, place: Placement) -> None:
    """Add the claims about the feed.

    It begins some clocks after a token: its first neuron's values, `feed` clocks later, are those
    that the first shift carries, and the register that says that it is under way costs a clock.
    """
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
    """What a token is for, kept until the next one."""
    now = token(glue, 0)
    reads, restarts, takes = (glue.at(f"host.{n}") for n in ("reading", "restart", "take"))

    def kept(value: Any, register: str) -> Next:
        return Next(glue.choice(now, value, glue.at(register)), None)

    glue.registers(
        "token",
        "until the next token it is known whether its sums are a step's, whether the host fetches"
        " values again, and whether it begins with the first neuron",
        {
            "for_step": kept(glue.no(reads), "for_step"),
            "refetch": kept(glue.any_of(restarts, takes), "refetch"),
            "restart": kept(restarts, "restart"),
        },
    )


def _prove_turns(glue: Glue, place: Placement, begins: Any) -> None:
    """The turns of a group: their number, and the number of the neuron."""
    feeding, for_step = glue.at("feeding"), glue.at("for_step")
    number = glue.at("number")
    index = glue.at("index")
    zero = glue.const(0, glue.t.width(index))

    def one_more(value: Any) -> Any:
        return glue.plus(value, glue.const(1, glue.t.width(value)))

    at_end = glue.is_number(index, place.groups * place.columns - 1)
    following = glue.choice(at_end, zero, one_more(index))
    in_turn = glue.choice(glue.all_of(feeding, for_step), following, index)
    last = glue.is_number(number, place.columns - 1)
    goes_on = glue.all_of(feeding, glue.no(last))
    rest = glue.const(0, glue.t.width(number))
    glue.registers(
        "turns",
        f"a token gives {place.columns} turns, one a clock; in a step's they go on from neuron to"
        " neuron, the first after the last; a restart goes back to the first",
        {
            "feeding": Next(glue.any_of(begins, goes_on)),
            "number": Next(glue.choice(feeding, one_more(number), rest)),
            "index": Next(
                glue.choice(begins, glue.choice(glue.at("restart"), zero, index), in_turn)
            ),
            "at_first": Next(glue.is_number(index, 0), 1),
        },
    )
