# amaranth: UnusedElaboratable=no
"""Claims about arithmetic: what a lane, a neuron, a class and a step's size are."""

from __future__ import annotations

from typing import Any

from sc_hw.learning.classes import ClassScores
from sc_hw.learning.feedback import FeedbackSum
from sc_hw.learning.lane import LearningLane
from sc_hw.learning.neurons import HiddenNeurons
from sc_hw.learning.plan import PRODUCT, LearningPlan
from sc_hw.learning.step_sizes import StepSizes
from sc_hw.proof.bits import Bits, cat, mux
from sc_hw.proof.blocks.learning.layers import AtLayer, extended, hidden_layers
from sc_hw.proof.blocks.network.addresses import Clocks, same, violated
from sc_hw.proof.netlist import Netlist
from sc_hw.proof.prover import Prover
from sc_hw.proof.words import word_at
from sc_model.arithmetic.learning import (
    GALOIS_TAPS,
    class_error,
    gated_signal,
    hidden_neuron,
    learning_signal,
    next_age,
    step_size,
)
from sc_model.graph.smt import K, SmtInt, SmtOps
from sc_model.rules import resolve
from sc_model.spec import IntFormat
from sc_model.spec.learning.learning_network import REGISTER_BITS


def signed(clocks: Clocks, bits: Bits) -> SmtInt:
    """The two's complement number of some bits."""
    return SmtInt.signed(clocks.terms, bits.term)


def unsigned(clocks: Clocks, bits: Bits) -> SmtInt:
    """The unsigned number of some bits."""
    return SmtInt.unsigned(clocks.terms, bits.term)


def low(clocks: Clocks, value: SmtInt | int, width: int) -> Bits:
    """The lowest bits of a number."""
    if isinstance(value, int):
        return clocks.const(value & ((1 << width) - 1), width)
    return Bits(clocks.terms, value.low(width))


def within(clocks: Clocks, value: SmtInt, form: IntFormat) -> Any:
    """The formula that a number fits a format."""
    t = clocks.terms
    inside = t(K.NOT, (value < form.lo).term), t(K.NOT, (value > form.hi).term)
    return t(K.AND, *inside)


def prove_lane(prover: Prover, net: Netlist, plan: LearningPlan) -> None:
    """The multiply-add is the rule, for every shift; and the product that is fed back."""
    clocks = Clocks(prover, net, PRODUCT)
    lane = LearningLane(plan)
    weight = signed(clocks, clocks.at(0, "weight"))
    signal = signed(clocks, clocks.at(0, "signal"))
    noise = clocks.at(0, "noise")
    new_weight = clocks.at(PRODUCT, "changed")
    feedback = clocks.at(0, "feedback")
    t, bits = prover.terms, plan.spec.noise_bits
    trace = Bits(t, t.var("trace", plan.trace_bits))
    drive = clocks.at(0, "drive")
    for index, layer in enumerate(plan.spec.layers):
        rule, params = resolve(plan.spec.rule(index))
        form = plan.spec.signal_format(index)
        of_layer = _of_width(clocks, plan, layer.weight_bits)
        for shift in range(min(layer.shift, bits), bits + 1):
            shifted = cat([clocks.const(0, bits - shift), trace]) if shift < bits else trace
            wide = shifted.wide(max(len(shifted), len(drive)))
            values = {
                "trace": unsigned(clocks, trace),
                "signal": signal,
                "shift": SmtInt.unsigned(t, t.const(shift, 5)),
                "noise": unsigned(clocks, noise),
            }
            new = rule.apply(SmtOps(t), {"weight": weight}, values, params)["weight"]
            prover.claim(
                f"lane: {layer.name}, shift {shift}",
                "the multiply-add, clamped, is the rule's new weight, for every weight, trace,"
                " signal and noise",
                violated(same(new_weight, low(clocks, new, len(new_weight)))),
                [
                    *clocks.quiet,
                    (~feedback).holds,
                    same(drive.wide(len(wide)), wide).holds,
                    trace.below(plan.steps + 1).holds,
                    within(clocks, signal, form),
                    *of_layer,
                ],
                {"weight": weight, "signal": signal, "trace": trace.term, "noise": noise.term},
                trace.term,
            )
    _prove_product(prover, clocks, plan, lane)
    for width in plan.widths:
        most = IntFormat(width, signed=True).hi
        least = clocks.at(0, "weight").equals((-most - 1) & ((1 << plan.weight_bits) - 1))
        zero = [*clocks.quiet, (~feedback).holds, (~least).holds, *_of_width(clocks, plan, width)]
        for name in ("drive", "signal"):
            prover.claim(
                f"lane: quiet without {name}" + (f", {width} bits" if plan.width_bits else ""),
                f"where {name} is 0 the weight stays as it is, whatever the noise is",
                violated(same(new_weight, clocks.at(0, "weight"))),
                [*zero, (~clocks.at(0, name).any()).holds],
            )


