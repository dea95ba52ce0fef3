"""NIR files with random changes: accepted, or refused with one line."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from campaigns.fuzz.cases import outcome_of
from campaigns.fuzz.nir import ERRORS, bases, mutant, tree_of, write_tree
from sc_model.interchange import FloatGraph, InterchangeError, from_nir, hdf5, to_layers
from sc_model.interchange.hdf5_child import read as read_here
from sc_model.interchange.nodes import graph_of


def tree_here(path: Path) -> dict[str, Any]:
    """What `hdf5.read_tree` gives, without a process for each file: bytes are not damaged here."""
    answer, blobs = read_here(path.read_bytes(), hdf5.LIMITS)
    if "tree" not in answer:
        raise InterchangeError(f"{answer['where']} {answer.get('refusal', 'is damaged')}")
    view = memoryview(b"".join(blobs))
    return {name: hdf5._value(each, view) for name, each in answer["tree"].items()}


def import_here(path: Path, options: dict[str, Any], _number: int) -> FloatGraph:
    options.pop("weight_bits")
    graph = from_nir(graph_of(tree_here(path)), **options)
    to_layers(graph)
    return graph


def test_the_graphs_without_a_change_are_read(tmp_path: Path) -> None:
    for number, graph in enumerate(bases()):
        path = tmp_path / f"{number}.nir"
        write_tree(path, tree_of(graph))
        told: dict[str, Any] = {"dt_ms": 1.0, "reset": "zero", "reset_delay": False}
        assert to_layers(from_nir(graph_of(tree_here(path)), **told))


@pytest.mark.parametrize("first", [0, 40])
def test_each_file_is_accepted_or_refused_with_one_line(first: int, tmp_path: Path) -> None:
    """Changes of structure only; `python -m campaigns.fuzz.nir` also damages bytes."""
    path = tmp_path / "case.nir"
    found = []
    for number in range(first, first + 40):
        options = mutant(number, path, damage=False)
        found.append(outcome_of(number, partial(import_here, path, options), ERRORS))
    assert [each for each in found if each.verdict not in ("accepted", "refused")] == []
    verdicts = [each.verdict for each in found]
    assert {*verdicts} == {"accepted", "refused"}
    assert np.mean([each == "accepted" for each in verdicts]) > 0.1


def test_a_case_is_made_again_from_its_number(tmp_path: Path) -> None:
    one, other = tmp_path / "one.nir", tmp_path / "other.nir"
    assert mutant(3, one) == mutant(3, other)
    assert tree_here(one)["node"].keys() == tree_here(other)["node"].keys()
