"""Claims about the addresses in a part of a trained layer: which word is read, and which written.

The claims about arithmetic take a part's words from the read ports of its memories. Those here say
that these are the words of the synapse, neuron or column that has its turn, that an update goes
back to where its word came from, and that the host reads and writes the words that it asks for.
"""

from __future__ import annotations

from typing import Any

from sc_hw.proof.bits import Bits, cat, either, mux
from sc_hw.proof.blocks.network.facts import TrainedLaneFacts, TrainedNeuronsFacts
from sc_hw.proof.frames import Frames, no_reset
from sc_hw.proof.netlist import Netlist
from sc_hw.proof.prover import Prover
from sc_hw.proof.words import address_width, resize_unsigned, word_at
from sc_model.graph.smt import K


class Clocks:
    """The signals of a part in consecutive clocks, as vectors with operators.

    Parameters
    ----------
    prover : of the claims.
    net : the part.
    count : clocks behind clock 0.
    """

    def __init__(self, prover: Prover, net: Netlist, count: int) -> None:
        self.prover, self.terms, self.frames = prover, prover.terms, Frames(net, count)
        self.quiet = no_reset(prover, self.frames, count)

    def at(self, clock: int, name: str) -> Bits:
        """A signal in a clock."""
        return Bits(self.terms, self.frames.at(clock, name))

    def const(self, value: int, width: int) -> Bits:
        """A constant."""
        return Bits.const(self.terms, value, width)


def violated(*facts: Bits) -> Any:
    """Whether one of some bits is 0."""
    return (~cat(facts).all()).holds


def same(left: Bits, right: Bits) -> Bits:
    """Whether two vectors are equal."""
    return left.equals(right)


def prove_memory(prover: Prover, net: Netlist, label: str, path: str, latency: int = 2) -> None:
    """Add the claim about a memory of a part.

    Parameters
    ----------
    prover, net : the part.
    label : how the claim's name begins.
    path : of the memory in the part.
    latency : clocks from an address to its word; 1 without an output register.
    """
    clocks = Clocks(prover, net, latency)
    t, frames = prover.terms, clocks.frames
    before, after = (frames.memory(clock, f"{path}.words") for clock in (0, 1))
    read = word_at(t, before, frames.at(0, f"{path}.r_addr"))
    bits = address_width(before)
    some = t.var(f"some address of {path}", bits)
    address = Bits(t, resize_unsigned(t, frames.at(0, f"{path}.write__addr"), bits))
    hit = clocks.at(0, f"{path}.write__en") & address.equals(Bits(t, some))
    old_word = Bits(t, t(K.ARRAY_SELECT, before, some))
    expected = mux(hit, clocks.at(0, f"{path}.write__data"), old_word)
    prover.claim(
        f"{label}: memory {path}",
        f"the word at the read port is that of the address {latency} clocks before, and a write"
        " changes the word of its address alone",
        violated(
            same(clocks.at(latency, f"{path}.r_data"), Bits(t, read)),
            same(Bits(t, t(K.ARRAY_SELECT, after, some)), expected),
        ),
        (),
        {"address": some, "read": read},
    )


def prove_reads(
    prover: Prover, net: Netlist, label: str, paths: list[str], turn: str, host: str
) -> None:
    """Add the claim about the addresses that a part reads, and about the word that the host sees.

    Parameters
    ----------
    prover, net : the part.
    label : how the claim's name begins.
    paths : of the part's memories, those of the lower bits of the host's word first.
    turn, host : signals with the address of what has its turn, and of what the host asks for. The
        layer around the part sees to it that one of them is 0.
    """
    clocks = Clocks(prover, net, 0)
    requests, turns = clocks.at(0, host), clocks.at(0, turn)
    facts = []
    for path in paths:
        address = clocks.at(0, f"{path}.r_addr")
        facts.append(requests.any() | same(address, turns))
        facts.append(turns.any() | same(address, requests))
    words = cat([clocks.at(0, f"{path}.r_data") for path in paths])
    facts.append(same(Bits(prover.terms, net_output(clocks, net, "word")), words))
    prover.claim(
        f"{label}: addresses",
        "what has its turn is read at its own number while the host's address is 0, and the host's"
        " word at the host's address while nothing has its turn; the host sees the stored word",
        violated(*facts),
        (),
        {"turn": turns.term, "host": requests.term},
    )


def net_output(clocks: Clocks, net: Netlist, name: str) -> Any:
    """An output port in clock 0; an inner signal may have the port's name."""
    frames = clocks.frames
    return net.substitute(net.outputs[name], net.binding(frames.states[0], frames.inputs[0]))


