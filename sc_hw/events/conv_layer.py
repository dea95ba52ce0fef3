# amaranth: UnusedElaboratable=no
"""A convolution by events: an event layer whose sequencer visits the kernel's places."""

from __future__ import annotations

from amaranth.hdl import Cat, Module, Signal, Value

from sc_hw.events.conv_sequencer import ConvSequencer
from sc_hw.events.layer import EventLayer
from sc_hw.fabric.families import Family
from sc_model.spec import ConfigError, ConvSpec, IntFormat, ReadoutSpec

# Spikes of a word: a flip-flop each in the layer, and in what is behind it.
MAX_WORD = 1024


def check_conv(spec: ConvSpec, *, sliced: bool, o_sliced: bool) -> None:
    """ConfigError for a convolution that has no hardware.

    `sliced`, `o_sliced`: whether its inputs come, and its spikes leave, in slices.
    """
    if spec.unmet is not None:
        raise ConfigError(
            f"layer '{spec.name}' must have {spec.unmet}; the golden network and NativeNetwork run"
            " it."
        )
    for count, in_slices, what, side in (
        (spec.inputs, sliced, "inputs", "before"),
        (spec.neurons, o_sliced, "neurons", "behind"),
    ):
        if count > MAX_WORD and not in_slices:
            raise ConfigError(
                f"layer '{spec.name}' must have at most {MAX_WORD:,} {what} in hardware, where they"
                f" are one word, not {count:,}; they are slices, of any number, where no layer is"
                f" {side} it, or an event layer that is not recurrent."
            )


class ConvLayer(EventLayer):
    """A layer of kind `conv`, which adds up events; see `EventLayer`.

    Its memory of weights holds the kernel alone, and the biases. Neurons stand place by place in
    hardware, the channels of a place side by side (`ConvSpec.place`). Their spikes leave in this
    order where they leave in slices, which begin to leave while the tick is still decided; words of
    `o` have the order of the model. Domain ``sync``.

    Parameters
    ----------
    spec, value, tick_ms, step_bits, family, sliced, readout, order, sample_ticks : as of
        `EventLayer`.
    o_slices : as of `EventLayer`, for any number of neurons.

    Raises
    ------
    ConfigError
        a stride, groups of channels, a number of lanes or a pool that hardware does not have; or
        more inputs or neurons than a word has spikes.
    """

    spec: ConvSpec

    def __init__(
        self,
        spec: ConvSpec,
        value: IntFormat,
        tick_ms: float = 1.0,
        step_bits: int = 16,
        family: Family | None = None,
        *,
        sliced: bool = False,
        o_slices: int = 0,
        readout: ReadoutSpec | None = None,
        order: tuple[int, int] | None = None,
        sample_ticks: int = 0,
    ) -> None:
        check_conv(spec, sliced=sliced, o_sliced=o_slices > 0)
        super().__init__(
            spec,
            value,
            tick_ms,
            step_bits,
            family,
            sliced=sliced,
            o_slices=o_slices,
            readout=readout,
            order=order,
            sample_ticks=sample_ticks,
        )
        self.conv = ConvSequencer(spec, value.width, self.sets, self.lanes.loop)
        self.sequencer = self.conv

    @property
    def event_clocks(self) -> int:
        """Most clocks of an event."""
        return self.conv.event_clocks

    def clocks(self, events: int) -> int:
        """Most clocks of a tick with so many events, if the layer was idle."""
        searching = self.scanner.chunks + 2 + self.reordering
        adding = searching + self.conv.tick_clocks + self.lanes.landed
        return adding + events * self.conv.event_clocks + self.deciding_clocks

    def _columns(self, spikes: Value) -> Value:
        """Values of the columns in a tick: the inputs alone."""
        return self.i.payload.values.as_value()

    def _in_order(self, m: Module, spikes: Value) -> Value:
        """The spikes of a tick, place by place, in the order of the model."""
        # One channel's spikes at a time: Verilator reads no line of more than 40,000 tokens.
        channels, places = self.spec.channels, self.spec.places
        rows = []
        for channel in range(channels):
            row = Signal(places, name=f"spikes_of_channel_{channel}")
            numbers = range(channel * places, (channel + 1) * places)
            m.d.comb += row.eq(Cat(spikes[self.spec.place(each)] for each in numbers))
            rows.append(row)
        return Cat(rows)
