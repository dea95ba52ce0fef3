r"""Reward-modulated STDP whose traces decay to zero and whose weights change without bias.

It is the rule of `reward_modulated_stdp` (Izhikevich 2007, doi:10.1093/cercor/bhl152; Frémaux &
Gerstner 2016, doi:10.3389/fncir.2015.00085) with three differences. Traces and eligibility decay to
zero; there they stop at 2^D - 1, so that a reward long after all spikes still changes weights. The
change of the weight is rounded at random, so that its expected value is exact; there it is rounded
down, so that small changes drift downwards. Traces and eligibility have time constants of their
own. One step, in exact integers, with `W = weight_bits`, `T = trace_bits`, `E = eligibility_bits`,
`N = noise_bits`, and every shift rounding towards minus infinity::

    decay(v, D)     = v - ((v + 2^D - 1) >> D)   for v >= 0, D > 0;   -decay(-v, D) for v < 0
    potentiation    = 0 unless post_spike;  then  max_trace if pre_spike else pre_trace
    depression      = 0 unless pre_spike;   then  post_trace
    pre_trace'      = max_trace if pre_spike  else decay(pre_trace, trace_shift)
    post_trace'     = max_trace if post_spike else decay(post_trace, trace_shift)
    eligibility'    = saturate(decay(eligibility, eligibility_shift) + potentiation - depression)
    change          = ((reward * eligibility' << N >> learning_shift) + noise) >> N
    weight'         = saturate(weight + change,  unsigned W bits)

`noise` is random, uniform in [0, 2^N). `learning_shift` is a run-time parameter: one netlist learns
at any rate from 2^0 to 2^-15.

Tests show that without spikes traces of the default widths are 0 within 96 steps and the
eligibility within 193, from every value; and that the mean of the change over all noise is exactly
`reward * eligibility' * 2^-learning_shift`, so that it is 0 for rewards whose mean is 0.

Deviations from the continuous rule: each decay step is larger by less than one unit, and the
eligibility and the weight saturate.
"""

from __future__ import annotations

from typing import Any

from pydantic import Field

from sc_model.spec.bounds import MAX_FIELD_BITS, MAX_SHIFT
from sc_model.spec.rule import RUNTIME, Locality, Ops, RuleInput, StateField
from sc_model.spec.rule_kit import (
    WeightAndTraceParams,
    all_ones,
    decay_to_zero,
    float_decay,
    rounded_at_random,
    signed_decay_to_zero,
    vectors_for,
)

FAMILY = "unbiased_rstdp"
SHIFT_BITS = 4  # bits of `learning_shift`, 0 to 15


class Params(WeightAndTraceParams):
    """Widths and shifts; by default the eligibility holds two whole traces before it saturates."""

    eligibility_bits: int = Field(
        default=14, ge=2, le=MAX_FIELD_BITS, description="E: signed eligibility"
    )
    reward_bits: int = Field(default=8, ge=1, le=MAX_FIELD_BITS, description="R: signed reward")
    noise_bits: int = Field(
        default=15, ge=15, le=31, description="N: random bits, no fewer than the largest shift"
    )
    trace_shift: int = Field(
        default=4,
        ge=0,
        le=MAX_SHIFT,
        description="D of the traces: their time constant is about 2^D steps; 0: no decay",
    )
    eligibility_shift: int = Field(
        default=5, ge=0, le=MAX_SHIFT, description="D of the eligibility"
    )
    learning_shift: int = Field(
        default=4,
        ge=0,
        le=15,
        json_schema_extra=RUNTIME,
        description="right shift of reward x eligibility, changed at run time",
    )

    @property
    def max_eligibility(self) -> int:
        """Largest eligibility, 2^(E-1) - 1; the least is its negative."""
        return all_ones(self.eligibility_bits - 1)


STATE = (
    StateField("weight", "weight_bits", loadable=True),
    StateField("pre_trace", "trace_bits", locality=Locality.PRE),
    StateField("post_trace", "trace_bits", locality=Locality.POST),
    StateField("eligibility", "eligibility_bits", signed=True),
)

INPUTS = (
    RuleInput("pre_spike", locality=Locality.PRE),
    RuleInput("post_spike", locality=Locality.POST),
    RuleInput("reward", "reward_bits", signed=True),
    RuleInput("noise", "noise_bits", random=True),
)


