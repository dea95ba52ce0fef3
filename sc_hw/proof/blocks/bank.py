"""What is proved of a synapse bank: its pipeline from an arbitrary state, its memory, and that no
synapse is read before its new word has been written.

Clock 0 is that of a transfer on the stream `i`.
"""

from __future__ import annotations

from typing import Any

from sc_hw.proof.blocks.random_source import RandomBits, prove_random_source
from sc_hw.proof.blocks.schedule import sequencer_invariant
from sc_hw.proof.facts import Field, NamedSignal, read_facts
from sc_hw.proof.frames import Frames, at_power_on, no_reset, violation
from sc_hw.proof.liveness import Rank
from sc_hw.proof.netlist import Netlist
from sc_hw.proof.prover import Cuts, Prover, number
from sc_hw.proof.words import low_bits, numbers_in
from sc_model.graph.smt import K, SmtInt, SmtOps
from sc_model.spec import Rule, RuleParams


def prove_bank(
    prover: Prover,
    net: Netlist,
    rule: Rule,
    params: RuleParams,
    manifest: dict[str, Any],
) -> None:
    """Add the claims about a bank to the prover.

    Parameters
    ----------
    prover, net : the prover, and the bank's netlist.
    rule, params : the learning rule.
    manifest : of the bank's build: its timing, ports, and named signals.
    """
    bank = _Bank(prover, net, rule, params, manifest)
    _prove_update(bank, rule, params)
    _prove_transfers(bank)
    _prove_memory(bank)
    _prove_order(bank)
    _prove_read_back(bank)
    _prove_idle(bank)
    _prove_waits(bank, manifest["timing"])
    if bank.random is not None:
        prove_random_source(
            bank.random,
            step=bank.transfer(0),
            restart=prover.terms.tm.mk_false(),
            rst=bank.bit(0, "rst"),
            register=bank.at(0, "random__state"),
            following=bank.at(1, "random__state"),
            load=bank.bit(0, "random__load"),
            seed=bank.at(0, "random__seed"),
        )


