"""What is proved of a lane: step, hold, load and reset, for every state and every input.

The lane updates its registers in a single clock, so that each claim compares a register with its
next value; nothing is unrolled.
"""

from __future__ import annotations

from typing import Any

from sc_hw.proof.blocks.random_source import RandomBits, prove_random_source
from sc_hw.proof.netlist import Netlist
from sc_hw.proof.prover import Cuts, Prover, number
from sc_model.graph.smt import SmtOps
from sc_model.spec import Rule, RuleParams


def prove_lane(
    prover: Prover, net: Netlist, rule: Rule, params: RuleParams, manifest: dict[str, Any]
) -> None:
    """Add the claims about a lane to the prover.

    Parameters
    ----------
    prover, net : the prover, and the lane's netlist.
    rule, params : the learning rule: its own source runs on SMT integers, and the netlist must
        agree with it.
    manifest : of the lane's build: its named signals.
    """
    lane = _Lane(prover, net, rule, params)
    _prove_step(lane, manifest)
    _prove_hold(lane)
    _prove_load(lane)
    _prove_reset(lane)
    if lane.random is not None:
        prove_random_source(
            lane.random,
            step=prover.both(lane.step, prover.no(lane.load)),
            restart=lane.load,
            rst=lane.rst,
            register=net.states[net.state_of("random__state")],
            following=net.following[net.state_of("random__state")],
            load=prover.on(net.inputs["random__load"]),
            seed=net.inputs["random__seed"],
        )


class _Lane:
    """The registers of a lane now and in the next clock.

    Members
    -------
    fields : formats of the rule's state.
    before, after : register of each field in this clock and in the next.
    done_after : output `done` in the next clock.
    values : state and inputs of the rule, as integers; run-time parameters are inputs, and random
        inputs the bits of a register that may hold anything.
    random : where these bits are; None where there are none, or where they are ports.
    rst, step, load : inputs of those names, as conditions.
    """

    def __init__(self, prover: Prover, net: Netlist, rule: Rule, params: RuleParams) -> None:
        self.prover, self.net, self.rule, self.params = prover, net, rule, params
        terms = prover.terms
        self.fields = rule.state_formats(params)
        inputs = rule.input_formats(params)
        # The registers are free terms: each claim is about every state, reachable or not. That is
        # more than a run of the hardware needs, and no induction from reset is necessary.
        registers = {name: net.state_of(name) for name in self.fields}
        self.before = {name: net.states[register] for name, register in registers.items()}
        self.after = {name: net.following[register] for name, register in registers.items()}
        self.done_after = net.following[net.state_of("done")]
        self.random = RandomBits.of(prover, rule, params, net.inputs)
        random_inputs = self.random.numbers(net.signals["random__state"]) if self.random else {}
        self.inputs: dict[str, Any] = {
            name: number(terms, net.inputs[name], form.signed)
            for name, form in inputs.items()
            if name not in random_inputs
        } | random_inputs
        self.state: dict[str, Any] = {
            name: number(terms, self.before[name], form.signed)
            for name, form in self.fields.items()
        }
        self.values = {**self.inputs, **self.state}
        self.rst, self.step, self.load = (
            prover.on(net.inputs[name]) for name in ("rst", "step", "load")
        )


def _prove_step(lane: _Lane, manifest: dict[str, Any]) -> None:
    """Add the claims about a step: each field becomes the rule's value."""
    prover, terms, net = lane.prover, lane.prover.terms, lane.net
    # Reset goes before load and load before step, so only with neither is this clock a step.
    stepping = (prover.no(lane.rst), prover.no(lane.load), lane.step)
    signals = {
        row["name"]: (net.signals[row["signal"]], row["lo"], row["hi"])
        for row in manifest["named_signals"]
        if row["signal"] in net.signals  # Yosys may have merged or removed one
    }
    # Each named intermediate is proved first and then stands for the logic in front of it: the
    # solver need not compare two multipliers again in every field that depends on a product.
    cuts = Cuts(prover, signals, stepping)
    cuts.witness.update(lane.values)
    new = lane.rule.apply(SmtOps(terms, cuts), lane.state, lane.inputs, lane.params)
    for name, form in lane.fields.items():
        value = SmtOps(terms).let(name, new[name])
        after = lane.after[name]
        prover.claim(
            f"step: {name}",
            f"after a step {name} is the rule's value, which fits its {form}",
            prover.either(
                terms.differ(value.low(form.width), after),
                # The value itself must fit, or equal low bits would prove too little.
                (value < form.lo).term,
                (value > form.hi).term,
            ),
            stepping,
            {
                **cuts.witness,
                f"{name}' (rule)": value,
                f"{name}' (netlist)": number(terms, after, form.signed),
            },
        )
    prover.claim(
        "step: done",
        "done is high in the clock after a step",
        prover.off(lane.done_after),
        stepping,
        lane.values,
    )


def _prove_hold(lane: _Lane) -> None:
    """Add the claims about a clock without step and load."""
    prover = lane.prover
    # Inputs of the rule stay free: they may change in any way while there is no step.
    resting = (prover.no(lane.rst), prover.no(lane.load), prover.no(lane.step))
    for name in lane.fields:
        prover.claim(
            f"hold: {name}",
            f"without step or load {name} keeps its value",
            prover.terms.differ(lane.after[name], lane.before[name]),
            resting,
            lane.values,
        )
    prover.claim(
        "hold: done",
        "without a step done is low in the next clock",
        prover.on(lane.done_after),
        resting,
        lane.values,
    )


def _prove_load(lane: _Lane) -> None:
    """Add the claims about a load, which takes precedence over a step."""
    prover, terms = lane.prover, lane.prover.terms
    loading = (prover.no(lane.rst), lane.load)
    for item in lane.rule.state:
        # A field without a port for it goes back to its initial value.
        if item.loadable:
            expected, source = lane.net.inputs[f"load_{item.name}"], f"the port load_{item.name}"
        else:
            expected = terms.const(item.initial, lane.fields[item.name].width)
            source = str(item.initial)
        prover.claim(
            f"load: {item.name}",
            f"a load sets {item.name} to {source}, with or without a step",
            terms.differ(lane.after[item.name], expected),
            loading,
            lane.values,
        )
    prover.claim(
        "load: done",
        "a load is no step: done is low in the next clock",
        prover.on(lane.done_after),
        loading,
        lane.values,
    )


def _prove_reset(lane: _Lane) -> None:
    """Add the claims about a reset, which takes precedence over step and load."""
    prover, terms = lane.prover, lane.prover.terms
    for item in lane.rule.state:
        expected = terms.const(item.initial, lane.fields[item.name].width)
        prover.claim(
            f"reset: {item.name}",
            f"reset sets {item.name} to {item.initial}, whatever the other inputs are",
            terms.differ(lane.after[item.name], expected),
            # The only assumption: step, load, inputs and state are arbitrary.
            (lane.rst,),
            lane.values,
        )
    prover.claim(
        "reset: done",
        "reset sets done to 0",
        prover.on(lane.done_after),
        (lane.rst,),
        lane.values,
    )
