"""`Population`: n neurons of one model, with their state and their last output."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike, NDArray

from sc_model.checks import integer, positive_number, real_array, wrong_kind
from sc_model.network.models import Model, State, model_of
from sc_model.network.models.model import Floats

if TYPE_CHECKING:
    from sc_model.network.network import Network


class Population:
    """Neurons of one model.

    Parameters
    ----------
    model : a `Model`; or a model's class or the class's name, for its default parameters.
    n : number of neurons, >= 1.
    label : name in a network, without '/'; None: the network chooses one.

    Members
    -------
    state : float64 arrays (n,) by name; a step replaces them and never writes into them.
    output : float64 (n,), of the last step: 1 for a spike and 0 for none, or the potential of a
        model that does not spike.
    spikes : bool (n,), which neurons spiked in the last step.
    spike_counts : float64 (n,), number of spikes since the last reset.
    network : the network to which the population was added last, or None.

    Raises TypeError for the wrong kind, ValueError for a label or a size that does not fit.
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
        """Take the model's initial state, with an output of 0."""
        self.state: State = self.model.initial(self.n)
        self.output: Floats = np.zeros(self.n)
        self.spike_counts: Floats = np.zeros(self.n)

    @property
    def spikes(self) -> NDArray[np.bool_]:
        """Which neurons spiked in the last step, bool (n,); none of a model without spikes."""
        return self.output != 0 if self.model.spiking else np.zeros(self.n, dtype=bool)

    def step(self, current: ArrayLike, dt_ms: float) -> Floats:
        """One step of `dt_ms` ms with a current (n,), or one number for all: the output (n,)."""
        currents = real_array(
            "current",
            np.broadcast_to(current, (self.n,)) if np.ndim(current) == 0 else current,
            (self.n,),
        )
        length = positive_number("dt_ms", dt_ms)
        self.state, self.output = self.model.step(self.state, currents, length)
        self.spike_counts += self.spikes
        return self.output


def check_label(label: str) -> None:
    """Check a label of a part of a network: TypeError unless a string, ValueError for its text."""
    if not isinstance(label, str):
        raise wrong_kind("label", "a string", label)
    if not label or "/" in label:
        raise ValueError(f"label must be a name without '/', not {label!r}")
