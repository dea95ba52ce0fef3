"""Trained layers in Amaranth's simulator beside their golden models, for several test files."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from amaranth.hdl import ResetInserter, Shape, Signal
from amaranth.lib import data
from amaranth.sim import Simulator

from sc_hw.events import EventLayer
from sc_hw.events.conv_layer import ConvLayer
from sc_hw.events.sparse_layer import SparseLayer
from sc_hw.parts.space import Space
from sc_hw.trained.hosted import HostedLayer
from sc_model.golden.trained.layer import TrainedLayer as GoldenLayer
from sc_model.spec import SLICE, ConvSpec, IntFormat, SparseSpec
from sc_sim.blocks.network.host import arriving_of, history_addresses

PATIENCE = 20_000  # clocks


def simulate(testbenches: Any, dut: Any) -> None:
    """Run a testbench, or several at the same time."""
    simulator = Simulator(dut)
    simulator.add_clock(1e-6)
    for testbench in testbenches if isinstance(testbenches, tuple) else (testbenches,):
        simulator.add_testbench(testbench)
    simulator.run()


async def until(ctx: Any, condition: Any, what: str) -> int:
    for clock in range(PATIENCE):
        if ctx.get(condition):
            return clock
        await ctx.tick()
    raise AssertionError(f"waited {PATIENCE} clocks for {what}")


async def load(ctx: Any, dut: HostedLayer, space: Space, lane: int, word: int, value: int) -> None:
    ctx.set(dut.load.payload, {"space": space, "lane": lane, "word": word, "data": value})
    ctx.set(dut.load.valid, 1)
    await until(ctx, dut.load.ready, "load")
    await ctx.tick()
    ctx.set(dut.load.valid, 0)


async def read(ctx: Any, dut: HostedLayer, space: Space, lane: int, word: int) -> int:
    ctx.set(dut.read.payload, {"space": space, "lane": lane, "word": word})
    ctx.set(dut.read.valid, 1)
    await until(ctx, dut.read.ready, "read")
    await ctx.tick()
    ctx.set(dut.read.valid, 0)
    await until(ctx, dut.readback.valid, "read-back")
    value = ctx.get(dut.readback.payload)
    ctx.set(dut.readback.ready, 1)
    await ctx.tick()
    ctx.set(dut.readback.ready, 0)
    return int(value)


def word_of(layout: data.StructLayout, values: dict[str, Any]) -> int:
    """A word of these fields."""
    return sum(
        (int(values[str(name)]) & ((1 << field.width) - 1)) << field.offset
        for name, field in layout
    )


def fields_of(layout: data.StructLayout, word: int) -> dict[str, int]:
    """The fields of a word."""
    found = {}
    for name, field in layout:
        form = IntFormat(field.width, Shape.cast(field.shape).signed)
        found[str(name)] = form.decode(word >> field.offset)
    return found


def words_of(golden: GoldenLayer) -> Iterator[tuple[Space, int, int, dict[str, Any]]]:
    """Space, lane, word and fields of all that a layer's memories hold, but for a history."""
    spec, state = golden.spec, golden.state
    of_synapses = {n: v for n, v in state.items() if v.ndim == 2 and n != spec.past}
    synapses = {**golden.parameters, **of_synapses}
    if isinstance(spec, ConvSpec):
        for o, i, p, q in np.ndindex(*spec.kernel_shape):
            word, weight = spec.kernel_word(o, i, p, q), golden.parameters["weight"][o, i, p, q]
            yield Space.SYNAPSE, o % spec.lanes, word, {"weight": weight}
        for o in range(spec.channels):
            bias = golden.parameters["bias"][o] if spec.bias else 0
            yield Space.SYNAPSE, o % spec.lanes, spec.bias_word(o), {"weight": bias}
    elif isinstance(spec, SparseSpec):
        given = {name: golden.parameters[name] for name in golden.parameters}
        for number in range(spec.synapses):
            names = ("target", *spec.synapse_parameters(golden.tick_ms))
            fields = {name: given[name][number] for name in names if name != "count"}
            yield Space.SYNAPSE, 0, number, fields
        for c, count in enumerate(given["count"]):
            start = int(given["count"][:c].sum())
            yield Space.INPUT, 0, c, {"start": start, "count": count}
    else:
        for j, c in np.ndindex(spec.neurons, spec.columns):
            given = {name: values[j, c] for name, values in synapses.items() if values.ndim == 2}
            yield Space.SYNAPSE, j % spec.lanes, spec.word(c, j), given
    neurons = {**golden.neuron_constants, **golden.neuron, "fired": golden.fired}
    for j in range(spec.neurons):
        given = {name: values[j] for name, values in neurons.items()}
        yield Space.NEURON, 0, spec.place(j), given


async def load_all(ctx: Any, dut: HostedLayer, golden: GoldenLayer) -> None:
    """All parameters; what state holds at power-on must not matter."""
    junk = np.random.default_rng(5)
    loaded = {*golden.parameters, "start"}
    for space, lane, word, fields in words_of(golden):
        layout = dut.spaces[space]
        given = {name: value for name, value in fields.items() if name in loaded}
        anything = {str(name): junk.integers(1 << 16) for name, _ in layout}
        await load(ctx, dut, space, lane, word, word_of(layout, {**anything, **given}))