def update(ops: Ops, state: Any, inputs: Any, params: Params) -> dict[str, Any]:
    """One step; the equations are in the module's docstring."""
    top = params.max_eligibility
    up = ops.mux(inputs.post_spike, ops.mux(inputs.pre_spike, params.max_trace, state.pre_trace), 0)
    down = ops.mux(inputs.pre_spike, state.post_trace, 0)
    decayed = signed_decay_to_zero(ops, state.eligibility, params.eligibility_shift, top)
    eligibility = ops.let("eligibility_next", ops.clamp(decayed + up - down, -top, top))
    product = ops.let("reward_product", inputs.reward * eligibility)
    change = rounded_at_random(
        ops, product, params.learning_shift, SHIFT_BITS, inputs.noise, params.noise_bits
    )
    return {
        "weight": ops.clamp(state.weight + change, 0, params.max_weight),
        "pre_trace": ops.mux(
            inputs.pre_spike,
            params.max_trace,
            decay_to_zero(ops, state.pre_trace, params.trace_shift, params.max_trace),
        ),
        "post_trace": ops.mux(
            inputs.post_spike,
            params.max_trace,
            decay_to_zero(ops, state.post_trace, params.trace_shift, params.max_trace),
        ),
        "eligibility": eligibility,
    }


def float_update(ops: Ops, state: Any, inputs: Any, params: Params) -> dict[str, Any]:
    """The same rule in real numbers: nothing is rounded, and noise is replaced by its mean."""
    top = params.max_eligibility
    up = ops.mux(
        inputs.post_spike, ops.mux(inputs.pre_spike, params.max_trace, state.pre_trace), 0.0
    )
    down = ops.mux(inputs.pre_spike, state.post_trace, 0.0)
    decayed = float_decay(state.eligibility, params.eligibility_shift)
    eligibility = ops.clamp(decayed + up - down, -top, top)
    change = inputs.reward * eligibility * 2.0**-params.learning_shift
    return {
        "weight": ops.clamp(state.weight + change, 0, params.max_weight),
        "pre_trace": ops.mux(
            inputs.pre_spike, params.max_trace, float_decay(state.pre_trace, params.trace_shift)
        ),
        "post_trace": ops.mux(
            inputs.post_spike, params.max_trace, float_decay(state.post_trace, params.trace_shift)
        ),
        "eligibility": eligibility,
    }


vector = vectors_for(STATE, INPUTS)

# Worked by hand for the default parameters (W 16, T 12, E 14, R 8, N 15, decays 4 and 5, learning
# shift 4). Inputs: pre_spike, post_spike, reward, noise.
VECTORS = (
    vector("all zero stays zero", (0, 0, 0, 0), (0, 0, 127, 32767), (0, 0, 0, 0)),
    # 4095 + 15 = 4110, >> 4 = 256: 3839. 8191 + 31 = 8222, >> 5 = 256: 7935
    vector("decay", (9, 4095, 4095, 8191), (0, 0, 0, 32767), (9, 3839, 3839, 7935)),
    vector("decay of a negative eligibility", (9, 0, 0, -8191), (0, 0, 0, 0), (9, 0, 0, -7935)),
    vector("the last unit goes, too", (9, 1, 1, 1), (0, 0, 127, 32767), (9, 0, 0, 0)),
    vector("and the last negative one", (9, 0, 0, -1), (0, 0, 127, 0), (9, 0, 0, 0)),
    # 25 - (25 + 31 >> 5) = 24; 1 * 24 / 16 = 1.5: 1 below half of the noise, 2 from there on
    vector("half a unit, rounded down", (9, 0, 0, 25), (0, 0, 1, 16383), (10, 0, 0, 24)),
    vector("half a unit, rounded up", (9, 0, 0, 25), (0, 0, 1, 16384), (11, 0, 0, 24)),
    # -1.5: -2 below half of the noise, -1 from there on
    vector("down by one and a half, more", (9, 0, 0, 25), (0, 0, -1, 16383), (7, 0, 0, 24)),
    vector("down by one and a half, less", (9, 0, 0, 25), (0, 0, -1, 16384), (8, 0, 0, 24)),
    # 0 + 4095 - 0 = 4095; 127 * 4095 = 520065, / 16 = 32504.06
    vector("both spikes", (0, 0, 0, 0), (1, 1, 127, 0), (32504, 4095, 4095, 4095)),
    # 8191 - 256 + 4095 = 12030 -> 8191; 127 * 8191 / 16 = 65016.06; 60000 + 65016 -> 65535
    vector(
        "eligibility and weight saturate upwards",
        (60000, 0, 0, 8191),
        (1, 1, 127, 0),
        (65535, 4095, 4095, 8191),
    ),
    # -7935 - 4095 = -12030 -> -8191
    vector("and downwards", (60000, 0, 4095, -8191), (1, 0, 127, 0), (0, 4095, 3839, -8191)),
)
