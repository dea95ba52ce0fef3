# amaranth: UnusedElaboratable=no
"""Claims about what a learning network keeps beside weights: sums, the lanes' state, the host."""

from __future__ import annotations

from collections.abc import Mapping

from sc_hw.learning.host_port import HostPort
from sc_hw.learning.plan import LOOP, LearningPlan, Part
from sc_hw.parts.space import Space
from sc_hw.proof.bits import Bits, cat, mux
from sc_hw.proof.blocks.accesses import fields_of, lane_of, prove_answers, prove_course
from sc_hw.proof.blocks.learning.layers import extended
from sc_hw.proof.blocks.network.addresses import Clocks, same, violated
from sc_hw.proof.netlist import Netlist
from sc_hw.proof.prover import Prover
from sc_hw.proof.words import word_at, word_behind


def _word(clocks: Clocks, clock: int, address: Bits) -> Bits:
    """A word of the part's memory in a clock."""
    memory = clocks.frames.memory(clock, "words")
    return Bits(clocks.terms, word_at(clocks.terms, memory, address.term))


def prove_sums(prover: Prover, net: Netlist, plan: LearningPlan) -> None:
    """A slot reads its sums; an event adds the weights to them, a clear makes them 0."""
    landed = plan.fetch + 2
    clocks = Clocks(prover, net, landed)
    place, event, clear = (clocks.at(0, name) for name in ("place", "event", "clear"))
    stored, words = clocks.at(plan.fetch, "stored"), clocks.at(plan.fetch, "words")
    read = _word(clocks, plan.fetch - 1, place)
    prover.claim(
        "sums: the read",
        "a slot's sums are the word at its place",
        violated(same(stored, read)),
        clocks.quiet,
        {"place": place.term},
    )
    bits, weight = plan.sum_bits, plan.weight_bits
    totals = []
    for lane in range(plan.lanes):
        low = lane * weight
        value = words[low : low + weight]
        totals.append(stored[lane * bits : (lane + 1) * bits] + extended(value, bits))
    new = mux(clear, clocks.const(0, bits * plan.lanes), cat(totals))
    other = Bits(clocks.terms, clocks.terms.var("any other place", len(place)))
    unchanged = same(_word(clocks, landed, other), _word(clocks, landed - 1, other))
    writes = event | clear
    prover.claim(
        "sums: the addition",
        "an event's word becomes the sums that were read and the weights, lane by lane, a cleared"
        f" one 0, in time for a slot {LOOP} clocks later; no other word changes, and none without"
        " an event; until then `landing` is high",
        violated(
            writes.implies(same(_word(clocks, landed, place), new)),
            (writes & same(other, place)) | unchanged,
            *(writes.implies(clocks.at(clock, "landing")) for clock in range(1, landed)),
            clocks.const(LOOP + plan.fetch - 1 >= landed, 1),
        ),
        clocks.quiet,
        {"place": place.term},
    )


def prove_state(prover: Prover, net: Netlist, plan: LearningPlan) -> None:
    """A slot's word is read; a share or some lanes of a word are written."""
    clocks = Clocks(prover, net, plan.fetch)
    address, bits = clocks.at(0, "address"), plan.state_bits
    prover.claim(
        "state: the read",
        "a slot's word is the one at its address",
        violated(same(clocks.at(plan.fetch, "word"), _word(clocks, plan.fetch - 1, address))),
        clocks.quiet,
    )
    w_address = clocks.at(0, "w_address")
    write, share = clocks.at(0, "write"), clocks.at(0, "write_share")
    value, values = clocks.at(0, "value"), clocks.at(0, "values")
    some = Bits(clocks.terms, clocks.terms.var("any word", len(w_address)))
    here = same(some, w_address)
    before = _word(clocks, 0, some)
    # Through the writes of all lanes, which the solver does not find its way through by itself.
    after = Bits(
        clocks.terms, word_behind(clocks.terms, clocks.frames.memory(1, "words"), some.term)
    )
    facts = []
    for lane in range(plan.lanes):
        number, place = divmod(lane, plan.share)
        low = lane * bits
        own = values[place * bits : (place + 1) * bits]
        old_value = before[low : low + bits]
        takes = mux(share[number], own, mux(write[lane], value, old_value))
        facts.append(same(after[low : low + bits], mux(here, takes, old_value)))
    prover.claim(
        "state: the write",
        "the lanes of a share take its values, other lanes the one value, where they are told to;"
        " other lanes and words stay",
        violated(*facts),
        [*clocks.quiet, (~(share.any() & write.any())).holds],
    )


