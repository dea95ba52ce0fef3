# amaranth: UnusedElaboratable=no
"""A recurrent layer that learns with e-prop, and its readout, one step after the other."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from amaranth.hdl import Module, Signal
from amaranth.lib import data, stream, wiring
from amaranth.lib.wiring import In, Out, connect, flipped

from sc_hw.fabric.families import Family
from sc_hw.learning.noise import NoiseSource
from sc_hw.recurrent.control import StepControl
from sc_hw.recurrent.host_port import HostPort
from sc_hw.recurrent.neurons import NeuronBank
from sc_hw.recurrent.plan import RecurrentPlan
from sc_hw.recurrent.readout import Readout
from sc_hw.recurrent.spike_rings import SpikeRings
from sc_hw.recurrent.sweep import SynapseSweep
from sc_hw.wires import gated
from sc_model.spec.learning import RecurrentNetworkSpec
from sc_model.spec.learning.recurrent_network import NOISE_BITS


@dataclass(frozen=True)
class _Parts:
    """The parts of a network, each of which its own file describes."""

    control: StepControl
    spikes: SpikeRings
    sweep: SynapseSweep
    neurons: NeuronBank
    readout: Readout
    noise: NoiseSource
    host: HostPort


class RecurrentNetwork(wiring.Component):
    """A recurrent layer and a readout, which learn in steps in which a class is told.

    What a step does is in `sc_model.golden.recurrent_network`; the numbers are the same. A step
    takes groups x (rows + 2 P) clocks for P lanes, then one for each neuron and class, and one more
    for each neuron where it learns; pipelines between them add some. Domain ``sync``. A reset ends
    the step under way, which may have changed some weights and not others; registers get their
    first values. Contents of memories are undefined at power-on: load all words before the first
    step, which must be the first one of a sample.

    Parameters
    ----------
    spec : the network.
    family : the fabric.

    Members
    -------
    i : stream of steps: `spikes` of the lines; `first` in the first step of a sample; with `told`
        a class, `label`.
    o : stream of answers: `winner`, the class with the largest of the `scores`.
    load, read, readback : of the host, served between steps (see `HostPort`).
    done : a step is over; high for a clock.
    idle : no step is under way.
    """

    def __init__(self, spec: RecurrentNetworkSpec, family: Family) -> None:
        self.spec, self.family = spec, family
        self.plan = plan = RecurrentPlan(spec, family)
        sweep, readout = SynapseSweep(plan), Readout(plan)
        self.parts = _Parts(
            control=StepControl(plan),
            spikes=SpikeRings(plan),
            sweep=sweep,
            neurons=NeuronBank(plan),
            readout=readout,
            noise=NoiseSource(spec.noise_seed),
            host=HostPort(plan, sweep.cell_layout, readout.weight_shape),
        )
        host = self.parts.host
        self.step_layout = data.StructLayout(
            {"first": 1, "told": 1, "label": plan.class_bits, "spikes": spec.inputs}
        )
        answer = data.StructLayout(
            {
                "winner": plan.class_bits,
                "scores": data.ArrayLayout(readout.score_shape, plan.classes),
            }
        )
        super().__init__(
            {
                "i": In(stream.Signature(self.step_layout)),
                "o": Out(stream.Signature(answer)),
                "load": In(stream.Signature(host.load_layout)),
                "read": In(stream.Signature(host.read_layout)),
                "readback": Out(stream.Signature(host.data_bits)),
                "done": Out(1),
                "idle": Out(1),
            }
        )

    @property
    def spaces(self) -> dict[Any, data.StructLayout]:
        """Fields of the words that the host addresses."""
        return self.parts.host.spaces

    def elaborate(self, platform: Any) -> Module:
        m = Module()
        parts = self.parts
        for name, part in vars(parts).items():
            m.submodules[name] = part
        taken = Signal(self.step_layout, name="step", reset_less=True)
        self._control(m, parts, taken)
        self._spikes(m, parts)
        self._sweep(m, parts, taken)
        self._neurons(m, parts, taken)
        self._readout(m, parts, taken)
        self._host(m, parts)
        return m

    def _control(self, m: Module, parts: _Parts, step: Any) -> None:
        """What is under way, and what the step says."""
        control = parts.control
        with m.If(self.i.valid & self.i.ready):
            m.d.sync += step.eq(self.i.payload)
        m.d.comb += [
            control.i_valid.eq(self.i.valid),
            self.i.ready.eq(control.i_ready),
            self.o.valid.eq(control.o_valid),
            control.o_ready.eq(self.o.ready),
            self.o.payload.winner.eq(parts.readout.winner),
            self.o.payload.scores.eq(parts.readout.scores),
            control.told.eq(step.told),
            control.host.eq(parts.host.asks),
            control.any_error.eq(parts.readout.any_error),
            control.landing.eq(parts.sweep.landing | parts.neurons.landing | parts.readout.landing),
            self.done.eq(control.done),
            self.idle.eq(control.resting),
        ]

    def _spikes(self, m: Module, parts: _Parts) -> None:
        """The spikes of rows and neurons."""
        control, spikes, payload = parts.control, parts.spikes, self.i.payload
        m.d.comb += [
            spikes.take.eq(self.i.valid & self.i.ready),
            spikes.lines.eq(payload.spikes),
            spikes.first.eq(payload.first),
            spikes.issue.eq(control.issue),
            spikes.fired.eq(parts.neurons.fired),
            spikes.spike.eq(parts.neurons.spike),
            spikes.add.eq(control.add),
            parts.sweep.spike.eq(spikes.row_spike),
            parts.readout.spike.eq(spikes.neuron_spike),
        ]

    def _sweep(self, m: Module, parts: _Parts, step: Any) -> None:
        """Synapses."""
        control, sweep, host = parts.control, parts.sweep, parts.host
        m.d.comb += [
            sweep.issue.eq(control.issue),
            sweep.word.eq(control.word | host.word[: self.plan.word_bits]),
            sweep.row.eq(control.row),
            sweep.begins.eq(control.begins),
            sweep.ends.eq(control.ends),
            sweep.fresh.eq(step.first),
            sweep.slopes.eq(parts.neurons.slopes),
            sweep.signals.eq(parts.neurons.signals),
            sweep.shift.eq(host.hidden_shift),
            sweep.noise.eq(parts.noise.state[:NOISE_BITS]),
            parts.noise.step.eq(control.issue | control.learn),
        ]

    def _neurons(self, m: Module, parts: _Parts, step: Any) -> None:
        """Neurons and their learning signals."""
        control, neurons, readout = parts.control, parts.neurons, parts.readout
        m.d.comb += [
            neurons.fetch.eq(control.fetch),
            neurons.update.eq(control.update),
            neurons.index.eq(control.index),
            neurons.fresh.eq(step.first),
            neurons.signalled.eq(control.signalled & parts.host.learn_hidden),
            neurons.currents.eq(parts.sweep.currents),
            neurons.signal_write.eq(readout.signal_write),
            neurons.signal_index.eq(readout.signal_index),
            neurons.signal.eq(readout.signal),
        ]

    def _readout(self, m: Module, parts: _Parts, step: Any) -> None:
        """Classes."""
        control, readout, host = parts.control, parts.readout, parts.host
        m.d.comb += [
            readout.add.eq(control.add),
            readout.learn.eq(control.learn),
            readout.index.eq(
                gated(control.index, by=control.add | control.learn)
                | host.word[: self.plan.neuron_bits]
            ),
            readout.leak.eq(control.leak),
            readout.fresh.eq(step.first),
            readout.look.eq(control.look),
            readout.number.eq(control.number),
            readout.told.eq(step.told),
            readout.label.eq(step.label),
            readout.trace.eq(parts.neurons.trace),
            readout.shift.eq(host.readout_shift),
            readout.noise.eq(parts.noise.state[:NOISE_BITS]),
            readout.learns.eq(host.learn_readout),
        ]

    def _host(self, m: Module, parts: _Parts) -> None:
        """The host's accesses."""
        host, sweep, readout, noise = parts.host, parts.sweep, parts.readout, parts.noise
        for name in ("load", "read"):
            connect(m, flipped(getattr(self, name)), getattr(host, name))
        connect(m, host.readback, flipped(self.readback))
        m.d.comb += [
            host.serves.eq(parts.control.serves),
            host.cells.eq(sweep.words.as_value()),
            host.weights.eq(readout.words),
            sweep.load.eq(host.load_cells),
            sweep.load_data.eq(host.data[: sweep.cell_layout.size]),
            readout.load.eq(host.load_weights),
            readout.load_data.eq(host.data[: len(readout.load_data)].as_signed()),
            host.noise.eq(noise.state),
            noise.load.eq(host.load_noise),
            noise.load_data.eq(host.data[: len(noise.load_data)]),
        ]