def _of_width(clocks: Clocks, plan: LearningPlan, bits: int) -> list[Any]:
    """That the word is one of a layer with weights of so many bits; nothing where all are alike."""
    if not plan.width_bits:
        return []
    weight, form = signed(clocks, clocks.at(0, "weight")), IntFormat(bits, signed=True)
    number = clocks.at(PRODUCT, "width").equals(plan.widths.index(bits))
    return [number.holds, within(clocks, weight, form)]


def _prove_product(prover: Prover, clocks: Clocks, plan: LearningPlan, lane: LearningLane) -> None:
    """What is fed back."""
    signal = signed(clocks, clocks.at(0, "signal"))
    weight = signed(clocks, clocks.at(0, "weight"))
    half = 1 << (plan.weight_bits - 1)
    product = clocks.at(PRODUCT, "product")
    behind = [plan.spec.signal_format(index) for index in range(1, plan.stages + 1)]
    prover.claim(
        "lane: feedback",
        "a lane multiplies the error, or signal, by the raised weight and adds nothing",
        violated(same(product, low(clocks, signal * (weight + half), lane.product_bits))),
        [
            *clocks.quiet,
            clocks.at(0, "feedback").holds,
            within(clocks, signal, max(behind, key=lambda form: form.width)),
        ],
        {"weight": weight, "signal": signal},
        clocks.at(0, "weight").term,
    )


def prove_noise(prover: Prover, net: Netlist, plan: object = None) -> None:
    """The register is that of the model, and moves with a word alone; it is that of every plan."""
    del plan
    clocks = Clocks(prover, net, 1)
    state, after = clocks.at(0, "state"), clocks.at(1, "state")
    step, load = clocks.at(0, "step"), clocks.at(0, "load")
    down = cat([state[1:], clocks.const(0, 1)])
    taps = clocks.const(GALOIS_TAPS, len(state)).gated(state[0])
    expected = mux(load, clocks.at(0, "load_data"), mux(step, down ^ taps, state))
    prover.claim(
        "noise: the register",
        "it takes a step for each word that draws, and none otherwise; the host sets it",
        violated(same(after, expected)),
        clocks.quiet,
    )


def prove_sizes(prover: Prover, net: Netlist, plan: LearningPlan) -> None:
    """Units and drives, for every count of inputs and every setting of the register."""
    sizes = StepSizes(plan)
    clocks = Clocks(prover, net, sizes.settling)
    t = prover.terms
    count, added = clocks.at(0, "count"), clocks.at(0, "step_shift")
    stands = [
        same(clocks.at(clock, name), clocks.at(0, name)).holds
        for clock in range(1, sizes.settling + 1)
        for name in ("count", "step_shift")
    ]
    for index, name in enumerate(plan.layer_names):
        values = {"step_shift": unsigned(clocks, added)}
        assumptions = list(stands)
        if index == 0:
            values["count"] = unsigned(clocks, count)
            assumptions += [count.any().holds, count.below(plan.rows + 1).holds]
        shift = step_size(plan.spec, index).apply(SmtOps(t), values)["shift"]
        unit = clocks.at(sizes.settling, f"{name}_unit")
        most = plan.spec.noise_bits
        expected = low(clocks, shift, 6)
        facts = [same(unit[place], expected.equals(most - place)) for place in range(len(unit))]
        prover.claim(
            f"step sizes: {name}",
            "for every number of inputs and every setting of the register the unit is the bit that"
            " the shift leaves of the noise's places",
            violated(*facts),
            assumptions,
            {"count": count.term, "step_shift": added.term, "shift": shift},
        )
    _prove_drive(prover, net, plan)


