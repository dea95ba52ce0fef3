"""Work in this process and in several: results, order, errors; engines that are refused."""

from __future__ import annotations

import math
import os
import re
import sys
from typing import Any

import pytest

from sc_model.learning import MissingPackageError
from sc_model.learning.workers import Workers


def test_results_come_in_order_from_any_number_of_processes() -> None:
    items = [(k, 2) for k in range(20)]
    expected = [k**2 for k in range(20)]
    assert Workers().map(pow, items) == expected
    assert Workers(2).map(pow, items) == expected


def test_one_worker_is_this_process() -> None:
    assert Workers().map(os.getpid, [()]) == [os.getpid()]
    assert os.getpid() not in Workers(2).map(os.getpid, [()] * 4)


@pytest.mark.parametrize("workers", [1, 2])
def test_what_the_function_raises_is_raised_here(workers: int) -> None:
    with pytest.raises(ValueError, match="math domain error"):
        Workers(workers).map(math.sqrt, [(1.0,), (-1.0,)])


class Client:
    """What is used of `distributed.Client`."""

    def __init__(self) -> None:
        self.options: list[dict[str, Any]] = []

    def submit(self, function: Any, *arguments: Any, **options: Any) -> Any:
        self.options.append(options)
        return function(*arguments)

    def gather(self, futures: list[Any]) -> list[Any]:
        return futures


def test_a_cluster_computes_equal_arguments_each_time() -> None:
    client = Client()
    assert Workers(engine="dask", client=client).map(pow, [(2, 3), (2, 3)]) == [8, 8]
    assert client.options == [{"pure": False}] * 2


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (
            {"engine": "jobli"},
            "engine must be 'joblib' or 'dask', not 'jobli'; did you mean 'joblib'?",
        ),
        ({"client": 3}, "client must come with engine='dask', not 'joblib'"),
        ({"workers": 0}, "workers must be >= 1, not 0"),
    ],
)
def test_what_is_refused(options: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
        Workers(**options)


@pytest.mark.parametrize(
    ("engine", "package", "extra", "subject"),
    [
        ("joblib", "joblib", "learning", "joblib as engine of 2 workers"),
        ("dask", "distributed", "dask", "dask as engine"),
    ],
)
def test_an_engine_that_is_not_installed(
    engine: Any, package: str, extra: str, subject: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, package, None)
    message = f"{subject} needs {package}, which is not installed; pip install sc-hw[{extra}]"
    with pytest.raises(MissingPackageError, match=f"^{re.escape(message)}$"):
        Workers(2, engine)
