"""Claims about the intake of slices: when a tick comes, and what it takes in of each channel.

They say of slices what `sc_hw.proof.blocks.network.intake` says of words. A channel is any channel,
with its own count of spikes beside the memory (a ghost): by induction the memory has that count in
the channel's place at any time, also while some slices of a pass have been taken and others not.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from sc_hw.proof.bits import Bits, cat, either, mux
from sc_hw.proof.blocks.network.addresses import Clocks, prove_memory, same, violated
from sc_hw.proof.blocks.network.facts import IntakeFacts
from sc_hw.proof.blocks.network.intake import STATEMENTS
from sc_hw.proof.netlist import Netlist
from sc_hw.proof.prover import Prover
from sc_hw.proof.words import word_at
from sc_model.graph.smt import K
from sc_model.spec import SLICE, CrossingSpec, NetworkSpec

_PLACE = SLICE.bit_length() - 1  # bits of a place in a slice


@dataclass(frozen=True)
class _Ghost:
    """Any channel, and what is known of it beside the hardware.

    Members
    -------
    channel : its number.
    count : with ``hold`` its spike in the last word, else its spikes that have come and have not
        been taken in, a bit wider than they can be.
    """

    channel: Bits
    count: Bits

    @property
    def of_slice(self) -> Bits:
        """Number of its slice."""
        return self.channel[_PLACE:]

    @property
    def place(self) -> Bits:
        """Its place there."""
        return self.channel[:_PLACE]


class _Pass:
    """The signals of an intake in some clock, and what they must be by the steps of its pass."""

    def __init__(self, clocks: Clocks, clock: int, spec: CrossingSpec, facts: IntakeFacts) -> None:
        self.clocks, self.clock, self.spec, self.facts = clocks, clock, spec, facts
        self.phase, self.part = self.at("phase"), self.at("part")
        self.due, self.step = self.at("due"), self.at("step")
        self.bits = len(self.step)
        self.valid, self.ready = self.at("i__valid"), self.at("o__ready")
        word = self.at("i__payload")
        self.word_step, self.spikes = word[: self.bits], word[self.bits :]

    def at(self, name: str) -> Bits:
        """A signal in this clock."""
        return self.clocks.at(self.clock, name)

    def const(self, value: int, width: int) -> Bits:
        """A constant."""
        return self.clocks.const(value, width)

    @property
    def slow(self) -> bool:
        """Whether the layer does not tick more often than words come."""
        return self.spec.o_interval >= self.spec.i_interval

    @property
    def difference(self) -> Bits:
        """Step of the next tick less that of the next word: two numbers that wrap."""
        return self.step - self.due

    @property
    def takes(self) -> Bits:
        """The next word is not behind the next tick."""
        return ~self.difference[self.bits - 1]

    @property
    def after_word(self) -> Bits:
        """The same difference when the word of this pass, if it has one, has been taken."""
        return self.difference - self.const(self.spec.i_interval, self.bits).gated(self.takes)

    @property
    def gives(self) -> Bits:
        """No further word up to the next tick is missing."""
        return self.after_word[self.bits - 1]

    @property
    def moves(self) -> Bits:
        """A slice is taken, given, or both."""
        return (self.valid | ~self.takes) & (self.ready | ~self.gives)

    @property
    def last(self) -> Bits:
        """The slice in turn is the last one of its pass."""
        return self.part.equals(self.facts.slices - 1)

    @property
    def ends(self) -> Bits:
        """The pass ends in this clock."""
        return self.moves & self.last

    def schedule(self) -> Bits:
        """What the counters are to each other."""
        spec, t = self.spec, self.clocks.terms
        extended = Bits(
            t, t(K.BV_SIGN_EXTEND, self.phase.term, indices=(self.bits - len(self.phase),))
        )
        slow = self.slow
        low = 0 if slow else spec.o_interval - spec.i_interval
        return cat(
            [
                same(extended + (spec.i_interval if slow else 0), self.difference),
                (self.difference - low).below(spec.o_interval - low),
                self.part.below(self.facts.slices),
            ]
        ).all()

    # --- values ---

    @cached_property
    def kept_bits(self) -> int:
        """Bits of a channel in the memory; 0 without one."""
        return self.facts.kept_bits

    @property
    def memory(self) -> object:
        """Contents of the memory."""
        return self.clocks.frames.memory(self.clock, "memory.words")

    def word(self, number: Bits) -> Bits:
        """A word of the memory."""
        t = self.clocks.terms
        return Bits(t, word_at(t, self.memory, number.term))

    def field(self, vector: Bits, place: Bits, width: int) -> Bits:
        """The value at a place of a slice's values."""
        wide = max(len(vector), (SLICE * width).bit_length())
        offset = place.wide(wide).times(width)
        t = self.clocks.terms
        return Bits(t, t(K.BV_SHR, vector.wide(wide).term, offset.term))[:width]

    def passed(self, ghost: _Ghost) -> Bits:
        """The channel's slice of this pass has been taken, given, or both."""
        return ghost.of_slice.below(self.part)

    def here(self, ghost: _Ghost) -> Bits:
        """The channel's slice is taken, given, or both, in this clock."""
        return self.moves & same(ghost.of_slice, self.part)

    def spike(self, ghost: _Ghost) -> Bits:
        """Whether this clock's slice, of a word, has a spike at the channel's place."""
        return self.takes & self.field(self.spikes, ghost.place, 1)

    def refused(self, ghost: _Ghost) -> Bits:
        """There is no room for that spike."""
        if self.spec.policy != "once":
            return self.const(0, 1)
        return self.spike(ghost) & ghost.count.equals((1 << self.spec.pending_bits) - 1)

    def total(self, ghost: _Ghost) -> Bits:
        """The channel's spikes with that of this slice."""
        added = self.spike(ghost) & ~self.refused(ghost)
        if self.spec.policy == "hold":
            return mux(self.takes, added.wide(len(ghost.count)), ghost.count)
        return ghost.count + added.wide(len(ghost.count))

    def value(self, ghost: _Ghost) -> Bits:
        """What a tick takes in of the channel."""
        count = self.total(ghost)
        return count.any().wide(len(count)) if self.spec.policy == "once" else count

    def following(self, ghost: _Ghost) -> _Ghost:
        """The ghost in the next clock."""
        count = self.total(ghost)
        rest = count if self.spec.policy == "hold" else count - self.value(ghost)
        next_count = mux(self.here(ghost), mux(self.gives, rest, count), ghost.count)
        return _Ghost(ghost.channel, next_count)

    def holds(self, ghost: _Ghost) -> Bits:
        """What is known of the channel and of the memory."""
        wide, policy = len(ghost.count), self.spec.policy
        if not self.kept_bits:
            # Nothing waits: a tick takes in all; or the word of the tick itself is the last one.
            return self.const(1, 1) if policy == "hold" else ghost.count.equals(0)
        fresh, passed = self.at("fresh"), self.passed(ghost)
        # What `fresh` will be behind this pass holds of a slice that has had its turn in it.
        behind = {
            "hold": fresh & ~self.takes,
            "accumulate": self.gives,
            "once": self.const(0, 1),
        }[policy]
        empty = mux(passed, behind, fresh)
        stored = self.field(self.word(ghost.of_slice), ghost.place, self.kept_bits)
        facts = [
            same(ghost.count, stored.gated(~empty).wide(wide)),
            # The slice in turn has been read, unless it counts as 0.
            fresh | same(self.at("memory.r_data"), self.word(self.part)),
        ]
        if policy == "accumulate":
            facts.append(self._bounded(ghost))
        return cat(facts).all()

    def _bounded(self, ghost: _Ghost) -> Bits:
        """A channel has at most one spike for each word since the last tick."""
        spec = self.spec
        next_tick = self.after_word + self.const(spec.o_interval, self.bits).gated(self.gives)
        ahead = mux(self.passed(ghost), next_tick, self.difference)
        wide = len(ghost.count) + self.bits + 1
        total = ghost.count.wide(wide).times(spec.i_interval) + ahead.wide(wide)
        return total.below(spec.o_interval)

    @property
    def lost_here(self) -> Bits:
        """A spike of this clock's slice is lost, in any of its channels."""
        counts = self.at("memory.r_data").gated(~self.at("fresh"))
        wide = (self.facts.slices * SLICE).bit_length()
        lost = []
        for place in range(SLICE):
            full = counts[place * self.kept_bits : (place + 1) * self.kept_bits].all()
            number = self.part.wide(wide).times(SLICE) + place
            lost.append(self.spikes[place] & full & number.below(self.spec.channels))
        return self.moves & either(lost, self.clocks.terms)


