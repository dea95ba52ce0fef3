"""Claims that a tick of an event layer ends: what is left of it gets less in every clock.

What is left is counted in clocks, for the tick that the neurons will take next: its events (an
event is a clock for each group), the search of its columns, what the neurons still fetch of the
tick before, and products in flight. The number falls in every clock in which the tick is not held
up from outside, by slices that do not come or by the tick before, whose own end is claimed with its
times. So the largest number that it can be is a bound of the clocks to the hand-over.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from sc_hw.proof.bits import Bits, either, mux
from sc_hw.proof.blocks.network.facts import ScannerFacts
from sc_hw.proof.blocks.network.wiring.events import EventLayer
from sc_hw.proof.blocks.network.wiring.statements import Pair
from sc_hw.proof.flattened import Instance

# Clocks that a chunk of columns may cost: that of its search, and one in which no word is issued
# since the sequencer waits for the event that is found behind it.
OF_CHUNK = 2
# Behind an empty output of the scanner: an event comes to it, and the sequencer takes it.
EMPTY, OFFERED = 2, 1
# The same of a scanner whose events are spaced while the sequencer issues its last word.
EMPTY_AT_LAST = 1


class WorkLeft:
    """What is left of the oldest tick that is not with the neurons.

    Parameters
    ----------
    layer : an event layer whose events go from the scanner to the sequencer at once.
    facts : of its scanner.

    Members
    -------
    most : the most that it can be.
    """

    def __init__(self, layer: EventLayer, facts: ScannerFacts) -> None:
        self.layer, self.facts = layer, facts
        spec, shape = layer.shape.spec, layer.shape
        self.groups, self.sets = spec.groups, shape.event_lanes.sets
        # Each column, and an event at the scanner's output and one that is being issued; the token;
        # what is behind them until it is in the memory.
        events = facts.chunk * facts.chunks + 2
        search = OF_CHUNK * (facts.chunks - 1) + EMPTY + 1
        fetches = self.sets * self.groups
        self.most = events * self.groups + search + fetches + shape.landed + 2
        self.bits = self.most.bit_length() + 2

    def registers(self) -> Iterator[tuple[Instance, str]]:
        """The registers that it is made of."""
        part, shape = self.layer.part, self.layer.shape
        scanner, sequencer, reader = (part.part(n) for n in ("scanner", "sequencer", "reader"))
        for name in ("scanning", "found", "left", "o_event__valid", "o_event__payload"):
            yield scanner, name
        if scanner.has("number"):
            yield scanner, "number"
            yield scanner, "at_last"
        yield from ((sequencer, name) for name in ("busy", "ended"))
        yield reader, "sweeping"
        if shape.slots > 1:
            yield reader, "slot"
        if self.groups > 1:
            yield from ((owner, "group") for owner in (sequencer, reader))
        if self.groups > 2:
            yield sequencer, "at_last"
        for clock in range(1, shape.landed + 1):
            yield part.part("lanes"), f"issue_d{clock}"

    def number(self) -> Bits:
        """In the present state."""
        layer, const = self.layer, self._const
        ended, scanning = layer.of("sequencer", "ended"), layer.of("scanner", "scanning")
        valid, end = (
            layer.of("scanner", "o_event__valid"),
            layer.of("scanner", "o_event__payload")[0],
        )
        token, own = valid & end, ~ended  # behind its token all is of the tick behind it
        searched = scanning & own & ~token
        to_come = self._columns().times(self.groups).gated(searched)
        offered = const(self.groups).gated(valid & ~end & own)
        chunks = (const(self.facts.chunks - 1) - self._number()).times(OF_CHUNK).gated(searched)
        busy = layer.of("sequencer", "busy")
        empty = const(EMPTY)
        if self.facts.spaced:
            # An event comes while the sequencer still has words of the one before to issue.
            last = self._group("sequencer").equals(self.groups - 1)
            empty = mux(busy, const(EMPTY_AT_LAST).gated(last), empty)
        waits = mux(valid, const(OFFERED).gated(token | ~busy), empty)
        waits = waits.gated(searched | (valid & own)) + searched.wide(self.bits)
        under_way = (const(self.groups) - self._group("sequencer")).gated(busy)
        total = to_come + offered + chunks + waits + under_way + self._fetches()
        return total + mux(ended, self._in_flight(), const(layer.shape.landed + 2))

    def _const(self, value: int) -> Bits:
        return self.layer.wiring.const(value, self.bits)

    def _number(self) -> Bits:
        """Number of the chunk in front."""
        if not self.layer.part.part("scanner").has("number"):
            return self._const(0)
        return self.layer.of("scanner", "number").wide(self.bits)

    def _group(self, part: str) -> Bits:
        counter = self.layer.wiring.counter(self.layer.part.part(part), "group", self.groups)
        return counter.wide(self.bits)

    def marks(self, group: Bits) -> Iterator[Bits]:
        """Registers that say what follows from others: the last group, columns in front, ..."""
        if self.groups > 2:
            at_last = self.layer.of("sequencer", "at_last")
            yield at_last.equals(group.equals(self.groups - 1))
        scanning = self.layer.of("scanner", "scanning")
        in_front = self.layer.of("scanner", "left")[: self.facts.chunk * self.facts.width]
        yield scanning.implies(self.layer.of("scanner", "found").equals(in_front.any()))
        if self.layer.part.part("scanner").has("number"):
            last = self._number().equals(self.facts.chunks - 1)
            yield scanning.implies(self.layer.of("scanner", "at_last").equals(last))

    def _columns(self) -> Bits:
        """Columns in front that are not 0, and all columns behind them."""
        facts, left = self.facts, self.layer.of("scanner", "left")
        total = (self._const(facts.chunks - 1) - self._number()).times(facts.chunk)
        for place in range(facts.chunk):
            low = place * facts.width
            if low < len(left):
                total = total + left[low : min(len(left), low + facts.width)].any().wide(self.bits)
        return total

    def _fetches(self) -> Bits:
        """Fetches of the tick before that are still to come; each takes a clock of the lanes."""
        layer, slots = self.layer, self.layer.shape.slots
        slot = layer.wiring.counter(layer.part.part("reader"), "slot", slots).wide(self.bits)
        of_group = (self._const(self.sets) - slot).gated(slot.below(self.sets))
        groups = (self._const(self.groups - 1) - self._group("reader")).times(self.sets)
        return (groups + of_group).gated(layer.of("reader", "sweeping"))

    @property
    def in_flight(self) -> Bits:
        """A product is on its way."""
        strobes = (f"issue_d{clock}" for clock in range(1, self.layer.shape.landed + 1))
        terms = self.layer.wiring.prover.terms
        return either([self.layer.of("lanes", name) for name in strobes], terms)

    def _in_flight(self) -> Bits:
        """Clocks to the last write."""
        landed, rest = self.layer.shape.landed, self._const(0)
        for clock in range(landed, 0, -1):
            issued = self.layer.of("lanes", f"issue_d{clock}")
            rest = mux(issued, self._const(landed - clock + 1), rest)
        return rest


def prove_progress(layer: EventLayer, facts: ScannerFacts) -> None:
    """Add the claim that a tick ends, and its bound."""
    wiring, work = layer.wiring, WorkLeft(layer, facts)

    def assumptions() -> list[Any]:
        """What is claimed of the layer and of its parts."""
        group = work._group("sequencer")
        return [
            *work.marks(group),
            *layer.invariants(),
            ~layer.reset,
            layer.state("adding"),
            group.below(work.groups),
            layer.of("sequencer", "busy") | group.equals(0),
            work._number().below(facts.chunks),
        ]

    def falls() -> Iterator[Pair]:
        net = wiring.design.net
        names = [owner.register(name) for owner, name in work.registers()]
        step = {net.states[name]: net.following[name] for name in names}
        present = work.number()
        following = Bits(present.terms, net.substitute(present.term, step))
        yield "less is left", following.below(present), wiring.const(1, 1)
        within = present.below(work.most + 1)
        yield "the most that is left", within, wiring.const(1, 1)

    def held_up() -> Bits:
        """From outside."""
        ended = layer.of("sequencer", "ended")
        before = layer.state("deciding") | layer.state("waiting")
        reasons = [ended & ~work.in_flight & before]
        if layer.sliced:
            feed = layer.parts.feed
            more = layer.signal("i__valid") if feed is None else feed["more"]
            reasons.append(layer.parts.scanner["wants"] & ~more)
        return either(reasons, wiring.prover.terms)

    wiring.claim(
        f"{layer.label}: a tick goes on",
        f"at most {work.most} clocks are left of the tick that the neurons take next, and in each"
        " clock one less, until they take it; but where"
        + (" a slice does not come, or" if layer.sliced else "")
        + " all its sums are there and those of the tick before are still with the neurons",
        falls,
        lambda: [*assumptions(), ~layer.hands_over, ~held_up()],
    )
