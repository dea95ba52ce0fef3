"""What is proved of a layer's neurons: each evaluation from an arbitrary state, and who has won by
induction over a step.

Clock 0 is that in which a neuron's sums come with `evaluate`.
"""

from __future__ import annotations

from time import perf_counter
from typing import Any

from sc_hw.proof.blocks.bank import Frames
from sc_hw.proof.blocks.plastic.lane import no_reset, slices
from sc_hw.proof.netlist import Netlist
from sc_hw.proof.parity import Bits, parities
from sc_hw.proof.prover import Cuts, Prover, number
from sc_model.arithmetic import Unit, neuron_unit
from sc_model.arithmetic.noise import TAPS, WIDTH
from sc_model.graph.smt import K, SmtInt, SmtOps
from sc_model.spec import Design, IntFormat, NeuronSpec, PlasticLayerSpec

Facts = dict[str, Any]
NOISE = "update.i_noise"


def lfsr_moved(places: int) -> Bits:
    """The noise register some places on, bit by bit as `sc_model.arithmetic.Lfsr` says of itself:
    the bits before that each is the exclusive-or of.
    """
    state: Bits = [frozenset({bit}) for bit in range(WIDTH)]
    for _ in range(places):
        fresh: frozenset[int] = frozenset()
        for tap in TAPS:
            fresh ^= state[tap]
        state = [fresh, *state[:-1]]
    return state


class _Neurons:
    """The neurons unrolled, with the names of what is looked at."""

    def __init__(
        self, prover: Prover, net: Netlist, design: Design, weight: IntFormat, facts: Facts
    ) -> None:
        if design.layer is None or design.neuron is None:
            raise ValueError("neurons are a layer's")
        self.prover, self.net, self.facts, self.t = prover, net, facts, prover.terms
        self.layer: PlasticLayerSpec = design.layer
        self.weight = weight
        self.spec: NeuronSpec = design.neuron
        self.unit: Unit = neuron_unit(
            self.spec, self.layer.current_format(weight), counters=self.layer.counters
        )
        self.adding, self.latency, self.fetch = (
            facts["adding"],
            facts["update_latency"],
            facts["fetch"],
        )
        self.out = self.adding + self.latency
        self.frames = Frames(net, self.out + 3)
        self.real, self.total = facts["neurons"], facts["total"]
        self.width = self.t.width(self.at(0, "index"))
        self.no_reset = no_reset(prover, self.frames, self.out + 3)
        # proved of the turns
        self.counts = self.t(
            K.BV_ULE, self.at(0, "index"), self.t.const(self.total - 1, self.width)
        )
        self.turn = [*self.no_reset, self.counts]

    def at(self, clock: int, name: str) -> Any:
        return self.frames.at(clock, name)

    def bit(self, clock: int, name: str) -> Any:
        return self.prover.on(self.at(clock, name))

    def register(self, clock: int, name: str) -> Any:
        """A register whose name a port has too."""
        (found,) = (n for n in self.net.states if n.split("$")[0] == name)
        return self.frames.states[clock][found]

    def control(self, clock: int) -> dict[str, Any]:
        """What a checkpoint holds."""
        return (
            slices(self.prover, self.at(clock, "control"), self.facts["control"])
            if self.facts["control"]
            else {}
        )

    def memory(self, clock: int, name: str = "memory") -> Any:
        (found,) = (
            n
            for n, term in self.net.states.items()
            if n.startswith(name) and term.sort().is_array()
        )
        return self.frames.states[clock][found]

    def word(self, clock: int, address: Any) -> dict[str, Any]:
        return slices(
            self.prover, self.t(K.ARRAY_SELECT, self.memory(clock), address), self.facts["word"]
        )

    def is_real(self, index: Any) -> Any:
        """Whether a number is that of a neuron."""
        t = self.t
        if self.real >= 1 << self.width:
            return t.tm.mk_true()
        return t(K.BV_ULT, index, t.const(self.real, self.width))


