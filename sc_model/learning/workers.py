"""Map a function over a list in this process, in several (joblib) or on many machines (Dask).

Results and their order are the same with each of them.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Literal, TypeVar, get_args

from sc_model.checks import choice, integer
from sc_model.packages import optional_import

Engine = Literal["joblib", "dask"]
T = TypeVar("T")


class Workers:
    """Processes or machines that compute.

    Parameters
    ----------
    workers : number of processes, >= 1; with 1, `joblib` computes in this process.
    engine : `joblib` (default) or `dask`.
    client : a `distributed.Client` of a cluster, for `dask`; None for a local cluster of `workers`
        processes, started by each call.

    Raises
    ------
    ValueError : another engine, or a client without `dask`.
    MissingPackageError : the engine is not installed.
    """

    def __init__(self, workers: int = 1, engine: Engine = "joblib", client: Any = None) -> None:
        choice("engine", engine, get_args(Engine))
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
        """Return function(*item) for each item, in order; its errors are raised here."""
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
        results: list[T] = self._package.Parallel(n_jobs=self.workers)(
            self._package.delayed(function)(*item) for item in items
        )
        return results

    @staticmethod
    def _by_dask(
        client: Any, function: Callable[..., T], items: Sequence[tuple[Any, ...]]
    ) -> list[T]:
        # By default Dask computes equal calls once; a fitness function may draw random numbers.
        gathered: list[T] = client.gather(
            [client.submit(function, *item, pure=False) for item in items]
        )
        return gathered
