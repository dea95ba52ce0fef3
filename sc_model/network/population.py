"""`Population`: n neurons of one model, with their state and what they put out last."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike, NDArray

from sc_model.checks import integer, positive_number, real_array
from sc_model.network.models import Model, State, model_of
from sc_model.network.models.model import Floats

if TYPE_CHECKING:
    from sc_model.network.network import Network


class Population:
    """Neurons of one model.

    Parameters
    ----------
    model : a `Model`, or its class or the class's name, for the default parameters.
    n : how many, >= 1.
    label : its name in a network; None (default) to be given one there.

    Members
    -------
    state : arrays of shape (n,), by name; a step replaces them and never writes into them.
    output : float64 (n,), what the last step put out: 1 for a spike, or the potential of a model
        that doesn't spike.
    spikes : bool (n,), who spiked in the last step.
    spike_counts : float64 (n,), how often since the last reset.
    network : the one it was added to last, or None.

    Raises TypeError for the wrong kind, ValueError for a name or a size that does not fit.
    """

    def __init__(self, model: Model | type[Model] | str, n: int, label: str | None = None) -> None:
        self.model, self.n, self.label = model_of(model), integer("n", n), label
        self.network: Network | None = None
        self.model.check(self.n)
        if label is not None:
            check_label(label)
        self.reset()

    def __repr__(self) -> str:
        return f"Population({type(self.model).__name__}, {self.n}, label={self.label!r})"

    def reset(self) -> None:
        """The model's initial state, no output."""
        self.state: State = self.model.initial(self.n)
        self.output: Floats = np.zeros(self.n)
        self.spike_counts: Floats = np.zeros(self.n)

    @property
    def spikes(self) -> NDArray[np.bool_]:
        """Who spiked in the last step; nobody where the model doesn't spike."""
        return self.output != 0 if self.model.spiking else np.zeros(self.n, dtype=bool)

    def step(self, current: ArrayLike, dt_ms: float) -> Floats:
        """One step of `dt_ms` ms with a current, shape (n,) or one number: the output."""
        given = real_array(
            "current",
            np.broadcast_to(current, (self.n,)) if np.ndim(current) == 0 else current,
            (self.n,),
        )
        self.state, self.output = self.model.step(
            self.state, given, positive_number("dt_ms", dt_ms)
        )
        self.spike_counts += self.spikes
        return self.output


def check_label(label: str) -> None:
    """TypeError or ValueError for what can't be the name of a part of a network."""
    if not isinstance(label, str):
        raise TypeError(f"label must be a string, not {label!r} ({type(label).__name__})")
    if not label or "/" in label:
        raise ValueError(f"label must be a name without '/', not {label!r}")