def prove_host_writes(
    prover: Prover,
    net: Netlist,
    label: str,
    fields: dict[str, tuple[int, int]],
    host: str,
    busy: dict[str, str],
) -> None:
    """Add the claim about the words that the host writes.

    Parameters
    ----------
    prover, net : the part.
    label : how the claim's name begins.
    fields : for each memory, the bits of the host's word that it holds, from and below.
    host : signal with the host's address.
    busy : for a memory that the part itself writes, the signal that it does so in this clock.
    """
    clocks = Clocks(prover, net, 1)
    load, data, address = (clocks.at(0, name) for name in ("load", "load_data", host))
    facts = []
    for path, (low, high) in fields.items():
        own = clocks.at(0, busy[path]) if path in busy else clocks.const(0, 1)
        enabled = clocks.at(1, f"{path}.write__en")
        facts += [
            own | same(enabled, load),
            ~(load & ~own) | same(clocks.at(1, f"{path}.write__addr"), address),
            ~(load & ~own) | same(clocks.at(1, f"{path}.write__data"), data[low:high]),
        ]
    prover.claim(
        f"{label}: what the host writes",
        "a word that the host loads is written whole at the host's address, and nothing else is",
        violated(*facts),
        clocks.quiet,
        {"load": load.term, "address": address.term},
    )


def prove_lane_addresses(
    prover: Prover, net: Netlist, label: str, facts: TrainedLaneFacts, depth: int
) -> None:
    """Add the claims about the addresses in a lane of `depth` synapses."""
    memories = [*(["traces"] if facts.state else []), "fixed"]
    for path in memories:
        prove_memory(prover, net, f"{label}, lane", path)
    prove_reads(prover, net, f"{label}, lane", memories, "address", "host_address")
    state = sum(field.width for field in facts.state)
    whole = state + sum(field.width for field in facts.fixed)
    fields = {"fixed": (state, whole)} | ({"traces": (0, state)} if facts.state else {})
    busy = {"traces": f"issue_d{facts.state_ready}"} if facts.state else {}
    prove_host_writes(prover, net, f"{label}, lane", fields, "host_address", busy)
    if facts.state:
        _prove_back(prover, net, label, facts.state_ready, depth)