def _prove_drive(prover: Prover, net: Netlist, plan: LearningPlan) -> None:
    """The drive of a row, and its way down with the steps."""
    clocks = Clocks(prover, net, plan.fetch)
    first = plan.fetch - 1
    begins, stepped, rows = (clocks.at(first, name) for name in ("begins", "stepped", "rows"))
    before, after = clocks.at(first, "drive"), clocks.at(plan.fetch, "drive")
    units = [clocks.at(first, f"{name}_unit") for name in plan.layer_names]
    width = len(before)
    wide = clocks.const(0, width)

    def times(unit: Bits, trace: Bits) -> Bits:
        product = wide
        for place in range(len(unit)):
            shifted = cat([clocks.const(0, place), trace]) if place else trace
            product = product + shifted.wide(max(width, len(shifted)))[:width].gated(unit[place])
        return product

    def one_bit(unit: Bits) -> Any:
        return same(unit & (unit - 1), clocks.const(0, len(unit))).holds

    trace = clocks.at(0, "trace")
    steps = clocks.const(plan.steps, plan.trace_bits)
    for layer in hidden_layers(clocks, plan, plan.fetch):
        hidden, behind = units[0], units[layer.index + 1]
        of_row = mux(rows, times(behind, trace), before)
        down = mux(stepped, before - hidden.low(width), of_row)
        prover.claim(
            f"step sizes: the drive{layer.suffix}",
            "it is the trace of the row times the unit of the layer behind, or that of the first"
            " step's inputs, or goes down by a unit; else it stays",
            violated(same(after, mux(begins, times(hidden, steps), down))),
            [*clocks.quiet, one_bit(hidden), one_bit(behind), *layer.condition],
        )


def prove_neurons(prover: Prover, net: Netlist, plan: LearningPlan) -> None:
    """A visit gives each neuron of the half the unit's step, and counts its spike."""
    part = HiddenNeurons(plan)
    clocks = Clocks(prover, net, part.written + 1)
    t, arrival, bits = prover.terms, part.taken, plan.hidden.potential_bits
    share, fresh = clocks.at(0, "share"), clocks.at(0, "fresh")
    memory = clocks.frames.memory(arrival - 2, "potentials")
    address = cat([share, clocks.at(0, "group")])
    stored = Bits(t, word_at(t, memory, address.term))
    word, currents = clocks.at(plan.fetch, "word"), clocks.at(plan.fetch, "currents")
    assumptions = [*clocks.quiet, clocks.at(0, "visit").holds]
    for lane in range(plan.share):

        def of(vector: Bits, width: int, used: int, lane: int = lane) -> Bits:
            result = clocks.const(0, used)
            for number in range(plan.fold):
                low_bit = (lane + number * plan.share) * width
                result = result | vector[low_bit : low_bit + used].gated(share.equals(number))
            return result

        form = plan.current_format
        current = signed(clocks, of(currents, plan.sum_bits, form.width))
        trace = of(word, plan.state_bits, plan.trace_bits).gated(~fresh)
        potential = stored[lane * bits : (lane + 1) * bits].gated(~fresh)
        values = clocks.at(part.written, "values")
        place = lane * plan.state_bits
        value = values[place : place + plan.trace_bits + 1]
        new_potentials = Bits(
            t, word_at(t, clocks.frames.memory(part.written + 1, "potentials"), address.term)
        )
        for index, layer in enumerate(plan.spec.hidden):
            unit = hidden_neuron(layer, form)
            state = {"potential": signed(clocks, potential), "current": current}
            out = unit.apply(SmtOps(t), state)
            spike = low(clocks, out["spike"], 1)
            suffix, condition = "", []
            facts = [
                same(value[: plan.trace_bits], trace + spike.wide(plan.trace_bits)),
                same(value[plan.trace_bits], low(clocks, out["near"], 1)),
                same(
                    new_potentials[lane * bits : (lane + 1) * bits],
                    low(clocks, out["potential"], bits),
                ),
            ]
            if plan.layer_bits:
                unit_number = clocks.at(0, "group")
                suffix = f", {plan.layer_names[index]}"
                group = unit_number[: plan.group_bits]
                condition = [
                    unit_number[plan.group_bits :].equals(index).holds,
                    group.below(plan.groups_of(index)).holds,
                ]
                known_lane = _has_neuron(clocks, plan, index, lane)
                fires = clocks.at(part.written, "spikes")[lane]
                if index < plan.stages - 1:
                    facts.append(same(fires, spike & known_lane))
            prover.claim(
                f"neurons, lane {lane}: a step{suffix}",
                "trace, nearness and potential that are written are those of the unit, of the"
                " slot's half and group; in the first step potential and trace count as 0; where a"
                " layer is behind, the spike is told of lanes with a neuron",
                violated(*facts),
                [*assumptions, *condition],
                {"current": current, "potential": potential.term},
            )
    _prove_writes(prover, clocks, plan, part, address)