def prove_neurons(
    prover: Prover, net: Netlist, design: Design, weight: IntFormat, facts: Facts
) -> None:
    """Add the claims about a layer's neurons to the prover."""
    neurons = _Neurons(prover, net, design, weight, facts)
    _turns(neurons)
    if neurons.spec.noise_bits:
        _noise(neurons)
    _evaluation(neurons)
    _memory(neurons)
    if neurons.spec.winner_take_all:
        _winner(neurons)
    else:
        _spikes(neurons)
    _control(neurons)


def _turns(n: _Neurons) -> None:
    """Neurons take turns by their numbers."""
    prover, t, at, bit = n.prover, n.t, n.at, n.bit
    last = t.const(n.total - 1, n.width)

    def holds(clock: int) -> list[Any]:
        index = at(clock, "index")
        return [
            t(K.BV_ULE, index, last),
            t(K.EQUAL, bit(clock, "at_first"), prover.equals(index, 0)),
            t(K.EQUAL, bit(clock, "at_last"), t(K.EQUAL, index, last)),
        ]

    shown = {
        f"{name}@{clock}": at(clock, name)
        for name in ("index", "at_first", "at_last", "evaluate")
        for clock in (0, 1)
    }
    broken = prover.either(*(prover.no(fact) for fact in holds(1)))
    prover.claim(
        "neurons, turns: after reset", "reset leads to the turn of neuron 0",
        prover.either(broken, prover.no(prover.equals(at(1, "index"), 0))),
        [bit(0, "rst")], shown,
    )  # fmt: skip
    following = t(
        K.ITE,
        t(K.EQUAL, at(0, "index"), last),
        t.const(0, n.width),
        t(K.BV_ADD, at(0, "index"), t.const(1, n.width)),
    )
    wanted = t(K.ITE, bit(0, "evaluate"), following, at(0, "index"))
    prover.claim(
        "neurons, turns: in order",
        f"`evaluate` leads from number k to k + 1, from {n.total - 1} to 0; nothing else does",
        prover.either(broken, t.differ(at(1, "index"), wanted)),
        [*n.no_reset[:2], *holds(0)],
        shown,
    )
    out, at_end = n.out, n.out
    carried = [
        t.differ(at(at_end, f"index_d{out}"), at(0, "index")),
        prover.no(
            t(
                K.EQUAL,
                bit(at_end, f"is_real_d{n.latency}"),
                prover.both(bit(0, "evaluate"), n.is_real(at(0, "index"))),
            )
        ),
        prover.no(
            t(
                K.EQUAL,
                bit(at_end, f"ends_d{out}"),
                prover.both(bit(0, "evaluate"), bit(0, "at_last")),
            )
        ),
    ]
    if n.spec.winner_take_all or n.spec.inhibition:
        carried += [
            prover.no(t(K.EQUAL, bit(at_end, f"evaluate_d{out}"), bit(0, "evaluate"))),
            prover.no(t(K.EQUAL, bit(at_end, f"at_first_d{out}"), bit(0, "at_first"))),
        ]
    prover.claim(
        "neurons, turns: carried along",
        f"number, first, last and whether it is a neuron's at all come out {out} clocks after"
        " `evaluate`",
        prover.either(*carried),
        n.turn,
    )


