# amaranth: UnusedElaboratable=no
"""The sequencer of a sparse layer: each event visits the synapses of its column's list."""

from __future__ import annotations

from typing import Any

from amaranth.hdl import Cat, Module, Mux, Signal, Value
from amaranth.lib import data, wiring
from amaranth.lib.wiring import In, Out

from sc_hw.events.sequencer import sequencer_ports
from sc_hw.fabric.primitives import BlockRAM
from sc_hw.wires import gated
from sc_model.spec import SparseSpec


class SparseSequencer(wiring.Component):
    """Issues the synapses of each event's column, and names the neurons that they go to.

    Two memories: of each column its list (number of the first synapse, number of synapses), of each
    synapse its neuron. An event goes through four places, each of which may wait for the next one:
    its list is read; the list is walked, a synapse a clock; the synapse's neuron is read; the
    synapse is issued. So lists follow each other without a gap. A synapse waits while one to the
    same neuron was issued less than `loop` clocks before: its sum is still on its way. All sums are
    0 when a tick begins, and there is one set of them. Domain ``sync``.

    Reset: at any time; the events under way are dropped. Memories survive it; at power-on they are
    undefined, so load them first.

    Parameters
    ----------
    spec : the layer, with one lane.
    value_bits : bits of an event's value.
    sets : sets of sums; events go to the first one.
    loop : clocks that must lie between two additions to one sum.

    Members
    -------
    i_event, hold, issue, address, value, group, set, first, ended, used, restart : as those of
        `EventSequencer`; `address` is that of the synapse, `group` that of its neuron, `first`
        is never high, and all sets count as used.
    host : the host reads or writes at `host_address`; only between ticks.
    host_address : number of a synapse or of a column.
    load_target : write `target_data` there, the neuron of a synapse.
    target_data, target : what is written, and what was read a clock ago.
    load_list : write `list_data` there, the list of a column.
    list_data, list : {start, count}, likewise.
    """

    def __init__(self, spec: SparseSpec, value_bits: int, sets: int, loop: int) -> None:
        self.spec, self.sets, self.loop = spec, sets, loop
        column_bits = max(1, (spec.columns - 1).bit_length())
        address_bits = max(1, (spec.synapses - 1).bit_length())
        group_bits = max(1, (spec.neurons - 1).bit_length())
        self.list_layout = data.StructLayout(
            {"start": address_bits, "count": spec.synapses.bit_length()}
        )
        super().__init__(
            {
                **sequencer_ports(spec.columns, value_bits, spec.synapses, spec.neurons, sets),
                "host": In(1),
                "host_address": In(max(address_bits, column_bits)),
                "load_target": In(1),
                "target_data": In(group_bits),
                "target": Out(group_bits),
                "load_list": In(1),
                "list_data": In(self.list_layout),
                "list": Out(self.list_layout),
            }
        )

    def elaborate(self, platform: Any) -> Module:
        m = Module()
        spec, event, width = self.spec, self.i_event.payload, len(self.value)
        m.submodules.lists = lists = BlockRAM(
            spec.columns, int(self.list_layout.size), output_register=False
        )
        m.submodules.targets = targets = BlockRAM(
            spec.synapses, len(self.group), output_register=False
        )
        # The four places from the last one to the first: is there something, and what.
        busy, neuron = Signal(name="busy"), Signal.like(self.group, name="neuron", reset_less=True)
        number = Signal.like(self.address, name="number", reset_less=True)
        reading = Signal(name="reading")
        read = Signal.like(self.address, name="read_number", reset_less=True)
        walking = Signal(name="walking")
        place = Signal.like(self.address, name="place", reset_less=True)
        left = Signal(self.list_layout["count"].shape, name="left", reset_less=True)
        listing = Signal(name="listing")
        column = Signal.like(event.column, name="column", reset_less=True)
        values = [Signal(width, name=f"value_{n}", reset_less=True) for n in ("r", "w", "l")]

        recent = self._recent(m, neuron)
        clash, free = Signal(name="clash"), Signal(name="free")
        moves, walks, goes = Signal(name="moves"), Signal(name="walks"), Signal(name="goes")
        taken = Signal(name="taken")
        idle = ~(busy | reading | walking | listing | Cat(valid for valid, _ in recent).any())
        m.d.comb += [
            clash.eq(Cat(valid & (other == neuron) for valid, other in recent).any()),
            free.eq(~self.hold & ~clash),
            self.issue.eq(busy & free),
            moves.eq(~busy | self.issue),
            walks.eq(walking & (~reading | moves)),
            goes.eq(listing & (~walking | (walks & ~left.any()))),
            # The end token waits until the sums of all events are on their way back to the memory
            # or there: no access of the neurons meets one.
            self.i_event.ready.eq(Mux(event.end, idle, ~listing | goes) & ~self.ended),
            taken.eq(self.i_event.valid & self.i_event.ready),
            self.address.eq(gated(number, by=busy)),
            self.group.eq(neuron),
            self.used.eq(~0),
        ]
        entry = data.View(self.list_layout, lists.r_data)
        with m.If(moves):
            m.d.sync += [busy.eq(reading), number.eq(read), neuron.eq(targets.r_data)]
            m.d.sync += self.value.eq(values[0])
        with m.If(walks):
            m.d.sync += [reading.eq(1), read.eq(place), values[0].eq(values[1])]
        with m.Elif(moves):
            m.d.sync += reading.eq(0)
        with m.If(goes):
            # A column may have no synapse at all.
            m.d.sync += [walking.eq(entry.count.any()), values[1].eq(values[2])]
            m.d.sync += [place.eq(entry.start), left.eq(entry.count - 1)]
        with m.Elif(walks):
            m.d.sync += [walking.eq(left.any()), place.eq(place + 1), left.eq(left - 1)]
        with m.If(taken & ~event.end):
            m.d.sync += [listing.eq(1), column.eq(event.column), values[2].eq(event.value)]
        with m.Elif(goes):
            m.d.sync += listing.eq(0)
        with m.If(self.restart):
            m.d.sync += self.ended.eq(0)
        with m.Elif(taken & event.end):
            m.d.sync += self.ended.eq(1)
        # What waits is read again and again, for the memories have no enable.
        of_list = Signal.like(event.column, name="of_list")
        of_target = Signal.like(place, name="of_target")
        m.d.comb += [
            of_list.eq(Mux(listing & ~goes, column, event.column)),
            of_target.eq(Mux(reading & ~moves, read, place)),
        ]
        self._connect(m, lists, of_list, self.load_list)
        self._connect(m, targets, of_target, self.load_target)
        m.d.comb += [
            lists.w_data.eq(self.list_data.as_value()),
            self.list.as_value().eq(lists.r_data),
            targets.w_data.eq(self.target_data),
            self.target.eq(targets.r_data),
        ]
        return m

    def _recent(self, m: Module, neuron: Signal) -> list[tuple[Signal, Signal]]:
        """The neurons of the synapses that were issued in the last clocks, and whether one was."""
        recent: list[tuple[Signal, Signal]] = []
        before: tuple[Value, Value] = (self.issue, neuron)
        for clocks in range(1, self.loop):
            valid = Signal(name=f"issued_{clocks}")
            other = Signal.like(neuron, name=f"neuron_{clocks}", reset_less=True)
            m.d.sync += [valid.eq(before[0]), other.eq(before[1])]
            recent.append((valid, other))
            before = valid, other
        return recent

    def _connect(self, m: Module, ram: BlockRAM, address: Value, load: Value) -> None:
        """Share a memory with the host, which works between ticks only."""
        host = self.host_address[: len(ram.r_addr)]
        m.d.comb += [
            ram.r_addr.eq(Mux(self.host, host, address)),
            ram.w_en.eq(load),
            ram.w_addr.eq(host),
        ]
