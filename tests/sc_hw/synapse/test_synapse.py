"""Components in Amaranth's own simulator against the golden models, and the schedule's rules on
graphs made by hand.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from amaranth.lib import wiring
from amaranth.sim import Simulator
from support import CONFIGS, FIELDS, RULE, params_of, random_inputs, sketch

from campaigns.utilisation import measure
from sc_hw.fabric.datapath import Datapath
from sc_hw.fabric.families import family_names, load_family
from sc_hw.fabric.schedule import DelayModel, schedule, segments
from sc_hw.fabric.timing import Timing
from sc_hw.synapse.bank import SynapseBank
from sc_hw.synapse.lane import SynapseLane
from sc_hw.synapse.sequencer import Sequencer
from sc_model.golden import Bank, Synapse
from sc_model.graph import REWRITES, IntOps, evaluate, rewrite, trace
from sc_model.graph.rewrite import product_as_adder_tree
from sc_model.spec import IntFormat

BYTE, SIGNED, BIT = IntFormat(8), IntFormat(8, signed=True), IntFormat(1)


def simulate(component: wiring.Component, bench: Any) -> None:
    """Run a bench to its end."""
    simulator = Simulator(component)
    simulator.add_clock(1e-6)
    simulator.add_testbench(bench)
    simulator.run()


# --- lane -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("k", [0, 1, 3])
def test_lane_against_the_golden_synapse(k: int) -> None:
    """2,000 clocks; one in ten rests, one in fifty loads, whether or not a step is asked for."""
    params = params_of(CONFIGS[k])
    golden = Synapse(RULE, params)
    lane = SynapseLane(RULE, params)
    rng = np.random.default_rng(k)
    stimulus = random_inputs(rng, params, (2000,))
    steps, loads = rng.random(2000) < 0.9, rng.random(2000) < 0.02
    weights = rng.integers(0, params.max_weight, 2000, endpoint=True)  # type: ignore[attr-defined]
    wrong: list[Any] = []

    async def bench(ctx: Any) -> None:
        for t in range(2000):
            given = {name: int(values[t]) for name, values in stimulus.items()}
            for name, value in given.items():
                ctx.set(getattr(lane, name), value)
            ctx.set(lane.step, int(steps[t]))
            ctx.set(lane.load, int(loads[t]))
            ctx.set(lane.load_weight, int(weights[t]))
            await ctx.tick()
            if loads[t]:
                golden.load({"weight": int(weights[t])})
            elif steps[t]:
                golden.step(given)
            found = {name: ctx.get(getattr(lane, name)) for name in FIELDS}
            if found != golden.state or ctx.get(lane.done) != (steps[t] and not loads[t]):
                wrong.append((t, found, golden.state))

    simulate(lane, bench)
    assert wrong == []


# --- bank -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("synapses", "stall"), [(1, 0.0), (5, 0.0), (5, 0.3), (20, 0.0), (20, 0.3), (20, 0.9)]
)
def test_bank_against_the_golden_bank(synapses: int, stall: float) -> None:
    """Load, sweeps with a stalling source, read-back; every update is in order and every value is
    the golden bank's.
    """
    params = params_of({})
    bank = SynapseBank(RULE, params, synapses)
    sweeps = 3 if stall > 0.5 else 6
    rng = np.random.default_rng(synapses)
    start = rng.integers(0, 65536, synapses)
    golden = Bank(RULE, params, synapses, {"weight": start})
    stimulus = random_inputs(rng, params, (sweeps, synapses))
    updates: list[tuple[int, dict[str, int]]] = []
    read: list[dict[str, int]] = []
    bound = (sweeps * synapses * 30 + 50 * bank.span) * 2

    def fields(ctx: Any, view: Any) -> dict[str, int]:
        return {name: ctx.get(view[name]) for name in FIELDS}

    async def transfer(ctx: Any, stream: Any, payload: Any) -> None:
        ctx.set(stream.payload, payload)
        ctx.set(stream.valid, 1)
        for _ in range(bound):
            ready = ctx.get(stream.ready)
            await tick(ctx)
            if ready:
                ctx.set(stream.valid, 0)
                return
        raise AssertionError(f"{stream!r} was not ready within {bound} clocks")

    async def tick(ctx: Any) -> None:
        await ctx.tick()
        if ctx.get(bank.updated):
            updates.append((ctx.get(bank.updated_address), fields(ctx, bank.updated_state)))

    async def until_idle(ctx: Any) -> None:
        for _ in range(bound):
            if ctx.get(bank.idle):
                return
            await tick(ctx)
        raise AssertionError(f"the bank was not idle within {bound} clocks")

    async def bench(ctx: Any) -> None:
        for address in range(synapses):
            state = {**dict.fromkeys(FIELDS, 0), "weight": int(start[address])}
            await transfer(ctx, bank.load, {"address": address, "state": state})
        for sweep in range(sweeps):
            for address in range(synapses):
                while rng.random() < stall:
                    await tick(ctx)
                await transfer(
                    ctx,
                    bank.i,
                    {name: int(values[sweep, address]) for name, values in stimulus.items()},
                )
        await tick(ctx)
        await until_idle(ctx)
        for address in range(synapses):
            await transfer(ctx, bank.read, address)
            for _ in range(bound):
                if ctx.get(bank.readback.valid):
                    break
                await tick(ctx)
            else:
                raise AssertionError(f"no read-back within {bound} clocks")
            read.append(fields(ctx, bank.readback.payload))
            ctx.set(bank.readback.ready, 1)
            await tick(ctx)
            ctx.set(bank.readback.ready, 0)

    simulate(bank, bench)
    expected = []
    for sweep in range(sweeps):
        new = golden.step({name: values[sweep] for name, values in stimulus.items()})
        expected += [
            (address, {name: int(new[name][address]) for name in FIELDS})
            for address in range(synapses)
        ]
    assert updates == expected
    assert read == [state for _, state in expected[-synapses:]]


# --- sequencer ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("synapses", "span"), [(1, 4), (1, 7), (2, 7), (3, 7), (5, 12), (12, 12), (13, 12), (20, 12)]
)
def test_sequencer_order_distance_and_grants(synapses: int, span: int) -> None:
    sequencer = Sequencer(max(1, (synapses - 1).bit_length()), span)
    rng = np.random.default_rng(span * 100 + synapses)
    issued: list[tuple[int, int]] = []
    grants: list[int] = []

    async def bench(ctx: Any) -> None:
        ctx.set(sequencer.last, synapses - 1)
        ctx.set(sequencer.short, synapses < span)
        asking = False
        for clock in range(1200):
            asking = asking or rng.random() < 0.02
            ctx.set(sequencer.host_request, asking)
            ctx.set(sequencer.i_valid, rng.random() < (1.0 if clock < 400 else 0.7))
            if ctx.get(sequencer.issue):
                assert ctx.get(sequencer.i_valid)
                assert ctx.get(sequencer.i_ready)
                issued.append((clock, ctx.get(sequencer.address)))
            granted = ctx.get(sequencer.host_grant)
            if granted:
                assert asking
                assert not ctx.get(sequencer.issue)
                assert not issued or issued[-1][1] == synapses - 1  # between sweeps
                assert not issued or clock - issued[-1][0] >= span  # everything has landed
                grants.append(clock)
            await ctx.tick()
            asking = asking and not granted

    simulate(sequencer, bench)
    assert len(issued) > 1200 // (2 * max(span, synapses)) * synapses // 2
    assert grants
    assert [address for _, address in issued] == [i % synapses for i in range(len(issued))]
    last: dict[int, int] = {}
    for clock, address in issued:
        assert clock - last.get(address, -span) >= span
        last[address] = clock


@pytest.mark.parametrize(("width", "span"), [(0, 4), (3, 3)])
def test_sequencer_of_nothing(width: int, span: int) -> None:
    with pytest.raises(ValueError, match="Sequencer") as caught:
        Sequencer(width, span)
    assert (
        str(caught.value) == f"Sequencer needs address_width and span >= 4, not {width} and {span}"
    )


# --- schedule -------------------------------------------------------------------------------------


@pytest.mark.parametrize("width", range(1, 70))
@pytest.mark.parametrize("carry_bits", [1, 2, 3, 9, 10, 16, 24])
def test_segments_cover_every_bit_once(width: int, carry_bits: int) -> None:
    parts = segments(width, carry_bits)
    assert [bit for part in parts for bit in part] == list(range(width))
    assert all(0 < len(part) <= carry_bits for part in parts)
    assert len(parts) == -(-width // carry_bits)


PLAIN = DelayModel(carry_bits=16, lut_levels=1, lut_inputs=4, multiplier_stages=3)
SHORT = DelayModel(carry_bits=4, lut_levels=1, lut_inputs=4, multiplier_stages=3)
DEEP = DelayModel(carry_bits=16, lut_levels=2, lut_inputs=4, multiplier_stages=4)


@pytest.mark.parametrize(
    ("formula", "model", "latency"),
    [
        (lambda ops, v: v.a, PLAIN, 0),
        (lambda ops, v: v.a >> 3, PLAIN, 0),  # wires
        (lambda ops, v: v.a + v.b, PLAIN, 1),  # 9 bits: one segment
        (lambda ops, v: v.a + v.b, SHORT, 3),  # 9 bits in segments of 4
        (lambda ops, v: (v.a + v.b) + v.a, PLAIN, 2),
        (lambda ops, v: v.a * v.b, PLAIN, 3),
        (lambda ops, v: v.a * v.b + v.a, DEEP, 4 + 1),
        (lambda ops, v: v.a * v.b + v.a, SHORT, 3 + 4),  # 16 bits in segments of 4
        (lambda ops, v: ops.mux(v.c, v.a, v.b), PLAIN, 1),
        (
            lambda ops, v: ops.mux(v.d, ops.mux(v.c, v.a, v.b), v.e),
            PLAIN,
            2,
        ),  # five registers decide a bit: two LUTs
        (lambda ops, v: ops.mux(v.d, ops.mux(v.c, v.a, v.b), v.e), DEEP, 1),
        (lambda ops, v: ops.mux(v.e < 0, v.a, v.b), PLAIN, 1),  # a sign is a bit
        (lambda ops, v: ops.mux(v.a < v.b, v.a, v.b), PLAIN, 2),  # a comparison is a stage
        (lambda ops, v: ops.mux(v.c, v.a + v.b, v.a) + v.b, PLAIN, 3),
        (lambda ops, v: 5 + v.a - v.a, PLAIN, 2),
    ],
)
def test_latency_of_a_graph_made_by_hand(formula: Any, model: DelayModel, latency: int) -> None:
    plan = schedule(sketch(formula, a=BYTE, b=BYTE, c=BIT, d=BIT, e=SIGNED), model)
    assert plan.latency == latency


@pytest.mark.parametrize(
    ("formula", "latency"),
    [
        (lambda ops, v: v.a, 1),  # not straight on to the next memory
        (lambda ops, v: ops.mux(v.c, v.a, v.b), 2),
        (lambda ops, v: v.a + v.b, 2),
        (lambda ops, v: v.b + v.b, 1),  # has nothing to do with the memory
    ],
)
def test_a_word_out_of_a_block_ram_meets_a_register_first(formula: Any, latency: int) -> None:
    graph = sketch(formula, a=BYTE, b=BYTE, c=BIT)
    slow = replace(PLAIN, memory_register=True)
    assert schedule(graph, slow, stored=["a"]).latency == latency
    assert schedule(graph, slow) == schedule(graph, PLAIN, stored=["a"]) == schedule(graph, PLAIN)


def test_what_fits_into_a_period() -> None:
    timing = Timing(
        clock_to_out=0.5,
        setup=0.25,
        route=1.0,
        lut=0.25,
        carry_in=0.5,
        carry=0.125,
        carry_out=0.5,
        memory=2.0,
    )
    assert timing.at(4.0, multiplier_stages=3) == DelayModel(12, 2, 4, 3, memory_register=False)
    assert timing.at(2.25, multiplier_stages=3) == DelayModel(1, 1, 4, 3, memory_register=True)
    far = replace(
        timing, memory=0.0, memory_out=2.5
    )  # 2.5 to the memory's pins, 1.0 of routing, 0.25 of setup
    assert timing.at(4.0, multiplier_stages=3) == far.at(4.0, multiplier_stages=3)
    assert far.at(3.5, multiplier_stages=3).memory_register


def test_a_value_is_never_used_before_it_is_there() -> None:
    for name in family_names():
        graph = rewrite(trace(RULE, params_of({})), (product_as_adder_tree, *REWRITES))
        plan = schedule(graph, load_family(name).delay)
        for node, slot in zip(graph.nodes, plan.slots, strict=True):
            for argument in (plan.slots[arg] for arg in node.args):
                if slot is not None and argument is not None:
                    assert argument.stage <= slot.start <= slot.stage <= plan.latency


FAMILIES = {name: load_family(name).delay for name in family_names()}
MODELS = {**FAMILIES, "short": SHORT, "deep": DEEP, "tiny": DelayModel(1, 1, 2, 2)}


@pytest.mark.parametrize("name", MODELS)
@pytest.mark.parametrize("tree", [False, True])
@pytest.mark.parametrize("k", [0, 1, 5])
def test_a_pipeline_is_its_graph_some_clocks_later(name: str, tree: bool, k: int) -> None:
    """A new step every clock; `latency` clocks later all outputs, and no others, are that
    step's.
    """
    params = params_of(CONFIGS[k])
    graph = rewrite(trace(RULE, params), (product_as_adder_tree, *REWRITES) if tree else REWRITES)
    path = Datapath(graph, MODELS[name])
    rng = np.random.default_rng(7)
    stimulus: dict[str, Any] = random_inputs(rng, params, (60,))
    for field, form in RULE.state_formats(params).items():
        stimulus[field] = rng.integers(form.lo, form.hi, 60, endpoint=True)
    found: list[dict[str, int]] = []

    async def bench(ctx: Any) -> None:
        for t in range(60 + path.latency):
            for variable, values in stimulus.items():
                ctx.set(getattr(path, f"i_{variable}"), int(values[min(t, 59)]))
            if t >= path.latency:
                found.append({field: ctx.get(getattr(path, f"o_{field}")) for field in FIELDS})
            await ctx.tick()

    simulate(path, bench)
    steps = [{variable: int(values[t]) for variable, values in stimulus.items()} for t in range(60)]
    expected = [evaluate(graph, IntOps(), values) for values in steps]
    assert found == [{field: row[field] for field in FIELDS} for row in expected]


@pytest.mark.parametrize(
    ("inputs", "neurons", "lanes"),
    [
        (64, 16, 2),
        (128, 32, 5),
        (128, 128, 25),
        (512, 32, 23),
        (512, 256, 76),
        (1024, 32, 47),
        (1024, 64, 86),
        (1024, 256, 245),
    ],
)
def test_full_lanes_work_in_95_of_100_clocks(inputs: int, neurons: int, lanes: int) -> None:
    """Counts that leave awkward layouts; reports/utilisation.json has all of them."""
    row = measure(inputs, neurons, lanes, "ecp5", 1500, winner_take_all=True)
    assert row is not None
    assert row["synapses_per_lane"] >= 512
    assert row["share"] >= 0.95
