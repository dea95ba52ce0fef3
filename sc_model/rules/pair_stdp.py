r"""Pair-based spike-timing-dependent plasticity (STDP): additive, with exponential windows and hard
bounds.

Song, Miller & Abbott 2000 (doi:10.1038/78829); Morrison, Diesmann & Gerstner 2008
(doi:10.1007/s00422-008-0233-1). One step, in exact integers, with `A = potentiation_gain`, `B =
depression_gain`, `L = learning_shift`, `H = headroom_bits`, `D` the decay shift of the trace and
every shift towards minus infinity (all that is shifted is >= 0)::

    decay(v)     = v - (v >> D)   for D > 0;   v   for D = 0
    increment    = max_trace >> H
    potentiation = (A * pre_trace)  >> L   if post_spike else 0
    depression   = (B * post_trace) >> L   if pre_spike  else 0
    weight'      = saturate(weight + potentiation - depression,  unsigned W bits)
    pre_trace'   = min(decay(pre_trace)  + (increment if pre_spike  else 0), max_trace)
    post_trace'  = min(decay(post_trace) + (increment if post_spike else 0), max_trace)

So a pair of spikes d >= 1 steps apart changes the weight by about `increment * A * 2^-L * (1 -
2^-D)^(d-1)` up, or down with B; two spikes in the same step do not see each other, since the weight
reads both traces as they were before. With H > 0 every spike counts for every later one
(all-to-all) as long as the traces do not saturate; with H = 0 a spike fills its trace, so that only
the nearest spike counts. Gains are products with constants: shifts and adds, no multiplier.

Deviations from the continuous rule: `decay` stops at the largest v with v >> D = 0 instead of at
zero, and what is left, (2^D - 1) * A >> L at most, is added by every post spike (or taken by every
pre spike): it is 0 where `2^L > (2^D - 1) * A`, as with the default parameters. `>> L` rounds each
change of the weight towards zero.
"""

from __future__ import annotations

from functools import partial
from typing import Any, Self

from pydantic import Field, model_validator

from sc_model.spec.bounds import MAX_FIELD_BITS, MAX_SHIFT
from sc_model.spec.rule import Locality, Ops, RuleInput, StateField
from sc_model.spec.rule_kit import WeightAndTraceParams, float_follow, follow, times, vectors_for

FAMILY = "pair_stdp"


class Params(WeightAndTraceParams):
    """Widths, shifts and gains of the rule; 40 bits of state a synapse by default, W of them its
    own in a layer.

    By default a pair changes the weight by at most 0.1 % of its range, depression is 17/16 as
    strong as potentiation, and both windows are 16 steps long.
    """

    headroom_bits: int = Field(
        default=2,
        ge=0,
        le=MAX_FIELD_BITS - 1,
        description="H: 2^H spikes at once fill a trace; 0 is nearest-neighbour pairing",
    )
    pre_decay_shift: int = Field(
        default=4,
        ge=0,
        le=MAX_SHIFT,
        description="D of pre_trace: about 2^D steps of potentiation; 0 is no decay",
    )
    post_decay_shift: int = Field(
        default=4,
        ge=0,
        le=MAX_SHIFT,
        description="D of post_trace: about 2^D steps of depression; 0 is no decay",
    )
    potentiation_gain: int = Field(default=16, ge=0, le=255, description="A: gain of potentiation")
    depression_gain: int = Field(default=17, ge=0, le=255, description="B: gain of depression")
    learning_shift: int = Field(
        default=8, ge=0, le=MAX_SHIFT, description="L: right shift of gain x trace"
    )

    @model_validator(mode="after")
    def _spikes_are_seen(self) -> Self:
        self.require_headroom("headroom_bits")
        return self

    @property
    def increment(self) -> int:
        """What a spike adds to its trace."""
        return self.max_trace >> self.headroom_bits


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
    """One step; the equations are in the module's docstring."""
    trace = partial(follow, ops, increment=params.increment, top=params.max_trace)
    seen_by_post = ops.mux(inputs.post_spike, state.pre_trace, 0)
    seen_by_pre = ops.mux(inputs.pre_spike, state.post_trace, 0)
    potentiation = ops.let(
        "potentiation", times(seen_by_post, params.potentiation_gain) >> params.learning_shift
    )
    depression = ops.let(
        "depression", times(seen_by_pre, params.depression_gain) >> params.learning_shift
    )
    return {
        "weight": ops.let(
            "weight_next", ops.clamp(state.weight + potentiation - depression, 0, params.max_weight)
        ),
        "pre_trace": trace(
            "pre_trace", state.pre_trace, inputs.pre_spike, shift=params.pre_decay_shift
        ),
        "post_trace": trace(
            "post_trace", state.post_trace, inputs.post_spike, shift=params.post_decay_shift
        ),
    }


