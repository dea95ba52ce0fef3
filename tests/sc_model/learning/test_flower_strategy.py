"""The strategy for Flower, against a stand-in for what it uses of flwr; `benchmarks/flower.py` runs
it in the real one.
"""

from __future__ import annotations

import importlib
import json
import re
import sys
from collections.abc import Iterator
from types import ModuleType, SimpleNamespace
from typing import Any

import numpy as np
import pytest
from support import ROOT


class FedAvg:
    """What is used of `flwr.server.strategy.FedAvg`."""

    def __init__(self, *, initial_parameters: Any = None, accept_failures: bool = True) -> None:
        self.initial_parameters, self.accept_failures = initial_parameters, accept_failures

    def configure_fit(self, server_round: int, parameters: Any, client_manager: Any) -> Any:
        return [(client, parameters) for client in client_manager]


@pytest.fixture
def flower(monkeypatch: pytest.MonkeyPatch) -> Iterator[ModuleType]:
    """`sc_model.learning.flower` on the stand-in."""
    parts = {
        "flwr": {},
        "flwr.server": {},
        "flwr.server.strategy": {"FedAvg": FedAvg},
        "flwr.common": {"ndarrays_to_parameters": list, "parameters_to_ndarrays": list},
    }
    for name, content in parts.items():
        module = ModuleType(name)
        vars(module).update(content)
        monkeypatch.setitem(sys.modules, name, module)
    monkeypatch.delitem(sys.modules, "sc_model.learning.flower", raising=False)
    yield importlib.import_module("sc_model.learning.flower")
    sys.modules.pop("sc_model.learning.flower", None)


def results(*votes: list[Any]) -> list[tuple[Any, Any]]:
    return [
        (f"client {k}", SimpleNamespace(parameters=[np.array(v, np.uint8) for v in vote]))
        for k, vote in enumerate(votes)
    ]


def test_parameters_go_where_the_majority_wants(flower: ModuleType) -> None:
    now = [np.array([1.0, 2.0]), np.array([[0.0]], np.float32)]
    strategy = flower.FlowerStrategy(rate=0.5, initial_parameters=now)
    assert strategy.initial_parameters is now
    assert len(strategy.configure_fit(1, now, ["a", "b", "c"])) == 3
    moved, counts = strategy.aggregate_fit(
        1, results([[1, 0], [[1]]], [[1, 1], [[0]]], [[0, 0], [[0]]]), []
    )
    np.testing.assert_array_equal(moved[0], [1.5, 1.5])
    np.testing.assert_array_equal(moved[1], [[-0.5]])
    assert moved[1].dtype == np.float32
    assert counts == {"clients": 3, "failures": 0}


def test_rounds_without_an_answer(flower: ModuleType) -> None:
    strategy = flower.FlowerStrategy(initial_parameters=[np.zeros(1)])
    assert strategy.aggregate_fit(1, [], ["lost"]) == (None, {"clients": 0, "failures": 1})
    strict = flower.FlowerStrategy(initial_parameters=[np.zeros(1)], accept_failures=False)
    assert strict.aggregate_fit(1, results([[1]], [[1]]), ["lost"])[0] is None


@pytest.mark.parametrize(
    ("votes", "message"),
    [
        (([[1], [1]], [[1], [1]]), "clients must return 1 streams, one for each array, not [2, 2]"),
        (([[1, 0]], [[1, 0]]), "streams of array 0 must have shape (1,), not (2,)"),
        (
            ([[1]],),
            (
                "client list must hold two clients at least, not 1: its aggregate would be that"
                " client's own values"
            ),
        ),
        (([[1]], [[3]]), "stream of client 1 must hold bits, 0 or 1, not 3"),
    ],
)
def test_what_is_refused(flower: ModuleType, votes: Any, message: str) -> None:
    strategy = flower.FlowerStrategy(initial_parameters=[np.zeros(1)])
    strategy.configure_fit(1, [np.zeros(1)], [])
    with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
        strategy.aggregate_fit(1, results(*votes), [])


def test_it_needs_something_to_move(flower: ModuleType) -> None:
    with pytest.raises(
        ValueError,
        match=(
            r"^initial_parameters must be given: a vote moves parameters, it does not bring them$"
        ),
    ):
        flower.FlowerStrategy()


def test_the_real_one_was_run() -> None:
    """What `benchmarks/flower.py` left."""
    report = json.loads((ROOT / "reports" / "flower.json").read_text(encoding="utf-8"))
    assert report["clients"] == 3
    assert report["as_voted"] == [True, True]
    assert report["made_with"]["flwr"] >= "1.41"
    assert all(each["counts"] == {"clients": 3, "failures": 0} for each in report["rounds"])