def prove_slice_intake(
    prover: Prover, net: Netlist, network: NetworkSpec, facts: IntakeFacts
) -> None:
    """Add the claims about an intake of slices to the prover."""
    name, spec = network.layers[facts.layer].name, network.crossing(facts.layer)
    label = f"layer {name}, intake"
    clocks = Clocks(prover, net, 1)
    now, then = (_Pass(clocks, clock, spec, facts) for clock in (0, 1))
    _prove_schedule(prover, label, now, then)
    _prove_channels(prover, label, now, then)
    if facts.kept_bits:
        prove_memory(prover, net, label, "memory", latency=1)


def _prove_schedule(prover: Prover, label: str, now: _Pass, then: _Pass) -> None:
    spec, facts, clocks = now.spec, now.facts, now.clocks
    assumptions = [*clocks.quiet, now.schedule().holds]
    takes, gives = now.ends & now.takes, now.ends & now.gives
    nearer = (now.difference - then.difference).equals(spec.i_interval)
    prover.claim(
        f"{label}: ticks",
        f"words come by {spec.i_interval} steps, ticks by {spec.o_interval}; a pass takes a word if"
        " the next one is not behind the next tick, and gives the tick if no further word up to its"
        f" step is missing: all of its {facts.slices} slices, in turn; one without a tick brings"
        " the tick nearer by a word",
        violated(
            then.schedule(),
            same(then.due, now.due + now.const(spec.i_interval, now.bits).gated(takes)),
            same(then.step, now.step + now.const(spec.o_interval, now.bits).gated(gives)),
            same(then.part, mux(now.moves, (now.part + 1).gated(~now.last), now.part)),
            (now.ends & ~now.gives).implies(nearer),
            now.takes | now.gives,
        ),
        assumptions,
        {"part": now.part.term, "due": now.due.term, "step": now.step.term},
    )
    payload = now.at("o__payload")
    prover.claim(
        f"{label}: slices in turn",
        "a slice of a word is taken, and one of a tick given with the number of its step, in one"
        " clock where the pass has both: exactly when both ends are ready for what it has",
        violated(
            same(now.at("i__ready"), now.takes & (now.ready | ~now.gives)),
            same(now.at("o__valid"), now.gives & (now.valid | ~now.takes)),
            same(payload[: now.bits], now.step),
        ),
        assumptions,
    )
    expected = (now.word_step ^ now.due).gated(now.moves & now.takes)
    out_of_step = now.at("out_of_step")
    prover.claim(
        f"{label}: out of step",
        "a slice with another number than that of the word that is due is reported, until a reset",
        violated(
            same(then.at("differs"), expected),
            same(then.at("out_of_step"), out_of_step | now.at("differs").any()),
        ),
        assumptions,
    )
    zeros = [then.part, then.at("differs"), then.at("out_of_step")]
    zeros += [then.at("lost"), then.at("lost_before")] if facts.loses else []
    prover.claim(
        f"{label}: after a reset",
        f"a reset drops all slices: the next word is that of step {spec.i_interval}, the next tick"
        f" that of step {spec.o_interval}, and all channels count as 0",
        violated(
            then.schedule(),
            then.due.equals(spec.i_interval),
            then.step.equals(spec.o_interval),
            *(~register.any() for register in zeros),
            *([then.at("fresh")] if facts.kept_bits else []),
        ),
        [prover.on(clocks.frames.at(0, "rst"))],
    )


