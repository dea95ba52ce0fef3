# amaranth: UnusedElaboratable=no
"""A sparse layer that adds up events: each event visits the synapses in the list of its column."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from amaranth.hdl import Cat, Module, Value
from amaranth.lib import data

from sc_hw.events.layer import EventLayer
from sc_hw.events.sparse_sequencer import SparseSequencer
from sc_hw.fabric.families import Family
from sc_hw.parts.space import Space
from sc_hw.trained.hosted import HostWords, TickFlags
from sc_model.spec import ConfigError, IntFormat, SparseSpec

# The most neurons whose spikes leave in one word, which takes a flip-flop for each of them in the
# layer and in what is behind it.
MAX_WORD = 8192


def check_sparse(spec: SparseSpec, *, sliced: bool) -> None:
    """ConfigError for a sparse layer that can't be made in hardware.

    `sliced`: its spikes leave in slices, and not in one word.
    """
    if spec.lanes > 1:
        raise ConfigError(
            f"layer '{spec.name}' must have lanes = 1 in hardware, where a list is walked a synapse"
            f" a clock, not {spec.lanes}."
        )
    if spec.neurons > MAX_WORD and not sliced:
        raise ConfigError(
            f"layer '{spec.name}' must have {MAX_WORD:,} neurons at most in hardware where its"
            f" spikes leave in one word, not {spec.neurons:,}; they are slices, of any number,"
            " where no layer is behind it, or an event layer that is not recurrent."
        )


class SparseLayer(EventLayer):
    """A layer of kind `sparse`, which adds up events; see `EventLayer`.

    Its memories hold only the synapses that there are: one word for each, with weight, delay and
    neuron, and one word for each column, with the first synapse of its list and their number.
    Domain ``sync``.

    Parameters
    ----------
    spec, value, tick_ms, step_bits, family, options : as of `EventLayer`.

    Host access
    -----------
    SYNAPSE by number, as in the model: {weight, delay, target}; INPUT by column: {start, count}.
    The rest is as in an event layer.

    Raises
    ------
    ConfigError
        several lanes, or too many neurons for one word of spikes.
    """

    spec: SparseSpec

    def __init__(
        self,
        spec: SparseSpec,
        value: IntFormat,
        tick_ms: float = 1.0,
        step_bits: int = 16,
        family: Family | None = None,
        **options: Any,
    ) -> None:
        check_sparse(spec, sliced=bool(options.get("o_slices")))
        super().__init__(spec, value, tick_ms, step_bits, family, **options)

    def _make_sequencer(self, spec: Any, value: IntFormat) -> SparseSequencer:
        """The sequencer of lists; the host's words have the layouts of its memories."""
        self.sparse = SparseSequencer(spec, value.width, self.sets, self.lanes.loop)
        return self.sparse

    @property
    def _synapse_layout(self) -> data.StructLayout:
        """Fields of a synapse's word for the host."""
        fields = {str(name): field.shape for name, field in self.lanes.word_layout}
        return data.StructLayout({**fields, "target": len(self.sparse.target)})

    @property
    def _list_layout(self) -> data.StructLayout:
        """Fields of a column's word for the host."""
        return self.sparse.list_layout

    @property
    def memory_bits(self) -> dict[str, int]:
        """Bits of the layer's memories."""
        lists = self.spec.columns * int(self.sparse.list_layout.size)
        return {**super().memory_bits, "lists": lists}

    @property
    def event_clocks(self) -> int:
        """Clocks of an event whose list is empty; each synapse of a list takes one more."""
        return 1

    def clocks(self, events: int) -> int:
        """Most clocks of a tick with so many events, if the layer was idle.

        The worst case is that the lists of these events hold all synapses of the layer, and that
        each synapse goes to the same neuron as the one before, whose sum it waits for.
        """
        # The scanner searches a chunk of columns a clock; its register and the sequencer's are the
        # two clocks more.
        adding = self.scanner.chunks + 2 + self.reordering
        if events:
            # An event goes through three registers of the sequencer before its first synapse is
            # issued: list, walk, and read of the neuron. The last sum then has to be written.
            ahead = 3 + self.lanes.loop + self.lanes.landed
            adding += events + self.spec.synapses * self.lanes.loop + ahead
        return adding + self.deciding_clocks

    def _answer(
        self,
        m: Module,
        tick: TickFlags,
        host: HostWords,
        synapses: Sequence[Value],
        history: Value | None = None,
        lists: Value | None = None,
    ) -> None:
        """Give the host the word that it reads: a synapse with its neuron, or a column's list."""
        (word,) = synapses
        sparse = self.sparse
        super()._answer(m, tick, host, [Cat(word, sparse.target)], history, sparse.list.as_value())

    def _connect_lanes(self, m: Module, tick: Any, host: HostWords) -> None:
        """Connect the lanes, and the host to the sequencer's memories."""
        super()._connect_lanes(m, tick, host)
        sparse, access = self.sparse, host.loaded
        weight = int(self.lanes.word_layout.size)
        m.d.comb += [
            sparse.host.eq(host.reading | host.load_now),
            sparse.host_address.eq(host.word[: len(sparse.host_address)]),
            sparse.load_target.eq(host.load_now & (access.space == Space.SYNAPSE)),
            sparse.target_data.eq(access.data[weight:][: len(sparse.target_data)]),
            sparse.load_list.eq(host.load_now & (access.space == Space.INPUT)),
            sparse.list_data.as_value().eq(access.data[: int(sparse.list_layout.size)]),
        ]