def _noise(n: _Neurons) -> None:
    """The register of the noise is that of the model.

    Which bits an exclusive-or is made of is read off the netlist's terms; a solver would go through
    its values.
    """
    prover, t, at, places = n.prover, n.t, n.at, n.spec.noise_bits
    name = n.net.state_of("lfsr")
    register = n.net.states[name]
    wanted = lfsr_moved(places)

    def read(name: str, statement: str, term: Any, bits: Bits) -> None:
        """Claim of what a term's bits are the exclusive-ors."""
        began = perf_counter()
        try:
            found = parities(term, {register: [frozenset({bit}) for bit in range(WIDTH)]})
        except ValueError as error:
            prover.decided(name, statement, False, perf_counter() - began, {"netlist": str(error)})
            return
        wrong = {
            f"bit {bit}": sorted(a)
            for bit, (a, b) in enumerate(zip(found, bits, strict=True))
            if a != b
        }
        prover.decided(name, statement, not wrong, perf_counter() - began, wrong)

    if NOISE in n.net.signals:  # a threshold may be out of its reach
        read(
            "noise: number",
            f"a neuron's noise is the next {places}-bit number of `sc_model.arithmetic.Lfsr`, in"
            " every state of its register",
            n.net.signals[NOISE],
            wanted[:places],
        )
    # the register's next value where a neuron takes a number
    taken = {
        n.net.inputs["rst"]: t.const(0, 1),
        n.net.inputs["load_control"]: t.const(0, 1),
        n.net.states[n.net.state_of(f"evaluate_d{n.adding}")]: t.const(1, 1),
        n.net.states[n.net.state_of(f"index_d{n.adding}")]: t.const(0, n.width),
    }
    moved = n.net.substituted(n.net.following[name], taken)
    read(
        "noise: register",
        f"with a neuron's number the register moves on by {places} places, in every state of it",
        moved,
        wanted,
    )
    before, then = n.control(n.adding)["lfsr"], n.control(n.adding + 1)["lfsr"]
    came = prover.both(n.bit(0, "evaluate"), n.is_real(at(0, "index")))
    after = n.net.substituted(moved, {register: before})
    prover.claim(
        "noise: with every neuron",
        "the register moves on so with every neuron of a step, and with nothing else",
        t.differ(then, t(K.ITE, came, after, before)),
        [*n.turn, prover.off(at(n.adding, "load_control"))],
    )


def _inputs(n: _Neurons) -> tuple[dict[str, SmtInt], list[Any]]:
    """What the neuron's text is given, and what the claims assume for it."""
    prover, t, at, unit = n.prover, n.t, n.at, n.unit
    index, seen = at(0, "index"), n.adding
    word = n.word(seen - n.fetch + 1, index)
    values = {name: number(t, word[name], unit.inputs[name].signed) for name in unit.state}
    control = n.control(seen)
    given = [
        *n.turn,
        n.bit(0, "evaluate"),
        n.is_real(index),
        prover.off(at(seen - n.fetch, "host")),
    ]
    # the next step's neuron 0 does not come before this one has been taken up
    given += [
        prover.no(prover.both(n.bit(clock, "evaluate"), n.bit(clock, "at_first")))
        for clock in range(1, seen)
    ]
    first = n.bit(0, "at_first")
    for name in ("cleared", "decide"):
        if name in unit.inputs:
            values[name] = SmtInt.unsigned(t, t(K.ITE, first, at(0, name), n.register(0, name)))
    chain = [
        number(t, vector, n.layer.signed_weights)
        for vector in slices(prover, at(0, "sums"), n.facts["sums"]).values()
    ]
    # a chain's sum is that of its inputs' weights: proved of the lane
    half = 1 << (n.weight.width - 1) if n.layer.signed_weights else 0
    for one, inputs in zip(chain, n.facts["inputs"], strict=True):
        given += [(one >= inputs * -half).term, (one <= inputs * (n.weight.hi - half)).term]
    total = chain[0]
    for more in chain[1:]:
        total = total + more
    values["current"] = total
    if n.spec.winner_take_all:
        mine = t(K.EQUAL, control["winner"], index)
        fired = prover.both(prover.on(control["won"]), mine)
        other = prover.both(prover.on(control["won"]), prover.no(mine))
    else:
        fired = prover.on(word["fired"])
        count = t.var("fired in the step before", 2)  # 3 stands for more
        other = t(K.BV_UGT, count, t(K.ITE, fired, t.const(1, 2), t.const(0, 2)))
        if n.spec.inhibition:
            given += [
                t(K.EQUAL, prover.on(control["any_fired"]), t(K.BV_UGE, count, t.const(1, 2))),
                t(K.EQUAL, prover.on(control["many_fired"]), t(K.BV_UGE, count, t.const(2, 2))),
            ]
    values["fired"] = SmtInt.unsigned(t, t(K.ITE, fired, t.const(1, 1), t.const(0, 1)))
    if "others" in unit.inputs:
        values["others"] = SmtInt.unsigned(t, t(K.ITE, other, t.const(1, 1), t.const(0, 1)))
    if "noise" in unit.inputs:
        noise = at(seen, NOISE) if NOISE in n.net.signals else t.var("any noise", n.spec.noise_bits)
        values["noise"] = SmtInt.signed(t, noise)  # its bits are proved of the noise
    return values, given


