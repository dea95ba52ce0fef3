# amaranth: UnusedElaboratable=no
"""A convolution by events: an event layer whose sequencer visits the kernel's places."""

from __future__ import annotations

from typing import Any

from amaranth.hdl import Cat, Module, Signal, Value

from sc_hw.events.conv_sequencer import ConvSequencer
from sc_hw.events.layer import EventLayer
from sc_hw.events.scanner import Scanner
from sc_hw.fabric.families import Family
from sc_hw.trained.hosted import HostWords
from sc_hw.wires import Delays
from sc_model.spec import ConfigError, ConvSpec, IntFormat


def check_conv(spec: ConvSpec) -> None:
    """ConfigError for a convolution that has no hardware."""
    if spec.unmet is not None:
        raise ConfigError(
            f"layer '{spec.name}' must have {spec.unmet}; the golden network and NativeNetwork run"
            " it."
        )


class ConvLayer(EventLayer):
    """A layer of kind `conv`, which adds up events; see `EventLayer`.

    Its memory of weights holds the kernel alone, and the biases. Neurons stand place by place in
    hardware, the channels of a place side by side (`ConvSpec.place`); in the words of `o` they have
    the order of the model. Domain ``sync``.

    Parameters
    ----------
    spec, value, tick_ms, step_bits, family, sliced : as of `EventLayer`.

    Raises
    ------
    ConfigError
        a stride, groups of channels, a number of lanes or a pool that hardware does not have.
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
    ) -> None:
        check_conv(spec)
        super().__init__(spec, value, tick_ms, step_bits, family, sliced=sliced)
        # no column is constant: a sum begins with its bias
        self.scanner = Scanner(spec.inputs, value.width, sliced=sliced)
        self.conv = ConvSequencer(spec, value.width, self.sets, self.lanes.loop)
        self.sequencer = self.conv

    @property
    def event_clocks(self) -> int:
        """Most clocks of an event."""
        return self.conv.event_clocks

    def clocks(self, events: int) -> int:
        """Most clocks of a tick with so many events, if the layer was idle."""
        adding = self.scanner.chunks + 2 + self.conv.tick_clocks + self.lanes.landed
        return adding + events * self.conv.event_clocks + self.deciding_clocks

    def _columns(self, spikes: Value) -> Value:
        """Values of the columns in a tick: the inputs alone."""
        return self.i.payload.values.as_value()

    def _collect_spikes(self, m: Module, delays: Delays, tick: Any, host: HostWords) -> None:
        """Collect the spikes of a tick, and offer them in the order of the model."""
        super()._collect_spikes(m, delays, tick, host)
        # One channel's spikes at a time: Verilator reads no line of more than 40,000 tokens.
        channels, places = self.spec.channels, self.spec.places
        rows = []
        for channel in range(channels):
            row = Signal(places, name=f"spikes_of_channel_{channel}")
            numbers = range(channel * places, (channel + 1) * places)
            m.d.comb += row.eq(Cat(tick.spikes[self.spec.place(each)] for each in numbers))
            rows.append(row)
        m.d.comb += self.o.payload.spikes.eq(Cat(rows))
