r"""An integer critic: by how much an outcome is better than the running mean of outcomes.

For a reward that is marked as an outcome, with the running mean m in fixed point of
`FRACTION_BITS` binary places::

    modulator = saturate(reward - (m >> FRACTION_BITS), the reward's format)
    m'        = m + (((reward << FRACTION_BITS) - m) >> critic_shift)

Any other reward passes unchanged and leaves the mean as it is. The critic is the baseline of
REINFORCE (Williams 1992, doi:10.1007/BF00992696); with it a layer learns without a host.
"""

from __future__ import annotations

from typing import Any

from sc_model.arithmetic.unit import Unit
from sc_model.spec import IntFormat, Ops

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