class _Bank:
    """A bank unrolled from a transfer (clock 0) until its new word is in memory.

    Members
    -------
    span : clocks from a transfer to its word on the write port.
    read_clocks : clocks from a transfer to its word out of the memory.
    word, inputs : fields of a synapse's word, and of the stream's payload.
    signals : the pipeline's named signals.
    synapses : how many there are.
    last : address of the last synapse.
    no_reset : assumption that no clock resets.
    running : `no_reset`, and the sequencer's invariant in clock 0.
    holds : `no_reset`, and the whole bank's invariant in clock 0.
    settings : formats of the run-time parameters: ports that keep their value, which is any.
    random : where random bits are; None where there are none, or where they come with `i`.
    """

    def __init__(
        self,
        prover: Prover,
        net: Netlist,
        rule: Rule,
        params: RuleParams,
        manifest: dict[str, Any],
    ) -> None:
        self.prover, self.net, self.t = prover, net, prover.terms
        timing = manifest["timing"]
        self.span: int = timing["span_clocks"]
        self.read_clocks: int = timing["read_clocks"]
        self.word = _fields_of_port(manifest, "updated_state")
        self.inputs = _fields_of_port(manifest, "i__payload")
        self.signals = read_facts(tuple[NamedSignal, ...], manifest["named_signals"])
        formats = rule.input_formats(params)
        self.settings = {setting.name: formats[setting.name] for setting in rule.settings}
        self.random = RandomBits.of(prover, rule, params, net.inputs)
        self.frames = Frames(
            net, self.span + 1, tuple(self.settings), split=("i__payload", self.inputs)
        )
        self.no_reset = no_reset(prover, self.frames, self.span)
        self.address_bits = self.t.width(self.at(0, "updated_address"))
        self.synapses: int = manifest["design"]["synapses"]
        self.last = self.t.const(self.synapses - 1, self.address_bits)
        # The claims about updates need no more than this: a grant to the host and a busy host
        # both imply `closed`, so that with a transfer the address register takes the sequencer's
        # address.
        sequencer = sequencer_invariant(
            prover, self.frames, 0, self.last, self.span, prefix="sequencer."
        )
        self.running = [*self.no_reset, *sequencer]
        self.holds = [*self.no_reset, *self.invariant(0)]

    def at(self, clock: int, name: str) -> Any:
        """A signal in a clock."""
        return self.frames.at(clock, name)

    def bit(self, clock: int, name: str) -> Any:
        """Whether a one-bit signal is high in a clock."""
        return self.prover.on(self.at(clock, name))

    def stored(self, clock: int, address: Any) -> Any:
        """A word of the memory in a clock."""
        return self.t(K.ARRAY_SELECT, self.frames.memory(clock), address)

    def transfer(self, clock: int, stream: str = "i") -> Any:
        """Whether a stream transfers in a clock."""
        return self.prover.both(
            self.bit(clock, f"{stream}__valid"), self.bit(clock, f"{stream}__ready")
        )

    def address(self, clock: int) -> Any:
        """Address of the synapse whose turn it is."""
        return self.at(clock, "sequencer.address")

    def issues(self) -> dict[str, Any]:
        """What a counterexample shows about the order of accesses."""
        return {
            f"{name}@{clock}": self.at(clock, f"sequencer.{name}")
            for clock in range(self.span)
            for name in ("issue", "address")
        }

    def invariant(self, clock: int) -> list[Any]:
        """What holds in every clock after a reset: of sequencer, pipeline and read-back."""
        sequencer = sequencer_invariant(
            self.prover, self.frames, clock, self.last, self.span, prefix="sequencer."
        )
        return [*sequencer, *self._pipeline(clock), *self._read_back(clock)]

    def _pipeline(self, clock: int) -> list[Any]:
        """No stage of the pipeline is valid for longer than the sequencer counts."""
        prover, t = self.prover, self.t
        empty, age = self.bit(clock, "sequencer.empty"), self.at(clock, "sequencer.age")
        issued = self.bit(clock, "sequencer.issued")
        facts = []
        for stage in range(1, self.span):
            # Without this an arbitrary state could have updates on their way of which the sequencer
            # knows nothing: it would let the host in, and the induction would fail.
            # An update in stage k was issued k clocks ago. `issued` says that the latest issue was
            # one clock ago; else `age` is 0 two clocks after the latest issue.
            young = [t(K.BV_ULE, age, t.const(stage - 2, t.width(age)))] if stage > 1 else []
            facts.append(
                prover.implies(
                    self.bit(clock, f"valid_d{stage}"),
                    prover.both(prover.no(empty), prover.either(issued, *young)),
                )
            )
            # The other way round, so that `empty` rises as soon as nothing is on its way.
            latest = (
                issued
                if stage == 1
                else prover.both(prover.no(empty), prover.no(issued), prover.equals(age, stage - 2))
            )
            facts.append(prover.implies(latest, self.bit(clock, f"valid_d{stage}")))
        return facts

    def _read_back(self, clock: int) -> list[Any]:
        """What holds in each stage of a host's read: under way (two clocks), offered, taken."""
        prover, t = self.prover, self.t
        # What ties the stages together: the address register keeps the host's address (`reading`)
        # and nothing is written, so that the word in memory is still the one that was asked for.
        arriving = self.at(clock, "arriving")  # bit k: the read was taken k + 1 clocks ago
        arrived, taken = self.bit(clock, "readback__valid"), self.bit(clock, "taken")
        latched = self.at(clock, self.net.memory_latch)
        word = self.stored(clock, self.at(clock, "r_addr"))
        undisturbed = prover.both(self.bit(clock, "reading"), prover.no(self.bit(clock, "w_en")))
        waiting = prover.both(undisturbed, prover.no(arrived), prover.no(taken))
        in_latch = t(K.EQUAL, latched, word)
        offered = prover.both(in_latch, t(K.EQUAL, self.at(clock, "readback__payload"), word))
        none_arriving = prover.equals(arriving, 0)
        # The first line makes `undisturbed` exclude updates as well as loads.
        return [
            prover.implies(self.bit(clock, "updated"), self.bit(clock, "w_en")),
            prover.no(prover.equals(arriving, 3)),  # two reads are never under way
            prover.implies(prover.equals(arriving, 1), waiting),
            prover.implies(prover.equals(arriving, 2), prover.both(waiting, in_latch)),
            prover.implies(
                arrived, prover.both(undisturbed, none_arriving, prover.no(taken), offered)
            ),
            prover.implies(taken, prover.both(undisturbed, none_arriving)),
            # A read under way is in one of these stages, or it would never end.
            prover.implies(
                self.bit(clock, "reading"), prover.either(prover.no(none_arriving), arrived, taken)
            ),
        ]