def _prove_channels(prover: Prover, label: str, now: _Pass, then: _Pass) -> None:
    spec, facts, clocks, t = now.spec, now.facts, now.clocks, now.clocks.terms
    of_channel = (facts.slices - 1).bit_length() + _PLACE
    width = max(facts.kept_bits, spec.value.width) + 1
    ghost = _Ghost(Bits(t, t.var("any channel", of_channel)), Bits(t, t.var("its spikes", width)))
    assumptions = [
        *clocks.quiet,
        now.schedule().holds,
        ghost.channel.below(spec.channels).holds,
        now.holds(ghost).holds,
    ]
    following, here = now.following(ghost), now.here(ghost)
    values = now.at("o__payload")[now.bits :]
    value = now.field(values, ghost.place, spec.value.width).wide(width)
    prover.claim(
        f"{label}: {spec.policy}",
        f"of any channel: {STATEMENTS[spec.policy]}",
        violated(
            then.holds(following),
            (here & now.gives).implies(same(value, now.value(ghost))),
        ),
        assumptions,
        {"channel": ghost.channel.term, "part": now.part.term},
    )
    prover.claim(
        f"{label}: {spec.policy}, after a reset",
        "no spike of any channel waits, and a tick before the first word takes in 0",
        violated(then.holds(_Ghost(ghost.channel, now.const(0, width)))),
        [prover.on(clocks.frames.at(0, "rst")), ghost.channel.below(spec.channels).holds],
    )
    if spec.policy == "once" and not facts.loses:
        prover.claim(
            f"{label}: lost spikes",
            "no spike is lost, since each tick takes the only one that can wait",
            violated(~now.at("lost")),
            assumptions,
        )
    if not facts.loses:
        return
    so_far = now.at("lost_before") | now.lost_here
    reported = then.at("lost") | then.at("lost_before")
    prover.claim(
        f"{label}: lost spikes",
        "a word of which a spike of any channel is lost is reported once, when its last slice has"
        " been taken, and no other word is",
        violated(
            same(then.at("lost_before"), so_far & ~now.ends),
            same(then.at("lost"), so_far & now.ends),
            (here & now.refused(ghost)).implies(reported),
        ),
        assumptions,
    )
