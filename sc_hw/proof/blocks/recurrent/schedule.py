# amaranth: UnusedElaboratable=no
"""Claims about order: every word is visited once a step, and nothing is read too early.

The course of a step is proved by induction: what is stated of a clock and the next one holds from
any state that satisfies the invariant, which a reset brings about and every clock keeps.
"""

from __future__ import annotations

from sc_hw.proof.bits import Bits, cat, either, mux
from sc_hw.proof.blocks.network.addresses import Clocks, same, violated
from sc_hw.proof.netlist import Netlist
from sc_hw.proof.prover import Prover
from sc_hw.recurrent.control import VISITS
from sc_hw.recurrent.plan import RecurrentPlan
from sc_hw.recurrent.sweep import SynapseSweep

# Codes of the states of a step's course, in the order in which `StepControl` names them.
COURSE = (
    *("rest", "host", "fetch", "rows", "neurons", "fire", "sums", "summed", "classes", "looked"),
    *("offer", "over", "learn"),
)


class _Course:
    """The counters of a step's course in some clocks.

    Members
    -------
    wide : bits in which places and numbers of words are compared without overflow.
    """

    def __init__(self, clocks: Clocks, plan: RecurrentPlan) -> None:
        self.clocks, self.plan = clocks, plan
        places = plan.groups * (plan.rows + 2 * plan.lanes)
        self.wide = (places + plan.neurons + plan.classes).bit_length() + 1

    def at(self, clock: int, name: str) -> Bits:
        """A signal in a clock."""
        return self.clocks.at(clock, name)

    def counter(self, clock: int, name: str) -> Bits:
        """A counter in a clock, in `wide` bits."""
        return self.at(clock, f"{name}_counter").low(self.wide)

    def is_in(self, clock: int, *states: str) -> Bits:
        """Whether the course is in one of some states."""
        code = self.at(clock, "course_state")
        return either([code.equals(COURSE.index(state)) for state in states], self.clocks.terms)

    def place(self, clock: int) -> Bits:
        """How many visits of the recurrent layer lie in front of that of a clock, in its step."""
        plan = self.plan
        each = plan.rows + 2 * plan.lanes
        group = self.counter(clock, "group").times(each)
        lane, row = self.counter(clock, "lane"), self.counter(clock, "row")
        before = lane.gated(self.is_in(clock, "fetch"))
        before = before + (row + plan.lanes).gated(self.is_in(clock, "rows"))
        neurons = self.is_in(clock, "neurons")
        return group + before + (lane + (plan.lanes + plan.rows)).gated(neurons)

    def invariant(self, clock: int) -> Bits:
        """What the counters are in each state."""
        plan = self.plan
        group, lane = self.counter(clock, "group"), self.counter(clock, "lane")
        row, neuron = self.counter(clock, "row"), self.counter(clock, "neuron")
        number, code = self.counter(clock, "class"), self.at(clock, "course_state")
        first = group.times(plan.rows)  # word of the group's first row
        bits = plan.word_bits
        word = self.at(clock, "word_counter")
        layer = self.is_in(clock, "fetch", "rows", "neurons")
        facts = [
            code.below(len(COURSE)),
            self.is_in(clock, "host").implies(~word.any()),
            layer.implies(group.below(plan.groups) & lane.below(plan.lanes)),
            layer.implies(row.below(plan.rows) & ~neuron.any()),
            self.is_in(clock, "fetch").implies(same(word, first[:bits]) & ~row.any()),
            self.is_in(clock, "rows").implies(same(word, (first + row)[:bits]) & ~lane.any()),
            self.is_in(clock, "neurons").implies(
                same(word, (first + plan.rows)[:bits]) & ~row.any()
            ),
            self.is_in(clock, "fire", "summed", "classes", "looked", "offer").implies(
                ~neuron.any()
            ),
            self.is_in(clock, "sums", "learn").implies(neuron.below(plan.neurons)),
            self.is_in(clock, "summed").implies(~number.any()),
            self.is_in(clock, "classes").implies(number.below(plan.classes)),
        ]
        return cat(facts).all()


def prove_control(prover: Prover, net: Netlist, plan: RecurrentPlan) -> None:
    """The course of a step."""
    clocks = Clocks(prover, net, 1)
    course = _Course(clocks, plan)
    at = clocks.at
    prover.claim(
        "control: after a reset",
        "no step is under way, and no visit is issued",
        violated(
            course.invariant(1),
            course.is_in(1, "rest"),
            *(~at(1, name) for name in VISITS),
        ),
        [prover.on(clocks.frames.at(0, "rst"))],
    )
    assumptions = [*clocks.quiet, course.invariant(0).holds]
    prover.claim(
        "control: the counters",
        "every clock keeps what the counters are in each state",
        violated(course.invariant(1)),
        assumptions,
    )
    visits = [at(0, name) for name in VISITS]
    others = [~(left & right) for n, left in enumerate(visits) for right in visits[n + 1 :]]
    prover.claim(
        "control: one thing at a time",
        "of visits, answer, the host's turn and the end of a step there is at most one in a clock",
        violated(*others),
        assumptions,
    )
    _prove_layer(prover, course, assumptions)
    _prove_readout(prover, course, assumptions)
    _prove_waits(prover, course, assumptions)
    _prove_distinct(prover, net, plan)