def _prove_writes(
    prover: Prover, clocks: Clocks, plan: LearningPlan, part: HiddenNeurons, address: Bits
) -> None:
    """Where a visit writes, and that nothing else does."""
    t, share = prover.terms, clocks.at(0, "share")
    assumptions = [*clocks.quiet, clocks.at(0, "visit").holds]
    write = clocks.at(part.written, "write")
    other = Bits(t, t.var("any other half of a group", len(address)))

    def content(clock: int) -> Bits:
        memory = clocks.frames.memory(clock, "potentials")
        return Bits(t, word_at(t, memory, other.term))

    unchanged = same(content(part.written + 1), content(part.written))
    prover.claim(
        "neurons: where they are written",
        "a visit writes its own half and group, and nothing else is written",
        violated(
            same(write, cat([share.equals(one) for one in range(plan.fold)])),
            same(clocks.at(part.written, "write_group"), clocks.at(0, "group")),
            same(other, address) | unchanged,
        ),
        assumptions,
    )
    prover.claim(
        "neurons: without a visit",
        "nothing is written that no slot has visited",
        violated(~clocks.at(part.written, "write").any(), unchanged),
        [*clocks.quiet, (~clocks.at(0, "visit")).holds],
    )


def _has_neuron(clocks: Clocks, plan: LearningPlan, index: int, lane: int) -> Bits:
    """Whether a lane of the slot's share has a neuron of a layer, and does not pad it."""
    share, group = clocks.at(0, "share"), clocks.at(0, "group")[: plan.group_bits]
    last, used = plan.place_of(index, plan.neurons_of(index) - 1)

    def up_to(highest: int) -> Bits:
        """Whether the lane of the slot's share has a number up to the highest."""
        result = clocks.const(0, 1)
        for number in range(plan.fold):
            result = result | share.equals(number).gated(
                clocks.const(number * plan.share + lane <= highest, 1)
            )
        return result

    whole = group.below(last) & up_to(plan.lanes_of(index) - 1)
    return whole | (group.equals(last) & up_to(used))


def prove_classes(prover: Prover, net: Netlist, plan: LearningPlan) -> None:
    """Winner and errors of the classes."""
    part = ClassScores(plan)
    latency = part.update.latency
    clocks = Clocks(prover, net, latency + 1)
    t = prover.terms
    score = clocks.at(0, "score")
    _prove_scores(prover, clocks, plan)
    strobe, finds = clocks.at(0, f"scored_d{part.scored}"), clocks.at(0, "finds")
    label = clocks.at(0, f"number_d{part.scored}")
    best, winner = clocks.at(0, "best"), clocks.at(0, "winner")
    takes = strobe & ~finds & (~label.any() | greater(clocks, score, best))
    prover.claim(
        "classes: the winner",
        "a class wins whose score is larger than the best so far, or that is the first",
        violated(
            same(clocks.at(1, "best"), mux(takes, score, best)),
            same(clocks.at(1, "winner"), mux(takes, label[: len(winner)], winner)),
        ),
        clocks.quiet,
    )
    whose = label[: plan.class_bits]
    here = same(whose, clocks.at(0, "label"))
    values = {
        "score": signed(clocks, score),
        "target": unsigned(clocks, here & clocks.at(0, "right")),
        "known": unsigned(clocks, here | ~clocks.at(0, "single")),
    }
    error = class_error(plan.spec.output, plan.spec.score_format).apply(SmtOps(t), values)["error"]
    output = clocks.at(latency, "value")
    own = plan.spec.output.lanes
    lane_bits = (own - 1).bit_length()
    lane = label & clocks.const(own - 1, len(label)) if len(label) > lane_bits else label
    lanes = cat([lane.equals(one) for one in range(plan.lanes)])
    assumptions = [*clocks.quiet, (~clocks.at(latency, "clearing")).holds]
    prover.claim(
        "classes: errors",
        "the error of a class is the unit's, of its score and of what is known, in its own lane",
        violated(
            same(output, low(clocks, error, len(output))),
            same(clocks.at(latency, "write"), lanes),
            same(
                clocks.at(latency + 1, "total"),
                clocks.at(latency, "total") + low(clocks, error, part.total_bits),
            ),
        ),
        [*assumptions, (strobe & finds).holds, label.below(plan.classes).holds],
        {"score": signed(clocks, score), "error": error},
    )
    active = clocks.at(latency, "active")
    group = label[lane_bits:] if len(label) > lane_bits else clocks.const(0, 1)
    expected = cat(
        [active[one] | (group.equals(one) & output.any()) for one in range(plan.out_groups)]
    )
    prover.claim(
        "classes: groups with an error",
        "a group is marked by each of its errors that is not 0, and by nothing else",
        violated(same(clocks.at(latency + 1, "active"), expected)),
        [*assumptions, (strobe & finds).holds, label.below(plan.classes).holds],
    )


