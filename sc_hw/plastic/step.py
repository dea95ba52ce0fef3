"""Control of a plastic layer's steps: when one begins, and what came with it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from amaranth.hdl import Module, Mux, Signal
from amaranth.lib import data

from sc_hw.fabric.datapath import Datapath
from sc_hw.plastic.host import HostPort
from sc_hw.plastic.neuron_model import VALUE
from sc_hw.plastic.neurons import NeuronMemory
from sc_hw.plastic.sequencer import LayerSequencer
from sc_hw.wires import gated, port_shape, select
from sc_model.spec import IntFormat, Placement

# Clocks that a critic adds to its pipeline: the register that says that it is ready, and the
# sequencer's register that opens the next sweep.
CRITIC_READY = 2

# What a critic compares outcomes with: their mean, or the value of the step that they judge.
MEAN, BEFORE = "mean", "before"


class ClearFlags:
    """Which clears were asked for with the step under way, and with the one before it.

    A clear takes effect when its step is done. The spikes of a step are learnt from two steps
    later, so the flags of two steps are needed. Registers of domain ``sync``, cleared by reset, and
    part of a checkpoint.

    Members
    -------
    trial, traces : `clear_trial` and `clear_traces` of the step under way.
    trial_before, traces_before : of the step before it.
    """

    def __init__(self) -> None:
        self.trial = Signal(name="clear_trial")
        self.traces = Signal(name="clear_traces")
        self.trial_before = Signal(name="cleared_trial")
        self.traces_before = Signal(name="cleared_traces")

    def update(
        self,
        m: Module,
        offered: data.View[data.StructLayout],
        started: Signal,
        load_values: data.View[data.StructLayout],
        load: Signal,
    ) -> None:
        """Move on when a step has started, and take the host's values when it loads them.

        Parameters
        ----------
        offered, started : first transfer of a step, and its strobe.
        load_values, load : word of the control registers, and its strobe.
        """
        unchanged = ~started & ~load

        def next_value(from_step: Any, from_host: Any, register: Signal) -> Any:
            return (
                gated(from_step, by=started)
                | gated(from_host, by=load)
                | gated(register, by=unchanged)
            )

        m.d.sync += [
            self.trial.eq(
                next_value(offered.clear_trial, load_values["cleared_trial"], self.trial)
            ),
            self.traces.eq(
                next_value(offered.clear_traces, load_values["cleared_traces"], self.traces)
            ),
            self.trial_before.eq(
                next_value(self.trial, load_values["cleared_trial_before"], self.trial_before)
            ),
            # No part of a checkpoint: it is used during a step only, and set when one starts.
            self.traces_before.eq(select(started, self.traces, self.traces_before)),
        ]


class StepControl:
    """Lets the sequencer begin a step, and holds the modulators and flags of the step under way.

    Builds into the layer's module. Modulators and flags are read in a step's first transfer only;
    they stand 2 clocks after it. With a critic a step begins `critic.latency` + `CRITIC_READY`
    clocks after its first transfer is offered, and where a neuron predicts, after the step before
    has been decided on. Domain ``sync``; a reset forgets the step under way.

    Parameters
    ----------
    m : the layer's module.
    place, slots : layout of the layer; clocks of a group.
    single_port : the lanes' memories alternate between even and odd addresses.
    stream : the layer's stream `i`.
    sequencer, host : parts of the layer; this class drives the sequencer's inputs.
    modulators : formats of the rule's modulators, by name.
    flags : flags of a step for its neurons, by name (at most `decide`).
    critic : turns an outcome into the rule's one modulator; None without.
    predicts : the neurons, one of which predicts; None where none does.

    Members
    -------
    offered : the payload of a step's first transfer, in the clock of `started`.
    started : the clock after a step's first transfer.
    modulators : registers of the step's modulators, by name.
    decide : register of the flag of the same name; 0 where the neurons have none.
    expected : registers of the critic's state by name, none without a critic.
    """

    def __init__(
        self,
        m: Module,
        place: Placement,
        slots: int,
        single_port: bool,
        stream: Any,
        sequencer: LayerSequencer,
        host: HostPort,
        modulators: Mapping[str, IntFormat],
        flags: Mapping[str, int],
        critic: Datapath | None,
        predicts: NeuronMemory | None = None,
    ) -> None:
        self._stream, self._sequencer, self._host = stream, sequencer, host
        ready_to_begin = Signal()
        in_phase = Signal()
        m.d.comb += [
            sequencer.last_row.eq(place.rows - 1),
            sequencer.last_pause.eq(slots - place.rows - 1),
            sequencer.last_group.eq(place.groups - 1),
            sequencer.i_valid.eq(stream.valid & in_phase),
            # Between steps, when the host does not want in and the critic, if any, is ready.
            sequencer.open.eq(ready_to_begin),
            stream.ready.eq(sequencer.i_ready & in_phase),
        ]
        self._phase(m, single_port, in_phase)
        self.decide = Signal()
        self.modulators = {
            name: Signal(port_shape(form), name=f"step_{name}", reset_less=True)
            for name, form in modulators.items()
        }
        # Registered once before they are used, so that the stream's payload does not fan out.
        self.offered = offered = Signal(stream.payload.shape(), reset_less=True)
        self.started = started = Signal()
        m.d.sync += [offered.eq(stream.payload), started.eq(sequencer.start)]
        # A critic drives the register of the modulator itself.
        registers = [] if critic is not None else list(self.modulators.items())
        registers += [(name, self.decide) for name in flags]
        m.d.sync += [reg.eq(select(started, offered[name], reg)) for name, reg in registers]
        self.expected: dict[str, Signal] = {}
        if critic is None:
            m.d.comb += ready_to_begin.eq(host.open)
        else:
            self._criticise(m, critic, ready_to_begin, predicts)

    def _phase(self, m: Module, single_port: bool, in_phase: Signal) -> None:
        """With single-port memory even rows are read in even clocks, odd rows in odd ones."""
        if not single_port:
            m.d.comb += in_phase.eq(1)
            return
        odd = Signal()
        m.d.sync += odd.eq(~odd)
        m.d.comb += in_phase.eq(self._sequencer.row[0] == odd)

    def _criticise(
        self, m: Module, critic: Datapath, ready_to_begin: Signal, predicts: NeuronMemory | None
    ) -> None:
        """Let a step begin once the critic has turned its outcome into a modulator.

        What it compares with moves with each step.
        """
        m.submodules.critic = critic
        ((name, modulator),) = self.modulators.items()
        stream, host, sequencer = self._stream, self._host, self._sequencer
        reference = MEAN if predicts is None else BEFORE
        reference_port = getattr(critic, f"i_{reference}")
        self.expected[reference] = expected = Signal.like(reference_port, name=reference)
        waited = Signal(range(critic.latency + 2))
        is_ready = Signal(name="critic_ready")
        m.d.comb += [
            reference_port.eq(expected),
            critic.i_reward.eq(stream.payload[name]),
            critic.i_outcome.eq(stream.payload.outcome),
            ready_to_begin.eq(host.open & is_ready),
        ]
        # The payload of a stream that is valid stays as it is until it is taken.
        judges = stream.valid & sequencer.at_start & ~is_ready
        if predicts is None:
            next_reference = critic.o_mean
        else:
            value = predicts.control[VALUE]
            m.d.comb += critic.i_value.eq(value)
            judges &= ~self._undecided(m, predicts)
            next_reference = Mux(self.offered.outcome, value, expected)
        with m.If(self.started):
            m.d.sync += [
                modulator.eq(critic.o_modulator),
                expected.eq(next_reference),
                waited.eq(0),
                is_ready.eq(0),
            ]
        with m.Elif(judges):
            m.d.sync += [waited.eq(waited + 1), is_ready.eq(waited == critic.latency)]
        # A state that the host loads is another input of the critic.
        with m.If(host.load_control):
            m.d.sync += [waited.eq(0), is_ready.eq(0)]

    def _undecided(self, m: Module, neurons: NeuronMemory) -> Signal:
        """Whether the step before is still to be decided on: its prediction is not there yet."""
        undecided = Signal(name="undecided")
        with m.If(self.started):
            m.d.sync += undecided.eq(1)
        with m.Elif(neurons.done):
            m.d.sync += undecided.eq(0)
        return undecided