def _evaluation(n: _Neurons) -> None:
    """What comes out, and what is written, is the neuron's own text."""
    prover, t, at, unit, out = n.prover, n.t, n.at, n.unit, n.out
    values, given = _inputs(n)
    signals = {}
    for row in n.facts["named_signals"]:
        known = n.net.signals.get(row["signal"])
        if known is not None and t.width(known) == row["width"]:
            signals[row["name"]] = (
                at(n.adding + row["stage"], row["signal"]),
                row["lo"],
                row["hi"],
            )
    cuts = Cuts(prover, signals, given)
    cuts.shown.update({"index": at(0, "index"), **values})
    new = unit.apply(SmtOps(t, cuts), values)
    results = {name: SmtOps(t).let(name, value) for name, value in new.items()}
    ready = at(out, "update.o_ready")
    prover.claim(
        "neurons: ready",
        f"{out} clocks after `evaluate` a neuron is ready just if its text says so: of the word in"
        " memory, of the chains' sums, of the noise's next number, of its own and the others'"
        " spikes in the step before, and of what was given with the step",
        t.differ(results["ready"].low(1), ready),
        given,
        cuts.shown,
        loose=cuts.loose,
    )
    if n.spec.winner_take_all:
        form = unit.outputs["score"]
        prover.claim(
            "neurons: score",
            f"{out} clocks after `evaluate` the score is that of the neuron's text",
            (number(t, at(out, "update.o_score"), form.signed) != results["score"]).term,
            given,
            cuts.shown,
            loose=cuts.loose,
        )
    after = n.word(out + 2, at(0, "index"))
    wanted = {
        name: results[name].low(form.width)
        for name, form in unit.outputs.items()
        if name in unit.state
    }
    if not n.spec.winner_take_all:
        wanted |= {"fired": results["ready"].low(1), "fired_before": values["fired"].low(1)}
    for name, value in wanted.items():
        prover.claim(
            f"neurons, written: {name}",
            f"{out + 2} clocks after `evaluate` {name} of the neuron in memory is what its text"
            " makes of it (no load in between)",
            t.differ(value, after[name]),
            [*given, prover.off(at(out, "load"))],
            cuts.shown,
            loose=cuts.loose,
        )


def _memory(n: _Neurons) -> None:
    """Nothing but evaluations and the host writes."""
    prover, t, at, out = n.prover, n.t, n.at, n.out
    place = t.var("place", n.width)
    before, after = (t(K.ARRAY_SELECT, n.memory(clock), place) for clock in (out + 1, out + 2))
    elsewhere = prover.either(
        prover.off(at(0, "evaluate")),
        prover.no(n.is_real(at(0, "index"))),
        t.differ(at(0, "index"), place),
    )
    prover.claim(
        "neurons, memory: nothing else written",
        "without a load, no word changes but that of the neuron whose evaluation ends",
        t.differ(before, after),
        [*n.turn, prover.off(at(out, "load")), elsewhere],
    )
    before, after = (t(K.ARRAY_SELECT, n.memory(clock), place) for clock in (1, 2))
    hit = t(K.EQUAL, at(0, "host_index"), place)
    prover.claim(
        "neurons, memory: load",
        "a load is in memory two clocks later, and no other word changes",
        t.differ(after, t(K.ITE, hit, at(0, "load_data"), before)),
        [*n.no_reset, n.bit(0, "load")],
    )
    prover.claim(
        "neurons, memory: read-back",
        f"the word of a neuron is offered {n.fetch} clocks after the host has given its number",
        t.differ(at(n.fetch, "word"), t(K.ARRAY_SELECT, n.memory(1), at(0, "host_index"))),
        [*n.no_reset, n.bit(0, "host")],
    )


