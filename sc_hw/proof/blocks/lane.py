"""What is proved of a lane: step, hold, load and reset, for every state and every input."""

from __future__ import annotations

from typing import Any

from sc_hw.proof.netlist import Netlist
from sc_hw.proof.prover import Cuts, Prover, number
from sc_model.graph.smt import SmtOps
from sc_model.spec import Rule, RuleParams


def prove_lane(
    prover: Prover, net: Netlist, rule: Rule, params: RuleParams, manifest: dict[str, Any]
) -> None:
    """Add the lane's claims to the prover. The rule's own text runs on SMT integers; the netlist is
    its other side.
    """
    terms = prover.terms
    fields, inputs = rule.state_formats(params), rule.input_formats(params)
    registers = {name: net.state_of(name) for name in fields}
    now = {name: net.states[register] for name, register in registers.items()}
    after = {name: net.following[register] for name, register in registers.items()}
    done_after = net.following[net.state_of("done")]
    rst, step, load = (net.inputs[name] for name in ("rst", "step", "load"))
    ports: dict[str, Any] = {
        name: number(terms, net.inputs[name], form.signed) for name, form in inputs.items()
    }
    state: dict[str, Any] = {
        name: number(terms, now[name], form.signed) for name, form in fields.items()
    }
    shown: dict[str, Any] = {**ports, **state}

    given = (prover.off(rst), prover.off(load), prover.on(step))
    cuts = Cuts(
        prover,
        {
            row["name"]: (net.signals[row["signal"]], row["lo"], row["hi"])
            for row in manifest["named_signals"]
            if row["signal"] in net.signals
        },
        given,
    )
    cuts.shown.update(shown)
    new = rule.apply(SmtOps(terms, cuts), state, ports, params)
    for name, form in fields.items():
        value = SmtOps(terms).let(name, new[name])
        wrong = prover.either(
            terms.differ(value.low(form.width), after[name]),
            (value < form.lo).term,
            (value > form.hi).term,
        )
        prover.claim(
            f"step: {name}",
            f"after a step, {name} is the rule's value, which fits its {form}",
            wrong,
            given,
            {
                **cuts.shown,
                f"{name}' (rule)": value,
                f"{name}' (netlist)": number(terms, after[name], form.signed),
            },
        )
    prover.claim(
        "step: done", "done is high in the clock after a step", prover.off(done_after), given, shown
    )

    resting = (prover.off(rst), prover.off(load), prover.off(step))
    for name in fields:
        prover.claim(
            f"hold: {name}",
            f"without step or load, {name} keeps its value",
            terms.differ(after[name], now[name]),
            resting,
            shown,
        )
    prover.claim(
        "hold: done",
        "without a step, done is low in the next clock",
        prover.on(done_after),
        resting,
        shown,
    )

    loading = (prover.off(rst), prover.on(load))
    for item in rule.state:
        form = fields[item.name]
        wanted = (
            net.inputs[f"load_{item.name}"]
            if item.loadable
            else terms.const(item.initial, form.width)
        )
        what = f"the port load_{item.name}" if item.loadable else str(item.initial)
        prover.claim(
            f"load: {item.name}",
            f"a load puts {what} into {item.name}, step or not",
            terms.differ(after[item.name], wanted),
            loading,
            shown,
        )
    prover.claim(
        "load: done",
        "a load is no step: done is low in the next clock",
        prover.on(done_after),
        loading,
        shown,
    )

    for item in rule.state:
        wanted = terms.const(item.initial, fields[item.name].width)
        prover.claim(
            f"reset: {item.name}",
            f"reset puts {item.name} to {item.initial}, whatever else is asked",
            terms.differ(after[item.name], wanted),
            (prover.on(rst),),
            shown,
        )
    prover.claim(
        "reset: done", "reset puts done to 0", prover.on(done_after), (prover.on(rst),), shown
    )