def _fields_of_port(manifest: dict[str, Any], port: str) -> tuple[Field, ...]:
    """Fields of a port, as the manifest lists them."""
    fields = next(row["fields"] for row in manifest["ports"] if row["name"] == port)
    return read_facts(tuple[Field, ...], fields)


def _prove_update(bank: _Bank, rule: Rule, params: RuleParams) -> None:
    """Add the claims that what is written is the rule's value of what was read.

    The address is registered before it reaches the memory: what is read is the word of clock 1.
    """
    # The claims end at the write port. That the memory takes over what is there is a claim of its
    # own (`memory: update lands`); the two compose, since clock 0 may be any clock of a run.
    prover, t, span = bank.prover, bank.t, bank.span
    formats = rule.state_formats(params)
    state = numbers_in(prover, bank.stored(1, bank.address(0)), bank.word)
    inputs = {f.name: number(t, bank.frames.fields[f.name], f.signed) for f in bank.inputs}
    inputs |= {n: number(t, bank.at(0, n), f.signed) for n, f in bank.settings.items()}
    if bank.random is not None:
        inputs |= bank.random.numbers(bank.at(0, "random__state"))
    assumptions = [*bank.running, bank.transfer(0)]
    cuts = Cuts(prover, bank.frames.cuts(bank.signals, bank.read_clocks), assumptions)
    cuts.witness.update({"address": bank.address(0), **inputs, **state})
    new = rule.apply(SmtOps(t, cuts), state, inputs, params)
    new_word = numbers_in(prover, bank.at(span, "updated_state"), bank.word)
    for f in bank.word:
        value: SmtInt = SmtOps(t).let(f.name, new[f.name])
        form, output = formats[f.name], new_word[f.name]
        prover.claim(
            f"update: {f.name}",
            f"{span} clocks after a transfer, {f.name} on the write port is the rule's value for"
            " the word that was read",
            prover.either(
                t.differ(value.low(f.width), output.low(f.width)),
                # The value itself must fit, or equal low bits would prove too little.
                (value < form.lo).term,
                (value > form.hi).term,
            ),
            assumptions,
            {**cuts.witness, f"{f.name}' (rule)": value, f"{f.name}' (netlist)": output},
        )


def _prove_transfers(bank: _Bank) -> None:
    """Add the claims that every transfer is written, at its address, and nothing else is."""
    prover, t, span = bank.prover, bank.t, bank.span
    witness = {
        "address@0": bank.address(0),
        f"updated@{span}": bank.at(span, "updated"),
        "address": bank.at(span, "updated_address"),
    }
    prover.claim(
        "update: address",
        f"{span} clocks after a transfer its address is on the write port",
        prover.either(
            prover.off(bank.at(span, "updated")),
            t.differ(bank.at(span, "updated_address"), bank.address(0)),
        ),
        [*bank.running, bank.transfer(0)],
        witness,
    )
    # No invariant is assumed: every valid bit of the arbitrary state before clock 0 has left the
    # pipeline `span` clocks later.
    prover.claim(
        "update: only transfers",
        f"there is no update but {span} clocks after a transfer",
        bank.bit(span, "updated"),
        [*bank.no_reset, prover.no(bank.transfer(0))],
        witness,
    )


