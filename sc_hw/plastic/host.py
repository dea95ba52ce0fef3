"""The host's access to a plastic layer, and the second fetch of values that an access made stale.

A *token* is the strobe that ends a group of neurons: the lanes hand their sums over to the chain
that leads out of the layer, or take the neurons' values that have been shifted in. In a step the
sequencer makes the tokens; between steps this port makes its own, to read lanes with.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from amaranth.hdl import C, Cat, Module, Mux, Shape, Signal, Value
from amaranth.lib import data, stream, wiring
from amaranth.lib.wiring import In, Out

from sc_hw.parts.space import Space
from sc_hw.wires import choose

# Clocks from `busy`, which addresses a memory, to the use of its word. 5 are needed: address
# register, memory, its output register, the register of all words, the register of the chosen one.
# 3 are slack, which costs nothing but a slightly longer read.
_READ = 8

# States that last one clock, and the state that follows each. Some do nothing but wait until a
# register shows what has just happened: in `settle`, `restarted` and `taken`, `settled` may still
# be high from before the token; in `closing` a step may begin, and in `closed` `at_start` shows it.
# `stored`, `responded` and `responded_too` keep the end of an access and the next decision apart.
# They are slack: the registers of the host's requests show the next request sooner.
_STEPS = {
    "closing": "closed",
    "closed": "wait",
    "store": "stored",
    "stored": "wait",
    "hand_over": "settle",
    "settle": "settling",
    "settling": "sample",
    "answer": "respond",
    "responded": "responded_too",
    "responded_too": "wait",
    "restart": "restarted",
    "restarted": "first_group",
    "take_group": "taken",
    "taken": "second_group",
}
# All states; those of `_STEPS` are the last.
_STATES = (
    "run",
    "wait",
    "decide",
    "take_load",
    "take_read",
    "address",
    "slot",
    "sample",
    "respond",
    "first_group",
    "second_group",
    *_STEPS,
)


# The spaces of a plastic layer, in the order of their codes, which begin at 1.
SPACES = (Space.SYNAPSE, Space.INPUT, Space.OUTPUT, Space.NEURON, Space.CONTROL)

# One-bit outputs by name; `HostPort` describes each.
_FLAGS = (
    "open",
    "busy",
    "idle",
    "slot",
    "weigh",
    "look",
    "reading",
    "token",
    "capture",
    "take",
    "restart",
    *(f"load_{space.name.lower()}" for space in SPACES),
)


class _OneHot:
    """A state machine with one register for each state, and with strobes that are registers too.

    A condition on a state reads one register, so a decision takes one LUT. Next states and strobes
    are written as an OR of ANDs, not with Amaranth's If: synthesis makes clock enables of an If,
    and these take one more LUT and a long net.

    Parameters
    ----------
    strobes : registers by name; each is high in the clock after a transition that raises it.

    Members
    -------
    state : register of each state, by name; `is_<state>` in the netlist.
    rises : for each strobe, the conditions that raise it, by the strobe's name.
    """

    def __init__(self, strobes: dict[str, Signal]) -> None:
        self.strobes = strobes
        self.state = {name: Signal(name=f"is_{name}", init=name == "run") for name in _STATES}
        self.rises: dict[str, list[Value]] = {name: [] for name in strobes}
        # For each state: the transitions into it, and the condition that none out of it is due.
        self._enters: dict[str, list[Value]] = {name: [] for name in _STATES}
        self._stays: dict[str, Value] = {name: C(1, 1) for name in _STATES}
        for here, there in _STEPS.items():
            self.go(here, there)

    def go(self, here: str, there: str, *strobes: str, when: Value | None = None) -> None:
        """Add a transition, and the strobes that are high in the first clock after it.

        `when` is its condition; without one the state lasts a single clock. Conditions of several
        transitions out of a state must exclude each other, since nothing ranks them.
        """
        transition = self.state[here] & when if when is not None else self.state[here]
        self._enters[there].append(transition)
        stays = ~when if when is not None else C(0, 1)
        self._stays[here] = self._stays[here] & stays if when is not None else stays
        for name in strobes:
            self.rises[name].append(transition)

    def next(self, name: str) -> Value:
        """Whether the machine is in a state in the next clock."""
        return Cat(*self._enters[name], self.state[name] & self._stays[name]).any()

    def build(self, m: Module) -> None:
        """Add the registers' statements, after all transitions."""
        m.d.sync += [register.eq(self.next(name)) for name, register in self.state.items()]
        m.d.sync += [
            strobe.eq(Cat(*self.rises[name]).any()) for name, strobe in self.strobes.items()
        ]