def _winner(n: _Neurons) -> None:
    """The best of a step by induction over its evaluations.

    For any one neuron that is `watched`: whether it has been ready in this step, and with which
    score. Were it better than what the registers hold after any evaluation, that would be a
    counterexample; and what they hold belongs to a neuron that was ready.
    """
    prover, t, at, bit, out = n.prover, n.t, n.at, n.bit, n.out
    watched, next_number = t.var("watched", n.width), t.var("next number", n.width + 1)
    was_ready, score = (
        t.var("watched was ready", 1),
        t.var("its score", t.width(at(0, "update.o_score"))),
    )
    evaluated, first = bit(0, f"evaluate_d{out}"), bit(0, f"at_first_d{out}")
    ready = prover.both(bit(0, f"is_real_d{n.latency}"), bit(0, "update.o_ready"))
    who, what = at(0, f"index_d{out}"), at(0, "update.o_score")

    def wide(vector: Any) -> Any:
        return t(K.BV_ZERO_EXTEND, vector, indices=(1,))

    def holds(clock: int, was_ready: Any, score: Any, next_number: Any) -> list[Any]:
        best_is, best, best_score = (
            bit(clock, "best_is"),
            at(clock, "best"),
            at(clock, "best_score"),
        )
        beaten = prover.either(
            t(K.BV_SGT, best_score, score),
            prover.both(t(K.EQUAL, best_score, score), t(K.BV_ULE, best, watched)),
        )
        return [
            prover.implies(prover.on(was_ready), prover.both(best_is, beaten)),
            prover.implies(
                prover.both(best_is, t(K.EQUAL, best, watched)),
                prover.both(prover.on(was_ready), t(K.EQUAL, best_score, score)),
            ),
            prover.implies(prover.on(was_ready), t(K.BV_ULT, wide(watched), next_number)),
            prover.implies(best_is, t(K.BV_ULT, wide(best), next_number)),
        ]

    its = prover.both(ready, t(K.EQUAL, who, watched))
    kept = t(K.ITE, prover.both(evaluated, first), t.const(0, 1), was_ready)
    ready_then = t(K.ITE, its, t.const(1, 1), kept)
    score_then = t(K.ITE, its, what, score)
    one = t.const(1, n.width + 1)
    next_then = t(K.ITE, evaluated, t(K.BV_ADD, wide(who), one), next_number)
    ordered = [
        *n.no_reset[:2],
        prover.implies(bit(0, f"is_real_d{n.latency}"), evaluated),
        prover.implies(prover.both(evaluated, first), prover.equals(who, 0)),
        prover.implies(
            prover.both(evaluated, prover.no(first)), t(K.EQUAL, wide(who), next_number)
        ),
    ]
    shown = {
        "watched": watched, "was ready": was_ready, "score": score, "number": who, "ready": at(0, "update.o_ready"),
        "its score": what,
        "best": at(0, "best"), "best'": at(1, "best"), "best score": at(0, "best_score"), "best score'": at(1, "best_score"),
    }  # fmt: skip
    prover.claim(
        "winner: of the evaluations so far",
        "each evaluation leads from the best of those before it in the step to the best with it: no"
        " ready neuron has a higher score, or the same and a lower number; neurons are evaluated by"
        " rising numbers (proved of their turns)",
        prover.either(*(prover.no(fact) for fact in holds(1, ready_then, score_then, next_then))),
        [*ordered, *holds(0, was_ready, score, next_number)],
        shown,
    )
    begins = prover.both(evaluated, first)
    prover.claim(
        "winner: a step begins with nobody",
        "behind the first evaluation of a step the best is that neuron if it was ready, and nobody"
        " otherwise, whoever won before",
        prover.either(
            prover.no(t(K.EQUAL, bit(1, "best_is"), ready)),
            prover.both(
                ready,
                prover.either(t.differ(at(1, "best"), who), t.differ(at(1, "best_score"), what)),
            ),
        ),
        [*ordered, begins],
        shown,
    )
    end = out + 1
    result, then = n.control(end + 1), end + 1
    last = [*n.no_reset, bit(0, "evaluate"), bit(0, "at_last")]
    prover.claim(
        "winner: decided",
        f"{then} clocks after the last evaluation of a step the best of it is the winner, fires,"
        " and the step is done",
        prover.either(
            prover.off(at(then, "done")),
            prover.no(t(K.EQUAL, bit(then, "spike"), bit(end, "best_is"))),
            t.differ(at(then, "neuron"), at(end, "best")),
            prover.no(t(K.EQUAL, prover.on(result["won"]), bit(end, "best_is"))),
            t.differ(result["winner"], at(end, "best")),
        ),
        [*last, prover.off(at(end, "load_control"))],
    )
    prover.claim(
        "winner: only then",
        f"nobody fires and no step is done but {then} clocks after the last evaluation of a step",
        prover.either(bit(then, "done"), bit(then, "spike")),
        [*n.no_reset, prover.no(prover.both(bit(0, "evaluate"), bit(0, "at_last")))],
    )
    now, later = n.control(0), n.control(1)
    unloaded = [*n.no_reset[:2], prover.off(at(0, "load_control"))]
    moved = bit(0, "next_step")
    prover.claim(
        "winner: of the step before",
        "`next_step` makes the winner that of the step before; without it that one stays",
        prover.either(
            *(
                t.differ(later[f"{name}_before"], t(K.ITE, moved, now[name], now[f"{name}_before"]))
                for name in ("won", "winner")
            )
        ),
        unloaded,
    )
    control = n.control(1)
    asked = prover.both(
        prover.on(control["won_before"]), t(K.EQUAL, control["winner_before"], at(0, "ask"))
    )
    prover.claim(
        "winner: asked for",
        f"{n.fetch} clocks after a number is asked for, `asked` says whether it is that of the step"
        " before's winner",
        prover.no(t(K.EQUAL, bit(n.fetch, "asked"), asked)),
        n.no_reset,
    )