def _prove_layer(prover: Prover, course: _Course, assumptions: list[object]) -> None:
    """Visits of the recurrent layer."""
    plan, at = course.plan, course.at
    visit = [at(n, "fetch") | at(n, "issue") | at(n, "update") for n in (0, 1)]
    last = plan.groups * (plan.rows + 2 * plan.lanes) - 1
    at_last = course.place(0).equals(last)
    transfer = at(0, "i_valid") & at(0, "i_ready")
    word = at(0, "word").wide(max(course.wide, len(at(0, "word"))))[: course.wide]
    group, row = course.counter(0, "group"), course.counter(0, "row")
    index = at(0, "index").low(course.wide)
    neuron = group.times(plan.lanes) + course.counter(0, "lane")
    prover.claim(
        "control: each word once",
        "a step that is taken begins with place 0; its visits follow in every clock, each at the"
        " next place, up to the last one: for each group its neurons' slopes and signals, its rows,"
        " its neurons",
        violated(
            transfer.implies(visit[1] & ~course.place(1).any()),
            (visit[0] & ~at_last).implies(visit[1] & same(course.place(1), course.place(0) + 1)),
            (visit[0] & at_last).implies(~visit[1] & course.is_in(1, "fire")),
            (~visit[0] & ~transfer).implies(~visit[1]),
            visit[0].implies(course.place(0).below(last + 1)),
        ),
        assumptions,
    )
    prover.claim(
        "control: numbers of words and neurons",
        "the word of a visit is group x rows + row, the neuron group x lanes + lane; the first row"
        " of a group and the last group are marked",
        violated(
            at(0, "issue").implies(same(word, group.times(plan.rows) + row)),
            at(0, "issue").implies(same(at(0, "row").low(course.wide), row)),
            (at(0, "fetch") | at(0, "update")).implies(same(index, neuron)),
            same(at(0, "begins"), at(0, "issue") & ~row.any()),
            same(at(0, "ends"), at(0, "issue") & group.equals(plan.groups - 1)),
        ),
        assumptions,
    )


def _prove_readout(prover: Prover, course: _Course, assumptions: list[object]) -> None:
    """Visits of the readout, and when a step learns."""
    plan, at = course.plan, course.at
    neuron, number = course.counter(0, "neuron"), course.counter(0, "class")
    after, index = course.counter(1, "neuron"), at(0, "index").low(course.wide)
    facts = []
    learns = at(0, "told") & at(0, "any_error")
    transfer = at(0, "o_valid") & at(0, "o_ready")
    for visit, begins in (("add", at(0, "leak")), ("learn", transfer & learns)):
        last = neuron.equals(plan.neurons - 1)
        facts += [
            begins.implies(at(1, visit) & ~after.any()),
            (at(0, visit) & ~last).implies(at(1, visit) & same(after, neuron + 1)),
            (at(0, visit) & last).implies(~at(1, visit)),
            (~at(0, visit) & ~begins).implies(~at(1, visit)),
            at(0, visit).implies(same(index, neuron)),
        ]
    last = number.equals(plan.classes - 1)
    look = at(0, "look")
    facts += [
        (look & ~last).implies(at(1, "look") & same(course.counter(1, "class"), number + 1)),
        (look & last).implies(~at(1, "look")),
        (at(1, "look") & ~look).implies(~course.counter(1, "class").any()),
        same(at(0, "number").low(course.wide), number),
    ]
    prover.claim(
        "control: each neuron and class once",
        "neurons follow each other for the sums and, where a class is told and an error is not 0,"
        " for what is learned, from the first to the last; so do the classes",
        violated(*facts),
        assumptions,
    )
    signalled = at(0, "signalled")
    prover.claim(
        "control: signals of the step before",
        "the signals count in the step behind one that has learned, and in no other",
        violated(
            at(0, "o_valid").implies(same(at(1, "signalled"), learns)),
            (~at(0, "o_valid")).implies(same(at(1, "signalled"), signalled)),
        ),
        assumptions,
    )


