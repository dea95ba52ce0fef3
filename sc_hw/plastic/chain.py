"""A chain of lanes on one bus, registered between clusters of lanes so that no net is long."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from amaranth.hdl import C, ClockSignal, Instance, Module, ResetSignal, Signal, Value
from amaranth.lib import data, wiring
from amaranth.lib.wiring import In, Out

from sc_hw.plastic.lane import PlasticLane
from sc_hw.plastic.rule_parts import SATURATED
from sc_hw.wires import equals
from sc_model.spec import PlasticLayerSpec

LANE = "plastic_lane"
# The same with a product made of adders, beside lanes with multiplier blocks
ADDER_LANE = "plastic_lane_adders"

# Clocks from the last cluster's bus to the chain's outputs: one register at the far end.
FAR = 1

# Strobes of the bus that reset clears: a write or an evaluation by chance would damage the memories
# that survive a reset. The others carry data, or count only together with one of these.
_RESET = ("write_en", "write_early_en", "load", "shift", "evaluate", "sample")


@dataclass(frozen=True)
class ChainTiming:
    """Clocks of a chain, as far as the rest of the layer depends on them.

    Members
    -------
    columns : lanes of the chain, >= 1.
    cluster : lanes between two registers of the bus, >= 1.
    """

    columns: int
    cluster: int

    @property
    def hops(self) -> int:
        """Registers of the bus on the way to the last cluster; so many clocks."""
        return -(-self.columns // self.cluster)

    @property
    def out(self) -> int:
        """Clocks from a shift at the head of the bus to the value that comes out for it."""
        return self.hops + FAR


def bus_layout(lane: PlasticLane, columns: int) -> data.StructLayout:
    """Layout of the bus: the control signals of a lane, and those of the chain.

    The chain's own fields are `shift` (move all values by one lane), `evaluate` (the shift carries
    a sum for the neurons), `sample` (it carries a value for the host) and `load_number` (the lane
    that a load is for). With counters also `absent` and `last`: the synapses just written belong to
    no input, or to the last group.
    """
    fields = {
        path[0]: member.shape
        for path, member, _ in lane.signature.flatten(lane)
        if member.flow == In and path[0] not in ("shift_in", "moves")
    }
    counter_fields = {"absent": 1, "last": 1} if lane.plan.saturating else {}
    return data.StructLayout(
        {str(name): shape for name, shape in fields.items()}
        | {
            "shift": 1,
            "evaluate": 1,
            "sample": 1,
            "load_number": range(max(2, columns)),
            **counter_fields,
        }
    )


class Chain(wiring.Component):
    """Lanes side by side, numbered from the far end.

    Latency 1 + c clocks from `bus` to the lanes of cluster c, and `ChainTiming.out` clocks to the
    far end. Throughput one transfer of the bus, and one shift, a clock. Domain ``sync``. A reset
    clears the strobes that write, shift or sample; data registers have no reset.

    Parameters
    ----------
    lane : one of the lanes, all of which have the same ports.
    layer : size and options of the layer.
    kinds : name of each lane's module.

    Members
    -------
    bus : the lanes' control signals; `load_number` is stable from the clock before its `load` on.
    shift_in : enters the chain with a shift.
    saturated_<field> : lanes that have saturated, each counted for its own clock (with counters).
    far_shift, far_evaluate, far_sample : the shift, its flag and the sample at the far end.
    far_value : the value that comes out.
    """

    def __init__(self, lane: PlasticLane, layer: PlasticLayerSpec, kinds: Sequence[str]) -> None:
        self.lane, self.layer, self.kinds, self.columns = lane, layer, kinds, len(kinds)
        place = lane.plan.placement
        # Lanes that have a neuron in the last group; the others sweep a place without a neuron.
        self.in_last_group = place.neurons - (place.groups - 1) * place.columns
        self.layout = bus_layout(lane, self.columns)
        super().__init__(
            {
                "bus": In(self.layout),
                "shift_in": In(lane.shift_width),
                "far_shift": Out(1),
                "far_evaluate": Out(1),
                "far_sample": Out(1),
                "far_value": Out(lane.sum_width),
                **{
                    SATURATED.format(name): Out(range(self.columns + 1))
                    for name in lane.plan.saturating
                },
            }
        )

    @property
    def timing(self) -> ChainTiming:
        """What the rest of the layer has to know."""
        return ChainTiming(self.columns, self.layer.cluster)

    @property
    def hops(self) -> int:
        """Registers of the bus on the way to the last cluster."""
        return self.timing.hops

    def elaborate(self, platform: Any) -> Module:
        m = Module()
        bus, chained = self.bus, self.shift_in
        counts: dict[str, Value] = {
            SATURATED.format(name): C(0, 1) for name in self.lane.plan.saturating
        }
        for cluster in range(self.hops):
            before = bus
            bus, chained, moves = self._hop(m, cluster, before, chained)
            flags: dict[str, list[Value]] = {name: [] for name in counts}
            first = cluster * self.layer.cluster
            for column in range(first, min(first + self.layer.cluster, self.columns)):
                chained, saturations = self._lane(m, column, before, bus, chained, moves)
                for name, flag in saturations.items():
                    flags[name].append(flag)
            # A cluster's counts pass one register, as its bus does, so that what is added up along
            # the chain belongs to one row and one group.
            for name, earlier in counts.items():
                counted = Signal(range(self.columns + 1), name=f"{name}_by_{cluster}")
                m.d.sync += counted.eq(sum(flags[name], earlier))
                counts[name] = counted
        for name, count in counts.items():
            m.d.comb += getattr(self, name).eq(count)
        self._far_end(m, bus, chained)
        return m

    def _hop(
        self, m: Module, cluster: int, bus: Any, chained: Value
    ) -> tuple[Signal, Signal, Signal]:
        """Registers in front of a cluster.

        Returns
        -------
        bus : of the cluster.
        chained : the value that enters its first lane with a shift.
        moves : enable of the lanes' chain registers, one for the cluster: a net of few lanes.
        """
        hop = Signal(self.layout, name=f"bus_{cluster}", reset_less=True)
        entering = Signal(len(chained), name=f"chained_{cluster}", reset_less=True)
        for name, _ in self.layout:
            shape = self.layout[name].shape
            register = (
                Signal(name=f"{name}_{cluster}")
                if name in _RESET
                else Signal(shape, name=f"{name}_{cluster}", reset_less=True)
            )
            m.d.sync += register.eq(bus[name])
            m.d.comb += hop[name].eq(register)
        moves = Signal(name=f"moves_{cluster}")
        m.d.sync += [entering.eq(chained), moves.eq(bus.shift | bus.capture)]
        return hop, entering, moves

    def _lane(
        self, m: Module, column: int, before: Any, bus: Any, chained: Value, moves: Signal
    ) -> tuple[Signal, dict[str, Value]]:
        """An instance of a lane.

        Parameters
        ----------
        before : the bus in front of the cluster's register, a clock ahead of `bus`.
        bus, chained, moves : see `_hop`; `chained` from the lane before.

        Returns
        -------
        out : its value that enters the next lane with a shift.
        saturations : by counter, whether a synapse of it that exists has saturated.
        """
        number = self.columns - 1 - column
        out = Signal(self.lane.shift_width, name=f"shift_{column}")
        ports = {
            f"i_{path[0]}": bus[str(path[0])]
            for path, member, _ in self.lane.signature.flatten(self.lane)
            if member.flow == In and path[0] not in ("load", "moves", "shift_in")
        }
        # Only the lane that the host means loads, out of a register of its own. `load_number` comes
        # a clock before `load`, so the comparison has a clock for itself.
        addressed = Signal(name=f"addressed_{column}", reset_less=True)
        load = Signal(name=f"load_lane_{column}")
        m.d.sync += addressed.eq(equals(before.load_number, number))
        m.d.sync += load.eq(before.load & addressed)
        flags = {
            SATURATED.format(name): Signal(name=f"{SATURATED.format(name)}_{column}")
            for name in self.lane.plan.saturating
        }
        # Rows and neurons that the layer lacks are swept too, but must not be counted.
        no_neuron = bus.last if flags and number >= self.in_last_group else C(0, 1)
        saturations = {name: flag & ~(bus.absent | no_neuron) for name, flag in flags.items()}
        m.submodules[f"lane_{column}"] = Instance(
            self.kinds[column],
            i_clk=ClockSignal(),
            i_rst=ResetSignal(),
            i_load=load,
            i_moves=moves,
            i_shift_in=chained,
            o_shift_out=out,
            **ports,
            **{f"o_{name}": flag for name, flag in flags.items()},
        )
        return out, saturations

    def _far_end(self, m: Module, bus: Any, chained: Value) -> None:
        """Output registers behind the last cluster."""
        far_shift = Signal()
        far_evaluate = Signal()
        far_sample = Signal()
        far_value = Signal(self.lane.sum_width, reset_less=True)
        m.d.sync += [
            far_shift.eq(bus.shift),
            far_evaluate.eq(bus.shift & bus.evaluate),
            far_sample.eq(bus.sample),
            far_value.eq(chained[: self.lane.sum_width]),
        ]
        m.d.comb += [
            self.far_shift.eq(far_shift),
            self.far_evaluate.eq(far_evaluate),
            self.far_sample.eq(far_sample),
            self.far_value.eq(far_value),
        ]
