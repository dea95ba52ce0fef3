r"""`DenseLayer`: synapses with or without delays, then leaky integrate-and-fire neurons.

It can compute as hardware does. With a `DenseQuantiser`, the forward pass is that of the integers
which `sc_model.quantisation.quantise` makes of the layer, in float64: a potential counts in units
of a weight's scale / 2^fraction, and is rounded where hardware rounds. Float64 holds integers up to
2^53 exactly, so the spikes are those of the golden network, tick for tick. Gradients pass straight
through all rounding (`sc_model.training.straight_through`).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import torch
from torch import Tensor

from sc_model.quantisation import FloatLayer, QuantisedLayer, quantise
from sc_model.spec import IntFormat
from sc_model.spec.dense import DenseSpec
from sc_model.training.delay_linear import DelayLinear, delayed
from sc_model.training.lif import Lif, Rounding, fire
from sc_model.training.straight_through import straight_through

WIDEST = 52  # bits of a signed product that float64 holds exactly, with one bit to spare


@dataclass(frozen=True)
class DenseQuantiser:
    """The formats of a dense layer; see the parameters of `sc_model.quantisation.quantise`."""

    weight_bits: int = 8
    scale: Literal["tensor", "row"] = "tensor"
    leak: Literal["factor", "shift"] = "factor"
    factor_shift: int = 12
    fraction: int | None = 4
    threshold_bits: int | None = None
    potential_bits: int = 0


class DenseLayer(torch.nn.Module):
    """Synapses and neurons of a layer, for sequences that begin at rest.

    Parameters
    ----------
    synapses : a `DelayLinear` or `torch.nn.Linear`; a bias is an input that is 1 in every tick.
    neurons : a `Lif` with as many neurons as the synapses have outputs.
    quantiser : formats of hardware, to compute as it does; None: plain floating point.

    Raises ValueError where the sizes of synapses and neurons do not fit.
    """

    def __init__(
        self,
        synapses: DelayLinear | torch.nn.Linear,
        neurons: Lif,
        quantiser: DenseQuantiser | None = None,
    ) -> None:
        super().__init__()
        if synapses.out_features != neurons.neurons:
            raise ValueError(
                f"neurons must be as many as the synapses' outputs, {synapses.out_features}, not"
                f" {neurons.neurons}"
            )
        self.synapses, self.neurons, self.quantiser = synapses, neurons, quantiser

    def forward(self, x: Tensor) -> Tensor:
        """T ticks from rest with x (T, B, inputs): spikes (T, B, neurons).

        With a quantiser x must be of 0 and 1.
        """
        if self.quantiser is None:
            spikes: Tensor = self.neurons(self._currents(x))
            return spikes
        return _in_integers(self, x, self.integers("layer", self.quantiser))

    def _currents(self, x: Tensor) -> Tensor:
        if isinstance(self.synapses, DelayLinear):
            currents: Tensor = self.synapses(x)
            return currents
        return of_active_ticks(self.synapses, x)

    def float_layer(self, name: str) -> FloatLayer:
        """The layer's numbers in float64, for `quantise`; delays are not rounded."""
        leak, threshold = (array(each) for each in self.neurons.effective())
        synapses = self.synapses
        return FloatLayer(
            name,
            array(synapses.weight),
            bias=None if synapses.bias is None else array(synapses.bias),
            delay=array(synapses.effective_delay()) if isinstance(synapses, DelayLinear) else None,
            threshold=threshold,
            leak=leak,
            reset=self.neurons.reset,
            reset_delay=self.neurons.reset_delay,
        )

    def integers(
        self, name: str, quantiser: DenseQuantiser | None = None, **fields: Any
    ) -> QuantisedLayer:
        """The layer in integers.

        Parameters
        ----------
        name : of the layer.
        quantiser : formats; None: the layer's own quantiser, or else the default formats.
        fields : other arguments of `quantise`, such as `lanes`.

        Raises ConfigError (a ValueError) where a number does not fit.
        """
        used = quantiser or self.quantiser or DenseQuantiser()
        if isinstance(self.synapses, DelayLinear):
            fields = {"max_delay": self.synapses.max_delay} | fields
        return quantise(self.float_layer(name), **(vars(used) | fields))


