"""What is claimed of a layer's steps: when one begins, and what came with its first transfer."""

from __future__ import annotations

from typing import Any

from sc_hw.proof.blocks.plastic.facts import LayerFacts
from sc_hw.proof.blocks.plastic.wiring.glue import Glue, Next
from sc_hw.proof.facts import Field
from sc_model.graph.smt import K
from sc_model.spec import Placement

_FLAG_REGISTERS = (
    *("odd", "started", "decide"),
    *("clear_trial", "clear_traces", "cleared_trial", "cleared_traces"),
)
# Fields of a transfer that are no modulators.
_FLAGS = ("spikes", "outcome", "decide", "clear_trial", "clear_traces")


def modulators(facts: LayerFacts) -> list[str]:
    """Names of the rule's modulators."""
    return [field.name for field in facts.step if field.name not in _FLAGS]


def registers(facts: LayerFacts) -> dict[str, int]:
    """The registers that `prove_steps` is about, by name, and their bits."""
    bits = {each.name: each.width for each in facts.step}
    widths = dict.fromkeys(_FLAG_REGISTERS, 1) | {"offered": sum(bits.values())}
    widths |= {f"step_{name}": bits[name] for name in modulators(facts)}
    if facts.critic is not None:
        reference = facts.critic.kept
        (state,) = (port for port in facts.ports["critic"] if port.name == f"i_{reference}")
        waited = (facts.critic.latency + 1).bit_length()
        widths |= {reference: state.width, "waited": waited, "critic_ready": 1}
        widths |= {"undecided": 1} if facts.critic.predicts else {}
    return widths


def field(glue: Glue, word: Any, fields: tuple[Field, ...], name: str, base: int = 0) -> Any:
    """A field of a packed word; the word may stand in the lowest bits of a wider one."""
    (place,) = (each for each in fields if each.name == name)
    low = base + place.offset
    return glue.t(K.BV_EXTRACT, word, indices=(low + place.width - 1, low))


def prove_steps(glue: Glue, facts: LayerFacts, place: Placement) -> None:
    """Add the claims about the sequencer's inputs and the registers of a step."""
    _prove_sequencer(glue, facts, place)
    _prove_transfer(glue, facts)
    _prove_clears(glue, facts)
    if facts.critic is not None:
        _prove_critic(glue, facts)


def _prove_sequencer(glue: Glue, facts: LayerFacts, place: Placement) -> None:
    """Sizes, when a sweep may begin, and the stream of rows."""

    def size(name: str, value: int) -> Any:
        return glue.const(value, glue.widths[f"sequencer.{name}"])

    ready = glue.at("host.open")
    if facts.critic is not None:
        ready = glue.all_of(ready, glue.at("critic_ready"))
    in_phase = glue.const(1)
    if facts.lane.single_port:
        row = glue.at("sequencer.row")
        in_phase = glue.equal(glue.bit(row, 0), glue.at("odd"))
        glue.registers(
            "phase",
            "even and odd clocks alternate",
            {"odd": Next(glue.no(glue.at("odd")))},
        )
    glue.outputs(
        "sequencer",
        f"the sequencer has {place.rows} rows, {facts.slots} clocks for a group and"
        f" {place.groups} groups; a sweep may begin when the host lets it and the critic, if there"
        " is one, is ready; rows come from the stream of steps (with single-port memory, even rows"
        " in even clocks)",
        {
            "sequencer.last_row": size("last_row", place.rows - 1),
            "sequencer.last_pause": size("last_pause", facts.slots - place.rows - 1),
            "sequencer.last_group": size("last_group", place.groups - 1),
            "sequencer.open": ready,
            "sequencer.i_valid": glue.all_of(glue.at("i__valid"), in_phase),
            "i__ready": glue.all_of(glue.at("sequencer.i_ready"), in_phase),
        },
        running=False,
    )


def _prove_transfer(glue: Glue, facts: LayerFacts) -> None:
    """The first transfer's payload, and what is held of it for the step."""
    started, offered = glue.at("started"), glue.at("offered")

    def next_value(register: str, name: str) -> Any:
        value = field(glue, offered, facts.step, name)
        return glue.choice(started, value, glue.at(register))

    names = {f"step_{name}": name for name in modulators(facts) if facts.critic is None}
    expected = {
        register: Next(next_value(register, name), None) for register, name in names.items()
    }
    if any(each.name == "decide" for each in facts.step):
        expected["decide"] = Next(next_value("decide", "decide"))
    glue.registers(
        "transfer",
        "the payload and the start of a step pass one register; modulators and flags change with"
        " a step's first transfer alone",
        {
            "offered": Next(glue.at("i__payload"), None),
            "started": Next(glue.at("sequencer.start")),
            **expected,
        },
    )


