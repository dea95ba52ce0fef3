# amaranth: UnusedElaboratable=no
"""Layers in a row, each with its rate and its clock: the top of a network."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

from amaranth.hdl import DomainRenamer, Module, ResetInserter, Signal
from amaranth.lib import stream, wiring
from amaranth.lib.wiring import In, Out

from sc_hw.fabric.families import Family, load_family
from sc_hw.network.cdc import Crossing
from sc_hw.network.plastic_stage import PlasticStage
from sc_hw.network.spike_crossing import SpikeCrossing
from sc_hw.trained import TrainedLayer
from sc_model.spec import PLASTIC, NetworkSpec

HOST = ("load", "read", "readback")


class SpikeNetwork(wiring.Component):
    """A network of layers.

    A step is a transfer of stream `i`; stream `o` gives a word at each tick of the last layer.
    Between them layers work at the same time on steps of their own, as fast as their words come: in
    one clock, a slow layer stands still until its scheduler says that its tick is due; in several
    clocks, words cross by `SpikeCrossing`. Both give the same words.

    Domains: one for each role of the network, ports `<role>_clk` and `<role>_rst` (`clk` and `rst`
    for the role `sync`). Reset of any domain at any time restarts the whole network: what is loaded
    stays, the next word of `i` is that of step 1. `i_restart` is high in the first layer's domain
    while another's reset does that: until it falls nothing is taken, and what was taken before is
    void. `o_restart` is the same in the last layer's domain, for what came out.

    Parameters
    ----------
    spec : the network.
    family : the fabric.

    Members
    -------
    i : spikes of a step, in the first layer's domain.
    o : {step, spikes}, in the last layer's domain.
    teach : what the plastic layer, if there is one, gets beside each of its words (see
        `PlasticStage`), in the last layer's domain.
    load_<layer>, read_<layer>, readback_<layer> : see `TrainedLayer`, each in its layer's domain;
        those of the plastic layer are called `load_plastic` and so on.
    out_of_step_<layer>, lost_<layer> : see `Intake`, in the layer's domain.
    """

    def __init__(self, spec: NetworkSpec, family: Family | None = None) -> None:
        self.spec = spec
        self.family = family if family is not None else load_family("generic")
        self.layers: dict[str, TrainedLayer] = {}
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
            )
            self.layers[layer.name] = TrainedLayer(
                layer, crossing.value, spec.tick_ms, spec.step_bits, self.family
            )
            domain = layer.clock
        self.plastic = (
            PlasticStage(spec.plastic, spec.step_bits, self.family)
            if spec.plastic is not None
            else None
        )
        last = self.plastic if self.plastic is not None else self.layers[spec.layers[-1].name]
        members: dict[str, Any] = {
            "i": In(stream.Signature(spec.layers[0].inputs)),
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
        """Modules that are written once, by name."""
        made = {
            name: part
            for crossing in self.crossing_parts.values()
            for name, part in crossing.shared_modules.items()
        }
        return made | (self.plastic.shared_modules if self.plastic is not None else {})

    @property
    def crossings(self) -> tuple[Crossing, ...]:
        """All that goes from one clock to another."""
        parts = self.crossing_parts.items()
        return tuple(
            crossing.under(f"crossing_{name}")
            for name, part in parts
            for crossing in part.crossings
        )

    def domain_of(self, port: str) -> str:
        """The domain of a member."""
        for layer in self.spec.layers:
            if port in {f"{kind}_{layer.name}" for kind in (*HOST, "out_of_step", "lost")}:
                return layer.clock
        return self.spec.layers[0 if port in ("i", "i_restart") else -1].clock

    def elaborate(self, platform: Any) -> Module:
        m = Module()
        restart = self._restarts(m)
        first, last = self.spec.layers[0], self.spec.layers[-1]

        # the words of the input get the numbers of their steps
        step = Signal(self.spec.step_bits, init=1)
        entrance = self.crossing_parts[first.name]
        stamp = Module()
        with stamp.If(self.i.valid & self.i.ready):
            stamp.d.sync += step.eq(step + 1)
        m.submodules.stamp = DomainRenamer(first.clock)(ResetInserter(restart[first.name])(stamp))
        m.d.comb += [
            entrance.i.payload.spikes.eq(self.i.payload),
            entrance.i.payload.step.eq(step),
            entrance.i.valid.eq(self.i.valid & ~restart[first.name]),
            self.i.ready.eq(entrance.i.ready & ~restart[first.name]),
        ]
        for name, part in self.layers.items():
            crossing = self.crossing_parts[name]
            m.submodules[f"crossing_{name}"] = crossing
            m.submodules[f"layer_{name}"] = DomainRenamer(crossing.o_domain)(
                ResetInserter(restart[name])(part)
            )
            m.d.comb += [
                part.i.payload.eq(crossing.o.payload),
                part.i.valid.eq(crossing.o.valid),
                crossing.o.ready.eq(part.i.ready),
                getattr(self, f"out_of_step_{name}").eq(crossing.out_of_step),
            ]
            if crossing.spec.policy == "once":
                m.d.comb += getattr(self, f"lost_{name}").eq(crossing.lost)
            self._host(m, name, part, restart[name])
        for before, after in pairwise(self.layers):
            out, crossing = self.layers[before].o, self.crossing_parts[after]
            m.d.comb += [
                crossing.i.payload.eq(out.payload),
                crossing.i.valid.eq(out.valid),
                out.ready.eq(crossing.i.ready),
            ]
        out = self.layers[last.name].o
        if self.plastic is not None:
            out = self._learn(m, out, restart[last.name])
        m.d.comb += [
            self.o.payload.eq(out.payload),
            self.o.valid.eq(out.valid),
            out.ready.eq(self.o.ready),
        ]
        return m

    def _learn(self, m: Module, words: Any, restart: Signal) -> Any:
        """The plastic layer behind the last layer's words, in its domain; what comes out of it."""
        if self.plastic is None:
            return words
        domain = self.spec.layers[-1].clock
        m.submodules[PLASTIC] = DomainRenamer(domain)(ResetInserter(restart)(self.plastic))
        m.d.comb += [
            self.plastic.i.payload.eq(words.payload),
            self.plastic.i.valid.eq(words.valid),
            words.ready.eq(self.plastic.i.ready),
            self.plastic.teach.payload.eq(self.teach.payload),
            self.plastic.teach.valid.eq(self.teach.valid & ~restart),
            self.teach.ready.eq(self.plastic.teach.ready & ~restart),
        ]
        self._host(m, PLASTIC, self.plastic, restart)
        return self.plastic.o

    def _host(self, m: Module, name: str, part: Any, restart: Signal) -> None:
        """A layer's host access, which waits while the layer restarts."""
        for port in HOST[:2]:
            outside, inside = getattr(self, f"{port}_{name}"), getattr(part, port)
            m.d.comb += [
                inside.payload.eq(outside.payload),
                inside.valid.eq(outside.valid & ~restart),
                outside.ready.eq(inside.ready & ~restart),
            ]
        answer = getattr(self, f"{HOST[2]}_{name}")
        m.d.comb += [
            answer.payload.eq(part.readback.payload),
            answer.valid.eq(part.readback.valid),
            part.readback.ready.eq(answer.ready),
        ]

    def _restarts(self, m: Module) -> dict[str, Signal]:
        """For each layer, whether it restarts because of another domain; and word of it to the
        crossings beside it.

        Layers in a row with one clock restart together. A request that comes in over one crossing
        goes on over the other, never back, so it ends.
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
            from_before = entrance.o_clear  # 0 for the first run, which has no clock in front of it
            from_behind = exit_.i_clear if exit_ is not None else Signal(name="nothing_behind")
            m.d.comb += [signal.eq(from_before | from_behind), entrance.o_restart.eq(from_behind)]
            if exit_ is not None:
                m.d.comb += exit_.i_restart.eq(from_before)
            for name in run[1:]:
                m.d.comb += self.crossing_parts[name].o_restart.eq(signal)
            restart |= dict.fromkeys(run, signal)
        m.d.comb += [self.i_restart.eq(restart[names[0]]), self.o_restart.eq(restart[names[-1]])]
        return restart
