"""Claims about the encoder in front of a network: which values it keeps, and their spikes.

Each is a step from any state that satisfies the invariant to the next one. The words of a step are
numbered by ghosts: the transfer that is gathered, and how much of it is there.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sc_hw.proof.bits import Bits, cat, mux
from sc_hw.proof.blocks.network.addresses import Clocks, prove_memory, same, violated
from sc_hw.proof.blocks.network.facts import EncoderFacts
from sc_hw.proof.netlist import Netlist
from sc_hw.proof.prover import Prover
from sc_hw.proof.words import word_at
from sc_model.arithmetic.noise import TAPS
from sc_model.spec import EncoderSpec, NetworkSpec

ROOM = 2  # bits that sums and products of the claims have beside those of their operands


class _Encoder:
    """The signals of an encoder in some clock."""

    def __init__(self, clocks: Clocks, clock: int, spec: EncoderSpec, facts: EncoderFacts) -> None:
        self.clocks, self.clock, self.spec, self.facts = clocks, clock, spec, facts

        def at(name: str) -> Bits:
            return clocks.at(clock, name)

        def counter(name: str, count: int) -> Bits:
            return at(name) if count > 1 else clocks.const(0, 1)

        self.valid, self.ready = at("i__valid"), at("i__ready")
        self.input_value, self.o_valid, self.o_ready = (
            at("i__payload"),
            at("o__valid"),
            at("o__ready"),
        )
        self.payload, self.gathered = at("o__payload"), at("gathered")
        self.showing, self.primed = at("showing"), at("primed")
        self.place, self.turn = counter("place", facts.words), counter("turn", spec.lanes)
        self.step = counter("step", spec.steps)
        self.filled = counter("filled", facts.chunk_words)
        self.transfer = self.valid & ~self.showing
        last_word, last_lane = divmod(facts.values - 1, spec.lanes)
        self.last_transfer = (
            self.transfer & self.place.equals(last_word) & self.turn.equals(last_lane)
        )
        self.advance = self.primed & (~self.o_valid | self.o_ready)
        self.over = self.advance & self.place.equals(facts.words - 1)
        self.ended = self.over & self.step.equals(spec.steps - 1)
        self.complete = self.filled.equals(facts.chunk_words - 1)
        self.last = (last_word, last_lane)

    def memories(self) -> list[str]:
        """Names of the memories."""
        kinds = ["values", *(["references"] if self.spec.kind == "delta" else [])]
        return [f"{kind}_{lane}" for kind in kinds for lane in range(self.spec.lanes)]

    def read_data(self, name: str) -> Bits:
        """What a memory shows."""
        return self.clocks.at(self.clock, f"{name}.r_data")

    def word(self, name: str) -> Bits:
        """The word of a memory that has its turn."""
        words = self.clocks.frames.memory(self.clock, f"{name}.words")
        return Bits(self.clocks.terms, word_at(self.clocks.terms, words, self.place.term))

    def invariant(self, transfer: Bits) -> Bits:
        """What holds in every state, if that transfer of the step is gathered."""
        facts, spec, wide = self.facts, self.spec, len(transfer)
        gathered = transfer.times(facts.chunk_words) + self.filled.wide(wide)
        behind = self.place.equals(self.last[0]) & ~self.turn.below(self.last[1] + 1)
        loading = (
            self.place.below(self.last[0] + 1)
            & ~behind
            & self.step.equals(0)
            & self.filled.equals(0)
        )
        equalities = [
            self.place.below(facts.words),
            self.turn.below(spec.lanes),
            self.step.below(spec.steps),
            self.filled.below(facts.chunk_words),
            self.primed.implies(self.showing),
            (self.showing & ~self.primed).implies(self.place.equals(0)),
            self.showing.implies(same(self.place.wide(wide), gathered) & self.turn.equals(0)),
            self.showing.implies(transfer.below(facts.words // facts.chunk_words)),
            (~self.showing).implies(loading),
            self.o_valid.implies(self.filled.equals(0)),
            *(self.primed.implies(same(self.read_data(n), self.word(n))) for n in self.memories()),
        ]
        if spec.kind == "latency":
            begin = self.clocks.at(self.clock, "earliest")
            bits = max(len(begin), len(self.step)) + spec.bits + ROOM
            scaled = self.step.wide(bits).times((1 << spec.bits) - spec.level)
            equalities.append(same(begin.wide(bits), scaled))
        if spec.kind == "bernoulli":
            equalities.append((~self.showing).implies(self.register.equals(spec.seed)))
        return cat(equalities).all()

    @property
    def register(self) -> Bits:
        """The shift register."""
        return self.clocks.at(self.clock, "register")

    def spikes(self) -> tuple[list[Bits], Bits | None]:
        """Spikes of the word that has its turn, and the register behind it, if there is one."""
        values = [self.read_data(f"values_{lane}") for lane in range(self.spec.lanes)]
        if self.spec.kind == "threshold":
            return [~value.below(self.spec.level) for value in values], None
        if self.spec.kind == "latency":
            return self._latency(values), None
        if self.spec.kind == "bernoulli":
            return self._bernoulli(values)
        return self._delta(values), None

    def _latency(self, values: Sequence[Bits]) -> list[Bits]:
        """In step q, where q x r <= d x ticks < (q + 1) x r, which is the quotient rounded down."""
        spec, spikes = self.spec, []
        top = (1 << spec.bits) - 1
        bits = spec.bits + max(spec.ticks, spec.steps + 1).bit_length() + ROOM
        width = top + 1 - spec.level
        begin = self.step.wide(bits).times(width)
        for value in values:
            far = self.clocks.const(top, bits) - value.wide(bits)
            late = far.times(spec.ticks)
            spikes.append(~value.below(spec.level) & ~late.below(begin) & late.below(begin + width))
        return spikes

    def _bernoulli(self, values: Sequence[Bits]) -> tuple[list[Bits], Bits]:
        """A number for each value of the set, shift by shift; behind the last none."""
        spec, state, spikes = self.spec, self.register, []
        states = [state]
        for value in values:
            for _ in range(spec.bits):
                fresh = state[TAPS[0]]
                for tap in TAPS[1:]:
                    fresh = fresh ^ state[tap]
                state = cat([fresh, state[: len(state) - 1]])
            states.append(state)
            spikes.append(state[: spec.bits].below(value))
        words, in_last = self.last[0] + 1, self.last[1] + 1
        following = mux(self.place.equals(words - 1), states[in_last], states[-1])
        following = mux(self.place.below(words), following, self.register)
        return spikes, following

    def _delta(self, values: Sequence[Bits]) -> list[Bits]:
        return [spike for lane in range(len(values)) for spike in self.moves(lane)[:2]]

    def moves(self, lane: int) -> tuple[Bits, Bits, Bits]:
        """Whether a value is above or below its reference by the level, and the next reference."""
        spec, bits = self.spec, self.spec.bits + ROOM
        value = self.read_data(f"values_{lane}").wide(bits)
        reference = self.read_data(f"references_{lane}").gated(self.step.any()).wide(bits)
        rises = ~value.below(reference + spec.level)
        falls = ~reference.below(value + spec.level)
        next_reference = mux(rises, reference + spec.level, reference)
        return rises, falls, mux(falls, reference - spec.level, next_reference)


def prove_encoder(prover: Prover, net: Netlist, network: NetworkSpec, facts: EncoderFacts) -> None:
    """Add the claims about the encoder to the prover."""
    spec = network.encoder
    if spec is None:
        raise ValueError("network must have an encoder")
    clocks, t = Clocks(prover, net, 1), prover.terms
    now, then = (_Encoder(clocks, clock, spec, facts) for clock in (0, 1))
    transfer = Bits(t, t.var("transfer that is gathered", facts.words.bit_length() + ROOM))
    assumptions = [*clocks.quiet, now.invariant(transfer).holds]
    following = (transfer + (now.advance & now.complete).wide(len(transfer))).gated(
        ~(now.over | now.last_transfer)
    )
    _prove_values(prover, now, then, assumptions)
    _prove_steps(prover, now, then, following, assumptions)
    _prove_code(prover, now, then, assumptions)
    prover.claim(
        "encoder: transfers of spikes",
        f"each {facts.chunk_words} words of values make a transfer, which stays until it is taken",
        violated(
            same(now.payload, now.gathered[: facts.chunk]),
            same(then.o_valid, mux(now.advance, now.complete, now.o_valid & ~now.o_ready)),
            (now.o_valid & ~now.o_ready).implies(same(then.payload, now.payload)),
        ),
        assumptions,
    )
    for memory in now.memories():
        prove_memory(prover, net, "encoder", memory, latency=1)
    fresh = [~then.showing, ~then.o_valid, then.step.equals(0), then.place.equals(0)]
    fresh += [then.turn.equals(0), then.filled.equals(0)]
    if spec.kind == "bernoulli":
        fresh.append(then.register.equals(spec.seed))
    prover.claim(
        "encoder: after a reset",
        "a reset drops values and spikes, and the next value is the first one of a set",
        violated(*fresh),
        [prover.on(clocks.frames.at(0, "rst"))],
    )


def _prove_values(prover: Prover, now: _Encoder, then: _Encoder, assumptions: list[Any]) -> None:
    spec, facts, clocks = now.spec, now.facts, now.clocks
    at_lane = now.turn.equals(spec.lanes - 1)
    writes = []
    for lane in range(spec.lanes):
        memory = f"values_{lane}"
        enabled = clocks.at(0, f"{memory}.write__en")
        writes += [
            same(enabled, now.transfer & now.turn.equals(lane)),
            enabled.implies(same(clocks.at(0, f"{memory}.write__addr"), now.place)),
            enabled.implies(same(clocks.at(0, f"{memory}.write__data"), now.input_value)),
        ]
    goes_on = now.transfer & ~now.last_transfer
    prover.claim(
        "encoder: a set of values",
        f"{facts.values} values are taken in, each at its own place, {spec.lanes} a word, and none"
        " while they are shown",
        violated(
            *writes,
            same(now.ready, ~now.showing),
            goes_on.implies(same(then.turn, (now.turn + 1).gated(~at_lane))),
            goes_on.implies(same(then.place, mux(at_lane, now.place + 1, now.place))),
            now.last_transfer.implies(then.showing & then.place.equals(0)),
            (~now.showing & ~now.last_transfer).implies(~then.showing),
        ),
        assumptions,
        {"place": now.place.term},
    )


def _prove_steps(
    prover: Prover, now: _Encoder, then: _Encoder, following: Bits, assumptions: list[Any]
) -> None:
    spec, facts = now.spec, now.facts
    prover.claim(
        "encoder: steps of a set",
        f"a set is shown {spec.steps} times, each time all {facts.words} words in order, each once;"
        " then the next set is taken in",
        violated(
            then.invariant(following),
            same(then.primed, now.showing & ~now.over),
            same(then.showing, (now.showing & ~now.ended) | now.last_transfer),
            now.showing.implies(
                same(then.place, mux(now.advance, (now.place + 1).gated(~now.over), now.place))
            ),
            same(then.step, mux(now.over, (now.step + 1).gated(~now.ended), now.step)),
            same(
                then.filled,
                mux(now.advance, (now.filled + 1).gated(~now.complete), now.filled),
            ),
        ),
        assumptions,
        {"place": now.place.term, "step": now.step.term},
    )


def _prove_code(prover: Prover, now: _Encoder, then: _Encoder, assumptions: list[Any]) -> None:
    spec, clocks = now.spec, now.clocks
    spikes, register = now.spikes()
    word = cat(spikes)
    gathered = cat([now.gathered, word])[len(word) :]
    facts = [same(then.gathered, mux(now.advance, gathered, now.gathered))]
    if register is not None:
        next_register = mux(now.advance, register, now.register)
        seed = clocks.const(spec.seed, len(next_register))
        facts.append(same(then.register, mux(now.ended, seed, next_register)))
    for lane in range(spec.lanes if spec.kind == "delta" else 0):
        memory, (rises, falls, reference) = f"references_{lane}", now.moves(lane)
        facts += [
            ~(rises & falls),
            now.primed.implies(reference.below(1 << spec.bits)),
            same(clocks.at(0, f"{memory}.write__en"), now.advance),
            same(clocks.at(0, f"{memory}.write__addr"), now.place),
            same(clocks.at(0, f"{memory}.write__data"), reference[: spec.bits]),
        ]
    prover.claim(
        "encoder: the spikes of a word",
        f"each word of values gives the spikes that '{spec.kind}' says, behind those of the word"
        " before it",
        violated(*facts),
        assumptions,
        {"step": now.step.term, "word": word.term},
    )
