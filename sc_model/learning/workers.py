"""A function over a list, in this process, in several (joblib) or on many machines (Dask): same
results, same order.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Literal, TypeVar, get_args

from sc_model.checks import integer
from sc_model.packages import optional_import
from sc_model.spec.errors import did_you_mean

Engine = Literal["joblib", "dask"]
T = TypeVar("T")


class Workers:
    """Where work is done.

    Parameters
    ----------
    workers : processes, >= 1; 1 is this one.
    engine : `joblib` (default) or `dask`.
    client : a `distributed.Client` of a cluster, for `dask`; None for a local cluster with
        `workers` processes, for each call.

    Raises ValueError for another engine, MissingPackageError where the engine is not installed.
    """

    def __init__(self, workers: int = 1, engine: Engine = "joblib", client: Any = None) -> None:
        if engine not in get_args(Engine):
            raise ValueError(
                "engine must be 'joblib' or 'dask', not"
                f" {engine!r}{did_you_mean(str(engine), get_args(Engine))}"
            )
        if client is not None and engine != "dask":
            raise ValueError(f"client must come with engine='dask', not {engine!r}")
        self.workers, self.engine, self.client = integer("workers", workers), engine, client
        subject = f"{engine} as engine"
        self._package: Any = None
        if engine == "dask":
            self._package = optional_import("distributed", "dask", subject)
        elif self.workers > 1:
            self._package = optional_import("joblib", "learning", f"{subject} of {workers} workers")

    def map(self, function: Callable[..., T], items: Sequence[tuple[Any, ...]]) -> list[T]:
        """function(*item) for all items, in their order. What the function raises is raised
        here.
        """
        if self.engine == "dask":
            if self.client is not None:
                return self._by_dask(self.client, function, items)
            cluster = self._package.Client(
                n_workers=self.workers,
                threads_per_worker=1,
                host="127.0.0.1",
                dashboard_address=None,
                silence_logs=40,
            )
            with cluster as client:
                return self._by_dask(client, function, items)
        if self.workers == 1:
            return [function(*item) for item in items]
        done: list[T] = self._package.Parallel(n_jobs=self.workers)(
            self._package.delayed(function)(*item) for item in items
        )
        return done

    @staticmethod
    def _by_dask(
        client: Any, function: Callable[..., T], items: Sequence[tuple[Any, ...]]
    ) -> list[T]:
        # pure=False: equal arguments are still an evaluation of their own
        gathered: list[T] = client.gather(
            [client.submit(function, *item, pure=False) for item in items]
        )
        return gathered
