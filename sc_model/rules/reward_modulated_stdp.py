r"""Reward-modulated spike-timing-dependent plasticity (R-STDP) with bounded integer state.

Izhikevich 2007 (doi:10.1093/cercor/bhl152); Frémaux & Gerstner 2016 (doi:10.3389/fncir.2015.00085).
One step, in exact integers, with `W = weight_bits`, `T = trace_bits`, `L = learning_shift`, `D =
trace_decay_shift`, `max_trace = 2^T - 1` and every shift arithmetic (towards minus infinity)::

    decay(v)        = v - (v >> D)   for D > 0;   v   for D = 0
    decay_signed(e) = decay(e) if e >= 0 else -decay(-e)
    potentiation    = 0 unless post_spike;  then  max_trace if pre_spike else pre_trace
    depression      = 0 unless pre_spike;   then  post_trace
    pre_trace'      = max_trace if pre_spike  else decay(pre_trace)
    post_trace'     = max_trace if post_spike else decay(post_trace)
    eligibility'    = saturate(decay_signed(eligibility) + potentiation - depression, signed T bits)
    weight'         = saturate(weight + ((reward * eligibility') >> L),  unsigned W bits)

Deviations from the continuous rule: all three traces share one decay; `decay` stops at the largest
v with v >> D = 0 instead of at zero; `>> L` rounds towards minus infinity, a mean drift of -1/2 LSB
for each non-zero update.
"""

from __future__ import annotations

from typing import Any

from pydantic import Field

from sc_model.spec.bounds import MAX_FIELD_BITS, MAX_SHIFT
from sc_model.spec.rule import Locality, Ops, RuleInput, StateField
from sc_model.spec.rule_kit import WeightAndTraceParams, decay, float_decay, vectors_for

FAMILY = "reward_modulated_stdp"


class Params(WeightAndTraceParams):
    """Widths and shifts of the rule; a synapse has 52 bits of state by default, 28 of them its own
    in a layer.

    By default traces fall to 1/e in about 16 steps. The largest product of reward and eligibility
    changes the weight by a quarter of its range.
    """

    trace_bits: int = Field(
        default=12, ge=2, le=MAX_FIELD_BITS, description="T: unsigned traces, signed eligibility"
    )
    reward_bits: int = Field(default=8, ge=1, le=MAX_FIELD_BITS, description="R: signed reward")
    learning_shift: int = Field(
        default=4, ge=0, le=MAX_SHIFT, description="L: right shift of reward x eligibility"
    )
    trace_decay_shift: int = Field(
        default=4,
        ge=0,
        le=MAX_SHIFT,
        description="D: time constant of about 2^D steps; 0 is no decay",
    )

    @property
    def min_eligibility(self) -> int:
        """Smallest eligibility, -2^(T-1)."""
        return -(1 << (self.trace_bits - 1))

    @property
    def max_eligibility(self) -> int:
        """Largest eligibility, 2^(T-1) - 1."""
        return (1 << (self.trace_bits - 1)) - 1

    @property
    def min_reward(self) -> int:
        """Smallest reward, -2^(R-1)."""
        return -(1 << (self.reward_bits - 1))

    @property
    def max_reward(self) -> int:
        """Largest reward, 2^(R-1) - 1."""
        return (1 << (self.reward_bits - 1)) - 1

    @property
    def per_synapse_state_bits(self) -> int:
        """Bits of the weight, both traces and the eligibility, W + 3 T."""
        return self.weight_bits + 3 * self.trace_bits


STATE = (
    StateField("weight", "weight_bits", loadable=True),
    StateField("pre_trace", "trace_bits", locality=Locality.PRE),
    StateField("post_trace", "trace_bits", locality=Locality.POST),
    StateField("eligibility", "trace_bits", signed=True),
)

INPUTS = (
    RuleInput("pre_spike", locality=Locality.PRE),
    RuleInput("post_spike", locality=Locality.POST),
    RuleInput("reward", "reward_bits", signed=True),
)


