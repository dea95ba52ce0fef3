"""The configuration of layers of kind ``conv``: a kernel that all places of an image share."""

from __future__ import annotations

from math import prod
from typing import Annotated, Any, ClassVar, Literal, Self

from pydantic import BeforeValidator, Field, model_validator

from sc_model.spec.connections.sparse import MAX_CHANNELS
from sc_model.spec.dense import DenseSpec
from sc_model.spec.trained_layer import Connectivity, Number


def _as_tuple(value: Any) -> Any:
    """A list as a tuple: files have no tuples."""
    return tuple(value) if isinstance(value, list) else value


Size = Annotated[int, Field(ge=1, le=MAX_CHANNELS)]
Margin = Annotated[int, Field(ge=0, le=MAX_CHANNELS)]
Image = Annotated[tuple[Size, Size, Size], BeforeValidator(_as_tuple)]
Plane = Annotated[tuple[Size, Size], BeforeValidator(_as_tuple)]
Margins = Annotated[tuple[Margin, Margin], BeforeValidator(_as_tuple)]


# Numbers of each field with a shape, and what they are where a design leaves it out
_LENGTHS = {"image": 3, "channels": 0, "kernel": 2, "stride": 2, "padding": 2, "pool": 2}
_DEFAULTS = {"stride": (1, 1), "padding": (0, 0), "pool": (1, 1)}