def _prove_memory(bank: _Bank) -> None:
    """Add the claims about an arbitrary word of the memory.

    A load taken in clock 0 is on the write port in clock 1, as updates are; the memory holds what
    was on the port from clock 2 on.
    """
    prover, t = bank.prover, bank.t
    place = t.var("place", bank.address_bits)  # any word
    load = bank.transfer(0, "load")
    before, after = (bank.stored(clock, place) for clock in (1, 2))
    addressed = t(K.EQUAL, bank.at(1, "updated_address"), place)
    payload, bits = bank.at(0, "load__payload"), bank.address_bits
    load_word = t(K.BV_EXTRACT, payload, indices=(bits + t.width(before) - 1, bits))
    load_addressed = t(K.EQUAL, low_bits(t, payload, bits), place)
    updating = bank.bit(1, "updated")
    prover.claim(
        "memory: update lands",
        "an update on the write port is in memory in the next clock, and no other word changes",
        t.differ(after, t(K.ITE, addressed, bank.at(1, "updated_state"), before)),
        [*bank.no_reset, updating],
    )
    # The invariant is needed here: in an arbitrary state an update could reach the write register
    # together with the load, and would take its place.
    prover.claim(
        "memory: load lands",
        "a load taken from the host is in memory two clocks later, and no other word changes",
        t.differ(after, t(K.ITE, load_addressed, load_word, before)),
        [*bank.holds, load],
    )
    prover.claim(
        "memory: nothing else writes",
        "without update or load no word changes",
        t.differ(after, before),
        [*bank.holds, prover.no(updating), prover.no(load)],
    )


def _prove_order(bank: _Bank) -> None:
    """Add the claims about the order of accesses, by induction from reset."""
    prover, t, span = bank.prover, bank.t, bank.span
    next_violation = violation(prover, bank.invariant(1))
    # Nothing but the reset is assumed, so the registers without a reset stay arbitrary: the
    # sequencer's counters, for example. The invariant speaks of them only where they matter.
    prover.claim(
        "order: invariant after reset",
        "reset leads to a state in which the invariant holds",
        next_violation,
        [prover.on(bank.at(0, "rst"))],
    )
    prover.claim(
        "power-on: invariant",
        "the invariant holds wherever the registers with a reset have the values that it gives"
        " them, whatever all others hold",
        violation(prover, bank.invariant(0)),
        at_power_on(bank.frames),
        bank.issues(),
    )
    at_rest = [bank.bit(1, "idle"), bank.bit(1, "i__ready")]
    for output in ("updated", "load__ready", "read__ready", "readback__valid"):
        at_rest.append(prover.off(bank.at(1, output)))
    prover.claim(
        "order: at rest after reset",
        "in the clock after a reset the bank is idle, takes a transfer, and shows and grants"
        " nothing",
        violation(prover, at_rest),
        [prover.on(bank.at(0, "rst"))],
    )
    prover.claim(
        "order: invariant kept",
        "if the invariant holds in a clock, it holds in the next one",
        next_violation,
        bank.holds,
    )
    next_address = t(
        K.ITE,
        t(K.EQUAL, bank.address(0), bank.last),
        t.const(0, bank.address_bits),
        t(K.BV_ADD, bank.address(0), t.const(1, bank.address_bits)),
    )
    prover.claim(
        "order: next synapse",
        "a transfer for synapse k is followed by the turn of k + 1, for the last synapse by that of"
        " 0; without a transfer the turn stays",
        t.differ(bank.address(1), t(K.ITE, bank.transfer(0), next_address, bank.address(0))),
        bank.holds,
        bank.issues(),
    )
    again = [
        prover.both(
            bank.transfer(0),
            bank.transfer(clock),
            t(K.EQUAL, bank.address(0), bank.address(clock)),
        )
        for clock in range(1, span)
    ]
    prover.claim(
        "order: no early read",
        f"no synapse is read again within {span} clocks, so never before its write has landed",
        prover.either(*again),
        bank.holds,
        bank.issues(),
    )
    # A word is on the write port in clock `span`, and in memory from the clock after it.
    granted = [
        prover.both(
            bank.transfer(0),
            prover.either(bank.bit(clock, "load__ready"), bank.bit(clock, "read__ready")),
        )
        for clock in range(span + 1)
    ]
    prover.claim(
        "order: host waits",
        f"the host gets the memory no sooner than {span + 1} clocks after the last transfer",
        prover.either(*granted),
        bank.holds,
        bank.issues(),
    )