@dataclass(frozen=True)
class _Conditions:
    """What the transitions depend on. All are registers, and so show the clock before.

    Members
    -------
    asked : the host asks for an access, or the lanes' values are stale.
    may_enter : nothing is in flight, and no step has begun.
    complete : a value has come out of the chain since `slot`, and the lanes are at rest again.
    loads : the host asks for a load.
    reads : the host asks for a read, and not for a load.
    in_lane : a word of a lane has been addressed for `_READ` clocks.
    beside : a word beside the lanes has been addressed for `_READ` clocks.
    """

    asked: Signal
    may_enter: Signal
    complete: Signal
    loads: Signal
    reads: Signal
    in_lane: Signal
    beside: Signal


class HostPort(wiring.Component):
    """One access of the host at a time, between steps, when nothing is in flight.

    Words beside the lanes are read and written in place. A lane's word is written over the bus of
    its chain. It is read as if it were a sum: the lane sums its weight alone, and the chain shifts
    that sum out; then the lane does the same with the other fields. These shifts overwrite the
    neurons' values that wait in the lanes, and a write may have changed the values at their source.
    So the port fetches them again before the next step (`restart`, then `take`).

    Latency: an access waits until `drain` clocks have passed without a step or a token. A load then
    takes about 8 clocks, and a read about `_READ` + 8. A read of a lane's word takes 2 x `settle`
    clocks more, one `settle` for each of its two sums. The fetch before the next step takes 2 x
    `settle` clocks, one `settle` for each of the first two groups. Domain ``sync``. A reset drops
    the access under way, and makes the values in the lanes stale.

    Parameters
    ----------
    load : layout of a write: space, chain, number, word, data.
    read : layout of a read: space, chain, number, word.
    synapse : layout of a lane's word.
    weight : name of the field that lanes sum.
    signed : whether lanes sum the weight less half of its range.
    settle : clocks from a token until its sums are out and the next values are in.
    drain : clocks until all of a step has gone through.

    Members
    -------
    load, read : streams of the host's requests; a load goes before a read.
    readback : stream of the words that were read, narrower ones in the lowest bits.
    at_start : no step has begun.
    open : a step may begin (see `LayerSequencer`).
    busy : the host holds the memories' addresses.
    idle : nothing is in flight, and no access waits.
    chain : number of the chain of the access.
    number : number of the lane in its chain.
    word : address of the access in its memory.
    data : the word that a load writes.
    word_d : `word` a clock later.
    load_synapse_d : `load_synapse` a clock later.
    load_<space> : strobe that writes `data` into a memory space.
    slot : a lane's word is read in this clock; `weigh` or `look` comes with it.
    weigh : the lane sums the weight of that word.
    look : the lane sums the other fields of that word.
    reading : the sums of this token are the host's, and no neuron gets them.
    token : a group ends for the host; `capture` or `take` says what it is for.
    capture : the lanes' sums enter the chain.
    take : the lanes take the values that have been shifted in.
    restart : the feed of the neurons' values begins again with the first neuron.
    words : the word that each space shows, by the code of the space.
    far_sample : a value for the host comes out of the chain.
    far_value : that value.
    """

    def __init__(
        self,
        load: Any,
        read: Any,
        synapse: data.StructLayout,
        weight: str,
        *,
        signed: bool,
        settle: int,
        drain: int,
    ) -> None:
        self.synapse, self.weight, self.signed = synapse, weight, signed
        self.settle, self.drain = settle, drain
        width = Shape.cast(load["data"].shape).width
        self.data_bits = width
        fields = {name: load[name].shape for name in ("chain", "number", "word", "data")}
        super().__init__(
            {
                "load": In(stream.Signature(load)),
                "read": In(stream.Signature(read)),
                "readback": Out(stream.Signature(width)),
                "at_start": In(1),
                "words": In(data.ArrayLayout(width, max(SPACES) + 1)),
                "far_sample": In(1),
                "far_value": In(width),
                **{name: Out(shape) for name, shape in fields.items()},
                "word_d": Out(fields["word"]),
                "load_synapse_d": Out(1),
                **{name: Out(1) for name in _FLAGS},
            }
        )

    def elaborate(self, platform: Any) -> Module:
        m = Module()
        strobes = {
            name: Signal(name=f"{name}_q") for name in _FLAGS if name not in ("open", "token")
        }
        machine = _OneHot(strobes)
        space = Signal(Space, reset_less=True)
        touched = Signal()  # a token, or a read of a lane's word
        stale = Signal(init=1)  # the lanes do not hold what the next step needs
        second = Signal()  # a lane's weight has been sampled, now come its other fields
        got = Signal()  # a value has been sampled since `slot`
        answer = Signal(self.data_bits, reset_less=True)
        is_open = Signal(name="open_q")

        place, data_q = self._outputs(m, strobes, is_open, answer)
        settled, drained = self._count_still(m, touched)
        weight, others = self._sampled(m)
        word = self._word_of_space(m, space)
        when = self._conditions(m, space, stale, got, settled, drained)
        # After a reset the lanes' values are stale a clock before `asked` is high.
        m.d.sync += is_open.eq(machine.state["run"] & ~when.asked & ~stale)
        self._transitions(machine, when, stale, second, settled, drained)
        machine.build(m)
        rises, state = machine.rises, machine.state
        m.d.sync += touched.eq(Cat(*rises["capture"], *rises["take"], *rises["slot"]).any())
        m.d.comb += [
            self.load.ready.eq(state["take_load"]),
            self.read.ready.eq(state["take_read"]),
            self.readback.valid.eq(state["respond"]),
        ]
        m.d.sync += [
            got.eq((got | self.far_sample) & ~state["slot"]),
            # A load may have changed the values at their source, a lane's read overwrites them.
            stale.eq(
                (stale & ~(state["first_group"] & settled)) | state["take_load"] | state["slot"]
            ),
            second.eq((second | (state["sample"] & when.complete)) & ~state["take_read"]),
        ]
        # The answer must not change while it is offered; otherwise it follows its sources.
        # `follows` is a register of its own, since it enables a whole word. It begins as 0, which
        # the registers of every fabric can, and is 1 a clock later.
        follows = Signal()
        m.d.sync += follows.eq(~machine.next("respond"))
        with m.If(follows):
            m.d.sync += answer.eq(Mux(second, self._lane_word(weight, others), word))
        with m.If(state["take_load"]):
            m.d.sync += data_q.eq(self.load.payload.data)
            m.d.sync += [reg.eq(self.load.payload[name]) for name, reg in place.items()]
        with m.If(state["take_read"]):
            m.d.sync += space.eq(self.read.payload.space)
            m.d.sync += [reg.eq(self.read.payload[name]) for name, reg in place.items()]
        return m

    # --- registers --------------------------------------------------------------------------------

    def _outputs(
        self, m: Module, strobes: dict[str, Signal], is_open: Signal, answer: Signal
    ) -> tuple[dict[str, Signal], Signal]:
        """Drive the outputs, every one of them out of a register.

        Returns
        -------
        place : registers of chain, number and word of the access.
        data_q : register of its data.
        """
        data_q = Signal(self.data_bits, reset_less=True)
        place = {
            name: Signal.like(getattr(self, name), name=f"{name}_q", reset_less=True)
            for name in ("chain", "number", "word")
        }
        m.d.comb += [
            self.data.eq(data_q),
            *(getattr(self, name).eq(register) for name, register in (place | strobes).items()),
            self.open.eq(is_open),
            self.token.eq(self.capture | self.take),
            self.readback.payload.eq(answer),
        ]
        word_d = Signal.like(self.word, name="word_d_q", reset_less=True)
        m.d.sync += [self.load_synapse_d.eq(self.load_synapse), word_d.eq(self.word)]
        m.d.comb += self.word_d.eq(word_d)
        return place, data_q

    def _count_still(self, m: Module, touched: Signal) -> tuple[Signal, Signal]:
        """Count the clocks since a step was under way or a token came.

        Returns
        -------
        settled : `settle` + 1 of these clocks have passed; the 1 is slack.
        drained : `drain` of these clocks have passed.
        """
        still = Signal(range(self.drain + 1))
        settled = Signal()
        drained = Signal()
        moves = Signal()
        m.d.comb += moves.eq(~self.at_start | touched)
        m.d.sync += [
            settled.eq(~moves & (settled | (still == self.settle))),
            drained.eq(~moves & (drained | (still == self.drain - 1))),
        ]
        # It may wrap: both flags keep their value until something moves.
        m.d.sync += still.eq(Mux(moves, 0, (still + 1)[: len(still)]))
        return settled, drained

    def _sampled(self, m: Module) -> tuple[Signal, Signal]:
        """Keep the last two values that have come out of the chain: the older one, the newer one.

        A lane's word comes in two parts: the older value is its weight, the newer its other fields.
        """
        sampled = Signal(self.data_bits, reset_less=True)
        weight_q = Signal(self.data_bits, reset_less=True)
        with m.If(self.far_sample):
            m.d.sync += [sampled.eq(self.far_value), weight_q.eq(sampled)]
        return weight_q, sampled

    def _word_of_space(self, m: Module, space: Signal) -> Signal:
        """The word that a memory beside the lanes shows, two clocks after it shows it."""
        words = Signal.like(self.words, name="words_q", reset_less=True)
        word = Signal(self.data_bits, reset_less=True)
        m.d.sync += [
            words.eq(self.words),
            word.eq(choose(space, [words[code] for code in range(max(SPACES) + 1)])),
        ]
        return word

    # --- state machine ----------------------------------------------------------------------------

    def _conditions(
        self,
        m: Module,
        space: Signal,
        stale: Signal,
        got: Signal,
        settled: Signal,
        drained: Signal,
    ) -> _Conditions:
        """Build the registers that the transitions depend on."""
        clocks = Signal(range(_READ + 1))  # since `busy` rose
        asked = Signal()
        may_enter = Signal(name="may")
        complete = Signal()
        loads = Signal()
        reads = Signal()
        in_lane = Signal()
        beside = Signal()
        m.d.sync += [
            asked.eq(self.load.valid | self.read.valid | stale),
            may_enter.eq(drained & self.at_start),
            complete.eq(settled & got),
            loads.eq(self.load.valid),
            reads.eq(self.read.valid & ~self.load.valid),
            clocks.eq(Mux(self.busy, (clocks + 1)[: len(clocks)], 0)),
            in_lane.eq(self.busy & (clocks == _READ - 1) & (space == Space.SYNAPSE)),
            beside.eq(self.busy & (clocks == _READ - 1) & ~(space == Space.SYNAPSE)),
        ]
        return _Conditions(asked, may_enter, complete, loads, reads, in_lane, beside)

    def _transitions(
        self,
        machine: _OneHot,
        when: _Conditions,
        stale: Signal,
        second: Signal,
        settled: Signal,
        drained: Signal,
    ) -> None:
        """The course of an access, and of the fetch before the next step."""
        go, state, rises = machine.go, machine.state, machine.rises
        rises["idle"].append(state["run"] & ~when.asked & drained & self.at_start)
        go("run", "closing", when=when.asked)
        go("wait", "decide", when=when.may_enter)
        go("decide", "take_load", when=when.loads)
        go("decide", "take_read", when=when.reads)
        none = ~when.loads & ~when.reads  # then the lanes' values are stale, or nothing is left
        go("decide", "restart", "capture", "restart", when=none & stale)
        go("decide", "run", when=none & ~stale)
        # a load
        go("take_load", "store", "busy")
        for space in SPACES:
            rises[f"load_{space.name.lower()}"].append(
                state["take_load"] & (self.load.payload.space == space)
            )
        # a read, of a word beside the lanes or of a lane's word in two parts
        go("take_read", "address", "busy")
        rises["busy"].append(state["address"])
        go("address", "slot", "slot", "weigh", when=when.in_lane)
        go("address", "respond", when=when.beside)
        go("slot", "hand_over", "capture", "reading")
        go("sample", "answer", when=when.complete & second)
        go("sample", "slot", "slot", "look", when=when.complete & ~second)
        go("respond", "responded", when=self.readback.ready)
        # The fetch of the values of the first two groups: a step begins with the first group's in
        # the lanes and the second group's in the chain. The token of `restart` fetches the first
        # group's; the token of `take` puts these to use and fetches the second group's.
        go("first_group", "take_group", "take", when=settled)
        go("second_group", "run", when=settled)

    def _lane_word(self, weight: Value, others: Value) -> Value:
        """A lane's word out of the weight and the other fields, which come in the word's order."""
        parts: list[Value] = []
        used = 0
        for name, field in self.synapse:
            if name == self.weight:
                # The lane sums the weight less half of its range, which inverts the top bit. So it
                # is inverted back.
                half = 1 << (field.width - 1)
                parts.append(weight[: field.width] ^ half if self.signed else weight[: field.width])
            else:
                parts.append(others[used : used + field.width])
                used += field.width
        return Cat(*parts)