def update(ops: Ops, state: Any, inputs: Any, params: Params) -> dict[str, Any]:
    """One step; the equations are in the module's docstring."""
    shift = params.trace_decay_shift
    old = state.eligibility
    # `>>` rounds towards minus infinity, so `decay` of a negative number would go on to 0, while
    # that of a positive one stops at 2^D - 1. Decaying the magnitude makes both signs alike.
    decayed = ops.let(
        "eligibility_decayed", ops.mux(old >= 0, decay(old, shift), -decay(-old, shift))
    )
    potentiation = ops.let(
        "potentiation",
        ops.mux(inputs.post_spike, ops.mux(inputs.pre_spike, params.max_trace, state.pre_trace), 0),
    )
    depression = ops.let("depression", ops.mux(inputs.pre_spike, state.post_trace, 0))
    eligibility = ops.let(
        "eligibility_next",
        ops.clamp(
            decayed + potentiation - depression, params.min_eligibility, params.max_eligibility
        ),
    )
    weight_change = ops.let(
        "weight_change",
        ops.let("reward_product", inputs.reward * eligibility) >> params.learning_shift,
    )
    return {
        "weight": ops.let(
            "weight_next", ops.clamp(state.weight + weight_change, 0, params.max_weight)
        ),
        "pre_trace": ops.let(
            "pre_trace_next",
            ops.mux(inputs.pre_spike, params.max_trace, decay(state.pre_trace, shift)),
        ),
        "post_trace": ops.let(
            "post_trace_next",
            ops.mux(inputs.post_spike, params.max_trace, decay(state.post_trace, shift)),
        ),
        "eligibility": eligibility,
    }


def float_update(ops: Ops, state: Any, inputs: Any, params: Params) -> dict[str, Any]:
    """The same rule without rounding: real numbers, exact factors 1 - 2^-D and 2^-L, the same
    saturation.

    Against :func:`update` it shows what quantisation costs; it is never compiled to hardware.
    """
    shift = params.trace_decay_shift
    potentiation = ops.mux(
        inputs.post_spike, ops.mux(inputs.pre_spike, params.max_trace, state.pre_trace), 0.0
    )
    depression = ops.mux(inputs.pre_spike, state.post_trace, 0.0)
    eligibility = ops.clamp(
        float_decay(state.eligibility, shift) + potentiation - depression,
        params.min_eligibility,
        params.max_eligibility,
    )
    return {
        "weight": ops.clamp(
            state.weight + inputs.reward * eligibility * 2.0**-params.learning_shift,
            0,
            params.max_weight,
        ),
        "pre_trace": ops.mux(
            inputs.pre_spike, params.max_trace, float_decay(state.pre_trace, shift)
        ),
        "post_trace": ops.mux(
            inputs.post_spike, params.max_trace, float_decay(state.post_trace, shift)
        ),
        "eligibility": eligibility,
    }


vector = vectors_for(STATE, INPUTS)

# Worked by hand for the default parameters (W 16, T 12, R 8, L 4, D 4). Each vector has the state
# before, the inputs and the state after, in the order of `STATE` and `INPUTS`.
VECTORS = (
    vector("all zero stays zero", (0, 0, 0, 0), (0, 0, 127), (0, 0, 0, 0)),
    # 4095 - 255 = 3840; 2047 - 127 = 1920; 127 * 1920 = 243840, >> 4 = 15240
    vector("decay without spikes", (100, 4095, 4095, 2047), (0, 0, 127), (15340, 3840, 3840, 1920)),
    vector("decay stops at 15", (100, 15, 15, 15), (0, 0, 0), (100, 15, 15, 15)),
    # -(2048 - 128) = -1920; -128 * -1920 = 245760, >> 4 = 15360: the negation of -2048 needs a 13th
    # bit
    vector(
        "smallest eligibility decays towards zero",
        (0, 0, 0, -2048),
        (0, 0, -128),
        (15360, 0, 0, -1920),
    ),
    # 0 + 4095 - 4095 = 0
    vector(
        "both spikes, full post trace: cancel", (7, 0, 4095, 0), (1, 1, 127), (7, 4095, 4095, 0)
    ),
    # 1920 + 4095 - 0 = 6015 -> 2047; 127 * 2047 = 259969, >> 4 = 16248; 60000 + 16248 = 76248 ->
    # 65535
    vector(
        "eligibility and weight saturate upwards",
        (60000, 0, 0, 2047),
        (1, 1, 127),
        (65535, 4095, 4095, 2047),
    ),
    # -1920 - 4095 = -6015 -> -2048; 127 * -2048 = -260096, >> 4 = -16256; 16000 - 16256 = -256 -> 0
    vector(
        "eligibility and weight saturate downwards",
        (16000, 0, 4095, -2048),
        (1, 0, 127),
        (0, 4095, 3840, -2048),
    ),
    # 0 + 3000 = 3000 -> 2047; -1 * 2047 >> 4 = floor(-127.9) = -128
    vector(
        "rounding towards minus infinity", (1000, 3000, 0, 0), (0, 1, -1), (872, 2813, 4095, 2047)
    ),
    # -15 -> -(15 - 0) = -15; 1 * -15 >> 4 = -1
    vector("small negative eligibility is kept", (1000, 0, 0, -15), (0, 0, 1), (999, 0, 0, -15)),
)
