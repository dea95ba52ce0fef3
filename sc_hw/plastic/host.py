"""The host's way into a layer, and the fetching again of what its visits have made stale."""

from __future__ import annotations

from typing import Any

from amaranth.hdl import C, Cat, Module, Mux, Shape, Signal, Value
from amaranth.lib import data, stream, wiring
from amaranth.lib.wiring import In, Out

from sc_hw.parts.space import Space
from sc_hw.wires import choose

_READ = 8  # clocks from an address to its word and through two registers, with one to spare


# What follows a state whatever happens. After a token comes a clock in which `settled` may still be
# that of before; after `closing` a step may have begun.
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


class HostPort(wiring.Component):
    """One visit at a time, between steps, when nothing is in flight.

    Words beside the lanes are read and written where they are. A lane's word is written over the
    bus; it is read by the way that sums take: the weight is summed alone and handed over, then the
    other fields. That overwrites the neurons' values that wait in the lanes, and a write may have
    changed them: before the next step they are fetched again.

    Parameters
    ----------
    load, read : layouts of a write (space, chain, number, word, data) and of a read.
    synapse : layout of a lane's word, with
    the field `weight`, which is summed less half of its range if `signed`.
    settle, drain : clocks until a visit's tokens, and
    all of a step, have gone through.

    Members
    -------
    at_start : no step has begun.
    open : a step may begin (see `LayerSequencer`).
    busy : the host holds the memories' addresses.
    idle : nothing is under way.
    chain, number, word, data : of the visit.
    load_<space> : write.
    slot, weigh, look : a lane's word is read, its weight or its other fields summed.
    reading : what comes out is the host's.
    token, capture, take, restart : what a group's end does, by hand; `restart`: the neurons' values
        are fetched from the first.
    words : the word of each space.
    far_sample, far_value : what has come out of the chain.
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
        self.synapse, self.weight, self.signed, self.settle, self.drain = (
            synapse,
            weight,
            signed,
            settle,
            drain,
        )
        width = Shape.cast(load["data"].shape).width
        self.data_bits = width
        fields = {name: load[name].shape for name in ("chain", "number", "word", "data")}
        self._flags: tuple[str, ...] = (
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
        )
        self._flags += tuple(f"load_{space.name.lower()}" for space in SPACES)
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
                **{name: Out(1) for name in self._flags},
            }
        )

    def elaborate(self, platform: Any) -> Module:
        m = Module()
        space = Signal(Space, reset_less=True)
        stale = Signal(init=1)  # the lanes do not hold what the next step needs
        data_q = Signal(self.data_bits, reset_less=True)
        answer = Signal(self.data_bits, reset_less=True)
        visit = {
            name: Signal.like(getattr(self, name), name=f"{name}_q", reset_less=True)
            for name in ("chain", "number", "word")
        }
        # every strobe is a register, set on the way into the clock in which it counts
        strobes = {
            name: Signal(name=f"{name}_q") for name in self._flags if name not in ("open", "token")
        }
        is_open = Signal(name="open_q")
        m.d.comb += [
            self.data.eq(data_q),
            *(getattr(self, name).eq(register) for name, register in (visit | strobes).items()),
            self.open.eq(is_open),
            self.token.eq(self.capture | self.take),
            self.readback.payload.eq(answer),
        ]
        word_d = Signal.like(self.word, name="word_d_q", reset_less=True)
        m.d.sync += [self.load_synapse_d.eq(self.load_synapse), word_d.eq(self.word)]
        m.d.comb += self.word_d.eq(word_d)

        # Clocks since anything moved
        still = Signal(range(self.drain + 1))
        settled = Signal()
        drained = Signal()
        moves = Signal()
        touched = Signal()  # a token, or a lane's word that is read
        m.d.comb += moves.eq(~self.at_start | touched)
        m.d.sync += [
            settled.eq(~moves & (settled | (still == self.settle))),
            drained.eq(~moves & (drained | (still == self.drain - 1))),
        ]
        m.d.sync += still.eq(
            Mux(moves, 0, (still + 1)[: len(still)])
        )  # it may run over: what it has said stays said

        # A word of a lane comes in two parts
        sampled = Signal(self.data_bits, reset_less=True)
        weight_q = Signal(self.data_bits, reset_less=True)
        second = Signal()
        got = Signal()
        with m.If(self.far_sample):
            m.d.sync += [sampled.eq(self.far_value), weight_q.eq(sampled)]

        words = Signal.like(self.words, name="words_q", reset_less=True)
        word = Signal(self.data_bits, reset_less=True)
        m.d.sync += [
            words.eq(self.words),
            word.eq(choose(space, [words[code] for code in range(max(SPACES) + 1)])),
        ]
        clocks = Signal(range(_READ + 1))
        in_lane = Signal()  # the word has been addressed for long enough
        beside = Signal()
        # Conditions are registers too, a clock old where they are looked at
        asked = Signal()
        may = Signal()
        complete = Signal()
        loads = Signal()
        reads = Signal()
        m.d.sync += [
            asked.eq(self.load.valid | self.read.valid | stale),
            may.eq(drained & self.at_start),
            complete.eq(settled & got),
            loads.eq(self.load.valid),
            reads.eq(self.read.valid & ~self.load.valid),
            clocks.eq(Mux(self.busy, (clocks + 1)[: len(clocks)], 0)),
            in_lane.eq(self.busy & (clocks == _READ - 1) & (space == Space.SYNAPSE)),
            beside.eq(self.busy & (clocks == _READ - 1) & ~(space == Space.SYNAPSE)),
        ]
        # One bit a state, and what is decided in a state is one LUT behind it: sums of products,
        # for out of Amaranth's If synthesis makes enables, which are one more LUT and a long net.
        state = {name: Signal(name=f"is_{name}", init=name == "run") for name in _STATES}
        enters: dict[str, list[Value]] = {name: [] for name in _STATES}
        stays: dict[str, Value] = {name: C(1, 1) for name in _STATES}
        rises: dict[str, list[Value]] = {name: [] for name in strobes}

        def go(here: str, there: str, *names: str, when: Value | None = None) -> None:
            """From one state to another, with these strobes high in its first clock."""
            taken = state[here] & when if when is not None else state[here]
            enters[there].append(taken)
            stays[here] = stays[here] & ~when if when is not None else C(0, 1)
            for name in names:
                rises[name].append(taken)

        for here, there in _STEPS.items():
            go(here, there)
        m.d.sync += is_open.eq(state["run"] & ~asked)
        rises["idle"].append(state["run"] & ~asked & drained & self.at_start)
        go("run", "closing", when=asked)
        go("wait", "decide", when=may)
        go("decide", "take_load", when=loads)
        go("decide", "take_read", when=reads)
        go("decide", "restart", "capture", "restart", when=~loads & ~reads & stale)
        go("decide", "run", when=~loads & ~reads & ~stale)
        go("take_load", "store", "busy")
        for item in SPACES:
            rises[f"load_{item.name.lower()}"].append(
                state["take_load"] & (self.load.payload.space == item)
            )
        go("take_read", "address", "busy")
        rises["busy"].append(state["address"])
        go("address", "slot", "slot", "weigh", when=in_lane)
        go("address", "respond", when=beside)
        go("slot", "hand_over", "capture", "reading")
        go("sample", "answer", when=complete & second)
        go("sample", "slot", "slot", "look", when=complete & ~second)
        go("respond", "responded", when=self.readback.ready)
        go("first_group", "take_group", "take", when=settled)
        go("second_group", "run", when=settled)
        m.d.sync += [
            state[name].eq(Cat(*enters[name], state[name] & stays[name]).any()) for name in _STATES
        ]
        m.d.sync += [strobe.eq(Cat(*rises[name]).any()) for name, strobe in strobes.items()]
        m.d.sync += touched.eq(Cat(*rises["capture"], *rises["take"], *rises["slot"]).any())

        m.d.comb += [
            self.load.ready.eq(state["take_load"]),
            self.read.ready.eq(state["take_read"]),
            self.readback.valid.eq(state["respond"]),
        ]
        m.d.sync += [
            got.eq((got | self.far_sample) & ~state["slot"]),
            stale.eq(
                (stale & ~(state["first_group"] & settled)) | state["take_load"] | state["slot"]
            ),
            second.eq((second | (state["sample"] & complete)) & ~state["take_read"]),
        ]
        # Not responding: a register of its own, for it enables many; it begins as 0, for some
        # fabrics' registers all do.
        follows = Signal()
        m.d.sync += follows.eq(~Cat(*enters["respond"], state["respond"] & stays["respond"]).any())
        with m.If(follows):
            m.d.sync += answer.eq(Mux(second, self._joined(weight_q, sampled), word))
        with m.If(state["take_load"]):
            m.d.sync += data_q.eq(self.load.payload.data)
            m.d.sync += [register.eq(self.load.payload[name]) for name, register in visit.items()]
        with m.If(state["take_read"]):
            m.d.sync += space.eq(self.read.payload.space)
            m.d.sync += [register.eq(self.read.payload[name]) for name, register in visit.items()]
        return m

    def _joined(self, weight: Value, others: Value) -> Value:
        """A lane's word out of the weight and the other fields, which come in the order of the
        word.
        """
        parts: list[Value] = []
        used = 0
        for name, field in self.synapse:
            if name == self.weight:
                parts.append(
                    weight[: field.width] ^ (1 << (field.width - 1))
                    if self.signed
                    else weight[: field.width]
                )
            else:
                parts.append(others[used : used + field.width])
                used += field.width
        return Cat(*parts)
