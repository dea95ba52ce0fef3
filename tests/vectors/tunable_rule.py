"""Pair STDP whose rate a host sets at run time: a rule for tests of lanes, banks and layers."""

from __future__ import annotations

from typing import Any

from pydantic import Field

from sc_model.spec.rule import RUNTIME, Locality, Ops, RuleInput, StateField
from sc_model.spec.rule_kit import (
    WeightAndTraceParams,
    float_follow,
    follow,
    shifted_right,
    vectors_for,
)

FAMILY = "tunable"


class Params(WeightAndTraceParams):
    """Small widths, and a rate from 2^0 to 2^-5: its register of 3 bits holds more."""

    weight_bits: int = Field(default=8, ge=1, le=48)
    trace_bits: int = Field(default=6, ge=2, le=48)
    rate: int = Field(default=2, ge=0, le=5, json_schema_extra=RUNTIME)


STATE = (
    StateField("weight", "weight_bits", loadable=True),
    StateField("pre_trace", "trace_bits", locality=Locality.PRE),
    StateField("post_trace", "trace_bits", locality=Locality.POST),
)
INPUTS = (
    RuleInput("pre_spike", locality=Locality.PRE),
    RuleInput("post_spike", locality=Locality.POST),
)


def update(ops: Ops, state: Any, inputs: Any, params: Params) -> dict[str, Any]:
    top = params.max_trace
    up = ops.mux(inputs.post_spike, shifted_right(ops, state.pre_trace, params.rate, 3), 0)
    down = ops.mux(inputs.pre_spike, shifted_right(ops, state.post_trace, params.rate, 3), 0)
    return {
        "weight": ops.clamp(state.weight + up - down, 0, params.max_weight),
        "pre_trace": follow(
            ops, "pre", state.pre_trace, inputs.pre_spike, shift=3, increment=top, top=top
        ),
        "post_trace": follow(
            ops, "post", state.post_trace, inputs.post_spike, shift=3, increment=top, top=top
        ),
    }


def float_update(ops: Ops, state: Any, inputs: Any, params: Params) -> dict[str, Any]:
    top = params.max_trace
    up = ops.mux(inputs.post_spike, state.pre_trace * 2.0**-params.rate, 0)
    down = ops.mux(inputs.pre_spike, state.post_trace * 2.0**-params.rate, 0)
    return {
        "weight": ops.clamp(state.weight + up - down, 0, params.max_weight),
        "pre_trace": float_follow(
            ops, state.pre_trace, inputs.pre_spike, shift=3, increment=top, top=top
        ),
        "post_trace": float_follow(
            ops, state.post_trace, inputs.post_spike, shift=3, increment=top, top=top
        ),
    }


# 100 + (40 >> 2) = 110; 40 - 5 = 35
VECTORS = (vectors_for(STATE, INPUTS)("up", (100, 40, 0), (0, 1), (110, 35, 63)),)
