"""A chain of lanes on one bus that hops from cluster to cluster, so that no net is long."""

from __future__ import annotations

from collections.abc import Sequence
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
_RESET = (
    "write_en",
    "write_early_en",
    "load",
    "shift",
    "evaluate",
    "sample",
)  # must not be high by chance after a reset


def bus_layout(lane: PlasticLane, columns: int) -> data.StructLayout:
    """What travels beside the lanes' own signals: shifts, whether one carries a sum to be
    evaluated, a sample for the host, the lane that a load is for; and for counters, whether the
    synapses just written are of no input, or of the last group.
    """
    fields = {
        path[0]: member.shape
        for path, member, _ in lane.signature.flatten(lane)
        if member.flow == In and path[0] not in ("shift_in", "moves")
    }
    counted = {"absent": 1, "last": 1} if lane.plan.saturating else {}
    return data.StructLayout(
        {str(name): shape for name, shape in fields.items()}
        | {"shift": 1, "evaluate": 1, "sample": 1, "load_number": range(max(2, columns)), **counted}
    )


class Chain(wiring.Component):
    """Lanes numbered from the far end. Latency from `bus` to cluster c: 1 + c clocks; domain
    ``sync``.

    Members
    -------
    bus : what the lanes are told; `load_number` stands from the clock before its `load` on.
    shift_in : goes in with a shift.
    saturated_<field> : how many lanes saturated, each lane's count for its own clock (with
        counters).
    far_shift, far_evaluate, far_sample, far_value : what comes out at the far end, a clock after
        the last cluster's shift.
    """

    def __init__(self, lane: PlasticLane, layer: PlasticLayerSpec, kinds: Sequence[str]) -> None:
        """`lane`: one of the lanes, which all have the same ports. `kinds`: the module of each."""
        self.lane, self.layer, self.kinds, self.columns = lane, layer, kinds, len(kinds)
        place = lane.plan.placement
        self.in_last_group = (
            place.neurons - (place.groups - 1) * place.columns
        )  # lanes with a neuron there
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
    def hops(self) -> int:
        """Registers on the way to the last cluster."""
        return -(-self.columns // self.layer.cluster)

    def elaborate(self, platform: Any) -> Module:
        m = Module()
        bus, chained = self.bus, self.shift_in
        counts: dict[str, Value] = {
            SATURATED.format(name): C(0, 1) for name in self.lane.plan.saturating
        }
        for cluster in range(self.hops):
            hop = Signal(self.layout, name=f"bus_{cluster}", reset_less=True)
            held = Signal(len(chained), name=f"chained_{cluster}", reset_less=True)
            for name, _ in self.layout:
                if name in _RESET:
                    strobe = Signal(name=f"{name}_{cluster}")
                    m.d.sync += strobe.eq(bus[name])
                    m.d.comb += hop[name].eq(strobe)
                else:
                    register = Signal(
                        self.layout[name].shape, name=f"{name}_{cluster}", reset_less=True
                    )
                    m.d.sync += register.eq(bus[name])
                    m.d.comb += hop[name].eq(register)
            moves = Signal(name=f"moves_{cluster}")  # one enable for all lanes of a cluster
            m.d.sync += [held.eq(chained), moves.eq(bus.shift | bus.capture)]
            before, bus, chained = bus, hop, held
            flags: dict[str, list[Value]] = {name: [] for name in counts}
            for column in range(
                cluster * self.layer.cluster, min((cluster + 1) * self.layer.cluster, self.columns)
            ):
                out = Signal(self.lane.shift_width, name=f"shift_{column}")
                ports = {
                    f"i_{path[0]}": bus[str(path[0])]
                    for path, member, _ in self.lane.signature.flatten(self.lane)
                    if member.flow == In and path[0] not in ("load", "moves", "shift_in")
                }
                # only the lane that is meant, out of a register of its own
                here = Signal(name=f"here_{column}", reset_less=True)
                load = Signal(name=f"mine_{column}")
                number = self.columns - 1 - column
                m.d.sync += here.eq(equals(before.load_number, number))
                m.d.sync += load.eq(before.load & here)
                told = {name: Signal(name=f"{name}_{column}") for name in counts}
                for name, flag in told.items():
                    nobody = bus.absent | (
                        bus.last if self.columns - 1 - column >= self.in_last_group else C(0, 1)
                    )
                    flags[name].append(flag & ~nobody)
                m.submodules[f"lane_{column}"] = Instance(
                    self.kinds[column],
                    i_clk=ClockSignal(),
                    i_rst=ResetSignal(),
                    i_load=load,
                    i_moves=moves,
                    i_shift_in=chained,
                    o_shift_out=out,
                    **ports,
                    **{f"o_{name}": flag for name, flag in told.items()},
                )
                chained = out
            for (
                name,
                earlier,
            ) in counts.items():  # a hop later than the cluster before, as its lanes are
                counted = Signal(range(self.columns + 1), name=f"{name}_by_{cluster}")
                m.d.sync += counted.eq(sum(flags[name], earlier))
                counts[name] = counted
        for name, count in counts.items():
            m.d.comb += getattr(self, name).eq(count)
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
        return m
