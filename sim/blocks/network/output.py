"""Words of a network's output as its transfers: a whole word each, or some slices of it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from sc_model.spec import SLICE, NetworkSpec
from sc_sim.blocks.network.records import Stepped


@dataclass(frozen=True)
class Output:
    """How a network gives the spikes of a tick.

    Members
    -------
    spec : the network.
    """

    spec: NetworkSpec

    @property
    def transfers(self) -> int:
        """Transfers of a word."""
        return self.spec.o_slices() or 1

    def words(self, transfers: Stepped) -> Stepped:
        """The words that transfers make, with the spikes in the order of the model.

        Behind them is a readout's answer. `transfers`: all of them since a restart; those of a word
        that is not complete are left out. A word's time is that of its last transfer, and its step
        -1 where the transfers do not agree on it.
        """
        if not self.spec.o_slices():
            return transfers
        neurons, count = self.spec.layers[-1].neurons, len(transfers.steps) // self.transfers
        whole = slice(0, count * self.transfers)
        last = slice(self.transfers - 1, count * self.transfers, self.transfers)
        parts = transfers.bits[whole].reshape(count, self.transfers, transfers.bits.shape[1])
        spikes = parts[:, :, :SLICE].reshape(count, -1)[:, :neurons]
        order = self.spec.place_order(len(self.spec.layers))
        if order is not None:
            spikes = spikes.reshape(count, *order).swapaxes(1, 2).reshape(count, neurons)
        bits = np.concatenate([spikes, parts[:, -1, SLICE:]], axis=1)
        numbers = transfers.steps[whole].reshape(count, self.transfers)
        steps = np.where((numbers == numbers[:, -1:]).all(axis=1), numbers[:, -1], -1)
        return Stepped(steps, bits, transfers.epochs[last], transfers.times_ps[last])
