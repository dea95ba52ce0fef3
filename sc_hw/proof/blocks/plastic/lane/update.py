"""What a lane writes back is the learning rule's value of what it has read."""

from __future__ import annotations

from typing import Any

from sc_hw.proof.blocks.plastic.lane.frames import LaneFrames
from sc_hw.proof.prover import Cuts, number
from sc_hw.proof.words import slices
from sc_model.graph.smt import K, SmtInt, SmtOps


def prove_update(lane: LaneFrames) -> None:
    """Add the claims about the new value of each field, and about saturation."""
    t, facts, frames = lane.t, lane.facts, lane.frames
    numbers = _rule_values(lane)
    cuts = Cuts(lane.prover, frames.cuts(facts.named_signals, facts.fetch), lane.reads)
    cuts.witness.update(
        {
            "address": frames.at(facts.read_at, "read"),
            "clear": frames.at(facts.fetch - 1, "clear"),
            **numbers,
        }
    )
    state = {name: numbers[name] for name in lane.formats}
    inputs = {name: numbers[name] for name in numbers if name not in state}
    ops = _ClampRecorder(t, cuts)
    new = lane.reference.rule.apply(ops, state, inputs, lane.reference.params)
    for name in lane.write_clock:
        _prove_write_back(lane, name, SmtOps(t).let(name, new[name]), cuts)
    for name in facts.saturating:
        saturation = (SmtOps(t).let(name, new[name]) != ops.unclamped(new[name])).term
        _prove_saturation_flag(lane, name, saturation, cuts)


def _rule_values(lane: LaneFrames) -> dict[str, SmtInt]:
    """The rule's state and inputs for the synapse of clock 0, as integers by name."""
    t, facts, frames = lane.t, lane.facts, lane.frames
    formats = lane.formats | lane.reference.inputs
    # A lane whose rule uses nothing of its neuron has no register for the neuron's values.
    has_neuron = "post" in frames.net.signals
    neuron = slices(lane.prover, frames.at(facts.take, "post"), facts.neuron) if has_neuron else {}
    values = dict(lane.fetched_word())
    for name, form in formats.items():
        if name in values:
            continue
        if name in neuron:
            values[name] = neuron[name]
        elif name in facts.ports:
            values[name] = frames.at(facts.ports[name].clock, facts.ports[name].port)
        else:
            # The synapse's fields do not depend on it; were that wrong, a claim would be refuted.
            values[name] = t.var(f"unused {name}", form.width)
    return {name: number(t, vector, formats[name].signed) for name, vector in values.items()}


def _prove_write_back(lane: LaneFrames, name: str, value: SmtInt, cuts: Cuts) -> None:
    """Add the claim that the rule's `value` of a field is what is in memory in the end."""
    prover, t, frames = lane.prover, lane.t, lane.frames
    form, clock = lane.formats[name], lane.write_clock[name]
    enable, address = lane.write_ports(name)
    # The bus' enable is registered in the lane (clock + 1, when the address is there too); the
    # memory holds the word from clock + 2 on.
    new_value = number(t, lane.stored(clock + 2, name, frames.at(clock + 1, address)), form.signed)
    wrong = prover.either(
        t.differ(value.low(form.width), new_value.low(form.width)),
        # The value itself must fit, or equal low bits would prove too little.
        (value < form.lo).term,
        (value > form.hi).term,
    )
    prover.claim(
        f"lane, update: {name}",
        f"with `{enable}` high and `load` low {clock} clocks after a synapse's turn, the memory"
        f" holds at address `{address}`, {clock + 2} clocks after the turn, the rule's new {name}"
        " for the word that was read (initial fields in place of those read if `clear` was high)",
        wrong,
        [*lane.reads, lane.bit(clock, enable), prover.off(frames.at(clock, "load"))],
        {**cuts.witness, f"{name}' (rule)": value, f"{name}' (netlist)": new_value},
        abstraction=cuts.abstraction,
    )


def _prove_saturation_flag(lane: LaneFrames, name: str, saturation: Any, cuts: Cuts) -> None:
    """Add the claim about the flag that reports the saturation of a field."""
    prover, t = lane.prover, lane.t
    clock = lane.write_clock[lane.facts.weight]
    expected = prover.both(lane.bit(clock, "write_en"), saturation)
    prover.claim(
        f"lane, saturated: {name}",
        f"`saturated_{name}` is high {clock + 1} clocks after a synapse's turn exactly if the new"
        f" {name} is written and saturation has changed it",
        # One clock behind the enable: the flag is a register.
        prover.no(t(K.EQUAL, lane.bit(clock + 1, f"saturated_{name}"), expected)),
        lane.reads,
        cuts.witness,
        abstraction=cuts.abstraction,
    )


class _ClampRecorder(SmtOps):
    """The algebra of SMT integers; it remembers what each clamped value was before its clamp."""

    def __init__(self, terms: Any, on_let: Any) -> None:
        super().__init__(terms, on_let)
        self._pairs: list[tuple[SmtInt, SmtInt]] = []  # clamped value, value before

    def clamp(self, value: Any, lo: int, hi: int) -> SmtInt:
        """Clamp a value and remember it."""
        result = super().clamp(value, lo, hi)
        self._pairs.append((result, SmtOps(self.terms).let("", value)))
        return result

    def let(self, name: str, value: Any) -> SmtInt:
        """Name a value: at a cut the result is another object, with the same history."""
        result = super().let(name, value)
        self._pairs += [(result, before) for clamped, before in self._pairs if clamped is value]
        return result

    def unclamped(self, value: Any) -> SmtInt:
        """What a value was before it was clamped; KeyError for one that was not."""
        for clamped, before in self._pairs:
            if clamped is value:
                return before
        raise KeyError("Value must be the result of a clamp; report no saturation of this field")