def _prove_back(prover: Prover, net: Netlist, label: str, landed: int, depth: int) -> None:
    """The next state goes back to the address that the state came from.

    A counter gives the address of a write. With the writes that are on their way it is always the
    address of the next read, modulo the number of synapses; and so it is, for each write on its
    way, with those in front of it.
    """
    clocks = Clocks(prover, net, 1)
    # Room for the counter and all that is on its way.
    bits = (depth + landed).bit_length() + 1

    def total(clock: int, behind: int) -> Bits:
        """The counter, and the writes that were issued more than `behind` clocks before."""
        result = clocks.at(clock, "place").wide(bits)
        for number in range(landed, behind, -1):
            result = result + clocks.at(clock, f"issue_d{number}").wide(bits)
        return result

    def in_step(clock: int) -> Bits:
        place, address = clocks.at(clock, "place"), clocks.at(clock, "address")
        rounds = [
            total(clock, 0).equals(address.wide(bits) + turn * depth)
            for turn in range(landed // depth + 2)
        ]
        return place.below(depth) & address.below(depth) & either(rounds, prover.terms)

    place, address, issue = (clocks.at(0, name) for name in ("place", "address", "issue"))
    lands = clocks.at(0, f"issue_d{landed}")
    # What the layer around the lane is claimed to do (see `wiring.sweep`).
    following = (address + 1).gated(~address.equals(depth - 1))
    goes_on = same(clocks.at(1, "address"), mux(issue, following, address))
    prover.claim(
        f"{label}, lane: writes keep up with reads",
        "the address of the next write and the writes on their way are together the address of the"
        " next read, from one clock to the next",
        violated(in_step(1)),
        [prover.off(clocks.frames.at(0, "rst")), in_step(0).holds, goes_on.holds],
    )
    prover.claim(
        f"{label}, lane: writes after a reset",
        "a reset takes the writes off their way, and the next one goes to address 0",
        violated(clocks.at(1, "place").equals(0), total(1, 0).equals(0)),
        [prover.on(clocks.frames.at(0, "rst"))],
    )
    wraps = lands & place.equals(depth - 1)
    turn = clocks.const(depth, bits).gated(wraps)
    prover.claim(
        f"{label}, lane: back to its address",
        f"the state of a synapse is written {landed + 1} clocks after it was read, at the address"
        " that it was read from: the counter with the writes in front of it stays that address",
        violated(
            place.below(depth).implies(clocks.at(1, "place").below(depth)),
            *(
                place.below(depth).implies(same(total(1, behind + 1) + turn, total(0, behind)))
                for behind in range(landed)
            ),
        ),
        clocks.quiet,
        {"place": place.term},
    )


def prove_neuron_addresses(
    prover: Prover, net: Netlist, label: str, facts: TrainedNeuronsFacts, lanes: int, neurons: int
) -> None:
    """Add the claims about the addresses in a layer's neurons, and about the row of sums."""
    state = sum(field.width for field in facts.word)
    fields = {"memory": (0, state)}
    if facts.own:
        fields["own"] = (state, state + sum(field.width for field in facts.own))
    for path in fields:
        prove_memory(prover, net, f"{label}, neurons", path)
    prove_reads(prover, net, f"{label}, neurons", list(fields), "index", "host_address")
    busy = {"memory": "o_valid"}
    prove_host_writes(prover, net, f"{label}, neurons", fields, "host_address", busy)
    _prove_row(prover, net, label, lanes)
    _prove_index(prover, net, label, neurons)


def _prove_row(prover: Prover, net: Netlist, label: str, lanes: int) -> None:
    """The sums of a group come out of the row one by one, that of lane 0 first."""
    clocks = Clocks(prover, net, 1)
    take, announce, sums = (clocks.at(0, name) for name in ("take", "announce", "sums"))
    full, width = clocks.at(0, "full"), len(sums) // lanes
    facts = []
    for lane in range(lanes):
        expected = sums[lane * width : (lane + 1) * width]
        after = clocks.at(1, f"held_{lane}")
        # Behind the last place nothing follows: what it holds then belongs to no neuron.
        facts.append(~take | same(after, expected))
        if lane + 1 < lanes:
            facts.append(take | same(after, clocks.at(0, f"held_{lane + 1}")))
    shifted = cat([full[1:], clocks.const(0, 1)]) if lanes > 1 else clocks.const(0, 1)
    all_full = clocks.const((1 << lanes) - 1, lanes)
    facts.append(same(clocks.at(1, "full"), mux(announce, all_full, shifted)))
    facts.append(same(clocks.at(0, "real"), full[0] & ~clocks.at(0, "rest")))
    prover.claim(
        f"{label}, neurons: row of sums",
        "the sums of a group are stored together and come out one a clock, lane 0 first, and a"
        " neuron has its turn for each, until the layer's last one",
        violated(*facts),
        clocks.quiet,
    )


def _prove_index(prover: Prover, net: Netlist, label: str, neurons: int) -> None:
    """The number of the neuron whose turn it is."""
    clocks = Clocks(prover, net, 1)
    index, rest = clocks.at(0, "index"), clocks.at(0, "rest")
    real, restart = clocks.at(0, "real"), clocks.at(0, "restart")
    last = index.equals(neurons - 1)
    following = mux(real, (index + 1).gated(~last), index).gated(~restart)
    resting = (rest | (real & last)) & ~restart
    invariant = index.below(neurons) & (~rest | index.equals(0))
    next_invariant = clocks.at(1, "index").below(neurons)
    next_invariant = next_invariant & (~clocks.at(1, "rest") | clocks.at(1, "index").equals(0))
    prover.claim(
        f"{label}, neurons: whose turn it is",
        "the neurons have their turns by number, from 0 on in each tick, and number 0 is at rest"
        " behind the last one",
        violated(
            same(clocks.at(1, "index"), following),
            same(clocks.at(1, "rest"), resting),
            next_invariant,
        ),
        [*clocks.quiet, invariant.holds],
        {"index": index.term},
    )
    prover.claim(
        f"{label}, neurons: turns after a reset",
        "after a reset neuron 0 is the next one, and no sum waits for its turn",
        violated(
            clocks.at(1, "index").equals(0), ~clocks.at(1, "rest"), clocks.at(1, "full").equals(0)
        ),
        [prover.on(clocks.frames.at(0, "rst"))],
    )


def prove_history_addresses(
    prover: Prover, net: Netlist, label: str, memory: int, bits: int
) -> None:
    """Add the claims about the addresses in a history of `bits` a column."""
    prove_memory(prover, net, f"{label}, history", "memory")
    prove_reads(prover, net, f"{label}, history", ["memory"], "column", "host_column")
    fields, busy = {"memory": (0, bits)}, {"memory": f"keep_d{memory}"}
    prove_host_writes(prover, net, f"{label}, history", fields, "host_column", busy)
