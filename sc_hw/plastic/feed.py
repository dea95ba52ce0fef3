"""Neurons' values on their way into the lanes, one a clock, while the sums come out."""

from __future__ import annotations

from amaranth.hdl import Module, Mux, Signal, Value

from sc_hw.plastic.host import HostPort
from sc_hw.plastic.neurons import NeuronMemory
from sc_hw.plastic.outputs import FEED, OutputMemory
from sc_hw.plastic.step import ClearFlags
from sc_hw.wires import Delays, gated, select
from sc_model.spec import Placement

# Clocks from a group's end to the first shift into the lanes, beside the lanes' `weight_fetched`: 1
# until the sum holds the last weight and is captured, 1 for the chain's register that captures it,
# and 1 so that the feed, which begins FEED + 1 clocks before the first shift, begins a clock after
# the end even where `weight_fetched` is no more than 3: a token's flags are registered first.
FIRST_SHIFT = 3


class NeuronFeed:
    """Feeds the values of a group's neurons into the chains, one neuron a clock.

    Builds registers into the layer's module. It begins `FIRST_SHIFT` + `weight_fetched` - `FEED`
    clocks after a token (`feeding`), and lasts `columns` clocks. The values are those of the group
    after the one that begins: the values of that one are in the lanes already. Throughput one
    neuron a clock, domain ``sync``; a reset stops the feed and starts again at neuron 0.

    Parameters
    ----------
    m, delays : the layer's module, its delay lines.
    place : layout of the layer.
    weight_fetched : of the lanes.
    token : a group ends, or the host asks for the same by hand.
    host, outputs, neurons : parts of the layer; this class drives the inputs of `outputs` and
        `neurons` that belong to the feed.
    clears : flags of the step under way and the one before.

    Members
    -------
    feeding : a neuron's turn.
    number : its number in the group, 0 at rest.
    """

    def __init__(
        self,
        m: Module,
        delays: Delays,
        place: Placement,
        weight_fetched: int,
        token: Value,
        host: HostPort,
        outputs: OutputMemory,
        neurons: NeuronMemory,
        clears: ClearFlags,
    ) -> None:
        total = place.groups * place.columns
        index = Signal(neurons.index_bits)
        self.number = number = Signal(range(max(2, place.columns)))
        self.feeding = feeding = Signal()

        # What the token is for: a step, or the host. It stays as it is until the next token.
        for_step = Signal(reset_less=True)
        refetch = Signal(reset_less=True)
        restart = Signal(reset_less=True)
        with m.If(token):
            m.d.sync += [
                for_step.eq(~host.reading),
                refetch.eq(host.restart | host.take),
                restart.eq(host.restart),
            ]
        # One clock less than FEED in front of the first shift: `feeding` is a register.
        before_shift = FEED + 1
        begins = delays.later(
            token, weight_fetched + FIRST_SHIFT - before_shift, "token", strobe=True
        )

        # Clears take effect from a step's first neuron on.
        clear = Signal(reset_less=True)  # a restart sets both, before they are used
        mute = Signal(reset_less=True)
        at_first = Signal(init=1)
        latch_clears = Signal()
        new_step = Signal()
        m.d.comb += latch_clears.eq(restart | (for_step & ~refetch & at_first))
        m.d.sync += [
            number.eq(gated(number + 1, by=feeding)),
            # A clock late, which is early enough: the index rests between two groups.
            at_first.eq(~index.any()),
            clear.eq(select(begins & latch_clears, clears.trial | clears.traces, clear)),
            mute.eq(select(begins & latch_clears, clears.trial | clears.trial_before, mute)),
        ]
        m.d.comb += new_step.eq(begins & for_step & ~refetch & at_first)

        # The turns of a group, and the neuron that is fed.
        with m.If(begins):
            m.d.sync += feeding.eq(1)
            with m.If(restart):
                m.d.sync += index.eq(0)
        with m.Elif(feeding):
            m.d.sync += feeding.eq(number != place.columns - 1)
            with m.If(for_step):
                m.d.sync += index.eq(Mux(index == total - 1, 0, (index + 1)[: len(index)]))
        m.d.comb += [
            outputs.feed.eq(feeding & for_step),
            outputs.index.eq(Mux(host.busy, host.word[: len(index)], index)),
            outputs.flip.eq(new_step),
            outputs.clear.eq(clear),
            outputs.spike.eq(neurons.asked & ~mute),
            neurons.ask.eq(index),
            # Synapses see the spikes of two steps before. With more than two groups a neuron has
            # been evaluated for the step between by then, so its spike before the last is asked
            # for. With two it has not, unless the host has made the layer fetch once more.
            neurons.ask_before.eq(1 if place.groups > 2 else refetch),
            neurons.next_step.eq(new_step),
        ]
