"""Packets of steps and outputs, by the manifest's `host.step` and `host.output` alone."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from sc_driver.bits import (
    WORD_BITS,
    Bits,
    Words,
    bits_of,
    bits_of_words,
    fields_of,
    words_for,
    words_of,
)


class StepPacket:
    """The words of a step.

    Members
    -------
    words : of one step.
    transfers, transfer_bits : what follows the common part.
    fields : of a transfer.
    common : fields of the common part, by name.
    """

    def __init__(self, described: Mapping[str, Any]) -> None:
        """`described`: the manifest's `host.step`."""
        self.words: int = described["words"]
        self.transfers: int = described["transfers"]
        self.transfer_bits: int = described["transfer_bits"]
        self.fields = {field["name"]: field for field in described["fields"]}
        self.common = {field["name"]: field for field in described["common"]}
        numbers = np.arange(self.transfers)
        if per_word := described.get("transfers_per_word"):
            starts = numbers // per_word * WORD_BITS + numbers % per_word * self.transfer_bits
        else:
            starts = numbers * described["words_per_transfer"] * WORD_BITS
        starts = starts + described["common_words"] * WORD_BITS
        self._places = starts[:, None] + np.arange(self.transfer_bits)

    def pack(self, common: Mapping[str, ArrayLike], transfers: Bits) -> Words:
        """The words of T steps, shape (T, words).

        Parameters
        ----------
        common : values of the common part, (T,) or scalars; missing ones are 0.
        transfers : bits of the transfers, (T, transfers, transfer_bits).
        """
        steps = len(transfers)
        bits = np.zeros((steps, self.words * WORD_BITS), np.uint8)
        for name, values in common.items():
            field = self.common[name]
            start = field["word"] * WORD_BITS + field["lo"]
            rows = np.broadcast_to(np.asarray(values), (steps,))
            bits[:, start : start + field["bits"]] = bits_of(rows, field["bits"])
        bits[:, self._places] = transfers
        return words_of(bits)


class OutputPacket:
    """The words of an output.

    Members
    -------
    words : of one packet.
    bits : of the block's own part.
    interval : steps between two packets.
    order : places and channels of an image whose spikes, the first bits, come place by place; None
        where they have the order of the model.
    """

    def __init__(self, described: Mapping[str, Any]) -> None:
        """`described`: the manifest's `host.output`."""
        self.words: int = described["words"]
        self.bits: int = described["bits"]
        self.interval: int = described["step_interval"]
        order = described.get("order")
        self.order = None if order is None else (int(order["places"]), int(order["channels"]))
        self._fields = described["fields"]
        if self.words != 1 + words_for(self.bits):
            raise ValueError(f"{self.bits} bits do not make a packet of {self.words} words")

    def unpack(self, words: Words) -> tuple[Words, Bits]:
        """Numbers of the steps, and the bits of each packet, spikes in the order of the model."""
        rows = words.reshape(-1, self.words)
        bits = bits_of_words(rows[:, 1:], self.bits)
        if self.order is not None:
            places, channels = self.order
            spikes = bits[:, : places * channels].reshape(-1, places, channels).swapaxes(1, 2)
            bits[:, : places * channels] = spikes.reshape(-1, places * channels)
        return rows[:, 0], bits

    def fields(self, bits: Bits) -> dict[str, NDArray[Any]]:
        """The fields of packets by name."""
        return fields_of(bits, self._fields)
