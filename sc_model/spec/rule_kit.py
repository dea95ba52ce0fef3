"""What most rule files need: parameters of weight and traces, decay, trace updates, vectors.

Nothing here is a rule; a rule file imports what it uses::

    from sc_model.spec.rule_kit import WeightAndTraceParams, decay, follow, times, vectors_for

All shifts are arithmetic: they round towards minus infinity.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from pydantic import Field

from sc_model.spec.bounds import MAX_FIELD_BITS
from sc_model.spec.errors import ConfigError
from sc_model.spec.rule import Ops, RuleInput, RuleParams, StateField, Vector


def all_ones(bits: int) -> int:
    """The largest unsigned integer of that many bits, 2^bits - 1."""
    return (1 << bits) - 1


class WeightAndTraceParams(RuleParams):
    """Base of the `Params` of a rule with an unsigned weight and unsigned traces.

    The default widths keep rounding small. A change of the weight by 0.1 % of its range is 65
    units, and a trace that decays with a shift of 4 stops at 15, which is 0.4 % of its range.

    Members
    -------
    weight_bits : W, width of the weight in bits, 1 to 48.
    trace_bits : T, width of each trace in bits, 2 to 48.
    """

    weight_bits: int = Field(default=16, ge=1, le=MAX_FIELD_BITS, description="W: unsigned weight")
    trace_bits: int = Field(default=12, ge=2, le=MAX_FIELD_BITS, description="T: unsigned traces")

    @property
    def max_weight(self) -> int:
        """Largest weight, 2^W - 1."""
        return all_ones(self.weight_bits)

    @property
    def max_trace(self) -> int:
        """Largest value of a trace, 2^T - 1."""
        return all_ones(self.trace_bits)

    def require_headroom(self, *names: str) -> None:
        """Check the parameters by which a spike's increment is less than a whole trace.

        A spike adds `max_trace >> H` to its trace, where H is such a parameter.

        Parameters
        ----------
        names : names of the parameters H, each a shift in bits.

        Raises
        ------
        ValueError
            a shift is T or more, so that a spike would add nothing.
        """
        for name in names:
            if getattr(self, name) >= self.trace_bits:
                raise ValueError(
                    f"Params.{name} ({getattr(self, name)}) must be less than trace_bits"
                    f" ({self.trace_bits}): a spike would add nothing to its trace; widen the"
                    " traces."
                )


def times(value: Any, gain: int) -> Any:
    """`value` times the constant `gain` >= 0, as shifts and adds: hardware needs no multiplier."""
    return sum(value << bit for bit in range(gain.bit_length()) if gain >> bit & 1)


def shifted_right(ops: Ops, value: Any, shift: Any, bits: int) -> Any:
    """`value >> shift` for a shift that changes from step to step, and so is no Python integer.

    In hardware each bit of the shift is a multiplexer.

    Parameters
    ----------
    ops : the operations of the rule's `update`.
    value : number to be shifted.
    shift : run-time parameter, input or field of the rule, unsigned, 0 to 2^`bits` - 1.
    bits : width of `shift`.
    """
    for places in (1 << bit for bit in reversed(range(bits))):
        bit_is_set = shift >= places  # the higher bits of `shift` are 0 by now
        value = ops.mux(bit_is_set, value >> places, value)
        shift = ops.mux(bit_is_set, shift - places, shift)
    return value


def decay(value: Any, shift: int) -> Any:
    """One step of exponential decay, `value - (value >> shift)`; a shift of 0 is no decay.

    The time constant is about 2^shift steps. The decay stops at the largest value with
    `value >> shift = 0`, which is 2^shift - 1, instead of at zero.
    """
    return value - (value >> shift) if shift else value


def decay_to_zero(ops: Ops, value: Any, shift: int, top: int) -> Any:
    """One step of exponential decay that reaches zero: `value` less `value * 2^-shift`, rounded up.

    The time constant is about 2^shift steps. The last 2^shift units go one a step, so that there is
    no dead band as in :func:`decay`. A shift of 0 is no decay. For a positive value it is computed
    as ``decay(value - 1, shift)``, which is the same number and needs no rounding up.

    Parameters
    ----------
    ops : the operations of the rule's `update`.
    value : the number that decays, 0 to `top`.
    shift : shift of the decay, a Python integer.
    top : largest value.
    """
    return decay(ops.clamp(value - 1, 0, top), shift) if shift else value


def signed_decay_to_zero(ops: Ops, value: Any, shift: int, top: int) -> Any:
    """:func:`decay_to_zero` of the magnitude of a signed value, `-top` to `top`; the sign stays."""
    positive, magnitude = (decay_to_zero(ops, each, shift, top) for each in (value, -value))
    return ops.mux(value >= 0, positive, -magnitude)


def rounded_at_random(
    ops: Ops, product: Any, shift: Any, bits: int, noise: Any, noise_bits: int
) -> Any:
    """`product >> shift`, rounded up at random with the probability of the fraction that is cut.

    Over all values of `noise` the mean is `product * 2^-shift` exactly, as long as the shift is at
    most `noise_bits` (Gupta, Agrawal, Gopalakrishnan & Narayanan 2015, "Deep learning with limited
    numerical precision").

    Parameters
    ----------
    ops : the operations of the rule's `update`.
    product : number to be shifted and rounded.
    shift : a run-time parameter, an input or a field, unsigned; see :func:`shifted_right`.
    bits : width of `shift`.
    noise : a random input of `noise_bits` bits, unsigned and uniform.
    noise_bits : width of `noise`, no less than the largest shift.
    """
    scaled = ops.let("scaled", shifted_right(ops, product << noise_bits, shift, bits))
    return ops.let("change", (scaled + noise) >> noise_bits)


def follow(
    ops: Ops, name: str, trace: Any, spike: Any, *, shift: int, increment: int, top: int
) -> Any:
    """A trace after one step: it decays, rises by `increment` at a spike, and saturates at `top`.

    Parameters
    ----------
    ops : the operations of the rule's `update`.
    name : name of the trace; the decayed value is called ``<name>_decayed`` in the waves.
    trace : the trace before the step, 0 to `top`.
    spike : 1 if there is a spike in the step, else 0.
    shift : shift of the decay, see :func:`decay`.
    increment : what a spike adds, 1 to `top`.
    top : largest value of the trace.
    """
    decayed = ops.let(f"{name}_decayed", decay(trace, shift))
    if increment == top:  # a spike fills the trace: a selection, and no adder
        return ops.mux(spike, top, decayed)
    return ops.clamp(decayed + ops.mux(spike, increment, 0), 0, top)


def float_decay(value: Any, shift: int) -> Any:
    """:func:`decay` without rounding: a factor of 1 - 2^-shift, which reaches zero in the end."""
    return value * (1.0 - 2.0**-shift) if shift else value


def float_follow(ops: Ops, trace: Any, spike: Any, *, shift: int, increment: int, top: int) -> Any:
    """:func:`follow` without rounding, for a rule's function in floating point."""
    return ops.clamp(float_decay(trace, shift) + ops.mux(spike, increment, 0.0), 0, top)


def vectors_for(
    state: Sequence[StateField], inputs: Sequence[RuleInput]
) -> Callable[[str, Sequence[int], Sequence[int], Sequence[int]], Vector]:
    """A function that makes a rule's hand-worked test vectors from bare integers.

    Parameters
    ----------
    state, inputs : the rule's ``STATE`` and ``INPUTS``.

    Returns
    -------
    vector(why, state before, inputs, state after)
        `why` says what the vector shows. The others are integers in the order of ``STATE`` and
        ``INPUTS``. It raises ConfigError where the numbers of values and names differ.

    Raises
    ------
    ConfigError
        ``STATE`` or ``INPUTS`` is a single item, whose comma was forgotten, or has something else
        in it.
    """
    for what, items, kind in (("STATE", state, StateField), ("INPUTS", inputs, RuleInput)):
        if not isinstance(items, tuple | list):
            raise ConfigError(
                f"{what} must be a tuple, as ({type(items).__name__}(...),) with a comma, not one"
                f" {type(items).__name__}"
            )
        for item in items:
            if not isinstance(item, kind):
                raise ConfigError(f"{what} must hold objects of {kind.__name__}, not {item!r}")
    fields, ports = [field.name for field in state], [item.name for item in inputs]

    def vector(
        why: str, before: Sequence[int], step: Sequence[int], after: Sequence[int]
    ) -> Vector:
        for what, values, names in (
            ("state before", before, fields),
            ("inputs", step, ports),
            ("state after", after, fields),
        ):
            if len(values) != len(names):
                raise ConfigError(
                    f"vector '{why}': the {what} must be {len(names)} values"
                    f" ({', '.join(names)}), not {len(values)}"
                )
        return Vector(
            why=why,
            state=dict(zip(fields, before, strict=True)),
            inputs=dict(zip(ports, step, strict=True)),
            expected=dict(zip(fields, after, strict=True)),
        )

    return vector
