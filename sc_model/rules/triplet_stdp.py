r"""Triplet STDP: potentiation needs an earlier spike of the postsynaptic neuron too, so that it
grows with the rate.

Pfister & Gerstner 2006 (doi:10.1523/JNEUROSCI.1425-06.2006), the minimal all-to-all model (no A3-,
and so no slow presynaptic trace). One step, in exact integers, with `P = pair_term`, `B =
depression_gain`, `L = learning_shift`, `K = depression_shift`, `G = read_shift`, `H` and `D` the
headroom and decay shift of the trace, and every shift towards minus infinity (all that is shifted
is >= 0)::

    decay(v)        = v - (v >> D)   for D > 0;   v   for D = 0
    follow(v, s)    = min(decay(v) + (max_trace >> H if s else 0), max_trace)
    triplet_factor  = P + (post_slow_trace >> G)   if post_spike else 0
    potentiation    = ((pre_trace >> G) * triplet_factor) >> L
    depression      = (B * post_trace) >> K   if pre_spike else 0
    weight'         = saturate(weight + potentiation - depression,  unsigned W bits)
    pre_trace'      = follow(pre_trace, pre_spike)            the paper's r1
    post_trace'     = follow(post_trace, post_spike)          the paper's o1
    post_slow_trace' = follow(post_slow_trace, post_spike)    the paper's o2

With I the increment of the fast traces and J that of the slow one, a pair of spikes d >= 1 steps
apart is worth the paper's A2+ = I P 2^(-G-L) and A2- = I B 2^-K times (1 - 2^-D)^(d-1); a triplet
post-pre-post is worth A3+ = I J 2^(-2G-L) times one such factor for each of its two intervals. All
traces are read as they were before the step: spikes in the same step do not see each other. There
is one product a step, of T - G bits of the presynaptic trace by a factor that belongs to the
postsynaptic neuron; the gain of depression is shifts and adds.

Deviations from the continuous rule: `decay` stops at the largest v with v >> D = 0 instead of at
zero. The product reads the traces without their G lowest bits, so it is not moved by what is left
where G >= D; depression is not where `2^K > (2^D - 1) * B`. Both hold with the default parameters.
`>> G`, `>> L` and `>> K` round each change towards zero.
"""

from __future__ import annotations

from functools import partial
from typing import Any, Self

from pydantic import Field, model_validator

from sc_model.spec.bounds import MAX_FIELD_BITS, MAX_SHIFT
from sc_model.spec.rule import Locality, Ops, RuleInput, StateField
from sc_model.spec.rule_kit import WeightAndTraceParams, float_follow, follow, times, vectors_for

FAMILY = "triplet_stdp"


class Params(WeightAndTraceParams):
    """Widths, shifts and gains of the rule; 64 bits of state a synapse by default, W of them its
    own in a layer.

    The default time constants (16, 32 and 128 steps) and A2+ = 0 are near the paper's for the
    visual cortex in steps of 1 ms; A3+ is 0.4 % of the weight's range and A2- lies 6 % above it.
    """

    trace_bits: int = Field(default=16, ge=2, le=MAX_FIELD_BITS, description="T: unsigned traces")
    fast_headroom_bits: int = Field(
        default=2,
        ge=0,
        le=MAX_FIELD_BITS - 1,
        description="H of pre_trace and post_trace: 2^H spikes at once fill them",
    )
    slow_headroom_bits: int = Field(
        default=4,
        ge=0,
        le=MAX_FIELD_BITS - 1,
        description="H of post_slow_trace: 2^H spikes at once fill it",
    )
    pre_decay_shift: int = Field(
        default=4,
        ge=0,
        le=MAX_SHIFT,
        description="D of pre_trace: tau+ of about 2^D steps; 0 is no decay",
    )
    post_decay_shift: int = Field(
        default=5,
        ge=0,
        le=MAX_SHIFT,
        description="D of post_trace: tau- of about 2^D steps; 0 is no decay",
    )
    slow_decay_shift: int = Field(
        default=7,
        ge=0,
        le=MAX_SHIFT,
        description="D of post_slow_trace: tau_y of about 2^D steps; 0 is no decay",
    )
    read_shift: int = Field(
        default=7,
        ge=0,
        le=MAX_SHIFT,
        description="G: low bits of traces that the product leaves out",
    )
    pair_term: int = Field(
        default=0,
        ge=0,
        le=1023,
        description="P: pair potentiation, in units of post_slow_trace >> G",
    )
    learning_shift: int = Field(
        default=4, ge=0, le=MAX_SHIFT, description="L: right shift of the product"
    )
    depression_gain: int = Field(default=17, ge=0, le=255, description="B: gain of depression")
    depression_shift: int = Field(
        default=10, ge=0, le=MAX_SHIFT, description="K: right shift of gain x post_trace"
    )

    @model_validator(mode="after")
    def _spikes_are_seen(self) -> Self:
        self.require_headroom("fast_headroom_bits", "slow_headroom_bits")
        return self

    @property
    def fast_increment(self) -> int:
        """What a spike adds to pre_trace or post_trace."""
        return self.max_trace >> self.fast_headroom_bits

    @property
    def slow_increment(self) -> int:
        """What a spike adds to post_slow_trace."""
        return self.max_trace >> self.slow_headroom_bits


STATE = (
    StateField("weight", "weight_bits", loadable=True),
    StateField("pre_trace", "trace_bits", locality=Locality.PRE),
    StateField("post_trace", "trace_bits", locality=Locality.POST),
    StateField("post_slow_trace", "trace_bits", locality=Locality.POST),
)

INPUTS = (
    RuleInput("pre_spike", locality=Locality.PRE),
    RuleInput("post_spike", locality=Locality.POST),
)