async def check_all(ctx: Any, dut: HostedLayer, golden: GoldenLayer) -> None:
    """All that the host finds."""
    spec, state = golden.spec, {**golden.parameters, **golden.state}
    for space, lane, word, fields in words_of(golden):
        found = fields_of(dut.spaces[space], await read(ctx, dut, space, lane, word))
        assert found == {name: fields[name] for name in found}, (space, lane, word)
    if isinstance(dut, EventLayer) and spec.max_delay:
        words = history_addresses(spec, dut.sets)
        sums = [
            await read(ctx, dut, Space.HISTORY, lane, word)
            for word, lane in zip(
                words.words.tolist(), np.asarray(words.lanes).tolist(), strict=True
            )
        ]
        form = spec.current_format(golden.crossing.value)
        found = [form.decode(value & ((1 << form.width) - 1)) for value in sums]
        arriving = arriving_of(spec, dut.sets, np.array(found))
        assert arriving.tolist() == state["arriving"].tolist()
    for c in range(spec.columns if spec.past == "history" else 0):
        word, width = await read(ctx, dut, Space.HISTORY, 0, c), golden.crossing.value.width
        past = [word >> age * width & ((1 << width) - 1) for age in range(spec.max_delay)]
        assert past == state["history"][c].tolist(), c


def check_clocks(dut: HostedLayer, clocks: int, events: int) -> None:
    """A tick's clocks: always the same in a sweep, and bounded by its events otherwise."""
    if isinstance(dut, EventLayer):
        # the bound adds up what may go on at the same time: at most the search of all chunks; a
        # window at the edge of an image is smaller than the kernel; and in slices the clocks are
        # those behind the last one
        at_least = (
            0
            if isinstance(dut, (ConvLayer, SparseLayer)) or dut.sliced
            else dut.clocks(events) - dut.scanner.chunks
        )
        assert at_least <= clocks <= dut.clocks(events)
    else:
        assert clocks == dut.tick_clocks, (clocks, dut.tick_clocks)


async def give(ctx: Any, dut: HostedLayer, step: int, values: list[int]) -> None:
    """The inputs of a tick, as a word or in slices."""
    count = len(ctx.get(dut.i.payload).values.as_value()) // dut.value.width
    if getattr(dut, "store", None) is not None or getattr(dut, "sliced", False):
        columns = dut.spec.inputs if dut.spec.recurrent else dut.spec.columns
        junk = -(-columns // count) * count - len(values)
        values = [*values, *([1] * junk)]  # behind the last input they mean nothing
    for first in range(0, len(values), count):
        if first % 3:  # a pause between slices
            await ctx.tick()
        ctx.set(dut.i.payload, {"step": step, "values": values[first : first + count]})
        ctx.set(dut.i.valid, 1)
        await until(ctx, dut.i.ready, "input")
        await ctx.tick()
        ctx.set(dut.i.valid, 0)


async def taken(ctx: Any, dut: HostedLayer, step: int) -> tuple[int, int]:
    """Clocks to the transfer of a tick's spikes, of the last slice, and the spikes."""
    queue = getattr(dut, "queue", None)
    spikes = clocks = 0
    for number in range(1 if queue is None else queue.transfers):
        clocks += await until(ctx, dut.o.valid, "spikes") + 1
        got = ctx.get(dut.o.payload)
        assert got.step == step
        spikes |= got.spikes << number * SLICE
        ctx.set(dut.o.ready, 1)
        await ctx.tick()
        ctx.set(dut.o.ready, 0)
    return clocks, spikes


def rate_where_equal(dut: HostedLayer, golden: GoldenLayer) -> float:
    """36 ticks of hardware and model with equal spikes and, in the end, equal state.

    A reset at tick 22 puts everything but parameters back. Gives the mean rate of spikes.
    """
    spec, crossing = golden.spec, golden.crossing
    rng = np.random.default_rng(7)
    fired = []

    async def testbench(ctx: Any) -> None:
        await load_all(ctx, dut, golden)
        for tick in range(36):
            if tick == 22:  # a reset puts everything but parameters back
                await ctx.tick()
                golden.reset()
                ctx.set(reset, 1)
                await ctx.tick()
                ctx.set(reset, 0)
            values = rng.integers(0, crossing.value.hi + 1, spec.inputs) * (
                rng.random(spec.inputs) < (0.3 if tick < 15 else 0.9)
            )
            await give(ctx, dut, tick, values.tolist())
            own = int(golden.fired.sum()) if spec.recurrent else 0
            events = int((values != 0).sum()) + own + spec.bias_column
            expected = golden.step(values)
            clocks, spikes = await taken(ctx, dut, tick)
            check_clocks(dut, clocks, events)
            assert [spikes >> j & 1 for j in range(spec.neurons)] == list(expected), tick
            fired.append(expected.mean())
        await check_all(ctx, dut, golden)

    reset = Signal()
    simulate(testbench, ResetInserter(reset)(dut))
    return float(np.mean(fired))
