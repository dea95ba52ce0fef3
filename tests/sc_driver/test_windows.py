"""Requests of a window against the address fields of a manifest, and an exchange in order."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest
from host_manifests import manifest_of
from link_responder import Memory, Responder

from sc_driver.link import Link
from sc_driver.registers import Registers
from sc_driver.requests import Read, Words, Write
from sc_driver.transports import MemoryTransport
from sc_driver.windows import Window

PORT, ADDRESS, DATA = 0x50 // 4, 0x54 // 4, 0x58 // 4


class WindowBus:
    """A bus whose window shows words of so many accesses, at addresses that count up by a step.

    Members
    -------
    log : addresses that were set, and words that were read and written, in order.
    """

    def __init__(self, step: int, accesses: int) -> None:
        self.step, self.accesses = step, accesses
        self.words: dict[tuple[int, int], int] = {}
        self.log: list[tuple[str, int]] = []
        self.port = self.address = self.part = 0

    def transact(self, requests: Sequence[Read | Write]) -> list[Words]:
        answers = []
        for request in requests:
            given = request.words if isinstance(request, Write) else [None] * request.count
            found = [self.access(request.address, word) for word in np.asarray(given).tolist()]
            if isinstance(request, Read):
                answers.append(np.array(found, np.uint32))
        return answers

    def access(self, register: int, word: int | None) -> int:
        if word is not None and register != DATA:
            if register == PORT:
                self.port = word
            else:
                assert register == ADDRESS
                self.address, self.part = word, 0
                self.log.append(("at", word))
            return 0
        key = (self.address, self.part)
        if word is not None:
            self.words[key] = word
        self.log.append(("read" if word is None else "write", self.address))
        self.part = (self.part + 1) % self.accesses
        self.address += self.step * (self.part == 0)
        return self.words.get(key, 0)


def window_of(block: str, number: int = 0) -> tuple[Window, WindowBus]:
    host = manifest_of(block, "uart")["host"]
    described = host["windows"][number]
    step = 1 << described["address"][-1]["offset"] if described["address"] else 0
    bus = WindowBus(step, described["accesses"])
    return Window(Registers(bus, host["registers"]), number, described), bus


def test_neighbours_need_one_address() -> None:
    window, bus = window_of("layer")
    # code 1 of space `synapse`, chain 1 in bit 3, lane 1 in bit 4, word from bit 5
    where: dict[str, Any] = {"chain": 1, "number": 1, "word": np.array([4, 2, 3, 7])}
    values = {"weight": np.array([40, 20, 30, 70]), "eligibility": np.array([-1, 0, 1, -2048])}
    window.load("synapse", where, 4, values)
    base = 1 | 1 << 3 | 1 << 4
    assert [word for kind, word in bus.log if kind == "at"] == [base | 2 << 5, base | 7 << 5]
    assert bus.words == {
        (base | 2 << 5, 0): 20,
        (base | 3 << 5, 0): 30 | 1 << 16,
        (base | 4 << 5, 0): 40 | 0xFFF << 16,
        (base | 7 << 5, 0): 70 | 0x800 << 16,
    }
    found = window.read("synapse", where, 4)  # in the caller's order
    assert {name: array.tolist() for name, array in found.items()} == {
        name: array.tolist() for name, array in values.items()
    }


def test_word_of_two_accesses_and_fields_that_are_not_given() -> None:
    window, bus = window_of("bank")
    window.load("synapse", {"word": np.arange(2)}, 2, {"weight": 3, "eligibility": [-1, 1]})
    # 52 bits: the eligibility begins at bit 40, which is bit 8 of the second access
    assert bus.words == {(0, 0): 3, (0, 1): 0xFFF << 8, (1, 0): 3, (1, 1): 1 << 8}
    assert window.read("synapse", {"word": [1]}, 1)["eligibility"].tolist() == [1]


def test_window_without_an_address() -> None:
    window, bus = window_of("lane")
    window.load("synapse", {}, 1, {"weight": [9]})
    assert bus.words == {(0, 0): 9, (0, 1): 0}
    assert window.exchange("synapse", {}, 1, {"weight": [5]})["weight"].tolist() == [9]
    assert window.read("synapse", {}, 1)["weight"].tolist() == [5]


def test_each_layer_of_a_network_has_its_port() -> None:
    window, bus = window_of("network", 1)
    window.load("neuron", {"word": 0}, 1, {"fired": 1})
    assert (window.name, bus.port, bus.words) == ("slow", 1, {(4, 0): 1 << 20})


@pytest.mark.parametrize("descending", [False, True])
def test_exchange_reads_each_word_before_it_writes_it(descending: bool) -> None:
    window, bus = window_of("bank")
    where = {"word": np.array([1, 0, 5])}
    window.load("synapse", where, 3, {"weight": [11, 10, 15]})
    bus.log.clear()
    found = window.exchange("synapse", where, 3, {"weight": [21, 20, 25]}, descending=descending)
    assert found["weight"].tolist() == [11, 10, 15]
    assert window.read("synapse", where, 3)["weight"].tolist() == [21, 20, 25]
    touched = [pair for pair in bus.log if pair[0] != "at"][:12]
    order = [5, 1, 0] if descending else [0, 1, 5]
    assert touched == [(kind, n) for n in order for kind in ("read", "read", "write", "write")]


def test_load_and_read_over_a_link() -> None:
    memory = Memory()
    link = Link(MemoryTransport(responder := Responder(memory)))
    link.hello()
    host = manifest_of("layer", "uart")["host"]
    window = Window(Registers(link, host["registers"]), 0, host["windows"][0])
    window.load("control", {}, 1, {"cleared_traces": [1]})
    assert responder.log == [(PORT, 0), (ADDRESS, 5), (DATA, 2)]
    assert window.read("control", {}, 1)["cleared_traces"].tolist() == [1]