def _prove_read_back(bank: _Bank) -> None:
    """Add the claims about the host's read of a word. It takes the pipeline's way to the memory."""
    # The address is registered first, so the word that is read is that of clock 1.
    prover, t, arrival = bank.prover, bank.t, bank.read_clocks
    word = bank.stored(1, bank.at(0, "read__payload"))
    prover.claim(
        "read-back: word",
        f"{arrival} clocks after a read is taken its word is offered",
        prover.either(
            prover.off(bank.at(arrival, "readback__valid")),
            t.differ(bank.at(arrival, "readback__payload"), word),
        ),
        [*bank.holds, bank.transfer(0, "read")],
    )
    prover.claim(
        "read-back: held",
        "an offered word stays until the host takes it",
        prover.either(
            prover.off(bank.at(1, "readback__valid")),
            t.differ(bank.at(1, "readback__payload"), bank.at(0, "readback__payload")),
        ),
        [
            *bank.holds,
            bank.bit(0, "readback__valid"),
            prover.off(bank.at(0, "readback__ready")),
        ],
    )


def _prove_idle(bank: _Bank) -> None:
    """Add the claim about the output `idle`."""
    prover = bank.prover
    in_flight = [bank.bit(0, f"valid_d{stage}") for stage in range(1, bank.span)]
    in_flight += [bank.bit(0, "w_en"), prover.no(prover.equals(bank.at(0, "arriving"), 0))]
    in_flight += [bank.bit(0, "readback__valid"), bank.bit(0, "taken")]
    mid_sweep = prover.no(prover.equals(bank.address(0), 0))
    prover.claim(
        "idle",
        "`idle` is high exactly when no sweep has begun, no update is in the pipeline, no word is"
        " on the write port, and no read is under way",
        bank.prover.terms(K.EQUAL, bank.bit(0, "idle"), prover.either(mid_sweep, *in_flight)),
        bank.holds,
        bank.issues(),
    )


