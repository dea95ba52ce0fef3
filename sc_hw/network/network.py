# amaranth: UnusedElaboratable=no
"""A network: a chain of trained layers, each with its rate and clock, and maybe a plastic one."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

from amaranth.hdl import DomainRenamer, Module, ResetInserter, Signal
from amaranth.lib import stream, wiring
from amaranth.lib.wiring import In, Out

from sc_hw.events import ConvLayer, EventLayer, SparseLayer
from sc_hw.fabric.families import Family, load_family
from sc_hw.network.cdc import Crossing
from sc_hw.network.encoder import ValueEncoder
from sc_hw.network.plastic_stage import PlasticStage
from sc_hw.network.spike_crossing import SpikeCrossing
from sc_hw.trained import TrainedLayer
from sc_hw.trained.hosted import HostedLayer
from sc_hw.wires import gated
from sc_model.spec import PLASTIC, SLICE, ConvSpec, NetworkSpec, SparseSpec

HOST = ("load", "read", "readback")


def layer_of(spec: NetworkSpec, index: int, family: Family) -> HostedLayer:
    """A layer of a network, with the engine that it names."""
    layer, value = spec.layers[index], spec.crossing(index).value
    readout = spec.readout if index + 1 == len(spec.layers) else None
    more: dict[str, Any] = {
        "sample_ticks": spec.sample_ticks(index),
        "sliced": spec.slices(index) > 0,
        "o_slices": spec.o_slices(index),
    }
    order = spec.place_order(index)
    common = (value, spec.tick_ms, spec.step_bits, family)
    if isinstance(layer, ConvSpec):
        return ConvLayer(layer, *common, **more, order=order, readout=readout)
    if isinstance(layer, SparseSpec):
        return SparseLayer(layer, *common, **more, order=order, readout=readout)
    if layer.engine == "events":
        return EventLayer(layer, *common, **more, order=order, readout=readout)
    return TrainedLayer(layer, *common, readout, **more)


class SpikeNetwork(wiring.Component):
    """A chain of trained layers, with a plastic layer behind the last one if the design has it.

    Architecture
    ------------
    Each transfer of stream `i` is the word of a step; stream `o` gives a word at each tick of the
    last layer; a wide word is several transfers, slices of its spikes. The layers work at the same
    time, each on a step of its own, as soon as it has the words for it. In front of each layer is a
    `SpikeCrossing`, which collects the words of a tick and, where the clocks differ, transfers them
    between the two clock domains. The words that come out are the same for any assignment of
    clocks. Throughput is that of the slowest layer.

    Reset
    -----
    A reset of any domain, at any time, restarts the whole network. Loaded parameters stay, and the
    next word of `i` is that of step 1. `i_restart` is high in the first layer's domain while the
    reset of another domain restarts the network: no word is accepted meanwhile, and all words
    accepted before are void. `o_restart` is the same in the last layer's domain: words that came
    out before it belong to the run that was aborted.

    Constraints
    -----------
    Those of `WordCrossing`; `crossings` lists the wires. The network has one clock domain for each
    role, with ports `<role>_clk` and `<role>_rst` (`clk` and `rst` for the role `sync`).

    Parameters
    ----------
    spec : the network.
    family : the fabric.

    Members
    -------
    i : the spikes of a step, one bit for each input, in the first layer's domain; with many inputs
        a slice of them, as many slices a step as `NetworkSpec.slices` says. With an encoder a value
        a transfer, as many as a set has; each set gives `EncoderSpec.steps` steps.
    i_restart : see *Reset*, in the first layer's domain.
    o : {step, spikes}, in the last layer's domain; with a readout {step, spikes, winner}, whose
        winner is the answer by all ticks since the reset or restart. With many neurons a slice of
        the spikes, as many slices a tick as `NetworkSpec.o_slices` says, each with the number of
        the step; the winner comes with the last one, and is 0 in those before. A convolution's
        spikes come place by place then (`NetworkSpec.place_order`).
    o_restart : see *Reset*, in the last layer's domain.
    teach : only with a plastic layer: one transfer for each of its words (see `PlasticStage`), in
        the last layer's domain.
    load_<layer>, read_<layer>, readback_<layer> : host access of a layer (see `TrainedLayer`), in
        its domain; that of the plastic layer is called `load_plastic` and so on.
    out_of_step_<layer> : see `Intake`, in the layer's domain.
    lost_<layer> : see `Intake`, in the layer's domain; only with policy ``once``.
    """

    def __init__(self, spec: NetworkSpec, family: Family | None = None) -> None:
        self.spec = spec
        self.family = family if family is not None else load_family("generic")
        self.layers: dict[str, HostedLayer] = {}
        self.crossing_parts: dict[str, SpikeCrossing] = {}
        domain = spec.layers[0].clock
        for index, layer in enumerate(spec.layers):
            crossing = spec.crossing(index)
            self.crossing_parts[layer.name] = SpikeCrossing(
                crossing,
                spec.step_bits,
                i_domain=domain,
                o_domain=layer.clock,
                depth=spec.crossing_depth,
                slices=spec.slices(index),
            )
            self.layers[layer.name] = layer_of(spec, index, self.family)
            domain = layer.clock
        chunk = SLICE if spec.slices() else spec.layers[0].inputs
        self.encoder: ValueEncoder | None = None
        if spec.encoder is not None:
            self.encoder = ValueEncoder(spec.encoder, spec.values, chunk, spec.slices() or 1)
        self.plastic = (
            PlasticStage(spec.plastic, spec.step_bits, self.family)
            if spec.plastic is not None
            else None
        )
        last = self.plastic if self.plastic is not None else self.layers[spec.layers[-1].name]
        members: dict[str, Any] = {
            "i": In(stream.Signature(chunk if spec.encoder is None else spec.encoder.bits)),
            "i_restart": Out(1),
            "o": Out(stream.Signature(last.o_layout)),
            "o_restart": Out(1),
        }
        for name, part in self.layers.items():
            members |= {f"{port}_{name}": part.signature.members[port] for port in HOST}
            members[f"out_of_step_{name}"] = Out(1)
            if self.crossing_parts[name].spec.policy == "once":
                members[f"lost_{name}"] = Out(1)
        if self.plastic is not None:
            ports = {f"{port}_{PLASTIC}": port for port in HOST} | {"teach": "teach"}
            members |= {name: self.plastic.signature.members[port] for name, port in ports.items()}
        super().__init__(members)

    @property
    def domains(self) -> tuple[str, ...]:
        """Clock domains, in the order in which they become ports."""
        return self.spec.roles

    @property
    def shared_modules(self) -> dict[str, wiring.Component]:
        """Modules that the emitted Verilog holds once, by name."""
        shared = {
            name: part
            for crossing in self.crossing_parts.values()
            for name, part in crossing.shared_modules.items()
        }
        return shared | (self.plastic.shared_modules if self.plastic is not None else {})

    @property
    def crossings(self) -> tuple[Crossing, ...]:
        """The wires that go from one clock domain to another."""
        return tuple(
            crossing.under(f"crossing_{name}")
            for name, part in self.crossing_parts.items()
            for crossing in part.crossings
        )

    def domain_of(self, port: str) -> str:
        """The clock domain of a member."""
        for layer in self.spec.layers:
            if port in {f"{kind}_{layer.name}" for kind in (*HOST, "out_of_step", "lost")}:
                return layer.clock
        return self.spec.layers[0 if port in ("i", "i_restart") else -1].clock

    def elaborate(self, platform: Any) -> Module:
        m = Module()
        restart = self._restarts(m)
        self._number_steps(m, restart)
        for name, layer in self.layers.items():
            self._place_layer(m, name, layer, restart[name])
        for before, after in pairwise(self.layers):
            _connect(m, self.layers[before].o, self.crossing_parts[after].i)
        last = self.spec.layers[-1].name
        words = self.layers[last].o
        if self.plastic is not None:
            self._place_plastic(m, self.plastic, words, restart[last])
            words = self.plastic.o
        m.d.comb += [
            self.o.payload.eq(words.payload),
            self.o.valid.eq(words.valid),
            words.ready.eq(self.o.ready),
        ]
        return m

    def _number_steps(self, m: Module, restart: dict[str, Signal]) -> None:
        """Give each word of the input the number of its step, 1 after a restart."""
        first = self.spec.layers[0]
        source = self._place_encoder(m, restart[first.name])
        step = Signal(self.spec.step_bits, init=1)
        entrance = self.crossing_parts[first.name]
        # A module of its own, so that `ResetInserter` returns the number to 1 at a restart: the
        # schedulers behind it expect step 1 after theirs and would report `out_of_step` otherwise.
        stamp = Module()
        transfer = source.valid & source.ready
        if self.spec.slices() > 1:
            # The number goes on with the last slice of a step.
            part = Signal(range(self.spec.slices()), name="part")
            last = part == self.spec.slices() - 1
            with stamp.If(transfer):
                stamp.d.sync += part.eq(gated(part + 1, by=~last))
            transfer = transfer & last
        with stamp.If(transfer):
            stamp.d.sync += step.eq(step + 1)
        m.submodules.stamp = DomainRenamer(first.clock)(ResetInserter(restart[first.name])(stamp))
        m.d.comb += [
            entrance.i.payload.spikes.eq(source.payload),
            entrance.i.payload.step.eq(step),
            # Valid and ready both, so that neither side counts a word while the number is in reset.
            entrance.i.valid.eq(source.valid & ~restart[first.name]),
            source.ready.eq(entrance.i.ready & ~restart[first.name]),
        ]

    def _place_encoder(self, m: Module, restart: Signal) -> Any:
        """Place the encoder in front of the first layer; the stream of spikes, with or without."""
        if self.encoder is None:
            return self.i
        domain = self.spec.layers[0].clock
        m.submodules.encoder = DomainRenamer(domain)(ResetInserter(restart)(self.encoder))
        m.d.comb += [
            self.encoder.i.payload.eq(self.i.payload),
            self.encoder.i.valid.eq(self.i.valid & ~restart),
            self.i.ready.eq(self.encoder.i.ready & ~restart),
        ]
        return self.encoder.o

    def _place_layer(self, m: Module, name: str, layer: HostedLayer, restart: Signal) -> None:
        """Place a trained layer in its domain, behind its crossing."""
        crossing = self.crossing_parts[name]
        # The crossing has no ResetInserter: its ports `i_restart` and `o_restart` restart both of
        # its sides, by a handshake between them (see `_restarts`).
        m.submodules[f"crossing_{name}"] = crossing
        m.submodules[f"layer_{name}"] = DomainRenamer(crossing.o_domain)(
            ResetInserter(restart)(layer)
        )
        _connect(m, crossing.o, layer.i)
        m.d.comb += getattr(self, f"out_of_step_{name}").eq(crossing.out_of_step)
        if crossing.spec.policy == "once":
            m.d.comb += getattr(self, f"lost_{name}").eq(crossing.lost)
        self._host(m, name, layer, restart)

    def _place_plastic(self, m: Module, plastic: PlasticStage, words: Any, restart: Signal) -> None:
        """Place the plastic layer behind the last trained one, in the domain of that layer."""
        # No crossing: each word of the last layer is a step of the plastic one, in the same clock.
        domain = self.spec.layers[-1].clock
        m.submodules[PLASTIC] = DomainRenamer(domain)(ResetInserter(restart)(plastic))
        _connect(m, words, plastic.i)
        m.d.comb += [
            plastic.teach.payload.eq(self.teach.payload),
            plastic.teach.valid.eq(self.teach.valid & ~restart),
            self.teach.ready.eq(plastic.teach.ready & ~restart),
        ]
        self._host(m, PLASTIC, plastic, restart)

    def _host(self, m: Module, name: str, part: Any, restart: Signal) -> None:
        """Connect a layer's host access, which waits while the layer restarts."""
        # The layer is in reset while `restart` is high and would forget a read that it accepted, so
        # that the host would wait for its word for ever.
        for port in HOST[:2]:
            outside, inside = getattr(self, f"{port}_{name}"), getattr(part, port)
            m.d.comb += [
                inside.payload.eq(outside.payload),
                inside.valid.eq(outside.valid & ~restart),
                outside.ready.eq(inside.ready & ~restart),
            ]
        # The answer needs no gate: reset makes its valid low.
        answer = getattr(self, f"{HOST[2]}_{name}")
        m.d.comb += [
            answer.payload.eq(part.readback.payload),
            answer.valid.eq(part.readback.valid),
            part.readback.ready.eq(answer.ready),
        ]

    def _restarts(self, m: Module) -> dict[str, Signal]:
        """Drive the restarts of all layers and crossings that follow the reset of another domain.

        Adjacent layers with one clock (a run) restart together. A restart that reaches a run
        through the crossing at one end is passed on through the crossing at the other end, never
        back, so it stops at the ends of the network.

        Returns
        -------
        For each layer by name: it restarts in this clock because another domain was reset.
        """
        names = list(self.layers)
        runs: list[list[str]] = []
        for name in names:
            if runs and self.crossing_parts[name].words is None:
                runs[-1].append(name)
            else:
                runs.append([name])
        restart: dict[str, Signal] = {}
        for number, run in enumerate(runs):
            signal = Signal(name=f"restart_{number}")
            entrance = self.crossing_parts[run[0]]
            exit_ = self.crossing_parts[runs[number + 1][0]] if number + 1 < len(runs) else None
            # `o_clear` and `i_clear` say that the *other* side was reset. A reset of the run's own
            # domain needs no logic here: it resets the layers, and each crossing senses it itself.
            # For the first run `o_clear` is constant 0: no other domain is in front of it.
            upstream = entrance.o_clear
            downstream = exit_.i_clear if exit_ is not None else Signal(name="nothing_behind")
            # Each crossing gets only what came through the opposite one. With `signal` in place of
            # these, the two sides of a crossing would restart each other for ever.
            m.d.comb += [signal.eq(upstream | downstream), entrance.o_restart.eq(downstream)]
            if exit_ is not None:
                m.d.comb += exit_.i_restart.eq(upstream)
            # Inside a run the crossings have one clock and no handshake; their intakes restart with
            # the layers.
            for name in run[1:]:
                m.d.comb += self.crossing_parts[name].o_restart.eq(signal)
            restart |= dict.fromkeys(run, signal)
        m.d.comb += [self.i_restart.eq(restart[names[0]]), self.o_restart.eq(restart[names[-1]])]
        return restart


def _connect(m: Module, source: Any, sink: Any) -> None:
    """Connect a stream of one component to that of another."""
    m.d.comb += [
        sink.payload.eq(source.payload),
        sink.valid.eq(source.valid),
        source.ready.eq(sink.ready),
    ]