def float_update(ops: Ops, state: Any, inputs: Any, params: Params) -> dict[str, Any]:
    """The same rule without rounding: real numbers, exact factors 1 - 2^-D and 2^-L, the same
    increment and saturation.

    Against :func:`update` it shows what quantisation costs; it is never compiled to hardware.
    """
    trace = partial(float_follow, ops, increment=params.increment, top=params.max_trace)
    scale = 2.0**-params.learning_shift
    potentiation = (
        ops.mux(inputs.post_spike, state.pre_trace, 0.0) * params.potentiation_gain * scale
    )
    depression = ops.mux(inputs.pre_spike, state.post_trace, 0.0) * params.depression_gain * scale
    return {
        "weight": ops.clamp(state.weight + potentiation - depression, 0, params.max_weight),
        "pre_trace": trace(state.pre_trace, inputs.pre_spike, shift=params.pre_decay_shift),
        "post_trace": trace(state.post_trace, inputs.post_spike, shift=params.post_decay_shift),
    }


vector = vectors_for(STATE, INPUTS)

# Worked by hand for the default parameters (W 16, T 12, H 2, D 4 and 4, A 16, B 17, L 8): a spike
# adds 4095 >> 2 = 1023.
VECTORS = (
    vector("all zero stays zero", (0, 0, 0), (0, 0), (0, 0, 0)),
    # 4095 - 255 = 3840
    vector("decay without spikes", (100, 4095, 4095), (0, 0), (100, 3840, 3840)),
    vector("decay stops at 15", (100, 15, 15), (0, 0), (100, 15, 15)),
    # 16 * 1023 = 16368, >> 8 = 63 (63.9); 1023 - 63 = 960
    vector("post after pre: potentiation", (1000, 1023, 0), (0, 1), (1063, 960, 1023)),
    # 17 * 1023 = 17391, >> 8 = 67 (67.9)
    vector("pre after post: depression", (1000, 0, 1023), (1, 0), (933, 1023, 960)),
    vector(
        "first spikes in the same step do not see each other",
        (500, 0, 0),
        (1, 1),
        (500, 1023, 1023),
    ),
    # 17 * 2046 = 34782, >> 8 = 135; 1000 + 63 - 135 = 928; 960 + 1023 = 1983; 2046 - 127 + 1023 =
    # 2942
    vector(
        "both spikes: each sees the other's past", (1000, 1023, 2046), (1, 1), (928, 1983, 2942)
    ),
    # 16 * 15 = 240 and 17 * 15 = 255, >> 8 = 0; 15 + 1023 = 1038
    vector(
        "traces that have come to rest change nothing", (1000, 15, 15), (1, 1), (1000, 1038, 1038)
    ),
    # 16 * 4095 >> 8 = 255; 17 * 3500 = 59500, >> 8 = 232; 3840 + 1023 = 4863; 3500 - 218 + 1023 =
    # 4305
    vector("traces saturate", (0, 4095, 3500), (1, 1), (23, 4095, 4095)),
    # 65400 + 255 = 65655
    vector("weight saturates upwards", (65400, 4095, 0), (0, 1), (65535, 3840, 1023)),
    # 17 * 4095 = 69615, >> 8 = 271; 200 - 271 = -71
    vector("weight saturates downwards", (200, 0, 4095), (1, 0), (0, 1023, 3840)),
)