class _Waits:
    """Ranks of a bank: clocks that are left until something happens, out of its registers."""

    def __init__(self, bank: _Bank) -> None:
        self.bank, self.prover = bank, bank.prover
        self.rank = Rank(bank.prover, 2 * (bank.synapses + bank.span))

    def until_empty(self, clock: int) -> Any:
        """Clocks until `empty`: 0 where it is high."""
        bank, rank, end = self.bank, self.rank, self.bank.span - 3
        age = rank.wide(bank.at(clock, "sequencer.age"))
        # `age` is 0 two clocks after an issue, and `empty` rises in the clock after age `end`.
        return rank.choose(
            (bank.bit(clock, "sequencer.empty"), 0),
            (bank.bit(clock, "sequencer.issued"), end + 2),
            otherwise=rank.minus(end + 1, age),
        )

    def until_read(self, clock: int) -> Any:
        """Clocks until a read under way is over, if its word is taken at once; 0 without one."""
        bank, arriving = self.bank, self.bank.at(clock, "arriving")
        return self.rank.choose(
            (self.prover.no(bank.bit(clock, "reading")), 0),
            (self.prover.equals(arriving, 1), 4),
            (self.prover.equals(arriving, 2), 3),
            (bank.bit(clock, "readback__valid"), 2),
            otherwise=1,
        )

    def until_open(self, clock: int) -> Any:
        """Clocks until transfers are taken, if the host asks for nothing."""
        bank, prover, rank = self.bank, self.prover, self.rank
        read_rank, empty = self.until_read(clock), self.until_empty(clock)
        # A bank that is no shorter than its pipeline does not wait for `empty`.
        drained = rank.choose((prover.equals(empty, 0), 1), otherwise=empty)
        return rank.choose(
            (prover.no(bank.bit(clock, "sequencer.closed")), 0),
            (prover.no(prover.equals(read_rank, 0)), rank.plus(read_rank, 1)),
            otherwise=drained if bank.synapses < bank.span else 1,
        )

    def until_granted(self, clock: int) -> Any:
        """Clocks until the host gets in, if it asks and transfers are offered."""
        bank, rank = self.bank, self.rank
        distance = rank.minus(rank.wide(bank.last), rank.wide(bank.address(clock)))
        return rank.choose(
            (bank.bit(clock, "sequencer.host_grant"), 0),
            # A sweep that has begun ends, and so does one that may begin in this clock.
            (
                self.prover.no(bank.bit(clock, "sequencer.closed")),
                rank.plus(distance, bank.span + 1),
            ),
            otherwise=rank.plus(self.until_read(clock), self.until_empty(clock), 1),
        )

    def until_idle(self, clock: int) -> Any:
        """Clocks until `idle`, between sweeps."""
        rank, empty = self.rank, self.until_empty(clock)
        write_clock = rank.choose((self.bank.bit(clock, "w_en"), 1), otherwise=0)
        return rank.choose(
            (self.prover.no(self.prover.equals(empty, 0)), rank.plus(empty, 1)),
            otherwise=rank.plus(self.until_read(clock), write_clock),
        )

    def assuming(self, high: tuple[str, ...], low: tuple[str, ...]) -> list[Any]:
        """The bank's invariant, an answer that is taken at once, and what streams offer."""
        at, prover = self.bank.at, self.prover
        return [
            *self.bank.holds,
            *(prover.on(at(k, name)) for name in ("readback__ready", *high) for k in (0, 1)),
            *(prover.off(at(k, name)) for name in low for k in (0, 1)),
        ]


def _prove_waits(bank: _Bank, timing: dict[str, Any]) -> None:
    """Add the claims that nobody waits for ever: the stimulus, the host, who waits for `idle`."""
    prover, waits = bank.prover, _Waits(bank)
    accepts, host, done = (timing[f"{name}_within_clocks"] for name in ("accepts", "host", "done"))
    waits.rank.claim(
        "liveness: transfer",
        f"a transfer that is offered is taken within {accepts} clocks, while the host asks for"
        " nothing and takes what it has asked for",
        good=bank.transfer(0),
        rank=waits.until_open,
        within=accepts,
        assumptions=waits.assuming(("i__valid",), ("load__valid", "read__valid")),
        witness=bank.issues(),
    )
    waits.rank.claim(
        "liveness: load",
        f"a load that is offered is taken within {host} clocks, as long as transfers are offered to"
        " the sweep under way",
        good=bank.transfer(0, "load"),
        rank=waits.until_granted,
        within=host,
        assumptions=waits.assuming(("i__valid", "load__valid"), ()),
        witness=bank.issues(),
    )
    waits.rank.claim(
        "liveness: read",
        f"a read that is offered is taken within {host} clocks, as long as transfers are offered to"
        " the sweep under way and no load is offered",
        good=bank.transfer(0, "read"),
        rank=waits.until_granted,
        within=host,
        assumptions=waits.assuming(("i__valid", "read__valid"), ("load__valid",)),
        witness=bank.issues(),
    )
    # From the clock after the transfer, which counts as the first.
    waits.rank.claim(
        "liveness: idle",
        f"`idle` is high within {done} clocks after a sweep's last transfer, while nothing else is"
        " offered",
        good=bank.bit(0, "idle"),
        rank=waits.until_idle,
        within=done,
        assumptions=[
            *waits.assuming((), ("i__valid", "load__valid", "read__valid")),
            prover.equals(bank.address(0), 0),
        ],
        witness=bank.issues(),
    )
