# amaranth: UnusedElaboratable=no
"""The schedule of a plastic lane: in which clock it reads, needs and writes what.

All clocks count from a synapse's *turn*: the clock in which the sequencer issues its row.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sc_hw.fabric.datapath import Datapath
from sc_hw.fabric.families import Family
from sc_hw.fabric.schedule import arrival, schedule
from sc_hw.plastic.rule_parts import Products, RuleParts
from sc_model.spec import Placement

# Clocks from a synapse's turn to the first stage of the pipeline: block RAM, its output register, a
# register that can clear. Where the block RAM has no output register, its address comes a clock
# later, so that the word still reaches the pipeline at the same time.
FETCH = 3

# Clocks from a fetched weight to the sum that holds it: the addend's register, the sum's register.
SUM = 2

# Clocks from the enable on the bus to the first clock in which the new word can be read: the write
# register in front of the memory, the memory's own write.
WRITE = 2


@dataclass(frozen=True)
class LaneTiming:
    """Clocks of a lane, as far as the rest of the layer depends on them.

    Members
    -------
    weight_fetched : clocks from a turn until the weight stands beside the pipeline, >= FETCH.
    write_weight : clocks from a turn until the weight's write enable stands on the bus.
    span : clocks from a turn until the same address may be read again.
    """

    weight_fetched: int
    write_weight: int
    span: int

    @property
    def summed(self) -> int:
        """Clocks from a turn until the sum holds the weight."""
        return self.weight_fetched + SUM


class LanePlan:
    """When a lane needs what, in clocks after a synapse's turn.

    Lanes of one layer share a bus, so all of them follow one schedule, also where some multiply in
    a block and others in adders: every signal comes early enough for the earliest, and every
    pipeline is padded to the latency of the longest.

    Parameters
    ----------
    parts : the rule, split by locality.
    family : the fabric.
    products : what this lane's products are made of.
    memory : ``joined``, ``split`` or ``single_port`` (see `PlasticLayerSpec.memory`).
    placement : layout of the layer.
    beside : what the products of the layer's lanes are made of.
    with_counts : whether the lane reports each new value that was saturated.

    Members
    -------
    update : the pipeline; it begins `FETCH` clocks after the turn, and `fetch` after the address.
    fetch : clocks from the memory's address to the pipeline, 2 or 3.
    split : whether the weight has a memory of its own.
    saturating : fields whose saturation is reported.
    weight_fetched : the weight stands beside the pipeline.
    neuron_arrival : the neuron's values must have been shifted in.
    write_weight, write_others : the enable must stand on the bus; the address one clock later.
    """

    def __init__(
        self,
        parts: RuleParts,
        family: Family,
        products: Products,
        memory: str,
        placement: Placement,
        beside: Sequence[Products] = (),
        with_counts: bool = False,
    ) -> None:
        self.parts, self.products, self.memory, self.placement = parts, products, memory, placement
        self.split = memory == "split" and bool(parts.others)
        self.graph = parts.synapse_graph(products, with_counts)
        self.saturating = parts.saturating if with_counts else ()
        self.fetch = FETCH - (not family.ram_register or memory == "single_port")
        neuron = [name for name in (parts.post_spike, *parts.post) if name in self.graph.variables]
        # What the bus delivers comes when it is needed; a split weight is read when it is needed.
        delivered = (parts.pre_spike, *parts.pre, *parts.modulators, *neuron)
        late = [name for name in delivered if name in self.graph.variables]
        late += [parts.weight] if self.split else []
        delay = family.layer_delay or family.delay
        graphs = [self.graph, *(parts.synapse_graph(other, with_counts) for other in beside)]
        plans = [schedule(graph, delay, late) for graph in graphs]
        arrivals = {
            name: min(arrival(graph, plan, name) for graph, plan in zip(graphs, plans, strict=True))
            for name in late
        }
        latency = max(plan.latency for plan in plans)
        if memory == "single_port" and (latency + 1 + self.fetch) % 2 == 0:
            latency += 1  # an odd number of clocks from read to write (see `EvenOddRAM`)
        self.weight_fetched = FETCH + (arrivals[parts.weight] if self.split else 0)
        # All of a neuron's values are taken at once, with the earliest that is needed, and no later
        # than the group's sum takes their place in the chain's register.
        self.neuron_arrival = FETCH + min((arrivals[name] for name in neuron), default=0)
        self.neuron_arrival = min(self.neuron_arrival, self.weight_fetched + 1)
        arrivals |= dict.fromkeys(neuron, self.neuron_arrival - FETCH)
        self.update = Datapath(
            self.graph,
            delay,
            late=arrivals,
            aligned=not self.split,
            latency=latency,
            distinct=True,
        )
        self.write_weight = self.write_others = FETCH + latency
        if self.split:  # the other fields need not wait for the weight: they are written earlier
            self.write_others = FETCH + max(
                plan.ready[name] for plan in plans for name in parts.others
            )

    @property
    def span(self) -> int:
        """Clocks from a turn until the same address may be read again, in either memory.

        The weight is read `weight_fetched` - FETCH clocks later than the other fields. Where the
        address comes a clock after the turn (`fetch` < FETCH), one clock of this is slack.
        """
        weight_span = self.write_weight + WRITE - (self.weight_fetched - FETCH)
        return max(weight_span, self.write_others + WRITE)

    @property
    def timing(self) -> LaneTiming:
        """What the rest of the layer has to know."""
        return LaneTiming(self.weight_fetched, self.write_weight, self.span)

    @property
    def summed(self) -> int:
        """Clocks from a turn until the sum holds the weight."""
        return self.timing.summed