def _prove_waits(prover: Prover, course: _Course, assumptions: list[object]) -> None:
    """What begins only when all has landed."""
    at = course.at
    quiet = ~at(0, "landing")
    prover.claim(
        "control: waits",
        "sums begin, classes are looked at, the answer stands and a step ends in a clock in which,"
        " or behind one in which, nothing is on its way; a step is taken, and the host served, at"
        " rest; while it asks it goes on being served, and no word is visited",
        violated(
            at(0, "leak").implies(quiet),
            (at(1, "look") & ~at(0, "look")).implies(quiet),
            (at(1, "o_valid") & ~at(0, "o_valid")).implies(quiet),
            at(0, "done").implies(quiet),
            at(0, "i_ready").implies(at(0, "resting") & quiet & ~at(0, "host")),
            at(1, "resting").implies(at(0, "resting") | at(0, "done") | at(0, "serves")),
            (at(1, "serves") & ~at(0, "serves")).implies(at(0, "resting") & at(0, "host")),
            (at(0, "serves") & at(0, "host")).implies(at(1, "serves")),
            at(0, "serves").implies(~at(0, "word").any()),
        ),
        assumptions,
    )


def _prove_distinct(prover: Prover, net: Netlist, plan: RecurrentPlan) -> None:
    """No word is visited while one with its number is on its way."""
    sweep = SynapseSweep(plan)
    count = max(sweep.written, sweep.row_written)
    clocks = Clocks(prover, net, count)
    course = _Course(clocks, plan)
    facts = []
    for clock in range(1, count + 1):
        both = clocks.at(0, "issue") & clocks.at(clock, "issue")
        facts += [
            both.implies(~same(clocks.at(0, "word"), clocks.at(clock, "word"))),
            (clocks.at(0, "ends") & clocks.at(clock, "ends")).implies(
                ~same(clocks.at(0, "row"), clocks.at(clock, "row"))
            ),
        ]
    # a word lands in the step in which it is visited: a step ends when nothing is on its way
    prover.claim(
        "control: no word twice",
        f"of the words visited within {count} clocks of a step no two are one, and of the rows of"
        " the last group neither: none is read while it is on its way",
        violated(*facts),
        [
            *clocks.quiet,
            course.invariant(0).holds,
            *((~clocks.at(clock, "done")).holds for clock in range(count + 1)),
        ],
    )


def _delayed(clocks: Clocks, plan: RecurrentPlan, neurons: Bits) -> tuple[Bits, list[Bits]]:
    """The neurons' spikes that come back in a step, and that all lines of registers move on."""
    spikes, facts = [], []
    for number, delay in enumerate(plan.spec.hidden.delays):
        line = neurons[number]
        if delay > 1:
            past, then = (clocks.at(clock, f"past_{number}") for clock in (0, 1))
            line = cat([line, past])
            on = line[: delay - 1].gated(~clocks.at(0, "first"))
            facts.append(same(then, mux(clocks.at(0, "take"), on, past)))
        spikes.append(line[delay - 1])
    return cat(spikes), facts


def prove_spikes(prover: Prover, net: Netlist, plan: RecurrentPlan) -> None:
    """A ring shows the spikes in order, and is then as it was."""
    clocks = Clocks(prover, net, 1)
    at = clocks.at
    rows, neurons = at(0, "rows"), at(0, "neurons")
    returning, lines = _delayed(clocks, plan, neurons)
    new_rows = cat([at(0, "lines"), returning.gated(~at(0, "first"))])
    turned = cat([rows[1:], rows[0]]) if plan.rows > 1 else rows
    inward = cat([neurons[1:], at(0, "spike")]) if plan.neurons > 1 else at(0, "spike")
    around = cat([neurons[1:], neurons[0]]) if plan.neurons > 1 else neurons
    prover.claim(
        "spikes: a clock",
        "when a step is taken the rows' spikes are the lines' and, but in the first step of a"
        " sample, the neurons', or those of before that its line of registers gives, which then"
        " moves on; rings turn with visits, a neuron's spike comes in last, else all stays",
        violated(
            same(at(1, "rows"), mux(at(0, "take"), new_rows, mux(at(0, "issue"), turned, rows))),
            same(
                at(1, "neurons"),
                mux(at(0, "fired"), inward, mux(at(0, "add"), around, neurons)),
            ),
            *lines,
            same(at(0, "row_spike"), rows[0]),
            same(at(0, "neuron_spike"), neurons[0]),
        ),
    )
    for ring, visit, output, count in (
        ("rows", "issue", "row_spike", plan.rows),
        ("neurons", "add", "neuron_spike", plan.neurons),
    ):
        around_all = Clocks(prover, net, count)
        first = around_all.at(0, ring)
        other = "take" if ring == "rows" else "fired"
        turns = [
            condition
            for clock in range(count)
            for condition in (
                around_all.at(clock, visit).holds,
                (~around_all.at(clock, other)).holds,
            )
        ]
        prover.claim(
            f"spikes: once around, {ring}",
            f"visits of {count} clocks show the spikes of the {ring} in order, and the ring is then"
            " as it was",
            violated(
                *(same(around_all.at(n, output), first[n]) for n in range(count)),
                same(around_all.at(count, ring), first),
            ),
            turns,
        )
