"""The clocks of a plastic layer, out of those of its parts: known before any hardware is made.

Moments are named as in the components: a group's *end* is the clock after its last row is issued
(`LayerSequencer.end`). At `first_shift` after the end its sums begin to leave the chain, one a
clock, while the values of the group after the next one enter it.

Where a sum of clocks below is larger than what the registers need, the difference is a constant
called slack, with its exact size in the comment. A test checks the inequalities for every size.
"""

from __future__ import annotations

from dataclasses import dataclass

from sc_hw.plastic.chain import ChainTiming
from sc_hw.plastic.feed import FIRST_SHIFT
from sc_hw.plastic.lane_plan import FETCH, LaneTiming
from sc_hw.plastic.neurons import NeuronTiming
from sc_hw.plastic.outputs import FEED
from sc_hw.plastic.sequencer import END, PAUSE
from sc_model.spec import Placement

# The next group's end takes the values that have been shifted in, FETCH clocks after it at the
# earliest. Exact: 1 clock less.
_TAKE_SLACK = 1

# A step's first neuron is evaluated after all of the step before have been decided on. It reads
# their decision `adding` clocks after its sums, and `NeuronTiming.latency` counts from the sums.
# Exact: `adding` + 6 clocks less (these 4, `adding`, 1 for the last of `columns` neurons, which
# comes columns - 1 clocks after the first, and the slack of `neurons.DECIDED`).
_DECISION_SLACK = 4

# A neuron's last spike is read again one step later. Exact: these 8 and `weight_fetched` less, for
# both moments lie equally long behind the weight, and less the slack of `neurons.DECIDED`.
_ASK_SLACK = 8

# A step's winner is known before it is kept for the step after the next. Exact: these 11 less, and
# less the slack of `neurons.DECIDED`.
_WINNER_SLACK = 11

# After a group's end its last sum goes out (and the host samples it: 1 clock) while its last new
# value is written. Both need `weight_fetched` + `columns` + 4 clocks beside the longer one of the
# chain's hops and the outputs' pipeline. `settle` adds up both: the shorter one and 8 are slack.
_SAMPLE = 1
_SETTLE_SLACK = 8

# The host counts `drain` from the first clock in which no step has begun, 2 clocks or more after a
# step's last transfer. Exact: 8 clocks less for the last decision (these 3, the 4 below, and the 2
# of the count, but 1 for the write), 2 less for the last write and the counters behind it: lanes'
# flags, sums of a cluster and of all chains, totals (4 registers, of which the count's 2 are free).
_DECIDED_SLACK = 3
_DRAIN = 4

# Clocks of the host port's state machine beside those that it counts, on its longest path: a read
# of a lane's word, and the way back to the state in which the next access is decided on. The proof
# adds up the path state by state (`sc_hw.proof.blocks.plastic.host_waits`).
_ACCESS = 43
# The same, and the fetch of the lanes' values before the next step.
_OPENING = 52
# The same, until nothing has been in flight for long enough.
_REST = 53


@dataclass(frozen=True)
class LayerTiming:
    """Clocks of a layer.

    Parameters
    ----------
    place : layout of the layer.
    lane, chain, neurons : clocks of these parts.
    inputs_span : clocks until the memory at a chain's head may read a row again.
    outputs_latency : clocks of the pipeline of the postsynaptic traces.
    single_port : the lanes' memories are single-port, even and odd addresses alternate.
    """

    place: Placement
    lane: LaneTiming
    chain: ChainTiming
    neurons: NeuronTiming
    inputs_span: int
    outputs_latency: int
    single_port: bool

    @property
    def first_shift(self) -> int:
        """Clocks from a group's end to the first shift of its sums."""
        return self.lane.weight_fetched + FIRST_SHIFT

    @property
    def slots(self) -> int:
        """Clocks of a group: its rows and a pause, or longer where something has to be waited for.

        Raised to an even number with single-port memory: even rows must stay in even clocks.
        """
        place, lane, neurons = self.place, self.lane, self.neurons
        needs = [
            place.rows + PAUSE,
            # a group's values are in the lanes before the next group's end takes them
            self.first_shift + place.columns - FETCH + _TAKE_SLACK,
            # a step's neurons are decided on before the first of the next step is evaluated
            place.columns + neurons.latency + _DECISION_SLACK,
            # a sweep is long enough for the write of each synapse
            -(-lane.span // place.groups),
            # a group is long enough for the write of each row
            self.inputs_span,
        ]
        # A neuron's word is written before its last spike is read for a later step. With two groups
        # both happen at the same group's end, where the read comes first and expects the old word:
        # there, the margin of one group is slack.
        from_end = self.chain.out + neurons.latency + lane.weight_fetched
        groups = max(1, place.groups - 2)
        needs.append(-(-(from_end + FEED - 1 + _ASK_SLACK) // groups))
        if place.groups == 2 and neurons.competes:
            # The winner is known one group before its spike is asked for. With more groups it
            # always is: two groups take longer than this.
            last_sum = place.columns - 1 + self.chain.out
            needs.append(last_sum + neurons.latency + FEED + 1 + _WINNER_SLACK)
        slots = max(needs)
        return slots + slots % 2 if self.single_port else slots

    @property
    def sweep(self) -> int:
        """Clocks of a step at full speed."""
        return self.slots * self.place.groups

    @property
    def span(self) -> int:
        """Clocks from a synapse's reading to its next safe reading."""
        return self.lane.span

    @property
    def decided(self) -> int:
        """Clocks from the last row of a step's last group to `done`, exact.

        The group's end, the sums' way out of the chain, the neurons.
        """
        last_sum = self.first_shift + self.place.columns - 1 + self.chain.out
        return END + last_sum + self.neurons.done

    @property
    def decision(self) -> int:
        """Clocks from the last transfer of a step, which is in its first group, to `done`."""
        return self.slots * (self.place.groups - 1) + self.decided

    @property
    def settle(self) -> int:
        """Clocks from a group's end until its sums are out and the next values are in."""
        last_sum = self.first_shift + self.place.columns - 1 + self.chain.out
        return last_sum + _SAMPLE + self.outputs_latency + _SETTLE_SLACK

    @property
    def drain(self) -> int:
        """Clocks without a step after which nothing is in flight."""
        last_write = self.lane.write_weight + self.chain.hops
        return max(self.decided + _DECIDED_SLACK, last_write, self.settle) + _DRAIN

    @property
    def access(self) -> int:
        """Clocks without a step until an access that the host asks for begins, at most."""
        return self.drain + 2 * self.settle + _ACCESS

    @property
    def opening(self) -> int:
        """Clocks without a step or a request until a step may begin, at most."""
        return self.drain + 4 * self.settle + _OPENING

    @property
    def rest(self) -> int:
        """Clocks without a step or a request until the host port is idle, at most."""
        return 2 * self.drain + 4 * self.settle + _REST