def update(ops: Ops, state: Any, inputs: Any, params: Params) -> dict[str, Any]:
    """One step; the equations are in the module's docstring."""
    trace = partial(follow, ops, top=params.max_trace)
    pre, post = inputs.pre_spike, inputs.post_spike
    fast, slow = params.fast_increment, params.slow_increment
    pair_and_triplet = params.pair_term + (state.post_slow_trace >> params.read_shift)
    factor = ops.let("triplet_factor", ops.mux(post, pair_and_triplet, 0))
    product = ops.let("triplet_product", (state.pre_trace >> params.read_shift) * factor)
    potentiation = ops.let("potentiation", product >> params.learning_shift)
    seen_by_pre = ops.mux(pre, state.post_trace, 0)
    depression = ops.let(
        "depression", times(seen_by_pre, params.depression_gain) >> params.depression_shift
    )
    return {
        "weight": ops.let(
            "weight_next", ops.clamp(state.weight + potentiation - depression, 0, params.max_weight)
        ),
        "pre_trace": trace(
            "pre_trace", state.pre_trace, pre, shift=params.pre_decay_shift, increment=fast
        ),
        "post_trace": trace(
            "post_trace", state.post_trace, post, shift=params.post_decay_shift, increment=fast
        ),
        "post_slow_trace": trace(
            "post_slow_trace",
            state.post_slow_trace,
            post,
            shift=params.slow_decay_shift,
            increment=slow,
        ),
    }


def float_update(ops: Ops, state: Any, inputs: Any, params: Params) -> dict[str, Any]:
    """The same rule without rounding: real numbers, exact factors 1 - 2^-D, 2^-G, 2^-L and 2^-K,
    the same increments and saturation.

    Against :func:`update` it shows what quantisation costs; it is never compiled to hardware.
    """
    trace = partial(float_follow, ops, top=params.max_trace)
    pre, post = inputs.pre_spike, inputs.post_spike
    fast, slow = params.fast_increment, params.slow_increment
    read = 2.0**-params.read_shift
    factor = ops.mux(post, params.pair_term + state.post_slow_trace * read, 0.0)
    potentiation = state.pre_trace * read * factor * 2.0**-params.learning_shift
    depression = (
        ops.mux(pre, state.post_trace, 0.0) * params.depression_gain * 2.0**-params.depression_shift
    )
    return {
        "weight": ops.clamp(state.weight + potentiation - depression, 0, params.max_weight),
        "pre_trace": trace(state.pre_trace, pre, shift=params.pre_decay_shift, increment=fast),
        "post_trace": trace(state.post_trace, post, shift=params.post_decay_shift, increment=fast),
        "post_slow_trace": trace(
            state.post_slow_trace, post, shift=params.slow_decay_shift, increment=slow
        ),
    }


vector = vectors_for(STATE, INPUTS)

# Worked by hand for the default parameters (W 16, T 16, H 2 and 4, D 4, 5 and 7, G 7, P 0, L 4, B
# 17, K 10): a spike adds 65535 >> 2 = 16383 to the fast traces and 65535 >> 4 = 4095 to the slow
# one.
VECTORS = (
    vector("all zero stays zero", (0, 0, 0, 0), (0, 0), (0, 0, 0, 0)),
    # 65535 - 4095 = 61440; 65535 - 2047 = 63488; 65535 - 511 = 65024
    vector("decay without spikes", (100, 65535, 65535, 65535), (0, 0), (100, 61440, 63488, 65024)),
    vector("decay stops at 15, 31 and 127", (100, 15, 31, 127), (0, 0), (100, 15, 31, 127)),
    # 15 >> 7 = 0; 17 * 31 = 527, >> 10 = 0
    vector(
        "traces that have come to rest change nothing",
        (1000, 15, 31, 127),
        (1, 1),
        (1000, 16398, 16414, 4222),
    ),
    # A2+ = 0: slow trace 0; 16383 - 1023 = 15360
    vector(
        "a pair alone does not potentiate", (1000, 16383, 0, 0), (0, 1), (1000, 15360, 16383, 4095)
    ),
    # 16383 >> 7 = 127; 4095 >> 7 = 31; 127 * 31 = 3937, >> 4 = 246; 8000 - 250 + 16383 = 24133;
    # 4095 - 31 + 4095 = 8159
    vector(
        "post-pre-post: potentiation", (1000, 16383, 8000, 4095), (0, 1), (1246, 15360, 24133, 8159)
    ),
    # 17 * 16383 = 278511, >> 10 = 271 (271.98); 16383 - 511 = 15872; 4095 - 31 = 4064
    vector("pre after post: depression", (1000, 0, 16383, 4095), (1, 0), (729, 16383, 15872, 4064)),
    vector(
        "first spikes in the same step do not see each other",
        (500, 0, 0, 0),
        (1, 1),
        (500, 16383, 16383, 4095),
    ),
    # 1000 + 246 - 271 = 975; 15360 + 16383 = 31743; 15872 + 16383 = 32255
    vector(
        "both spikes: each sees the other's past",
        (1000, 16383, 16383, 4095),
        (1, 1),
        (975, 31743, 32255, 8159),
    ),
    # 65535 >> 7 = 511; 511 * 511 = 261121, >> 4 = 16320; 17 * 65535 = 1114095, >> 10 = 1087; 60000
    # + 16320 - 1087 = 75233; 61440 + 16383 = 77823; 63488 + 16383 = 79871; 65024 + 4095 = 69119
    vector(
        "weight and traces saturate upwards",
        (60000, 65535, 65535, 65535),
        (1, 1),
        (65535, 65535, 65535, 65535),
    ),
    # 1000 - 1087 = -87
    vector("weight saturates downwards", (1000, 0, 65535, 65535), (1, 0), (0, 16383, 63488, 65024)),
)
