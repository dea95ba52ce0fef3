r"""An integer critic: how much better an outcome was than outcomes have been.

For a reward that is marked as an outcome, with the running mean m held to `FRACTION_BITS` binary
places::

    modulator = saturate(reward - (m >> FRACTION_BITS), the reward's format)
    m'        = m + (((reward << FRACTION_BITS) - m) >> critic_shift)

Any other reward passes unchanged and moves nothing. It takes the place of the baseline in REINFORCE
(Williams 1992, doi:10.1007/BF00992696), so that a loop closes without a host.
"""

from __future__ import annotations

from typing import Any

from sc_model.arithmetic.unit import Unit
from sc_model.spec import IntFormat, Ops

FRACTION_BITS = 8


def critic_unit(reward: IntFormat, shift: int) -> Unit:
    """The critic for rewards of that format. State: ``mean``; inputs ``reward`` and ``outcome``;
    output ``modulator``.
    """
    mean = IntFormat(reward.width + FRACTION_BITS, reward.signed)

    def text(ops: Ops, now: Any) -> dict[str, Any]:
        above = ops.clamp(now.reward - (now.mean >> FRACTION_BITS), reward.lo, reward.hi)
        moved = ops.clamp(
            now.mean + (((now.reward << FRACTION_BITS) - now.mean) >> shift), mean.lo, mean.hi
        )
        return {
            "mean": ops.let("mean_next", ops.mux(now.outcome, moved, now.mean)),
            "modulator": ops.let("modulator", ops.mux(now.outcome, above, now.reward)),
        }

    inputs = {"mean": mean, "reward": reward, "outcome": IntFormat(1)}
    return Unit("critic", inputs, {"mean": mean, "modulator": reward}, {"mean": 0}, text)
