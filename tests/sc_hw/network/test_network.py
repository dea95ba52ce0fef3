"""A network in Amaranth's simulator, against the golden network: in one clock domain and in two.

Random clocks, resets and flip-flops that miss an edge are for co-simulation (`tests/sim`).
"""

from __future__ import annotations

import random
import re
from typing import Any

import numpy as np
import pytest
from amaranth.hdl import ClockDomain, Fragment, Module
from amaranth.sim import Simulator
from trained_layers import word_of

from sc_hw.network.network import SpikeNetwork
from sc_hw.parts.space import Space
from sc_model.golden.network.network import Network as GoldenNetwork
from sc_model.spec import (
    ConfigError,
    HetSynSpec,
    NetworkSpec,
    NeuronSpec,
    PlasticLayerSpec,
    PlasticStageSpec,
    SparseSpec,
)

PATIENCE = 5000  # clocks
STEPS = 16
NEURON = NeuronSpec(reset="subtract", threshold=150_000)


class InPlace:
    """A platform that puts the parts of a crossing where Verilog has instances of them."""

    def get_synchroniser(self, part: Any) -> Any:
        return part

    get_capture = get_synchroniser


def network_spec(*clocks: str, plastic: bool = False) -> NetworkSpec:
    """Three layers, of 3, 2 and 2 neurons, that tick in each, every second and every second step.

    Also a plastic layer, if there shall be one.
    """
    sizes, intervals, policies = (4, 3, 2, 2), (1, 2, 2), ("hold", "accumulate", "once")
    layers = tuple(
        HetSynSpec(
            name=name,
            inputs=sizes[index],
            neurons=sizes[index + 1],
            tick_interval=intervals[index],
            policy=policies[index],
            clock=clocks[index],
            neuron=NEURON,
        )
        for index, name in enumerate(("first", "middle", "last"))
    )
    stage = PlasticStageSpec(layer=PlasticLayerSpec(inputs=2, neurons=2)) if plastic else None
    return NetworkSpec(layers=layers, crossing_depth=2, plastic=stage)