def _spikes(n: _Neurons) -> None:
    """Every neuron that is ready fires."""
    prover, t, at, bit, out = n.prover, n.t, n.at, n.bit, n.out
    then = out + 1
    fires = prover.both(bit(0, "evaluate"), n.is_real(at(0, "index")), bit(out, "update.o_ready"))
    prover.claim(
        "spikes: fired",
        f"{then} clocks after its evaluation a neuron that is ready fires, and nothing else does",
        prover.either(
            prover.no(t(K.EQUAL, bit(then, "spike"), fires)),
            prover.both(fires, t.differ(at(then, "neuron"), at(0, "index"))),
        ),
        n.turn,
    )
    prover.claim(
        "spikes: done",
        f"a step is done {then} clocks after its last evaluation, and not else",
        prover.no(
            t(K.EQUAL, bit(then, "done"), prover.both(bit(0, "evaluate"), bit(0, "at_last")))
        ),
        n.no_reset,
    )
    place = t.var("place", n.width)

    def pair(clock: int) -> Any:
        word = slices(prover, t(K.ARRAY_SELECT, n.memory(clock), place), n.facts["word"])
        return t(K.BV_CONCAT, word["fired_before"], word["fired"])

    def history(clock: int, where: Any) -> Any:
        return t(K.ARRAY_SELECT, n.memory(clock, "history"), where)

    prover.claim(
        "spikes: remembered",
        "the memory of the spikes of the last two steps keeps saying what the neurons' words say",
        t.differ(history(1, place), pair(1)),
        [*n.no_reset[:2], t(K.EQUAL, history(0, place), pair(0))],
    )
    both = history(1, at(0, "ask"))
    wanted = t(
        K.ITE,
        bit(0, "ask_before"),
        t(K.BV_EXTRACT, both, indices=(1, 1)),
        t(K.BV_EXTRACT, both, indices=(0, 0)),
    )
    prover.claim(
        "spikes: asked for",
        f"{n.fetch} clocks after a number is asked for, `asked` is that neuron's spike in its last"
        " evaluation or the one before",
        t.differ(at(n.fetch, "asked"), wanted),
        n.no_reset,
    )
    if n.spec.inhibition:
        _counted(n)


