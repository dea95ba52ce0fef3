# amaranth: UnusedElaboratable=no
"""Claims about the host's port of a recurrent network."""

from __future__ import annotations

from collections.abc import Mapping

from sc_hw.parts.space import Space
from sc_hw.proof.bits import Bits, cat, mux
from sc_hw.proof.blocks.accesses import fields_of, lane_of, prove_answers, prove_course
from sc_hw.proof.blocks.network.addresses import Clocks, same, violated
from sc_hw.proof.netlist import Netlist
from sc_hw.proof.prover import Prover
from sc_hw.recurrent import RecurrentNetwork
from sc_hw.recurrent.plan import FETCH, RecurrentPlan

# Registers that a host sets, in the order of their word; in front of them is the random register.
REGISTERS = ("hidden_shift", "readout_shift", "learn_hidden", "learn_readout")


def prove_host(prover: Prover, net: Netlist, plan: RecurrentPlan) -> None:
    """An access at a time, to the space, word and lane that it names."""
    port = RecurrentNetwork(plan.spec, plan.family).parts.host
    clocks = Clocks(prover, net, 1)
    at = clocks.at
    flags = ("reading", "loading")
    prove_course(prover, clocks, flags)
    takes_load = at(0, "load__valid") & at(0, "load__ready")
    reading, loading = (at(0, name) for name in flags)
    fields = fields_of(at(0, "access"), port.load_layout)

    def is_at(space: Space) -> Bits:
        return fields["space"].equals(int(space.value))

    def lanes(count: int, space: Space) -> Bits:
        mask = cat([fields["lane"].equals(lane) for lane in range(count)])
        return mask.gated(loading & is_at(space))

    prover.claim(
        "host: loads",
        "a load writes the lane that it names, of the space that it names, and nothing else",
        violated(
            same(at(1, "loading"), takes_load),
            same(at(0, "load_cells"), lanes(plan.lanes, Space.SYNAPSE)),
            same(at(0, "load_weights"), lanes(plan.classes, Space.OUTPUT)),
            same(at(0, "load_noise"), loading & is_at(Space.CONTROL)),
            same(at(0, "data"), fields["data"]),
            same(at(0, "word"), fields["word"].gated(reading | loading)),
        ),
        clocks.quiet,
    )
    sets, layout = loading & is_at(Space.CONTROL), port.spaces[Space.CONTROL]
    facts = []
    for name in REGISTERS:
        field = fields["data"][layout[name].offset :][: layout[name].width]
        facts.append(same(at(1, name), mux(sets, field, at(0, name))))
    prover.claim(
        "host: registers",
        "which layers learn, and the sizes of steps, change with a load of their space alone",
        violated(*facts),
        clocks.quiet,
    )
    cell, weight = port.spaces[Space.SYNAPSE].size, plan.spec.readout.weight_bits
    width = port.data_bits

    lanes_of = {Space.SYNAPSE: plan.lanes, Space.OUTPUT: plan.classes}

    def words(fields: Mapping[str, Bits], clocks: Clocks, clock: int) -> dict[Space, Bits]:
        cells, weights = (clocks.at(clock, name) for name in ("cells", "weights"))
        registers = [clocks.at(clock, name) for name in ("noise", *REGISTERS)]
        lane = fields["lane"]
        return {
            Space.SYNAPSE: lane_of(cells, lane, plan.lanes, cell, cell).wide(width),
            Space.OUTPUT: lane_of(weights, lane, plan.classes, weight, weight).wide(width),
            Space.CONTROL: cat(registers).wide(width),
        }

    prove_answers(prover, net, port.load_layout, FETCH, words, lanes_of)
