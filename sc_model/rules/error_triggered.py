r"""Error-triggered three-factor rule: a learning signal times a trace, rounded at random.

A synapse keeps its weight and nothing else. What it learns from is made outside of it: a trace of
its input, a learning signal of its neuron (an error that came back through the weights above it, or
the error itself where the neuron is a readout), and a step size that all share. After the
error-triggered learning of Payvand, Fouda, Kurdahi, Eltawil & Neftci 2020 (doi:10.1109/AICAS48895.
2020.9073847), with signals and traces of several bits. One step, in exact integers, with `N` =
noise_bits, `M = 2^(weight_bits - 1) - 1` and every shift towards minus infinity::

    scaled  = (signal * trace << N) >> shift
    weight' = clamp(weight + ((scaled + noise) >> N),  -M, M)

`noise` is random, uniform in [0, 2^N), so the step is rounded up with the probability of the part
that the shift cuts off: its expected value is scaled / 2^N, without bias. Rounded down instead,
with weights of 8 bits, every step would lose half a unit on average, and all neurons fall silent.
The trace or the signal being zero leaves the weight as it is, whatever the noise is.

`shift` is an input and no parameter: a run may take smaller steps as it goes on, or where more
inputs are active, with the same hardware. Beyond N it also cuts the product's low bits.

Deviations from the continuous rule `weight + signal * trace * 2^-shift`: the weight is a whole
number within [-M, M], and `scaled` is cut as said.
"""

from __future__ import annotations

from typing import Any

from pydantic import Field

from sc_model.spec.bounds import MAX_FIELD_BITS
from sc_model.spec.rule import Locality, Ops, RuleInput, RuleParams, StateField
from sc_model.spec.rule_kit import all_ones, shifted_right, vectors_for

FAMILY = "error_triggered"


class Params(RuleParams):
    """Widths of the rule; 8 bits of state a synapse by default, and no other memory."""

    weight_bits: int = Field(default=8, ge=2, le=MAX_FIELD_BITS, description="signed weight")
    trace_bits: int = Field(
        default=5, ge=1, le=MAX_FIELD_BITS, description="unsigned trace of the input"
    )
    signal_bits: int = Field(
        default=8, ge=2, le=MAX_FIELD_BITS, description="signed learning signal of the neuron"
    )
    shift_bits: int = Field(
        default=4, ge=1, le=5, description="unsigned shift, which sets the size of a step"
    )
    noise_bits: int = Field(
        default=13, ge=1, le=31, description="N: random bits, the binary places of a step"
    )

    @property
    def max_weight(self) -> int:
        """M, the largest weight; the least is -M."""
        return all_ones(self.weight_bits - 1)


STATE = (StateField("weight", "weight_bits", signed=True, loadable=True),)

INPUTS = (
    RuleInput("trace", "trace_bits", locality=Locality.PRE),
    RuleInput("signal", "signal_bits", signed=True, locality=Locality.POST),
    RuleInput("shift", "shift_bits"),
    RuleInput("noise", "noise_bits", random=True),
)


def update(ops: Ops, state: Any, inputs: Any, params: Params) -> dict[str, Any]:
    """One step; the equations are in the module's docstring."""
    product = ops.let("product", inputs.signal * inputs.trace)
    scaled = ops.let(
        "scaled", shifted_right(ops, product << params.noise_bits, inputs.shift, params.shift_bits)
    )
    change = ops.let("change", (scaled + inputs.noise) >> params.noise_bits)
    return {"weight": ops.clamp(state.weight + change, -params.max_weight, params.max_weight)}


def float_update(ops: Ops, state: Any, inputs: Any, params: Params) -> dict[str, Any]:
    """The same rule without rounding: real numbers, and the expected value over all noise."""
    change = inputs.signal * inputs.trace * 2.0**-inputs.shift
    return {"weight": ops.clamp(state.weight + change, -params.max_weight, params.max_weight)}


vector = vectors_for(STATE, INPUTS)

# Worked by hand for the default parameters (W 8, so M 127; N 13, so 2^N 8192). Inputs: trace,
# signal, shift, noise. 100 * 16 / 2^7 = 12.5, scaled 102400.
VECTORS = (
    vector("without trace nothing changes", (10,), (0, 127, 0, 8191), (10,)),
    vector("without signal nothing changes", (10,), (31, 0, 0, 8191), (10,)),
    vector("half a unit is rounded down by less noise", (10,), (16, 100, 7, 4095), (22,)),
    vector("and up by more", (10,), (16, 100, 7, 4096), (23,)),
    # -102400 + 4095 = -98305, >> 13 = -13 (-12.0001); with 4096 it is -12
    vector("a step down, rounded down", (10,), (16, -100, 7, 4095), (-3,)),
    vector("a step down, rounded up", (10,), (16, -100, 7, 4096), (-2,)),
    # 31 * 127 = 3937 and 31 * -128 = -3968
    vector("saturates upwards", (120,), (31, 127, 0, 0), (127,)),
    vector("saturates downwards, to -M", (-120,), (31, -128, 0, 0), (-127,)),
    # 31 * 127 << 13 >> 15 = 984 (984.25), and 984 + 7208 = 8192
    vector("the smallest step, just rounded up", (0,), (31, 127, 15, 7208), (1,)),
    vector("the smallest step, just rounded down", (0,), (31, 127, 15, 7207), (0,)),
)
