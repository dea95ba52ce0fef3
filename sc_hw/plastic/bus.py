"""The head of a plastic layer's chains: the bus that tells the lanes what to do, clock by clock.

Every signal of the bus is delayed here, once, so that it reaches a lane in the clock in which the
lane needs it (see `LanePlan`). All clocks count from a synapse's turn, for rows, or from a group's
end, for tokens.
"""

from __future__ import annotations

from collections.abc import Mapping

from amaranth.hdl import C, Module, Mux, Signal, Value

from sc_hw.plastic.chain import Chain
from sc_hw.plastic.feed import NeuronFeed
from sc_hw.plastic.host import HostPort
from sc_hw.plastic.inputs import InputMemory
from sc_hw.plastic.lane import PlasticLane
from sc_hw.plastic.lane_plan import FETCH
from sc_hw.plastic.outputs import FEED
from sc_hw.plastic.sequencer import END, LayerSequencer
from sc_hw.plastic.step import ClearFlags, StepControl
from sc_hw.wires import Delays, equals
from sc_model.spec import Placement


class LaneBus:
    """Drives the buses of all chains, and the memories at their heads.

    Builds delay lines into the layer's module. Throughput one row of every chain a clock; domain
    ``sync``. Strobes are cleared by reset.

    Parameters
    ----------
    m, delays : the layer's module, its delay lines.
    place : layout of the layer.
    lane : one of the lanes.
    sequencer, host, step, clears : parts of the layer.

    Members
    -------
    token : strobe of a group's end, or of the host doing the same by hand.
    """

    def __init__(
        self,
        m: Module,
        delays: Delays,
        place: Placement,
        lane: PlasticLane,
        sequencer: LayerSequencer,
        host: HostPort,
        step: StepControl,
        clears: ClearFlags,
    ) -> None:
        self._m, self._delays, self._place, self._lane = m, delays, place, lane
        self._plan = lane.plan
        self._sequencer, self._host, self._step, self._clears = sequencer, host, step, clears
        self._address = address = Signal(len(lane.read), name="address")
        m.d.comb += address.eq(Mux(host.slot, host.word[: len(address)], sequencer.address))
        self.token = token = Signal(name="token")
        m.d.comb += token.eq(sequencer.end | host.token)
        # By what the host does with a token: `take` the next values, or `capture` a sum.
        takes = Signal()
        captures = Signal()
        m.d.comb += [takes.eq(sequencer.end | host.take), captures.eq(sequencer.end | host.capture)]
        self._common = self._sweep_signals(takes, captures)

    # --- signals that all chains share ------------------------------------------------------------

    def _write_address(self, clocks: int) -> Value:
        """The address of a write: of an update `clocks` clocks after its turn, or of a load.

        The host's address is delayed by a clock, for a load comes a clock behind the number of its
        lane (see `Chain`), and the address of a write a clock behind its strobe.
        """
        host, delays, bits = self._host, self._delays, len(self._address)
        loads = delays.later(host.load_synapse_d, 1, "load_synapse", strobe=True)
        word = delays.later(host.word_d, 1, "word")
        return Mux(loads, word[:bits], delays.later(self._address, clocks, "address"))

    def _sweep_signals(self, takes: Value, captures: Value) -> dict[str, Value]:
        """The lanes' signals that depend on the sequencer and the host alone, by name."""
        plan, host, delays = self._plan, self._host, self._delays
        issue, address = self._sequencer.issue, self._address
        common: dict[str, Value] = {
            "read": delays.later(address, FETCH - plan.fetch, "address"),
            "write": self._write_address(plan.write_weight + 1),
            "write_en": delays.later(issue, plan.write_weight, "issue", strobe=True),
            "look": delays.later(host.look, FETCH, "look", strobe=True),
            # The host's reads, between steps, must not be cleared.
            "clear": self._clears.trial_before
            & ~delays.later(self._sequencer.at_start, 1, "at_start"),
            "take": delays.later(takes, plan.neuron_arrival, "takes", strobe=True),
            "capture": delays.later(captures, plan.summed - END, "captures", strobe=True),
            # These stand still during a load, so they need no delay.
            "load_number": host.number,
            "load_data": host.data[: self._lane.word.size],
        }
        if plan.split:
            late = plan.weight_fetched - plan.fetch
            common["read_late"] = delays.later(address, late, "address")
            common["write_early"] = self._write_address(plan.write_others + 1)
            common["write_early_en"] = delays.later(issue, plan.write_others, "issue", strobe=True)
        for name, value in self._step.modulators.items():
            if f"mod_{name}" in self._lane.signature.members:
                # A step's modulators are registered 2 clocks after its first synapse's turn: from
                # there on they change just in time for that synapse.
                late = FETCH + plan.update.arrival[name] - 2
                common[f"mod_{name}"] = delays.later(value, late, f"step_{name}")
        return common

    def connect_feed(self, feed: NeuronFeed) -> None:
        """Add the shifts: values on their way in, sums on their way out."""
        m, delays, host, common = self._m, self._delays, self._host, self._common
        common["shift"] = delays.later(feed.feeding, FEED, "feeding", strobe=True)
        # Whether the sums that come out are those of a step; it counts only with a shift.
        evaluates = Signal(reset_less=True)
        with m.If(self.token):
            m.d.sync += evaluates.eq(self._sequencer.end)
        common["evaluate"] = delays.later(evaluates, 1, "evaluates")
        common["last"] = delays.later(self._sequencer.last, self._plan.write_weight + 1, "last")
        common["sample"] = delays.later(
            feed.feeding & (feed.number == host.number), FEED, "sample", strobe=True
        )

    # --- one chain --------------------------------------------------------------------------------

    def _lacks_rows(self, chain: int) -> int | None:
        """The first row that a chain lacks, if it is the last one and does not have all rows."""
        place = self._place
        if chain == place.chains - 1 and place.rows * place.chains > place.inputs:
            return place.inputs - place.rows * (place.chains - 1)
        return None

    def drive(
        self, number: int, head: InputMemory, chain: Chain, spike: Value, values: Value
    ) -> None:
        """Drive a chain's bus and the memory at its head.

        Parameters
        ----------
        number : of the chain.
        head, chain : its parts.
        spike : of the chain's row, out of the layer's stream.
        values : of the neuron whose turn it is; they enter the chain with a shift.
        """
        m, host, sequencer = self._m, self._host, self._sequencer
        lacks = self._lacks_rows(number)
        at_host = equals(host.chain, number)
        # The transfer's bits of rows that the chain lacks are not defined: they must not spike.
        spike_in = spike if lacks is None else spike & (sequencer.row < lacks)
        host_row = host.word[: len(head.row)]
        m.d.comb += [
            head.issue.eq(sequencer.issue),
            head.row.eq(Mux(sequencer.at_start & host.busy, host_row, sequencer.row)),
            head.first.eq(sequencer.first),
            head.last.eq(sequencer.last),
            head.spike_in.eq(spike_in),
            head.clear.eq(self._clears.trial_before | self._clears.traces_before),
            head.load.eq(host.load_input & at_host),
            head.load_data.eq(host.data[: head.fields.size]),
            chain.shift_in.eq(values),
        ]
        own = self._own_signals(number, head, C(0, 1) if lacks is None else sequencer.row >= lacks)
        own["load"] = host.load_synapse_d & at_host
        signals: Mapping[str, Value] = self._common | own
        # The layout has only what this layer's lanes use.
        for name, _ in chain.layout:
            m.d.comb += chain.bus[name].eq(signals[str(name)])

    def _own_signals(self, number: int, head: InputMemory, absent: Value) -> dict[str, Value]:
        """The lanes' signals that come from the memory at the chain's head, by name.

        `absent` : the row is one that the chain lacks.
        """
        plan, delays = self._plan, self._delays
        parts, arrival = plan.parts, plan.update.arrival
        # The head's values stand FETCH clocks after the turn, as the pipeline's begin does.
        late = plan.weight_fetched - FETCH
        drive = delays.later(head.spike, late, f"spike_{number}", strobe=True)
        signals: dict[str, Value] = {
            "absent": delays.later(absent, plan.write_weight + 1, f"absent_{number}"),
            "drive": drive
            | delays.later(self._host.weigh, plan.weight_fetched, "weigh", strobe=True),
            "pre_spike": delays.later(
                head.spike, arrival.get(parts.pre_spike, 0), f"spike_{number}"
            ),
        }
        for name in parts.pre:
            signals[f"pre_{name}"] = delays.later(
                head.fields_out[name], arrival.get(name, 0), f"{name}_{number}"
            )
        return signals
