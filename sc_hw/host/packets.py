"""What a step and an output look like as 32-bit words, and what a window shows."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from sc_hw.build.blocks.ports import order_row
from sc_hw.host.registers import WORD_BITS


def words_for(bits: int) -> int:
    """Words that hold so many bits."""
    return -(-bits // WORD_BITS)


@dataclass(frozen=True)
class CommonField:
    """A field of a step's common part.

    Members
    -------
    name : a modulator or a flag.
    word : word of the packet that it begins in.
    lo : its lowest bit in that word; a field of more than 32 bits goes on in the next one.
    bits, signed : its format.
    """

    name: str
    word: int
    lo: int
    bits: int
    signed: bool

    @property
    def offset(self) -> int:
        """Its lowest bit, counted from the beginning of the packet."""
        return self.word * WORD_BITS + self.lo


def common_fields(fields: Iterable[tuple[str, int, bool]]) -> tuple[CommonField, ...]:
    """Fields in order, each in the word of the one before it if there is room, else in the next."""
    result: list[CommonField] = []
    position = 0
    for name, bits, signed in fields:
        if position % WORD_BITS + bits > WORD_BITS and position % WORD_BITS:
            position += WORD_BITS - position % WORD_BITS
        word, low = divmod(position, WORD_BITS)
        result.append(CommonField(name, word, low, bits, signed))
        position += bits
    return tuple(result)


@dataclass(frozen=True)
class StepPacket:
    """The words of a step: the common part, then its transfers.

    Members
    -------
    transfers : of the block's input stream that make a step.
    transfer_bits : bits of one.
    fields : what the bits of a transfer are: name, offset, width, signed.
    common : what holds for the whole step.
    """

    transfers: int
    transfer_bits: int
    fields: tuple[dict[str, Any], ...]
    common: tuple[CommonField, ...] = ()

    @property
    def common_words(self) -> int:
        """Words of the common part."""
        return max((words_for(each.offset + each.bits) for each in self.common), default=0)

    @property
    def transfers_per_word(self) -> int:
        """Transfers that a word holds; 0 where one takes several words."""
        return WORD_BITS // self.transfer_bits

    @property
    def words_per_transfer(self) -> int:
        """Words that a transfer takes; 1 where a word holds one or more."""
        return words_for(self.transfer_bits)

    @property
    def words(self) -> int:
        """Words of a step."""
        if self.transfers_per_word:
            return self.common_words + -(-self.transfers // self.transfers_per_word)
        return self.common_words + self.transfers * self.words_per_transfer

    def as_json(self) -> dict[str, Any]:
        """The packet as the manifest has it."""
        per = (
            {"transfers_per_word": self.transfers_per_word}
            if self.transfers_per_word
            else {"words_per_transfer": self.words_per_transfer}
        )
        return {
            "words": self.words,
            "common_words": self.common_words,
            "common": [
                {
                    "name": each.name,
                    "word": each.word,
                    "lo": each.lo,
                    "bits": each.bits,
                    "signed": each.signed,
                }
                for each in self.common
            ],
            "transfers": self.transfers,
            "transfer_bits": self.transfer_bits,
            "fields": list(self.fields),
            **per,
        }


@dataclass(frozen=True)
class OutputPacket:
    """The words of an output: the number of its step, then the block's own.

    Members
    -------
    bits : of the block's own part, packed from bit 0 of the second word.
    fields : what these bits are: name, offset, width, signed.
    step_interval : steps between two packets; the first is that of step `step_interval`.
    order : places and channels of an image whose spikes, the first bits, stand place by place; None
        where they have the order of the model.
    """

    bits: int
    fields: tuple[dict[str, Any], ...] = ()
    step_interval: int = 1
    order: tuple[int, int] | None = None

    @property
    def words(self) -> int:
        """Words of a packet."""
        return 1 + words_for(self.bits)

    def as_json(self) -> dict[str, Any]:
        """The packet as the manifest has it."""
        return {
            "words": self.words,
            "bits": self.bits,
            "fields": list(self.fields),
            "step_interval": self.step_interval,
            **({} if self.order is None else {"order": order_row(*self.order)}),
        }


@dataclass(frozen=True)
class Window:
    """A host port of a block, as the window shows it.

    Members
    -------
    name : of the layer, or of the block.
    address : fields of WINDOW_ADDRESS: name, offset, width, signed; the last one, `word`, counts
        up by itself.
    data_bits : bits of a word.
    spaces : what can be addressed (see the manifest's `spaces`).
    """

    name: str
    address: tuple[dict[str, Any], ...]
    data_bits: int
    spaces: list[dict[str, Any]] = field(default_factory=list)

    @property
    def address_bits(self) -> int:
        """Bits of an address; 0 where there is one word alone."""
        return sum(int(each["width"]) for each in self.address)

    @property
    def word_offset(self) -> int:
        """Lowest bit of the part of an address that counts up."""
        return int(self.address[-1]["offset"]) if self.address else 0

    @property
    def accesses(self) -> int:
        """Accesses of WINDOW_DATA that make a word."""
        return words_for(self.data_bits)

    def as_json(self) -> dict[str, Any]:
        """The window as the manifest has it."""
        return {
            "name": self.name,
            "address": list(self.address),
            "data_bits": self.data_bits,
            "accesses": self.accesses,
            "spaces": self.spaces,
        }
