r"""Short-term plasticity: what a synapse delivers depends on how it was used, its weight does not.

Tsodyks, Pawelzik & Markram 1998 (doi:10.1162/089976698300017502): a presynaptic terminal has
resources, of which a spike uses a part. Used resources recover (depression); the part that is used
rises with each spike and falls back (facilitation). Both belong to the input alone. One step, in
exact integers, with `F = fraction_bits`, `M = 2^F - 1`, which stands for 1, `used` for M less the
resources that are left, and every shift towards minus infinity::

    decay(v, D) = v - ((v + 2^D - 1) >> D)   for D > 0;   v   for D = 0
    risen       = saturate(use + (use_step * (M - use) >> F))   if pre_spike else use
    released    = risen * (M - used) >> F                       if pre_spike else 0
    use'        = decay(risen, facilitation_shift)
    used'       = decay(used + released, recovery_shift)
    weight'     = weight
    drive       = weight * released >> F

A short `facilitation_shift` and a long `recovery_shift` make a depressing synapse, the other way
round a facilitating one. `drive` is what the synapse delivers in the step of the spike, 0 without
one; the field of that name keeps it until the next step.

Deviations from the continuous model: `use` and `used` are F bits, products are rounded down; both
come to rest at exactly 0, for decays are rounded up.
"""

from __future__ import annotations

from typing import Any

from pydantic import Field

from sc_model.spec.bounds import MAX_FIELD_BITS, MAX_SHIFT
from sc_model.spec.rule import Locality, Ops, RuleInput, RuleParams, StateField
from sc_model.spec.rule_kit import all_ones, decay_to_zero, float_decay, vectors_for

FAMILY = "tsodyks_markram"


class Params(RuleParams):
    """Widths and time constants; by default a depressing synapse of a half a spike."""

    weight_bits: int = Field(default=8, ge=1, le=MAX_FIELD_BITS, description="unsigned weight")
    fraction_bits: int = Field(
        default=8, ge=1, le=31, description="F: unsigned use and resources; 2^F - 1 is all"
    )
    use_step: int = Field(
        default=128, ge=0, le=65_535, description="U 2^F: the part that a spike adds to the use"
    )
    facilitation_shift: int = Field(
        default=1, ge=0, le=MAX_SHIFT, description="time constant of the use, 2^D steps"
    )
    recovery_shift: int = Field(
        default=5, ge=0, le=MAX_SHIFT, description="time constant of the resources, 2^D steps"
    )

    @property
    def most(self) -> int:
        """M, which stands for 1."""
        return all_ones(self.fraction_bits)


STATE = (
    StateField("weight", "weight_bits", loadable=True),
    StateField("use", "fraction_bits", locality=Locality.PRE),
    StateField("used", "fraction_bits", locality=Locality.PRE),  # M - resources: 0 at rest
)
DRIVE = StateField("drive", "weight_bits")
INPUTS = (RuleInput("pre_spike", locality=Locality.PRE),)


def _released(ops: Ops, state: Any, inputs: Any, params: Params, prefix: str) -> tuple[Any, Any]:
    """The use in this step, and the resources that are released; `prefix` begins their names."""
    most, bits = params.most, params.fraction_bits
    more = (most - state.use) * params.use_step >> bits
    risen = ops.let(
        f"{prefix}_risen", ops.clamp(state.use + ops.mux(inputs.pre_spike, more, 0), 0, most)
    )
    left = ops.let(f"{prefix}_left", most - state.used)
    part = ops.let(f"{prefix}_part", risen * left)
    return risen, ops.let(f"{prefix}_released", ops.mux(inputs.pre_spike, part >> bits, 0))


def update(ops: Ops, state: Any, inputs: Any, params: Params) -> dict[str, Any]:
    """One step; the equations are in the module's docstring."""
    most = params.most
    risen, released = _released(ops, state, inputs, params, "update")
    used = ops.clamp(state.used + released, 0, most)
    return {
        "weight": state.weight,
        "use": decay_to_zero(ops, risen, params.facilitation_shift, most),
        "used": decay_to_zero(ops, used, params.recovery_shift, most),
    }


def drive(ops: Ops, state: Any, inputs: Any, params: Params) -> Any:
    """What the synapse delivers in this step."""
    _, released = _released(ops, state, inputs, params, "drive")
    return ops.let("drive_whole", state.weight * released) >> params.fraction_bits


def _float_released(ops: Ops, state: Any, inputs: Any, params: Params) -> tuple[Any, Any]:
    """:func:`_released` without rounding."""
    most, part = params.most, 2.0**-params.fraction_bits
    more = (most - state.use) * params.use_step * part
    risen = ops.clamp(state.use + ops.mux(inputs.pre_spike, more, 0.0), 0, most)
    return risen, ops.mux(inputs.pre_spike, risen * (most - state.used) * part, 0.0)


def float_update(ops: Ops, state: Any, inputs: Any, params: Params) -> dict[str, Any]:
    """The same rule without rounding."""
    risen, released = _float_released(ops, state, inputs, params)
    return {
        "weight": state.weight,
        "use": float_decay(risen, params.facilitation_shift),
        "used": float_decay(state.used + released, params.recovery_shift),
    }


def float_drive(ops: Ops, state: Any, inputs: Any, params: Params) -> Any:
    """:func:`drive` without rounding."""
    _, released = _float_released(ops, state, inputs, params)
    return state.weight * released * 2.0**-params.fraction_bits


vector = vectors_for((*STATE, DRIVE), INPUTS)

# Worked by hand for the default parameters (W 8, F 8 so M 255, U 128 of 256, shifts 1 and 5).
# State: weight, use, used, drive.
VECTORS = (
    vector("rests", (200, 0, 0, 0), (0,), (200, 0, 0, 0)),
    # 0 + 255 * 128 >> 8 = 127; 127 * 255 >> 8 = 126; 200 * 126 >> 8 = 98; 127 - 64 = 63;
    # 126 - ceil(126 / 32) = 122
    vector("the first spike", (200, 0, 0, 7), (1,), (200, 63, 122, 98)),
    # 63 + 192 * 128 >> 8 = 159; 159 * 133 >> 8 = 82; 200 * 82 >> 8 = 64; 159 - 80 = 79;
    # 204 - ceil(204 / 32) = 197
    vector("the next one delivers less", (200, 63, 122, 98), (1,), (200, 79, 197, 64)),
    # 79 - 40 = 39; 197 - 7 = 190
    vector("recovers, and delivers nothing", (200, 79, 197, 64), (0,), (200, 39, 190, 0)),
    vector("the last units go, too", (200, 1, 1, 9), (0,), (200, 0, 0, 0)),
    # 255 + 0; 255 * 0
    vector("nothing is left", (255, 255, 255, 0), (1,), (255, 127, 247, 0)),
)
