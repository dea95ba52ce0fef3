r"""The block `learning_network` in torch: trained here, it goes on learning on the chip.

Forward, its weights are the whole numbers that the chip gets, and so all of its spikes and scores
are those of `sc_model.golden.learning_network`. Backward, gradients pass straight through the
rounding of weights, and a spike has a surrogate gradient in units of the threshold::

    current_t = sum of w_i over the inputs that have spiked by t     first hidden layer
                sum of w_j over the neurons in front that spike in t  further ones
    u_t = clamp(v_t-1 + current_t);  s_t = u_t >= threshold;  v_t = u_t - threshold * s_t
    y   = sum of w_jk over all spikes of the last hidden layer

A squared hinge with the network's margin (:meth:`LearningNetworkModule.loss`) is the loss that the
chip descends too: of a sample whose loss is 0 the chip learns nothing more.
"""

from __future__ import annotations

from functools import partial

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from sc_model.spec.learning import LearningNetworkSpec
from sc_model.training.straight_through import straight_through
from sc_model.training.surrogate import fast_sigmoid_surrogate

EXACT_BITS = 25  # a signed number of so many bits is exact in float32
SURROGATE_SLOPE = 2.0  # of distances in thresholds; 0.5 to 15 are alike on digits, within 2 points


class LearningNetworkModule(nn.Module):
    """Inputs, hidden layers and a readout.

    Parameters
    ----------
    spec : sizes, thresholds and widths.
    seed : of the first weights, which are uniform in [-`initial`, `initial`] of each layer.

    Members
    -------
    weight : a float32 parameter for each layer, (rows, neurons), in units of the integer weights;
        the last row of the first layer is the bias.

    Raises
    ------
    ValueError
        A current or potential has more than 25 bits, which float32 can't hold exactly.
    """

    def __init__(self, spec: LearningNetworkSpec, *, seed: int = 0) -> None:
        super().__init__()
        widths = [spec.current_format(n).width for n in range(len(spec.hidden))]
        widths += [layer.potential_bits for layer in spec.hidden] + [spec.score_format.width]
        if max(widths) > EXACT_BITS:
            raise ValueError(
                f"a learning network in torch must have sums of at most {EXACT_BITS} bits, which"
                f" float32 holds exactly, not {max(widths)}; use fewer bits, inputs or neurons"
            )
        self.spec = spec
        source = torch.Generator().manual_seed(seed)
        self.weight = nn.ParameterList(
            nn.Parameter(
                (2 * torch.rand(spec.rows(n), layer.neurons, generator=source) - 1) * layer.initial
            )
            for n, layer in enumerate(spec.layers)
        )
        self._fire = partial(fast_sigmoid_surrogate, slope=SURROGATE_SLOPE, strict=False)

    def integers(self) -> list[Tensor]:
        """The weights as the chip has them, rounded and clamped; gradients pass straight."""
        return [
            straight_through(each, each.detach().round().clamp(-layer.max_weight, layer.max_weight))
            for each, layer in zip(self.weight, self.spec.layers, strict=True)
        ]

    def arrivals(self, values: Tensor) -> Tensor:
        """Whether each input has spiked by each step, float32 (samples, steps, rows)."""
        spec = self.spec
        integers = values.to(torch.int64)
        late = (spec.value_format.hi - integers) * spec.steps >> spec.value_bits
        time = torch.where(integers > 0, late, spec.steps)
        if spec.bias:
            time = torch.cat([time, time.new_zeros(len(time), 1)], 1)
        return (time[:, None] <= torch.arange(spec.steps)[None, :, None]).to(torch.float32)

    def forward(self, values: Tensor) -> Tensor:
        """The scores of the classes, float32 (samples, classes).

        Parameters
        ----------
        values : whole numbers of `value_bits` bits, (samples, inputs).
        """
        first, *further, last = self.integers()
        currents = self.arrivals(values) @ first
        potentials = [currents.new_zeros(len(values), one.neurons) for one in self.spec.hidden]
        spikes = currents.new_zeros(len(values), self.spec.hidden[-1].neurons)
        for step in range(self.spec.steps):
            current = currents[:, step]
            for index, layer in enumerate(self.spec.hidden):
                form = layer.potential_format
                raised = (potentials[index] + current).clamp(form.lo, form.hi)
                fired = self._fire((raised - layer.threshold) / layer.threshold)
                potentials[index] = raised - layer.threshold * fired
                if index < len(further):
                    current = fired @ further[index]
            spikes = spikes + fired
        return spikes @ last

    def loss(self, scores: Tensor, target: Tensor) -> Tensor:
        """A squared hinge of one class against all others, in margins; the mean over samples.

        Parameters
        ----------
        scores : of `forward`.
        target : the right classes, int64 (samples,).
        """
        margin = self.spec.output.margin
        signs = 1 - 2 * nn.functional.one_hot(target, scores.shape[1])
        return ((scores * signs + margin) / margin).clamp(min=0).square().sum(1).mean()

    def weights(self) -> dict[str, NDArray[np.int64]]:
        """The weights as a `Device` loads them: integers by ``<layer>.weight``."""
        return {
            f"{layer.name}.weight": each.detach().numpy().astype(np.int64)
            for layer, each in zip(self.spec.layers, self.integers(), strict=True)
        }
