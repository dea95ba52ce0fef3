"""The schedule's rules on graphs made by hand."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from support import RULE, params_of, sketch

from sc_hw.fabric.families import family_names, load_family
from sc_hw.fabric.schedule import DelayModel, schedule, segments
from sc_model.graph import REWRITES, rewrite, trace
from sc_model.graph.rewrite import product_as_adder_tree
from sc_model.spec import IntFormat

BYTE, SIGNED, BIT = IntFormat(8), IntFormat(8, signed=True), IntFormat(1)


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


def test_a_value_is_never_used_before_it_is_there() -> None:
    for name in family_names():
        graph = rewrite(trace(RULE, params_of({})), (product_as_adder_tree, *REWRITES))
        plan = schedule(graph, load_family(name).delay)
        for node, slot in zip(graph.nodes, plan.slots, strict=True):
            for argument in (plan.slots[arg] for arg in node.args):
                if slot is not None and argument is not None:
                    assert argument.stage <= slot.start <= slot.stage <= plan.latency