def _prove_clears(glue: Glue, facts: LayerFacts) -> None:
    """The clears that were asked for with the step under way and with the one before it."""
    started, loads = glue.at("started"), glue.at("host.load_control")
    offered, data = (
        glue.at("offered"),
        glue.at("host.data"),
    )

    def next_value(from_step: Any, field_name: str, register: str) -> Next:
        host = field(glue, data, facts.control, field_name)
        otherwise = glue.choice(loads, host, glue.at(register))
        return Next(glue.choice(started, from_step, otherwise))

    before = glue.choice(started, glue.at("clear_traces"), glue.at("cleared_traces"))
    glue.registers(
        "clears",
        "the clears of a step and of the one before it move on when a step starts; the host loads"
        " those that a checkpoint holds",
        {
            "clear_trial": next_value(
                field(glue, offered, facts.step, "clear_trial"), "cleared_trial", "clear_trial"
            ),
            "clear_traces": next_value(
                field(glue, offered, facts.step, "clear_traces"), "cleared_traces", "clear_traces"
            ),
            "cleared_trial": next_value(
                glue.at("clear_trial"), "cleared_trial_before", "cleared_trial"
            ),
            "cleared_traces": Next(before),
        },
        # The host writes in no clock behind one in which a step can begin (a claim about it).
        assumptions=[glue.prover.off(glue.all_of(started, loads))],
    )


def _prove_critic(glue: Glue, facts: LayerFacts) -> None:
    """The critic's inputs, its state, and when it is ready."""
    critic = facts.critic
    if critic is None:
        raise ValueError("a layer without a critic has no claims about one")
    started, loads, ready = (glue.at(n) for n in ("started", "host.load_control", "critic_ready"))
    payload = glue.at("i__payload")
    reference = critic.kept
    value: dict[str, Any] = {}
    if critic.predicts:
        control = glue.at("neurons.control")
        value = {"critic.i_value": field(glue, control, facts.neurons_control, "value")}
    glue.outputs(
        "critic",
        "the critic gets what outcomes are compared with, and the outcome that the transfer offers",
        {
            **value,
            f"critic.i_{reference}": glue.at(reference),
            "critic.i_reward": field(glue, payload, facts.step, critic.reward),
            "critic.i_outcome": field(glue, payload, facts.step, "outcome"),
        },
        running=False,
    )
    register = f"step_{critic.reward}"
    waited = glue.at("waited")
    zero = glue.const(0, glue.t.width(waited))
    waits = glue.all_of(glue.at("i__valid"), glue.at("sequencer.at_start"), glue.no(ready))
    if critic.predicts:
        undecided = glue.at("undecided")
        waits = glue.all_of(waits, glue.no(undecided))
        decided = glue.choice(glue.at("neurons.done"), glue.const(0), undecided)
        glue.registers(
            "undecided",
            "a step is undecided from its start until the neurons say that it is done",
            {"undecided": Next(glue.choice(started, glue.const(1), decided))},
        )
    restarts = glue.any_of(started, loads)
    one = glue.const(1, glue.t.width(waited))
    next_count = glue.choice(waits, glue.plus(waited, one), waited)
    became = glue.choice(waits, glue.is_number(waited, critic.latency), ready)
    data = glue.at("host.data")
    modulator = glue.at(register)
    if critic.predicts:
        judged = field(glue, glue.at("offered"), facts.step, "outcome")
        next_reference = glue.choice(judged, value["critic.i_value"], glue.at(reference))
    else:
        next_reference = glue.at(f"critic.o_{reference}")
    next_reference = glue.choice(started, next_reference, glue.at(reference))
    from_critic = glue.at("critic.o_modulator")
    glue.registers(
        "critic's registers",
        f"a step's modulator is the critic's, which it has {critic.latency} clocks after a transfer"
        " is offered at a step's start, where a neuron predicts after the step before has been"
        " decided on too, or after the host has loaded what outcomes are compared with: their mean"
        " as the critic moves it on, or the prediction that the last outcome was compared with",
        {
            reference: Next(
                glue.choice(loads, field(glue, data, facts.control, reference), next_reference)
            ),
            register: Next(glue.choice(started, from_critic, modulator), None),
            "waited": Next(glue.choice(restarts, zero, next_count)),
            "critic_ready": Next(glue.choice(restarts, glue.const(0), became)),
        },
    )
