r"""e-prop with an eligibility in each synapse, for recurrent hidden layers.

Bellec, Scherr, Subramoney, Hajek, Salaj, Legenstein & Maass 2020 (doi:10.1038/s41467-020-17236-y),
for leaky integrate-and-fire neurons. What a synapse learns from is local but for the learning
signal: the input's low-passed spikes, the neuron's pseudo-derivative `slope`, and `signal`, the
errors that come back to the neuron (symmetric, random or adaptive feedback: made outside). One
step, in exact integers, with `N = noise_bits`, `S = slope_bits`, `M = 2^(weight_bits - 1) - 1` and
every shift towards minus infinity::

    decay(v, D)  = v - ((v + 2^D - 1) >> D)   for D > 0;   v   for D = 0
    pre_trace'   = saturate(decay(pre_trace, membrane_shift) + (increment if pre_spike else 0))
    eligibility' = saturate(decay(eligibility, readout_shift) + (slope * pre_trace >> S))
    change       = ((signal * eligibility' << N >> learning_shift) + noise) >> N
    weight'      = clamp(weight + change,  -M, M)

`slope` means slope / 2^S, below 1; `noise` is random, uniform in [0, 2^N), so the change is exact
in its mean. `signal` is positive where the neuron shall fire more: minus the error of the paper.
`learning_shift` is a run-time parameter.

Deviations from the paper: time constants are powers of two; decays are rounded up and end at zero,
`slope * pre_trace` is rounded down; traces saturate; no adaptation of thresholds (ALIF).
"""

from __future__ import annotations

from typing import Any

from pydantic import Field

from sc_model.spec.bounds import MAX_FIELD_BITS, MAX_SHIFT
from sc_model.spec.rule import RUNTIME, Locality, Ops, RuleInput, RuleParams, StateField
from sc_model.spec.rule_kit import (
    all_ones,
    decay_to_zero,
    float_decay,
    rounded_at_random,
    vectors_for,
)

FAMILY = "e_prop"
SHIFT_BITS = 4  # of the run-time parameter


class Params(RuleParams):
    """Widths and time constants; by default a synapse of a layer has 8 + 8 bits of its own."""

    weight_bits: int = Field(default=8, ge=2, le=MAX_FIELD_BITS, description="signed weight")
    trace_bits: int = Field(default=8, ge=2, le=MAX_FIELD_BITS, description="spikes of the input")
    eligibility_bits: int = Field(default=8, ge=2, le=MAX_FIELD_BITS, description="of a synapse")
    slope_bits: int = Field(default=4, ge=1, le=MAX_FIELD_BITS, description="S: pseudo-derivative")
    signal_bits: int = Field(
        default=8, ge=2, le=MAX_FIELD_BITS, description="signed learning signal of the neuron"
    )
    noise_bits: int = Field(
        default=15, ge=15, le=31, description="N: random bits, at least the greatest shift"
    )
    increment: int = Field(
        default=32, ge=1, le=65_535, description="what a spike adds to its trace"
    )
    membrane_shift: int = Field(
        default=3, ge=0, le=MAX_SHIFT, description="time constant of the membrane, 2^D steps"
    )
    readout_shift: int = Field(
        default=3, ge=0, le=MAX_SHIFT, description="time constant of the readout, 2^D steps"
    )
    learning_shift: int = Field(
        default=9,
        ge=0,
        le=15,
        json_schema_extra=RUNTIME,
        description="right shift of signal x eligibility, changed at run time",
    )

    @property
    def max_weight(self) -> int:
        """M, the largest weight; the least is -M."""
        return all_ones(self.weight_bits - 1)


STATE = (
    StateField("weight", "weight_bits", signed=True, loadable=True),
    StateField("pre_trace", "trace_bits", locality=Locality.PRE),
    StateField("eligibility", "eligibility_bits"),
)

INPUTS = (
    RuleInput("pre_spike", locality=Locality.PRE),
    RuleInput("slope", "slope_bits", locality=Locality.POST),
    RuleInput("signal", "signal_bits", signed=True, locality=Locality.POST),
    RuleInput("noise", "noise_bits", random=True),
)


