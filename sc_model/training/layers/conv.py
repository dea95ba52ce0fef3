r"""`ConvLayer`: a convolution of spikes, then leaky integrate-and-fire neurons.

What `DenseLayer` is for layers of kind "dense": with a `DenseQuantiser` the forward pass is that of
the integers which a layer of kind "conv" (`sc_model.spec.connections.conv`) computes with, to the
last spike. All neurons of a channel share threshold and leak.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import torch
from torch import Tensor

from sc_model.quantisation import FloatLayer, QuantisedLayer, quantise
from sc_model.spec import ConfigError, DenseSpec
from sc_model.spec.connections.conv import ConvSpec
from sc_model.training.layers.dense import (
    DenseQuantiser,
    array,
    fire_in_integers,
    of_active_ticks,
)
from sc_model.training.lif import Lif
from sc_model.training.straight_through import straight_through

Plane = tuple[int, int]


class ConvLayer(torch.nn.Module):
    """Kernel and neurons of a layer, for sequences of images that begin at rest.

    Parameters
    ----------
    synapses : the kernel, without dilation, and with zeros for padding.
    neurons : a `Lif` with as many neurons as the kernel has output channels.
    image : channels, height and width of the input.
    pool : height and width of the windows whose spikes are summed in front of the kernel.
    quantiser : formats of hardware, to compute as it does; None: plain floating point.

    Members
    -------
    output : channels, height and width of the spikes.

    Raises ValueError where kernel, neurons and image do not fit.
    """

    def __init__(
        self,
        synapses: torch.nn.Conv2d,
        neurons: Lif,
        image: tuple[int, int, int],
        pool: Plane = (1, 1),
        quantiser: DenseQuantiser | None = None,
    ) -> None:
        super().__init__()
        if synapses.out_channels != neurons.neurons:
            raise ValueError(
                f"neurons must be as many as the kernel's output channels, {synapses.out_channels},"
                f" not {neurons.neurons}"
            )
        plain = synapses.dilation == (1, 1) and synapses.padding_mode == "zeros"
        if not plain or isinstance(synapses.padding, str):
            raise ValueError(
                "synapses must have no dilation, and zeros in numbers as padding, not"
                f" dilation {synapses.dilation} and padding {synapses.padding!r}"
                f" ({synapses.padding_mode})"
            )
        if synapses.in_channels != image[0]:
            raise ValueError(
                f"image must have the kernel's {synapses.in_channels} input channels, not"
                f" {image[0]}"
            )
        self.synapses, self.neurons, self.quantiser = synapses, neurons, quantiser
        self.image, self.pool = image, pool
        self.output = self._spec("layer").output  # refuses a kernel that is larger than its image

    def forward(self, x: Tensor) -> Tensor:
        """T ticks from rest with x (T, B, inputs): spikes (T, B, neurons), images laid flat.

        With a quantiser x must be of 0 and 1.
        """
        if self.quantiser is None:
            spikes: Tensor = self.neurons(self._sums(x, self.synapses.weight, self.synapses.bias))
        else:
            quantised = self.integers("layer")
            scale = torch.tensor(quantised.scale, dtype=torch.float64)
            kernel = torch.tensor(quantised.parameters["weight"], dtype=torch.float64)
            weight = self.synapses.weight.double() / scale[:, None, None, None]
            bias = None
            if self.synapses.bias is not None:
                whole = torch.tensor(quantised.parameters["bias"], dtype=torch.float64)
                bias = straight_through(self.synapses.bias.double() / scale, whole)
            sums = self._sums(x.double(), straight_through(weight, kernel), bias)
            spec = quantised.spec
            if not isinstance(spec, DenseSpec):
                raise TypeError(f"the layer must be a dense one, not {type(spec).__name__}")
            spikes = fire_in_integers(self.neurons, spec, quantised, sums).to(x.dtype)
        # (T, B places, channels) to (T, B, channels places)
        by_place = spikes.unflatten(1, (x.shape[1], -1))
        return by_place.transpose(2, 3).flatten(2)

    def _sums(self, x: Tensor, weight: Tensor, bias: Tensor | None) -> Tensor:
        """Currents of all neurons, (T, B places, channels): neurons share a channel's numbers."""
        synapses = self.synapses
        functional = torch.nn.functional

        def convolved(part: Tensor) -> Tensor:
            images = part.flatten(0, 1).unflatten(1, self.image)
            if self.pool != (1, 1):
                images = functional.avg_pool2d(images, self.pool, divisor_override=1)
            currents = functional.conv2d(
                images, weight, bias, synapses.stride, synapses.padding, groups=synapses.groups
            )
            return currents.permute(0, 2, 3, 1).unflatten(0, part.shape[:2])

        return of_active_ticks(convolved, x).flatten(1, 3)

    def integers(
        self, name: str, quantiser: DenseQuantiser | None = None, **fields: Any
    ) -> QuantisedLayer:
        """The layer in integers; parameters as of `DenseLayer.integers`.

        Its errors are those of the kernel, a row for each output channel.
        """
        used = quantiser or self.quantiser or DenseQuantiser()
        leak, threshold = (array(each) for each in self.neurons.effective())
        synapses = self.synapses
        rows = FloatLayer(
            name,
            array(synapses.weight.flatten(1)),
            bias=None if synapses.bias is None else array(synapses.bias),
            threshold=threshold,
            leak=leak,
            reset=self.neurons.reset,
            reset_delay=self.neurons.reset_delay,
        )
        layer = quantise(rows, **vars(used))
        if not isinstance(layer.spec, DenseSpec):
            raise ConfigError(f"layer '{name}' must be without traces")
        parameters = dict(layer.parameters)
        columns = parameters["weight"]
        kernel = columns[:, : rows.inputs].reshape(synapses.weight.shape)
        parameters["weight"] = kernel
        if rows.bias is not None:
            parameters["bias"] = columns[:, -1]
        spec = self._spec(
            name, weight_bits=layer.spec.weight_bits, neuron=layer.spec.neuron, **fields
        )
        return replace(layer, spec=spec, parameters=parameters)

    def _spec(self, name: str, **fields: Any) -> ConvSpec:
        synapses = self.synapses
        return ConvSpec(
            name=name,
            image=self.image,
            channels=synapses.out_channels,
            kernel=synapses.kernel_size,
            stride=synapses.stride,
            padding=synapses.padding,
            pool=self.pool,
            channel_groups=synapses.groups,
            bias=synapses.bias is not None,
            **fields,
        )