def prove_host(prover: Prover, net: Netlist, plan: LearningPlan) -> None:
    """An access at a time, to the space, word and lane that it names."""
    port = HostPort(plan)
    clocks = Clocks(prover, net, 1)
    takes_load = clocks.at(0, "load__valid") & clocks.at(0, "load__ready")
    flags = ("reading", "loading", "stored")
    prove_course(prover, clocks, flags)
    loading, stored = (clocks.at(0, name) for name in flags[1:])
    busy = cat([clocks.at(0, name) for name in flags]).any()
    fields = fields_of(clocks.at(0, "access"), port.load_layout)
    lanes = cat([fields["lane"].equals(lane) for lane in range(plan.lanes)])

    def is_at(space: Space) -> Bits:
        return fields["space"].equals(int(space.value))

    none = clocks.const(0, plan.lanes)
    unit = fields["word"].low(plan.unit_bits).wide(plan.state_address_bits)
    age = unit + (int(Part.AGE) << plan.unit_bits)
    prover.claim(
        "host: loads",
        "a load writes the lane that it names, of the space that it names, and nothing else: an age"
        " in the first clock, a weight, whose address has to stand before, in the second",
        violated(
            same(clocks.at(1, "loading"), takes_load),
            same(clocks.at(1, "stored"), loading),
            same(clocks.at(0, "load_weights"), mux(stored & is_at(Space.SYNAPSE), lanes, none)),
            same(clocks.at(0, "load_ages"), mux(loading & is_at(Space.NEURON), lanes, none)),
            same(clocks.at(0, "load_noise"), loading & is_at(Space.CONTROL)),
            same(clocks.at(0, "data"), fields["data"]),
            same(clocks.at(0, "address"), fields["word"].gated(busy)),
            same(clocks.at(0, "state_address"), age.gated(busy)),
        ),
        clocks.quiet,
    )
    _prove_registers(prover, clocks, port, fields["data"], loading & is_at(Space.CONTROL))
    _prove_readback(prover, net, plan, port)


def _prove_registers(
    prover: Prover, clocks: Clocks, port: HostPort, data: Bits, sets: Bits
) -> None:
    """The registers take their fields of a load of their space."""
    layout = port.spaces[Space.CONTROL]

    def field(name: str) -> Bits:
        return data[layout[name].offset : layout[name].offset + layout[name].width]

    learn = cat([field(f"learn_{name}") for name in port.plan.layer_names])
    further = []
    if port.plan.spec.exploration:
        explore = clocks.at(0, "explore")
        further.append(same(clocks.at(1, "explore"), mux(sets, field("explore"), explore)))
    prover.claim(
        "host: registers",
        "which layers learn, and the size of steps, change with a load of their space alone",
        violated(
            same(clocks.at(1, "learn"), mux(sets, learn, clocks.at(0, "learn"))),
            same(
                clocks.at(1, "step_shift"),
                mux(sets, field("step_shift"), clocks.at(0, "step_shift")),
            ),
            *further,
        ),
        clocks.quiet,
    )


def _prove_readback(prover: Prover, net: Netlist, plan: LearningPlan, port: HostPort) -> None:
    """The answer to a read."""
    weight, bits, width = plan.weight_bits, plan.state_bits, port.data_bits
    registers = ["noise", "step_shift", "learn"]
    registers += ["explore"] if plan.spec.exploration else []

    def words(fields: Mapping[str, Bits], clocks: Clocks, clock: int) -> dict[Space, Bits]:
        weights, ages = (clocks.at(clock, name) for name in ("words", "ages"))
        lane, age = fields["lane"], plan.hidden.age_bits
        return {
            Space.SYNAPSE: extended(lane_of(weights, lane, plan.lanes, weight, weight), width),
            Space.NEURON: lane_of(ages, lane, plan.lanes, bits, age).wide(width),
            Space.CONTROL: cat([clocks.at(clock, name) for name in registers]).wide(width),
        }

    prove_answers(prover, net, port.load_layout, plan.fetch, words, {})