def of_active_ticks(product: Callable[[Tensor], Tensor], x: Tensor) -> Tensor:
    """A product of x (T, B, ...) with weights; ticks in which nothing spikes are computed once.

    Images that are coded by the time of a pixel's only spike have several.
    """
    active = x.detach().flatten(1).any(1)
    if bool(active.all()):
        return product(x)
    silent = product(torch.zeros_like(x[:1, :1]))  # a bias, or 0
    values = product(x[active])
    whole = silent.expand(len(x), x.shape[1], *values.shape[2:])
    return whole.index_copy(0, active.nonzero()[:, 0], values)


def array(tensor: Tensor) -> Any:
    """A tensor's numbers in float64."""
    return tensor.detach().to("cpu", torch.float64).numpy()


def fire_in_integers(
    neurons: Lif, spec: DenseSpec, quantised: QuantisedLayer, sums: Tensor
) -> Tensor:
    """Spikes of the integer layer, with gradients by the layer's parameters.

    Parameters
    ----------
    neurons : with thresholds and leaks in floating point.
    spec : of the layer, whose potentials have its format.
    quantised : thresholds, leaks and scale.
    sums : sums of integer weights, float64, (T, B, neurons).

    Raises ValueError where float64 does not hold the layer's products.
    """
    whole = quantised.parameters
    potential = spec.neuron.potential_format(spec.current_format(IntFormat(1)))
    if potential.width + spec.neuron.factor_shift > WIDEST:
        raise ValueError(
            f"potentials of {potential.width} bits times factors of {spec.neuron.factor_shift} must"
            f" fit {WIDEST} bits to be exact; lower fraction or factor_shift"
        )
    kind = {"dtype": torch.float64, "device": sums.device}
    unit = torch.tensor(quantised.scale, **kind) / 2**spec.neuron.fraction
    leak, threshold = neurons.effective()
    over = straight_through(threshold.double() / unit, torch.tensor(whole["threshold"], **kind))
    factor = torch.ones_like(unit)
    if spec.neuron.leak == "factor":
        factor = straight_through(
            leak.double(), torch.tensor(whole["leak"] / 2**spec.neuron.factor_shift, **kind)
        )
    elif spec.neuron.leak == "shift":
        factor = straight_through(
            leak.double(), torch.full_like(unit, 1 - 2.0**-spec.neuron.leak_shift)
        )
    drive = sums * 2.0**spec.neuron.fraction
    constant = factor.detach()
    # as hardware rounds: a product with a factor to the nearest, halves up; v - (v >> shift) up,
    # because the shift rounds down
    decay = {
        "factor": lambda v: torch.floor(v * constant + 0.5),
        "shift": lambda v: torch.ceil(v * constant),
        "none": lambda v: v,
    }[spec.neuron.leak]
    rounding = Rounding(decay, potential.lo, potential.hi)

    def surrogate(distance: Tensor) -> Tensor:
        # half a unit more makes v >= threshold, for integers, a distance > 0
        return neurons.surrogate((distance + 0.5) * unit)

    return fire(drive, factor, over, neurons.reset, neurons.reset_delay, surrogate, rounding)


def _in_integers(layer: DenseLayer, x: Tensor, quantised: QuantisedLayer) -> Tensor:
    """Spikes (T, B, neurons) of the integer layer, with gradients by the layer's parameters."""
    spec = quantised.spec
    if not isinstance(spec, DenseSpec):
        raise TypeError(f"the layer must be a dense one, not {type(spec).__name__}")
    scale = torch.tensor(quantised.scale, dtype=torch.float64, device=x.device)
    sums = _sums(layer, x.double(), quantised.parameters, scale)
    return fire_in_integers(layer.neurons, spec, quantised, sums).to(x.dtype)


def _sums(layer: DenseLayer, x: Tensor, whole: dict[str, Any], scale: Tensor) -> Tensor:
    """Sums of integer weights over delayed inputs x (T, B, inputs), (T, B, neurons)."""
    synapses = layer.synapses
    columns = torch.tensor(whole["weight"], dtype=x.dtype, device=x.device)
    weight = straight_through(
        synapses.weight.double() / scale[:, None], columns[:, : synapses.in_features]
    )
    if isinstance(synapses, DelayLinear):
        zero = np.zeros_like(whole["weight"])
        ticks = torch.tensor(
            whole.get("delay", zero)[:, : synapses.in_features], dtype=x.dtype, device=x.device
        )
        summed = delayed(
            x,
            weight,
            straight_through(synapses.effective_delay().double(), ticks),
            synapses.max_delay,
        )
    else:
        summed = of_active_ticks(lambda part: part @ weight.t(), x)
    if synapses.bias is None:
        return summed
    return summed + straight_through(synapses.bias.double() / scale, columns[:, -1])