def drawn_parameters(spec: NetworkSpec) -> dict[str, Any]:
    rng = np.random.default_rng(5)
    return {
        f"{layer.name}.{name}": rng.integers(
            max(low, low // 4), high + 1, (layer.neurons, layer.columns)
        )
        for layer in spec.layers
        for name, (low, high) in layer.synapse_parameters(spec.tick_ms).items()
    }


class Harness:
    """A network, its clocks, and test benches for its streams.

    Members
    -------
    resets : reset of each clock domain, by role.
    """

    def __init__(self, spec: NetworkSpec, periods: dict[str, float]) -> None:
        self.dut, self.spec = SpikeNetwork(spec), spec
        m, self.resets = Module(), {}
        for role in periods:
            m.domains += (domain := ClockDomain(role))
            self.resets[role] = domain.rst
        m.submodules.dut = self.dut
        self.simulator = Simulator(Fragment.get(m, InPlace()))  # type: ignore[arg-type]
        for role, period in periods.items():
            self.simulator.add_clock(period, domain=role)

    def run(self, *testbenches: Any) -> None:
        for testbench in testbenches:
            self.simulator.add_testbench(testbench)
        self.simulator.run()

    async def until(self, ctx: Any, condition: Any, domain: str, what: str) -> None:
        for _ in range(PATIENCE):
            if ctx.get(condition):
                return
            await ctx.tick(domain)
        raise AssertionError(f"waited {PATIENCE} clocks for {what}")

    async def load(self, ctx: Any, parameters: dict[str, Any]) -> None:
        """All synapses of all layers."""
        for layer in self.spec.layers:
            names = layer.synapse_parameters(self.spec.tick_ms)
            layout = self.dut.layers[layer.name].spaces[Space.SYNAPSE]
            load = getattr(self.dut, f"load_{layer.name}")
            for (j, c), _ in np.ndenumerate(parameters[f"{layer.name}.weight"]):
                values = {str(name): 0 for name, _ in layout}
                values |= {name: parameters[f"{layer.name}.{name}"][j, c] for name in names}
                address = {"space": Space.SYNAPSE, "lane": 0, "word": j * layer.columns + c}
                ctx.set(load.payload, {**address, "data": word_of(layout, values)})
                ctx.set(load.valid, 1)
                await self.until(ctx, load.ready, layer.clock, "load")
                await ctx.tick(layer.clock)
                ctx.set(load.valid, 0)

    async def send(self, ctx: Any, inputs: Any, stall: float = 0.0) -> None:
        """The spikes of each step."""
        rng, domain = random.Random(3), self.dut.domain_of("i")
        for spikes in inputs:
            while rng.random() < stall:
                await ctx.tick(domain)
            ctx.set(self.dut.i.payload, sum(int(bit) << n for n, bit in enumerate(spikes)))
            ctx.set(self.dut.i.valid, 1)
            await self.until(ctx, self.dut.i.ready, domain, "input")
            await ctx.tick(domain)
            ctx.set(self.dut.i.valid, 0)

    async def receive(
        self, ctx: Any, count: int, stall: float = 0.0
    ) -> list[tuple[int, list[int]]]:
        """That many words of the output: step and spikes."""
        rng, domain, words = random.Random(4), self.dut.domain_of("o"), []
        for _ in range(count):
            while rng.random() < stall:
                await ctx.tick(domain)
            await self.until(ctx, self.dut.o.valid, domain, "output")
            payload = ctx.get(self.dut.o.payload)
            words.append((payload.step, [payload.spikes >> bit & 1 for bit in range(2)]))
            ctx.set(self.dut.o.ready, 1)
            await ctx.tick(domain)
            ctx.set(self.dut.o.ready, 0)
        return words


def drawn_inputs(seed: int, spec: NetworkSpec) -> Any:
    return np.random.default_rng(seed).integers(0, 2, (STEPS, spec.layers[0].inputs))


def expected_words(
    spec: NetworkSpec, parameters: dict[str, Any], inputs: Any
) -> list[tuple[int, list[int]]]:
    """Step and spikes of each tick of the last layer, by the golden network."""
    golden, interval = GoldenNetwork(spec, parameters), spec.layers[-1].tick_interval
    words = [(step, golden.step(spikes).tolist()) for step, spikes in enumerate(inputs, 1)]
    return [word for word in words if word[0] % interval == 0]


@pytest.mark.parametrize(
    ("clocks", "periods"),
    [
        (("sync", "sync", "sync"), {"sync": 10e-9}),
        (("a", "b", "b"), {"a": 10e-9, "b": 10e-9}),
        (("a", "b", "a"), {"a": 7e-9, "b": 41e-9}),
        (("a", "a", "b"), {"a": 43e-9, "b": 9e-9}),
    ],
)
def test_the_words_are_those_of_the_golden_network(
    clocks: tuple[str, ...], periods: dict[str, float]
) -> None:
    spec = network_spec(*clocks)
    parameters, inputs = drawn_parameters(spec), drawn_inputs(1, spec)
    expected = expected_words(spec, parameters, inputs)
    assert len({tuple(spikes) for _, spikes in expected}) > 1
    harness, words = Harness(spec, periods), []

    async def source(ctx: Any) -> None:
        await harness.load(ctx, parameters)
        await harness.send(ctx, inputs, 0.3)

    async def sink(ctx: Any) -> None:
        words.extend(await harness.receive(ctx, len(expected), 0.3))
        for name in harness.dut.layers:
            assert not ctx.get(getattr(harness.dut, f"out_of_step_{name}"))

    harness.run(source, sink)
    assert words == expected


@pytest.mark.parametrize("role", ["a", "b", "c"])
def test_a_reset_of_any_clock_restarts_the_network(role: str) -> None:
    """Words in flight are dropped, loaded parameters stay, and the next word is that of step 1.

    `i_restart` and `o_restart` are high for a while, if the reset is of another domain than theirs.
    """
    spec = network_spec("a", "b", "c")
    parameters, inputs = drawn_parameters(spec), drawn_inputs(2, spec)
    expected = expected_words(spec, parameters, inputs)
    harness = Harness(spec, {"a": 10e-9, "b": 14e-9, "c": 6e-9})
    dut = harness.dut

    async def testbench(ctx: Any) -> None:
        await harness.load(ctx, parameters)
        await harness.send(ctx, inputs[::-1][:3])  # left in the layers and crossings
        ctx.set(harness.resets[role], 1)
        await ctx.tick(role)
        ctx.set(harness.resets[role], 0)
        restarted = {"i": False, "o": False}
        for _ in range(200):
            restarted["i"] |= bool(ctx.get(dut.i_restart))
            restarted["o"] |= bool(ctx.get(dut.o_restart))
            assert not ctx.get(dut.i_restart & dut.i.ready)
            # the host waits, or the layer in reset would forget what it has accepted
            assert not ctx.get(dut.i_restart & dut.load_first.ready)
            assert not ctx.get(dut.o_restart & dut.read_last.ready)
            await ctx.tick("c")
        assert restarted == {"i": role != "a", "o": role != "c"}
        sent = 0
        words: list[Any] = []
        while len(words) < len(expected):  # the queues hold fewer words than there are steps
            ready = min(sent + 2, STEPS)
            await harness.send(ctx, inputs[sent:ready])
            sent = ready
            words += await harness.receive(ctx, 1)
        assert words == expected

    harness.run(testbench)


def test_ports_and_domains() -> None:
    dut = SpikeNetwork(network_spec("a", "b", "b", plastic=True))
    assert dut.domains == ("a", "b")
    domains = {port: dut.domain_of(port) for port in dut.signature.members}
    assert {port for port, domain in domains.items() if domain == "a"} == {
        *("i", "i_restart", "load_first", "read_first", "readback_first", "out_of_step_first"),
    }
    assert domains["load_middle"] == domains["teach"] == domains["read_plastic"] == "b"
    assert "lost_last" in domains  # policy `once`; the other layers lose nothing
    assert not {"lost_first", "lost_middle"} & set(domains)


def test_only_layers_of_different_clocks_have_wires_between_them() -> None:
    dut = SpikeNetwork(network_spec("a", "b", "b"))
    assert {crossing.group for crossing in dut.crossings} == {"crossing_middle.words"}
    assert set(dut.shared_modules) == {"sc_sync_1", "sc_sync_2", "sc_capture_19"}
    assert SpikeNetwork(network_spec("a", "a", "a")).crossings == ()


def test_a_layer_without_hardware_is_refused_in_one_line() -> None:
    layer = SparseSpec(name="a", inputs=3, neurons=2, synapses=4, lanes=2)
    text = (
        "layer 'a' must have lanes = 1 in hardware, where a list is walked a synapse a clock, not"
        " 2."
    )
    with pytest.raises(ConfigError, match=f"^{re.escape(text)}$"):
        SpikeNetwork(NetworkSpec(layers=(layer,)))
