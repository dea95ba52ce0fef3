"""The memories of a verilated network that learns, which a host reaches by space, lane and word."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sc_model.spec import IntFormat
from sc_sim.bits import Words, get_bits, put_bits, words_of
from sc_sim.driver.driver import Transfers
from sc_sim.driver.one_clock import PERIOD_PS, Rtl
from sc_sim.toolchain import SimulationError

Integers = NDArray[np.int64]


class AddressedMemories:
    """Loads and reads lanes of words over the streams `load`, `read` and `readback`.

    Parameters
    ----------
    rtl : the verilated design.

    Members
    -------
    stall : probability of an idle clock on every stream.
    """

    def __init__(self, rtl: Rtl) -> None:
        self.rtl = rtl
        self.stall = 0.0
        self._spaces: dict[str, Any] = {
            space["name"]: space for space in rtl.dut.manifest["spaces"]
        }

    def _address(self, port: str, space: str, word: Integers, lane: Integers) -> Words:
        """Payloads of accesses."""
        slots = self.rtl.dut.drive.slots
        base = slots[f"{port}__payload"]
        payloads = np.zeros((len(word), words_of(base.form.width)), np.uint64)
        fields = {"space": self._spaces[space]["code"], "lane": lane, "word": word}
        for name, values in fields.items():
            slot = slots[f"{port}__payload.{name}"]
            put_bits(
                payloads,
                slot.offset - base.offset,
                slot.form.width,
                np.broadcast_to(values, len(word)),
            )
        return payloads

    def load(
        self, space: str, word: Integers, lane: Integers, fields: Mapping[str, NDArray[Any]]
    ) -> None:
        """Write all fields of a space's lanes.

        Parameters
        ----------
        space : its name.
        word, lane : shape (n,).
        fields : by name, shape (n,).
        """
        payloads = self._address("load", space, word, lane)
        slots = self.rtl.dut.drive.slots
        base = slots["load__payload.data"].offset - slots["load__payload"].offset
        for field in self._spaces[space]["fields"]:
            put_bits(payloads, base + field["offset"], field["width"], fields[field["name"]])
        self.transact({"load": payloads}, {})

    def read(self, space: str, word: Integers, lane: Integers) -> dict[str, Integers]:
        """The fields of a space's lanes, by name, shape (n,)."""
        payloads = self._address("read", space, word, lane)
        _, outputs = self.transact({"read": payloads}, {"readback": len(payloads)})
        words = outputs["readback"][1]
        return {
            field["name"]: get_bits(
                words, field["offset"], IntFormat(field["width"], bool(field["signed"]))
            )
            for field in self._spaces[space]["fields"]
        }

    def transact(
        self, inputs: Mapping[str, Words], wanted: Mapping[str, int]
    ) -> tuple[int, dict[str, tuple[Integers, Words]]]:
        """Transfer words, with idle clocks if there is a stall; see `Rtl.transact`.

        Raises
        ------
        SimulationError
            Nothing has been transferred for `patience` clocks.
        """
        rtl = self.rtl
        if not self.stall:
            return rtl.transact(inputs, wanted)
        begin, begin_ps = rtl.cycles, rtl.now_ps
        transfers = Transfers(rtl.dut, inputs, wanted, wanted, self.stall)
        if not rtl.run(transfers, rtl.patience * PERIOD_PS):
            raise SimulationError(
                f"design {rtl.dut.manifest['id']} waited {rtl.patience} clocks for"
                f" {' and '.join(transfers.unfinished())}."
            )
        outputs = {
            name: ((transfers.times[name] - begin_ps) // PERIOD_PS, transfers.words[name])
            for name in wanted
        }
        return rtl.cycles - begin, outputs
