r"""`EligibilityTrace`: the three-factor rule of e-prop, a trace a synapse times an error a neuron.

::

    trace[i, j] <- exp(-dt / tau_e) trace[i, j] + pre[i] post[j]
    change[i, j] = trace[i, j] error[j]

Bellec et al. 2020 (doi:10.1038/s41467-020-17236-y). Deviations: this is the last filter of that
paper alone. `pre` and `post` are what the caller makes of the network: for the paper's eligibility,
the filtered presynaptic spike train and the pseudo-derivative of the postsynaptic membrane; given
spikes, it is a Hebbian trace. The full learner, with adaptation and learning signals, is
`EPropLearner`.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from sc_model.checks import count, number, reals

Floats = NDArray[np.float64]

BLOCK = (
    1 << 14
    # Synapses at a time: trace, product and result are 384 KB together and stay in the second-level
    # cache
)
# A trace that nobody feeds would shrink into the subnormal numbers, where a CPU is some hundred
# times slower, and stay there.
FLUSH, TINY = 64, 1e-250


class EligibilityTrace:
    """Eligibility of a dense projection, in float64. Its size is that of the first update.

    Parameters
    ----------
    tau_e : time constant, ms, > 0.
    dt : of an update, ms, > 0.

    Members
    -------
    trace : shape (n_pre, n_post), None before the first update.
    updates : how many there were.
    """

    def __init__(self, tau_e: float = 20.0, dt: float = 1.0) -> None:
        self.tau_e, self.dt = number("tau_e", tau_e), number("dt", dt)
        self.decay = math.exp(-self.dt / self.tau_e)
        self.trace: Floats | None = None
        self.updates = 0

    def update(
        self, pre: ArrayLike, post: ArrayLike, error: ArrayLike, *, out: Floats | None = None
    ) -> Floats:
        """One step: pre (n_pre,), post and error (n_post,) to trace * error, shape (n_pre, n_post).

        `out` takes the result in place of a new array. ValueError for another shape or what is not
        finite.
        """
        if self.trace is None:
            before, after = reals("pre", pre, ("n_pre",)), reals("post", post, ("n_post",))
            self.trace = np.zeros((len(before), len(after)))
        n_pre, n_post = self.trace.shape
        before, after = reals("pre", pre, (n_pre,)), reals("post", post, (n_post,))
        factor = reals("error", error, (n_post,))
        if out is None:
            out = np.empty_like(self.trace)
        elif out.shape != self.trace.shape or out.dtype != np.float64:
            raise ValueError(
                f"out must be float64 of shape {self.trace.shape}, not {out.dtype} of shape"
                f" {out.shape}"
            )
        self.updates += 1
        flush = self.updates % FLUSH == 0
        rows = max(1, BLOCK // max(n_post, 1))
        for start in range(0, n_pre, rows):
            part, result = self.trace[start : start + rows], out[start : start + rows]
            part *= self.decay
            if before[start : start + rows].any():
                np.multiply(before[start : start + rows, None], after, out=result)
                part += result
            if flush:
                part[np.abs(part) < TINY] = 0.0
            np.multiply(part, factor, out=result)
        return out

    def reset(self) -> None:
        """Forget the trace, not its size."""
        if self.trace is not None:
            self.trace[:] = 0.0
        self.updates = 0

    def state_dict(self) -> dict[str, Any]:
        """What a checkpoint has to hold."""
        return {"trace": None if self.trace is None else self.trace.copy(), "updates": self.updates}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Go on where a checkpoint was made. ValueError for other keys or shapes."""
        if set(state) != {"trace", "updates"}:
            raise ValueError(
                f"eligibility state must hold 'trace' and 'updates', not {sorted(state)}"
            )
        trace = state["trace"]
        self.trace = None if trace is None else reals("trace", trace, ("n_pre", "n_post")).copy()
        self.updates = count("updates", state["updates"], 0)