def _prove_scores(prover: Prover, clocks: Clocks, plan: LearningPlan) -> None:
    """A class's score is the sum of its partial sums, which no run of samples leaves."""
    bits, width = plan.sum_bits, plan.spec.score_format.width
    stored, at = clocks.at(0, "stored"), clocks.at(0, f"lane_d{plan.fetch}")
    own = range(plan.spec.output.lanes)
    lanes = [stored[lane * bits : (lane + 1) * bits] for lane in own]
    facts = [
        at.equals(lane).implies(same(clocks.at(1, "part"), value))
        for lane, value in enumerate(lanes)
    ]
    part = extended(clocks.at(0, "part"), width).low(width)
    first = clocks.at(0, f"first_d{plan.fetch + 1}")
    before = clocks.at(0, "score").gated(~first)
    visits = -(-plan.steps * plan.spec.rows(plan.stages) // plan.sets)
    most = visits * plan.spec.output.weight_format.hi
    prover.claim(
        "classes: the scores",
        "a class's score is the sum of the partial sums of its lane, each with its sign; each has"
        " room for its share of the visits of all rows, at the largest weight",
        violated(
            *facts,
            same(clocks.at(1, "score"), before + part),
            clocks.const(most < 1 << (bits - 1), 1),
        ),
        clocks.quiet,
    )


def greater(clocks: Clocks, left: Bits, right: Bits) -> Bits:
    """Whether a signed number is greater than another one of its width."""
    flip = clocks.const(1 << (len(left) - 1), len(left))
    return (right ^ flip).below(left ^ flip)


def prove_exploration(prover: Prover, net: Netlist, plan: LearningPlan) -> None:
    """The register takes its steps, and what it holds then decides which class is played."""
    clocks = Clocks(prover, net, 1)
    count, then = clocks.at(0, "count"), clocks.at(1, "count")
    start, running, explores = (clocks.at(0, name) for name in ("start", "running", "explores"))
    draws, ended = clocks.at(0, "draws"), clocks.at(0, "ended")
    last = count.equals(REGISTER_BITS)
    begin = mux(explores, clocks.const(0, len(count)), clocks.const(REGISTER_BITS, len(count)))
    prover.claim(
        "exploration: the steps",
        f"a pass that explores draws {REGISTER_BITS} times, another one never; then it is over",
        violated(
            start.implies(clocks.at(1, "running") & same(then, begin)),
            same(draws, running & ~last),
            same(ended, running & last),
            (draws & ~start).implies(clocks.at(1, "running") & same(then, count + 1)),
            (ended & ~start).implies(~clocks.at(1, "running")),
        ),
        [*clocks.quiet, count.below(REGISTER_BITS + 1).holds],
    )
    state, winner = clocks.at(0, "state"), clocks.at(0, "winner")
    half = REGISTER_BITS // 2
    number = state[half:].wide(REGISTER_BITS).times(plan.classes)[half:]
    random_class = number[: plan.class_bits]
    random = explores & state[:half].below(plan.spec.exploration)
    played = mux(random, random_class, winner)
    prover.claim(
        "exploration: the class",
        "where the low byte is below the exploration the class (high byte * classes) >> 8"
        " is played, else the winner; it stays until the next pass is over",
        violated(
            same(
                clocks.at(1, "played"),
                mux(ended & ~start, played, clocks.at(0, "played")),
            ),
            number.below(plan.classes),
        ),
        clocks.quiet,
    )


def prove_feedback(prover: Prover, net: Netlist, plan: LearningPlan) -> None:
    """The reduction of a row with the weights that were read, and the units behind it."""
    lane = LearningLane(plan)
    part = FeedbackSum(plan, lane.product_bits)
    most = 2 * (plan.most_words - 1) + part.latency
    clocks = Clocks(prover, net, most)
    for layer in hidden_layers(clocks, plan, most):
        _prove_row(prover, clocks, plan, part, layer)


def _slots_of_row(clocks: Clocks, words: int, latency: int) -> list[Any]:
    """That a row's words come in every second clock from clock 0 on, under one sum of errors."""
    last, assumptions = 2 * (words - 1), list(clocks.quiet)
    for clock in range(last + latency):
        is_slot = clock <= last and clock % 2 == 0
        slot = clocks.at(clock, "slot")
        # A slot of another row may follow after one clock without.
        if clock <= last + 1:
            assumptions.append((slot if is_slot else ~slot).holds)
        assumptions.append(same(clocks.at(clock, "errors"), clocks.at(0, "errors")).holds)
        assumptions.append((~(clocks.at(clock, "slot") & clocks.at(clock + 1, "slot"))).holds)
    for word in range(words):
        first, ends = clocks.at(2 * word, "first"), clocks.at(2 * word, "last")
        assumptions.append((first if word == 0 else ~first).holds)
        assumptions.append((ends if word == words - 1 else ~ends).holds)
    return assumptions


def _prove_row(
    prover: Prover, clocks: Clocks, plan: LearningPlan, part: FeedbackSum, layer: AtLayer
) -> None:
    """The sum of a row of the layer behind a hidden one, and the signal of its neuron."""
    t, words = prover.terms, plan.groups_of(layer.index + 1)
    last = 2 * (words - 1)
    assumptions = [*_slots_of_row(clocks, words, part.latency), *layer.condition]
    # The sum in the order of the hardware: another one would cost the solver hours.
    total: SmtInt | None = None
    for word in range(words):
        products = clocks.at(2 * word + plan.fetch + PRODUCT, "products")
        level = [
            signed(clocks, products[place : place + part.product_bits])
            for place in range(0, len(products), part.product_bits)
        ]
        while len(level) > 1:
            level = [a + b for a, b in zip(level[::2], level[1::2], strict=True)]
        total = level[0] if total is None else total + level[0]
    if total is None:
        raise ValueError("a readout must have a group")
    row_sum = clocks.at(last + part.summed, "row_sum")
    prover.claim(
        f"feedback: a row's sum{layer.suffix}",
        "it is the sum of all products of the row; those of clocks without a slot do not count",
        violated(same(row_sum, low(clocks, total, len(row_sum)))),
        assumptions,
    )
    errors = signed(clocks, clocks.at(0, "errors"))
    total = signed(clocks, row_sum) - (errors << (plan.weight_bits - 1))
    form = plan.spec.feedback_format(layer.index)
    unit = learning_signal(plan.spec.hidden[layer.index], form)
    signal = unit.apply(SmtOps(t), {"feedback": total})["signal"]
    trace, near = clocks.at(last, "trace"), clocks.at(last, "near")
    oldest = clocks.at(last, "oldest")
    some = Bits(t, t.var("any age", plan.hidden.age_bits))
    # Of an age the gate asks whether it is the greatest: any one that is so, or is not, will do.
    is_so = same(some.equals(plan.hidden.age_format.hi), oldest)
    gate = gated_signal(plan.hidden, plan.spec.trace_format, plan.steps)
    gated = gate.apply(
        SmtOps(t),
        {
            "trace": unsigned(clocks, trace),
            "near": unsigned(clocks, near),
            "age": unsigned(clocks, some),
            "signal": signal,
        },
    )["gated"]
    output = clocks.at(last + part.latency, "signal")
    prover.claim(
        f"feedback: a row's signal{layer.suffix}",
        "it is the unit's, of the row's sum less the errors' part, and of the neuron that goes"
        " along",
        violated(
            same(output, low(clocks, gated, len(output))),
            same(clocks.at(last + part.latency, "o_row"), clocks.at(last, "row")),
            clocks.at(last + part.latency, "valid"),
        ),
        [*assumptions, within(clocks, total, form), is_so.holds],
        {"feedback": total, "signal": signal},
    )


def prove_ageing(prover: Prover, net: Netlist, plan: LearningPlan) -> None:
    """The age that the backward pass writes, and who has been silent for long."""
    clocks = Clocks(prover, net, 1)
    trace, age = clocks.at(0, "trace"), clocks.at(0, "age")
    unit = next_age(plan.hidden, plan.spec.trace_format)
    values = {"trace": unsigned(clocks, trace), "age": unsigned(clocks, age)}
    new = low(clocks, unit.apply(SmtOps(prover.terms), values)["age"], len(age))
    prover.claim(
        "backward: ages",
        "the age that is written is the unit's, of the row, and its greatest value is marked",
        violated(
            same(clocks.at(1, "aged"), new),
            same(clocks.at(1, "aged_row"), clocks.at(0, "row")),
            same(clocks.at(1, "oldest"), new.equals(plan.hidden.age_format.hi)),
        ),
        clocks.quiet,
    )
