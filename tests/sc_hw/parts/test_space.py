"""Codes of memory spaces are a contract with hosts: none changes, and none is used twice."""

from __future__ import annotations

from sc_hw.parts.space import Space


def test_codes() -> None:
    codes = {"SYNAPSE": 1, "INPUT": 2, "OUTPUT": 3, "NEURON": 4, "CONTROL": 5, "HISTORY": 6}
    assert {space.name: space.value for space in Space} == codes
