"""The host's access to a plastic layer, and the repeated fetch of values that it has made stale."""

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
# 3 are slack.
_READ = 8

# States with one successor, which follows after a clock whatever happens. Where two of them follow
# one another, the first one waits for a register: after a token `settled` may still be that of
# before (`settle`, `restarted`, `taken`); after `closing` a step may have begun.
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

# One-bit outputs: what is open or idle, and the strobes of an access.
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
    """A state machine with one register a state, and strobes that are registers too.

    What is decided in a state is one LUT behind its register. Next states and strobes are sums of
    products: out of Amaranth's If synthesis makes clock enables, which are one more LUT and a long
    net.

    Parameters
    ----------
    strobes : registers by name; each is high in the clock after a transition that raises it.

    Members
    -------
    state : register of each state, by name; `is_<state>` in the netlist.
    rises : by strobe, the conditions that raise it.
    """

    def __init__(self, strobes: dict[str, Signal]) -> None:
        self.strobes = strobes
        self.state = {name: Signal(name=f"is_{name}", init=name == "run") for name in _STATES}
        self.rises: dict[str, list[Value]] = {name: [] for name in strobes}
        self._enters: dict[str, list[Value]] = {name: [] for name in _STATES}
        self._stays: dict[str, Value] = {name: C(1, 1) for name in _STATES}
        for here, there in _STEPS.items():
            self.go(here, there)

    def go(self, here: str, there: str, *strobes: str, when: Value | None = None) -> None:
        """Add a transition, and the strobes that are high in the first clock behind it."""
        transition = self.state[here] & when if when is not None else self.state[here]
        self._enters[there].append(transition)
        stays = ~when if when is not None else C(0, 1)
        self._stays[here] = self._stays[here] & stays if when is not None else stays
        for name in strobes:
            self.rises[name].append(transition)

    def next(self, name: str) -> Value:
        """Whether a state is on in the next clock."""
        return Cat(*self._enters[name], self.state[name] & self._stays[name]).any()

    def build(self, m: Module) -> None:
        """Add the registers' statements, after all transitions."""
        m.d.sync += [register.eq(self.next(name)) for name, register in self.state.items()]
        m.d.sync += [
            strobe.eq(Cat(*self.rises[name]).any()) for name, strobe in self.strobes.items()
        ]


@dataclass(frozen=True)
class _Conditions:
    """What the transitions depend on: registers, a clock old where they are looked at.

    Members
    -------
    asked : the host asks for an access, or the lanes' values are stale.
    may_enter : nothing is in flight.
    complete : a value has been sampled, and what came with it has settled.
    loads, reads : the host asks for a load; for a read and no load.
    in_lane, beside : a word in a lane, or beside the lanes, has been addressed for long enough.
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

    Words beside the lanes are read and written in place. A lane's word is written over the bus. It
    is read on the way that sums take: the weight is summed alone and handed over, then the other
    fields. That overwrites the neurons' values that wait in the lanes, and a write may have changed
    them at their source: before the next step they are fetched again (`restart`, then `take`).

    Latency: an access waits until `drain` clocks have passed without a step or a token. A load then
    takes about 8 clocks, a read about `_READ` + 8, that of a lane's word 2 x `settle` more; the
    fetch before the next step takes another 2 x `settle`. Domain ``sync``. A reset drops the access
    under way, and makes the values in the lanes stale.

    Parameters
    ----------
    load, read : layouts of a write (space, chain, number, word, data) and of a read.
    synapse : layout of a lane's word.
    weight : its field that is summed, less half of its range if `signed`.
    settle : clocks from a token until its sums are out and the next values are in.
    drain : clocks until all of a step has gone through.

    Members
    -------
    load, read, readback : the host's streams; a load goes first.
    at_start : no step has begun.
    open : a step may begin (see `LayerSequencer`).
    busy : the host holds the memories' addresses.
    idle : nothing is in flight, and no access waits.
    chain, number, word, data : place and data of the access.
    word_d, load_synapse_d : `word` and `load_synapse` a clock later.
    load_<space> : write.
    slot : a lane's word is read; `weigh` or `look`: its weight, or its other fields, are summed.
    reading : the sums that come out are the host's.
    token : a group's end made by hand, for one of the following.
    capture : the lanes' sums enter the chain.
    take : the lanes take the values that have been shifted in.
    restart : the neurons' values are fetched from the first one on.
    words : the word that each space shows, by its code.
    far_sample, far_value : a value that has come out of the chain.
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
        m.d.sync += is_open.eq(machine.state["run"] & ~when.asked)
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
        # The answer must not change while it is offered. "Not responding" has a register of its
        # own, for it enables many; it begins as 0, for some fabrics' registers all do.
        follows = Signal()
        m.d.sync += follows.eq(~machine.next("respond"))
        with m.If(follows):
            m.d.sync += answer.eq(Mux(second, self._joined(weight, others), word))
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
        """Whether `settle`, and whether `drain`, clocks have passed since anything moved."""
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
        """The last but one value that has come out of the chain, and the last one.

        A lane's word comes in two parts: these are its weight and its other fields.
        """
        sampled = Signal(self.data_bits, reset_less=True)
        weight_q = Signal(self.data_bits, reset_less=True)
        with m.If(self.far_sample):
            m.d.sync += [sampled.eq(self.far_value), weight_q.eq(sampled)]
        return weight_q, sampled

    def _word_of_space(self, m: Module, space: Signal) -> Signal:
        """The word that a memory beside the lanes shows, in two clocks."""
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
        """Registers of what the transitions depend on."""
        clocks = Signal(range(_READ + 1))
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
        none = ~when.loads & ~when.reads
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
        # the fetch of the values of the first two groups
        go("first_group", "take_group", "take", when=settled)
        go("second_group", "run", when=settled)

    def _joined(self, weight: Value, others: Value) -> Value:
        """A lane's word out of the weight and the other fields, which come in the word's order."""
        parts: list[Value] = []
        used = 0
        for name, field in self.synapse:
            if name == self.weight:
                # The lane sums the weight less half of its range: the stored top bit is inverted.
                half = 1 << (field.width - 1)
                parts.append(weight[: field.width] ^ half if self.signed else weight[: field.width])
            else:
                parts.append(others[used : used + field.width])
                used += field.width
        return Cat(*parts)
