"""What is proved of a layer's lane, from every state of its registers and memories.

Clock 0 is a synapse's turn. The claims take each bus signal in the clock in which the lane's plan
wants it; in all other clocks the bus is free. That the layer drives the bus in those clocks is no
claim of this package: tests of the layer's timing and co-simulation check it.
"""

from __future__ import annotations

from sc_hw.proof.blocks.plastic.facts import LaneFacts
from sc_hw.proof.blocks.plastic.lane.frames import LaneFrames
from sc_hw.proof.blocks.plastic.lane.memory import prove_memory
from sc_hw.proof.blocks.plastic.lane.sums import prove_chain, prove_sum
from sc_hw.proof.blocks.plastic.lane.update import prove_update
from sc_hw.proof.blocks.plastic.reference import Reference
from sc_hw.proof.netlist import Netlist
from sc_hw.proof.prover import Prover


def prove_plastic_lane(
    prover: Prover, net: Netlist, reference: Reference, facts: LaneFacts
) -> None:
    """Add the claims about a lane to the prover."""
    lane = LaneFrames(prover, net, reference, facts)
    prove_update(lane)
    prove_memory(lane)
    prove_sum(lane)
    prove_chain(lane)