class ConvSpec(DenseSpec):
    """A `[[layer]]` with kind "conv": a convolution of spikes, with the kernel alone in memory.

    Inputs and neurons are images, (channels, height, width), flattened in this order. With `pool`
    the values of each window of that size are summed first; what is left over at the edge is
    dropped. Then, as PyTorch and NIR define it (a correlation)::

        current[o, y, x] = bias[o] + sum over i, p, q of
                           weight[o, i, p, q] * pooled[g i_g + i, y s_y + p - m_y, x s_x + q - m_x]

    with stride s, padding m (zeros around the image), and i_g input channels in each of the
    `channel_groups`; g is the group of channel o. Neurons are those of a dense layer; all neurons
    of a channel share their parameters.

    Parameters are ``weight``, (channels, input channels of a group, height, width of the kernel);
    with `bias` ``bias``, (channels,); and those of neurons, (channels,).

    Raises
    ------
    ConfigError
        (a ValueError) a value outside its range; a kernel that is larger than its image; groups
        that do not divide the channels; delays, or recurrence.
    """

    CONNECTIVITY: ClassVar[Connectivity] = "kernel"

    kind: Literal["conv"] = "conv"  # type: ignore[assignment]  # the name of another kind
    inputs: int = Field(
        ge=1, le=MAX_CHANNELS, description="spikes that come in: the product of `image`; left out"
    )
    neurons: int = Field(
        ge=1, le=MAX_CHANNELS, description="spikes that go out: follows from the others; left out"
    )
    engine: Literal["events"] = Field(
        default="events", description="a tick visits the kernel at each input that is not 0"
    )
    image: Image = Field(description="channels, height and width of the input")
    channels: Size = Field(description="channels of the output")
    kernel: Plane = Field(description="height and width of the kernel")
    stride: Plane = Field(
        default=_DEFAULTS["stride"], description="places from one output to the next"
    )
    padding: Margins = Field(
        default=_DEFAULTS["padding"], description="zeros on each side of the image"
    )
    pool: Plane = Field(
        default=_DEFAULTS["pool"],
        description="height and width of the windows that are summed first",
    )
    channel_groups: Size = Field(default=1, description="groups of channels that are apart")

    @model_validator(mode="before")
    @classmethod
    def _sizes(cls, values: Any) -> Any:
        """Inputs and neurons follow from the shapes, where a design leaves them out."""
        if not isinstance(values, dict):
            return values
        plain = {**_DEFAULTS, **{name: _as_tuple(value) for name, value in values.items()}}
        sizes = {"inputs": 1, "neurons": 1}  # where others do not fit, whose own checks say so
        if _are_shapes(plain):
            products = {"inputs": prod(plain["image"]), "neurons": prod(_output(plain))}
            sizes |= {name: size for name, size in products.items() if 1 <= size <= MAX_CHANNELS}
        return {**sizes, **values}

    def check_engine(self) -> None:
        """ValueError for what a kernel does not go with."""
        for field, unfit in (("max_delay", self.max_delay), ("recurrent", self.recurrent)):
            if unfit:
                raise ValueError(
                    f"ConvSpec.{field} must be {'0' if field == 'max_delay' else 'false'} in a"
                    f" layer of kind 'conv', not {str(unfit).lower()}; a layer of kind 'sparse' has"
                    " it."
                )

    @model_validator(mode="after")
    def _shapes_fit(self) -> Self:
        for channels, what in ((self.image[0], "image"), (self.channels, "channels")):
            if channels % self.channel_groups:
                raise ValueError(
                    f"ConvSpec.channel_groups must divide the {channels} channels of `{what}`, not"
                    f" be {self.channel_groups}."
                )
        if min(self.output) < 1:
            raise ValueError(
                f"ConvSpec.kernel must fit into its image, {self.pooled[1]} x {self.pooled[2]}"
                f" behind the pool and {self.padding[0]} and {self.padding[1]} zeros on each side,"
                f" not be {self.kernel[0]} x {self.kernel[1]}."
            )
        for count, shape, what in (
            (self.inputs, self.image, "inputs"),
            (self.neurons, self.output, "neurons"),
        ):
            size = prod(shape)
            if size > MAX_CHANNELS:
                raise ValueError(
                    f"ConvSpec.{what} must be <= {MAX_CHANNELS}, not {size:,}"
                    f" ({' x '.join(map(str, shape))}); make the image or the channels fewer."
                )
            if count != size:
                raise ValueError(
                    f"ConvSpec.{what} must be {size} ({' x '.join(map(str, shape))}), not {count};"
                    " leave it out."
                )
        return self

    @property
    def pooled(self) -> tuple[int, int, int]:
        """Channels, height and width of what the kernel sees."""
        return _pooled(self.image, self.pool)

    @property
    def output(self) -> tuple[int, int, int]:
        """Channels, height and width of the neurons."""
        return _output({name: getattr(self, name) for name in type(self).model_fields})

    @property
    def places(self) -> int:
        """Neurons of a channel."""
        return self.output[1] * self.output[2]

    # Hardware: sums stand place by place, and a word has the weights of `lanes` channels.

    @property
    def unmet(self) -> str | None:
        """What the layer must have and has not, to have hardware; None where it has all."""
        demands = (
            (
                self.channels // self.channel_groups % self.lanes == 0,
                f"lanes that divide its {self.channels} channels in hardware, not {self.lanes}"
                if self.channel_groups == 1
                else f"lanes that divide the {self.channels // self.channel_groups} channels of a"
                f" group in hardware, not {self.lanes}",
            ),
        )
        return next((demand for met, demand in demands if not met), None)

    @property
    def possible_lanes(self) -> list[int]:
        """Numbers of lanes that hardware may have: they divide the channels of a group."""
        of_group = self.channels // self.channel_groups
        return [lanes for lanes in range(1, of_group + 1) if of_group % lanes == 0]

    @property
    def bias_column(self) -> bool:
        """A bias belongs to a channel, and to no input."""
        return False

    def place(self, neuron: Number) -> Number:
        """Number of a neuron in the order in which hardware takes them: the channels of a place."""
        number: Number = (neuron % self.places) * self.channels + neuron // self.places
        return number

    @property
    def place_order(self) -> tuple[int, int] | None:
        """Places and channels, where the order differs from that of the model."""
        return (self.places, self.channels) if min(self.places, self.channels) > 1 else None

    def kernel_word(self, channel: Number, source: Number, row: Number, column: Number) -> Number:
        """Number of a weight's word in the memory of its lane, channel % lanes.

        The kernel is stored turned round: of the outputs that see an input, the first one sees it
        at the kernel's last place.

        Parameters
        ----------
        channel : of the output.
        source : channel of the input, in the group of `channel`.
        row, column : place in the kernel.
        """
        height, width = self.kernel
        of_group, inputs = self.channels // self.channel_groups, self.kernel_shape[1]
        source = channel // of_group * inputs + source
        place = (source * height + height - 1 - row) * width + width - 1 - column
        word: Number = place * self.words_of_weights + channel % of_group // self.lanes
        return word

    def bias_word(self, channel: Number) -> Number:
        """Number of a bias's word in the memory of its lane, channel % lanes."""
        word: Number = self.first_bias + channel // self.lanes
        return word

    @property
    def words_of_place(self) -> int:
        """Groups of neurons, and words of biases, that the channels of a place take."""
        return -(-self.channels // self.lanes)

    @property
    def words_of_weights(self) -> int:
        """Words that the weights at a place of the kernel take: of the channels of a group."""
        return self.words_of_place // self.channel_groups

    @property
    def depth(self) -> int:
        """Weights of a lane: words of the kernel, and behind them those of the biases."""
        return self.first_bias + self.words_of_place

    @property
    def first_bias(self) -> int:
        """Number of the first word of biases."""
        return prod(self.kernel_shape[1:]) * self.words_of_place

    @property
    def kernel_shape(self) -> tuple[int, int, int, int]:
        """Shape of the weights."""
        return (self.channels, self.image[0] // self.channel_groups, *self.kernel)

    @property
    def synapse_count(self) -> int:
        """Number of products if every input spikes, without those that fall outside."""
        return self.neurons * self.summands

    @property
    def summands(self) -> int:
        """Most products of a neuron's sum: each place of the kernel sees a window of the pool."""
        return prod(self.kernel_shape[1:]) * prod(self.pool) + self.bias

    def synapse_parameters(self, tick_ms: float) -> dict[str, tuple[int, int]]:
        """Weights of the kernel and biases, with their least and largest values."""
        bias = {"bias": (self.weight_format.lo, self.weight_format.hi)} if self.bias else {}
        return {**super().synapse_parameters(tick_ms), **bias}

    def parameter_shape(self, name: str) -> tuple[int, ...]:
        """The kernel has a shape of four; what else there is has a value for each channel."""
        return self.kernel_shape if name == "weight" else (self.channels,)


def _are_shapes(fields: dict[str, Any]) -> bool:
    """Whether the fields with a shape are what they must be."""
    for name, length in _LENGTHS.items():
        value = fields.get(name)
        numbers = value if length else (value,)
        if not (isinstance(numbers, tuple) and len(numbers) == max(1, length)):
            return False
        least = 0 if name == "padding" else 1
        if not all(type(each) is int and least <= each <= MAX_CHANNELS for each in numbers):
            return False
    return True


def _pooled(image: tuple[int, int, int], pool: tuple[int, int]) -> tuple[int, int, int]:
    """The image behind the pool; windows that do not fit whole are dropped."""
    return (image[0], image[1] // pool[0], image[2] // pool[1])


def _output(fields: dict[str, Any]) -> tuple[int, int, int]:
    """Channels, height and width of the output, from the fields by name."""
    kernel, stride, padding = fields["kernel"], fields["stride"], fields["padding"]
    _, *sizes = _pooled(fields["image"], fields["pool"])
    height, width = (
        (sizes[axis] + 2 * padding[axis] - kernel[axis]) // stride[axis] + 1 for axis in (0, 1)
    )
    return (fields["channels"], height, width)
