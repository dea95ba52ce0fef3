r"""Integer critics: by how much an outcome is better than what was expected.

**The mean.** For a reward that is marked as an outcome, with the running mean m in fixed point of
`FRACTION_BITS` binary places::

    modulator = saturate(reward - (m >> FRACTION_BITS), the reward's format)
    m'        = m + (((reward << FRACTION_BITS) - m) >> critic_shift)

Any other reward passes unchanged and leaves the mean as it is. The critic is the baseline of
REINFORCE (Williams 1992, doi:10.1007/BF00992696); with it a layer learns without a host.

**The prediction.** The value V of a step is the sum of the weights of the layer's last neuron over
the inputs that spike (0 where none does, which is the value of the end of a trial). For a reward
that is marked as an outcome, with V of the step before this one and V0 of the step before the
outcome before::

    surprise  = (reward << reward_shift) + V - (V >> discount_shift) - V0
    modulator = saturate((surprise + 2^(surprise_shift - 1)) >> surprise_shift, reward's format)
    V0'       = V

without the rounding term for a `surprise_shift` of 0. Any other reward passes unchanged, and V0
stays. That is the error of temporal differences (Sutton 1988, doi:10.1007/BF00115009) with a
discount of 1 - 2^-discount_shift; one modulator teaches the neurons that decide and the one that
predicts (Barto, Sutton & Anderson 1983, doi:10.1109/TSMC.1983.6313077).
"""

from __future__ import annotations

from typing import Any

from sc_model.arithmetic.unit import Unit
from sc_model.spec import IntFormat, Ops, PlasticLayerSpec

FRACTION_BITS = 8


def critic_unit(reward: IntFormat, shift: int) -> Unit:
    """The critic for rewards of a format.

    Parameters
    ----------
    reward : format of the reward and of the modulator.
    shift : critic_shift; the mean follows with a time constant of 2^shift outcomes.

    Returns
    -------
    A unit with the inputs ``mean`` (its state), ``reward`` and ``outcome`` (0 or 1), and the
    outputs ``mean`` and ``modulator``.
    """
    mean = IntFormat(reward.width + FRACTION_BITS, reward.signed)

    def step(ops: Ops, values: Any) -> dict[str, Any]:
        advantage = ops.clamp(values.reward - (values.mean >> FRACTION_BITS), reward.lo, reward.hi)
        updated_mean = ops.clamp(
            # a mean of rewards stays in their range; interval analysis can't see that
            values.mean + (((values.reward << FRACTION_BITS) - values.mean) >> shift),
            mean.lo,
            mean.hi,
        )
        return {
            "mean": ops.let("mean_next", ops.mux(values.outcome, updated_mean, values.mean)),
            "modulator": ops.let("modulator", ops.mux(values.outcome, advantage, values.reward)),
        }

    inputs = {"mean": mean, "reward": reward, "outcome": IntFormat(1)}
    return Unit("critic", inputs, {"mean": mean, "modulator": reward}, {"mean": 0}, step)


def value_critic_unit(reward: IntFormat, value: IntFormat, layer: PlasticLayerSpec) -> Unit:
    """The critic that compares outcomes with a neuron's prediction.

    Parameters
    ----------
    reward : format of the reward and of the modulator.
    value : format of a prediction.
    layer : its shifts.

    Returns
    -------
    A unit with the inputs ``value`` (V, of the step before), ``before`` (V0), ``reward`` and
    ``outcome`` (0 or 1), and the output ``modulator``. V0 is the layer's to keep: as a state of the
    unit it would go through all stages of its pipeline, beside what is computed.
    """
    half = 1 << (layer.surprise_shift - 1) if layer.surprise_shift else 0

    def step(ops: Ops, values: Any) -> dict[str, Any]:
        now = values.value - (values.value >> layer.discount_shift)
        surprise = ops.let("surprise", (values.reward << layer.reward_shift) + now - values.before)
        rounded = surprise + half >> layer.surprise_shift
        judged = ops.clamp(rounded, reward.lo, reward.hi)
        modulator = ops.mux(values.outcome, judged, values.reward)
        return {"modulator": ops.let("modulator", modulator)}

    inputs = {"value": value, "before": value, "reward": reward, "outcome": IntFormat(1)}
    return Unit("value_critic", inputs, {"modulator": reward}, {}, step)


def layer_critic(reward: IntFormat, weight: IntFormat, layer: PlasticLayerSpec) -> Unit | None:
    """The critic of a layer, None without one.

    Parameters
    ----------
    reward : format of the reward and of the modulator.
    weight : format of a stored weight.
    layer : its size and options.
    """
    if layer.critic_shift:
        return critic_unit(reward, layer.critic_shift)
    if layer.discount_shift:
        return value_critic_unit(reward, layer.current_format(weight), layer)
    return None
