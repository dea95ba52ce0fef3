r"""`EligibilityTrace`: the three-factor rule of e-prop, a trace a synapse times an error a neuron.

::

    trace[i, j] <- exp(-dt / tau_e) trace[i, j] + pre_spike[i] post_spike[j]
    change[i, j] = trace[i, j] error_signal[j]

Bellec et al. 2020 (doi:10.1038/s41467-020-17236-y). Deviation: this is the last filter of that
paper alone; the caller computes the two factors. With the filtered presynaptic spike train and the
pseudo-derivative of the postsynaptic membrane it is the paper's eligibility; with spikes it is a
Hebbian trace. The full learner, with adaptation and learning signals, is `EPropLearner`.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from sc_model.checks import integer, positive_number, real_array

Floats = NDArray[np.float64]

# Synapses updated at a time: trace, product and result take 3 x 128 KB and stay in the second-level
# cache.
BLOCK = 1 << 14
# Every FLUSH updates, traces below TINY become 0. A trace without input would otherwise shrink into
# the subnormal numbers, where a CPU is about a hundred times slower, and stay there.
FLUSH, TINY = 64, 1e-250


class EligibilityTrace:
    """Eligibility of a dense projection, in float64; the first update sets its size.

    Parameters
    ----------
    tau_e : time constant, ms, > 0.
    dt : duration of an update, ms, > 0.

    Members
    -------
    trace : (n_pre, n_post), None before the first update.
    updates : number of updates.
    decay : factor of the trace in an update, exp(-dt / tau_e).
    """

    def __init__(self, tau_e: float = 20.0, dt: float = 1.0) -> None:
        self.tau_e, self.dt = positive_number("tau_e", tau_e), positive_number("dt", dt)
        self.decay = math.exp(-self.dt / self.tau_e)
        self.trace: Floats | None = None
        self.updates = 0

    def update(
        self,
        pre_spike: ArrayLike,
        post_spike: ArrayLike,
        error_signal: ArrayLike,
        *,
        out: Floats | None = None,
    ) -> Floats:
        """Update the trace by one step and return trace * error_signal, (n_pre, n_post).

        Parameters
        ----------
        pre_spike : (n_pre,), presynaptic factor.
        post_spike : (n_post,), postsynaptic factor.
        error_signal : (n_post,), error of each postsynaptic neuron.
        out : (n_pre, n_post) float64, array for the result; None for a new one.

        Raises
        ------
        ValueError : another shape, or a value that is not finite.
        """
        if self.trace is None:
            n_pre = len(real_array("pre_spike", pre_spike, ("n_pre",)))
            n_post = len(real_array("post_spike", post_spike, ("n_post",)))
            self.trace = np.zeros((n_pre, n_post))
        n_pre, n_post = self.trace.shape
        pre = real_array("pre_spike", pre_spike, (n_pre,))
        post = real_array("post_spike", post_spike, (n_post,))
        error = real_array("error_signal", error_signal, (n_post,))
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
            # Spikes are sparse: most blocks of rows have no input, and need no product.
            if pre[start : start + rows].any():
                np.multiply(pre[start : start + rows, None], post, out=result)
                part += result
            if flush:
                part[np.abs(part) < TINY] = 0.0
            np.multiply(part, error, out=result)
        return out

    def reset(self) -> None:
        """Set the trace to 0; its size stays."""
        if self.trace is not None:
            self.trace[:] = 0.0
        self.updates = 0

    def state_dict(self) -> dict[str, Any]:
        """Return what a checkpoint has to hold."""
        return {"trace": None if self.trace is None else self.trace.copy(), "updates": self.updates}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Continue from a checkpoint; ValueError for other keys or shapes."""
        if set(state) != {"trace", "updates"}:
            raise ValueError(
                f"eligibility state must hold 'trace' and 'updates', not {sorted(state)}"
            )
        trace = state["trace"]
        self.trace = (
            None if trace is None else real_array("trace", trace, ("n_pre", "n_post")).copy()
        )
        self.updates = integer("updates", state["updates"], 0)
