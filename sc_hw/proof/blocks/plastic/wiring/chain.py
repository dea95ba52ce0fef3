"""What is claimed of a chain: the bus reaches the lanes hop by hop, and values pass in order.

Lanes are numbered from the far end, columns from the head. A bus passes one register in front of
each cluster of lanes, and the far end has a register too.
"""

from __future__ import annotations

from typing import Any

from sc_hw.proof.blocks.plastic.facts import LayerFacts
from sc_hw.proof.blocks.plastic.wiring.glue import Glue, Next
from sc_model.graph.smt import K
from sc_model.spec import Placement

# The clock that claims are about: a load looks two clocks back.
NOW = 3

# A write or an evaluation by chance would damage memories that survive a reset.
_CLEARED = ("write_en", "write_early_en", "load", "shift", "evaluate", "sample")
# Ports of a lane that are no field of the bus.
_OWN = ("load", "moves", "shift_in")


def registers(facts: LayerFacts) -> dict[str, int]:
    """The registers of counters that a claim gives the next value of, by name, and their bits."""
    columns = len(facts.lanes[0])
    return {
        f"saturated_{name}_by_{cluster}": columns.bit_length()
        for name in facts.lane.saturating
        for cluster in range(-(-columns // facts.cluster))
    }


class _Bus:
    """The bus in front of the first cluster and of each cluster, by field.

    The bus of cluster c is the wires `bus_<c>.<field>` of the chain. Which wires these are does not
    matter for the proof: all claims together lead each lane's inputs back to the port.
    """

    def __init__(self, glue: Glue, facts: LayerFacts) -> None:
        self.glue = glue
        self.fields = {row.name: row for row in facts.bus}

    def has(self, name: str, cluster: int) -> bool:
        """Whether something drives a field of the bus of a cluster.

        What nothing uses behind it is left out of the netlist: the far end of a chain other than
        the first, for instance.
        """
        signals, wire = self.glue.signals, f"bus_{cluster}.{name}"
        return cluster < 0 or (
            signals.has_wire(wire)
            and self.glue.t.width(signals.wire(wire, 0)) == (self.fields[name].width)
        )

    def field(self, name: str, cluster: int, ago: int = 0) -> Any:
        """A field of the bus of a cluster, or of the chain's port (-1), so many clocks ago."""
        glue, row = self.glue, self.fields[name]
        if not self.has(name, cluster):
            return glue.signals.free(f"bus_{cluster}.{name}", row.width, glue.now - ago)
        if cluster >= 0:
            return glue.signals.wire(f"bus_{cluster}.{name}", glue.now - ago)
        word = glue.at("bus", ago)
        return glue.t(K.BV_EXTRACT, word, indices=(row.offset + row.width - 1, row.offset))


def prove_chain(glue: Glue, facts: LayerFacts, place: Placement, chain: int) -> None:
    """Add the claims about a chain."""
    bus = _Bus(glue, facts)
    columns = len(facts.lanes[chain])
    _prove_hops(glue, bus, facts, columns)
    _prove_lanes(glue, bus, facts, columns)
    _prove_values(glue, facts, columns)
    _prove_far_end(glue, bus, columns, facts.cluster)
    for name in facts.lane.saturating:
        _prove_count(glue, bus, facts, place, f"saturated_{name}", columns)


def _clusters(facts: LayerFacts, columns: int) -> list[range]:
    """The columns of each cluster."""
    size = facts.cluster
    return [range(first, min(first + size, columns)) for first in range(0, columns, size)]


def _prove_hops(glue: Glue, bus: _Bus, facts: LayerFacts, columns: int) -> None:
    """Each cluster's bus is that of the cluster before, a clock later."""
    pairs = {}
    for cluster in range(len(_clusters(facts, columns))):
        for name in bus.fields:
            if not bus.has(name, cluster):
                continue

            def before(ago: int, name: str = name, cluster: int = cluster) -> Any:
                return bus.field(name, cluster - 1, ago)

            expected = glue.strobe(before, 1) if name in _CLEARED else before(1)
            pairs[f"{name} of cluster {cluster}"] = (bus.field(name, cluster), expected)
    glue.fields(
        "hops",
        "the bus of a cluster is that of the cluster before it, or the chain's, a clock later; a"
        " reset clears the strobes that write, shift or sample",
        "",
        pairs,
        running=False,
    )


def _prove_lanes(glue: Glue, bus: _Bus, facts: LayerFacts, columns: int) -> None:
    """The inputs of each lane that come from the bus."""
    expected = {}
    for cluster, lanes in enumerate(_clusters(facts, columns)):
        before = cluster - 1

        def load(ago: int, before: int = before) -> Any:
            return bus.field("load", before, ago)

        def moves(ago: int, before: int = before) -> Any:
            return glue.any_of(bus.field("shift", before, ago), bus.field("capture", before, ago))

        for column in lanes:
            number = columns - 1 - column
            here = glue.is_number(bus.field("load_number", before, 2), number)
            expected[f"lane_{column}.load"] = glue.all_of(glue.strobe(load, 1), here)
            expected[f"lane_{column}.moves"] = glue.strobe(moves, 1)
            for port in facts.ports["lane"]:
                if not port.output and port.name not in _OWN:
                    name = f"lane_{column}.{port.name}"
                    expected[name] = bus.field(port.name, cluster)
    glue.outputs(
        "lanes",
        "every lane gets its cluster's bus; a load is for the lane whose number was on the bus a"
        " clock before it, and for no other; values move with a shift and with a capture",
        expected,
        running=False,
    )


def _prove_values(glue: Glue, facts: LayerFacts, columns: int) -> None:
    """Values enter a lane from the lane before it."""
    firsts = {lanes[0] for lanes in _clusters(facts, columns)}
    expected = {}
    for column in range(columns):
        port = f"lane_{column}.shift_in"
        source = "shift_in" if column == 0 else f"lane_{column - 1}.shift_out"
        # A register stands in front of each cluster, as in the bus.
        expected[port] = glue.wide(source, port, int(column in firsts))
    glue.outputs(
        "values",
        "a value that enters a lane is that of the lane before it, or the chain's; between"
        " clusters a clock later, as the bus",
        expected,
        running=False,
    )


def _prove_far_end(glue: Glue, bus: _Bus, columns: int, cluster_size: int) -> None:
    """The chain's outputs."""
    last = -(-columns // cluster_size) - 1

    def evaluates(ago: int) -> Any:
        return glue.all_of(bus.field("shift", last, ago), bus.field("evaluate", last, ago))

    far = "far_value"
    glue.outputs(
        "far end",
        "the last lane's value comes out a clock later, with the shift, the sample and the flag of"
        " a step's sum that were on the last cluster's bus",
        {
            "far_shift": glue.strobe(lambda ago: bus.field("shift", last, ago), 1),
            "far_sample": glue.strobe(lambda ago: bus.field("sample", last, ago), 1),
            "far_evaluate": glue.strobe(evaluates, 1),
            far: glue.wide(f"lane_{columns - 1}.shift_out", far, 1),
        },
        running=False,
    )


def _prove_count(
    glue: Glue, bus: _Bus, facts: LayerFacts, place: Placement, counter: str, columns: int
) -> None:
    """The lanes that have saturated, counted from cluster to cluster."""
    clusters = _clusters(facts, columns)
    # Lanes beyond the last group's neurons sweep a place without one.
    neurons = place.neurons - (place.groups - 1) * place.columns
    expected = {}
    for cluster, lanes in enumerate(clusters):
        name = f"{counter}_by_{cluster}"
        width = glue.widths[name]
        absent, last = (bus.field(flag, cluster) for flag in ("absent", "last"))
        count = glue.const(0, width)
        if cluster:
            count = glue.low(glue.at(f"{counter}_by_{cluster - 1}"), width)
        for column in lanes:
            number = columns - 1 - column
            exists = glue.no(absent)
            if number >= neurons:
                exists = glue.all_of(exists, glue.no(last))
            flag = glue.all_of(glue.at(f"lane_{column}.{counter}"), exists)
            count = glue.plus(count, flag)
        expected[name] = Next(count)
    total = glue.at(f"{counter}_by_{len(clusters) - 1}")
    glue.registers(
        counter,
        "each cluster adds its lanes that have saturated, in the clock in which they say so, to"
        " the count of the cluster before; rows and neurons that the layer lacks do not count",
        expected,
        outputs={counter: glue.low(total, glue.widths[counter])},
    )