def _counted(n: _Neurons) -> None:
    """Whether any and whether many have fired, by induction over a step's evaluations."""
    prover, t, at, bit, out = n.prover, n.t, n.at, n.bit, n.out
    count = t.var("fired so far", 2)
    evaluated, first = bit(0, f"evaluate_d{out}"), bit(0, f"at_first_d{out}")
    ready = prover.both(bit(0, f"is_real_d{n.latency}"), bit(0, "update.o_ready"))
    before = t(K.ITE, prover.both(evaluated, first), t.const(0, 2), count)
    more = t(
        K.ITE, t(K.BV_UGE, before, t.const(2, 2)), t.const(2, 2), t(K.BV_ADD, before, t.const(1, 2))
    )
    then = t(K.ITE, ready, more, before)

    def holds(clock: int, count: Any) -> list[Any]:
        return [
            t(K.EQUAL, bit(clock, "any_now"), t(K.BV_UGE, count, t.const(1, 2))),
            t(K.EQUAL, bit(clock, "many_now"), t(K.BV_UGE, count, t.const(2, 2))),
            t(K.BV_ULE, count, t.const(2, 2)),
        ]

    prover.claim(
        "spikes: counted",
        "with every evaluation of a step it is known whether none, one or more of its neurons have"
        " been ready so far",
        prover.either(*(prover.no(fact) for fact in holds(1, then))),
        [
            *n.no_reset[:2],
            prover.implies(bit(0, f"is_real_d{n.latency}"), evaluated),
            *holds(0, count),
        ],
        {"count": count, "count'": then},
    )
    end = out + 1
    result = n.control(end + 1)
    prover.claim(
        "spikes: counted to the end",
        f"{end + 1} clocks after the last evaluation of a step that count is what inhibits in the"
        " next",
        prover.either(
            prover.no(t(K.EQUAL, prover.on(result["any_fired"]), bit(end, "any_now"))),
            prover.no(t(K.EQUAL, prover.on(result["many_fired"]), bit(end, "many_now"))),
        ),
        [*n.no_reset, bit(0, "evaluate"), bit(0, "at_last"), prover.off(at(end, "load_control"))],
    )


def _control(n: _Neurons) -> None:
    """Registers of a checkpoint."""
    prover, t, at, out = n.prover, n.t, n.at, n.out
    if not n.facts["control"]:
        return
    prover.claim(
        "neurons, control: load",
        "a load puts all registers of a checkpoint to what the host gives",
        t.differ(at(1, "control"), at(0, "control_in")),
        [*n.no_reset[:2], n.bit(0, "load_control")],
    )
    end = out + 1
    still = {name for name in ("won", "winner", "any_fired", "many_fired") if name in n.control(0)}
    if still:
        before, after = n.control(end), n.control(end + 1)
        prover.claim(
            "neurons, control: kept",
            "who has fired changes with the end of a step alone",
            prover.either(*(t.differ(before[name], after[name]) for name in sorted(still))),
            [
                *n.no_reset,
                prover.off(at(end, "load_control")),
                prover.no(prover.both(n.bit(0, "evaluate"), n.bit(0, "at_last"))),
            ],
        )