def update(ops: Ops, state: Any, inputs: Any, params: Params) -> dict[str, Any]:
    """One step; the equations are in the module's docstring."""
    risen = ops.mux(inputs.pre_spike, params.increment, 0)
    gradient = ops.let("gradient", inputs.slope * state.pre_trace) >> params.slope_bits
    most = all_ones(params.eligibility_bits)
    decayed = decay_to_zero(ops, state.eligibility, params.readout_shift, most)
    eligibility = ops.clamp(ops.let("eligibility_risen", decayed + gradient), 0, most)
    product = ops.let("signal_product", inputs.signal * eligibility)
    change = rounded_at_random(
        ops, product, params.learning_shift, SHIFT_BITS, inputs.noise, params.noise_bits
    )
    top = all_ones(params.trace_bits)
    trace = decay_to_zero(ops, state.pre_trace, params.membrane_shift, top) + risen
    return {
        "weight": ops.clamp(state.weight + change, -params.max_weight, params.max_weight),
        "pre_trace": ops.clamp(trace, 0, top),
        "eligibility": eligibility,
    }


def float_update(ops: Ops, state: Any, inputs: Any, params: Params) -> dict[str, Any]:
    """The same rule without rounding: real numbers, and the expected value over all noise."""
    gradient = inputs.slope * state.pre_trace * 2.0**-params.slope_bits
    decayed = float_decay(state.eligibility, params.readout_shift)
    eligibility = ops.clamp(decayed + gradient, 0, all_ones(params.eligibility_bits))
    change = inputs.signal * eligibility * 2.0**-params.learning_shift
    trace = float_decay(state.pre_trace, params.membrane_shift)
    trace = trace + ops.mux(inputs.pre_spike, params.increment, 0.0)
    return {
        "weight": ops.clamp(state.weight + change, -params.max_weight, params.max_weight),
        "pre_trace": ops.clamp(trace, 0, all_ones(params.trace_bits)),
        "eligibility": eligibility,
    }


vector = vectors_for(STATE, INPUTS)

# Worked by hand for the default parameters (W 8, so M 127; traces 8 bits, S 4, N 15, a spike adds
# 32, both decays 3, learning shift 9). State: weight, pre_trace, eligibility; inputs: pre_spike,
# slope, signal, noise.
VECTORS = (
    vector("all zero stays zero", (0, 0, 0), (0, 15, 127, 32767), (0, 0, 0)),
    # 0 + 32; the eligibility sees the trace from before the spike
    vector("a spike", (10, 0, 0), (1, 15, 127, 0), (10, 32, 0)),
    # 240 - (247 >> 3) = 210 + 32 = 242; 250 - 32 = 218 + 32 = 250; 255 - 32 + 32 = 255
    vector("spikes pile up", (10, 240, 0), (1, 0, 0, 0), (10, 242, 0)),
    # 16 - (23 >> 3) = 14; 15 * 16 >> 4 = 15
    vector("slope times trace", (10, 16, 0), (0, 15, 0, 32767), (10, 14, 15)),
    # 100 - (107 >> 3) = 87, and 255 - (262 >> 3) = 223, + 8 * 100 >> 4 = 50: 273 -> 255
    vector("the eligibility saturates", (10, 100, 255), (0, 8, 0, 0), (10, 87, 255)),
    # the last unit of each decays
    vector("decays end at zero", (10, 1, 1), (0, 15, 127, 32767), (10, 0, 0)),
    # 147 - (154 >> 3) = 128; 6 * 128 / 512 = 1.5: 1 below half of the noise, 2 from there on
    vector("rounded down", (10, 0, 147), (0, 0, 6, 16383), (11, 0, 128)),
    vector("rounded up", (10, 0, 147), (0, 0, 6, 16384), (12, 0, 128)),
    vector("a step down, rounded down", (10, 0, 147), (0, 0, -6, 16383), (8, 0, 128)),
    vector("a step down, rounded up", (10, 0, 147), (0, 0, -6, 16384), (9, 0, 128)),
    # 255 - 32 = 223; 127 * 223 / 512 = 55.3; -128 * 223 / 512 = -55.75
    vector("saturates upwards, at M", (100, 0, 255), (0, 0, 127, 0), (127, 0, 223)),
    vector("saturates downwards, at -M", (-100, 0, 255), (0, 0, -128, 0), (-127, 0, 223)),
)
