"""Who works on points: processes of this machine, or the workers of a Dask cluster.

Results come in the order in which they are done. Work that a lost worker had is done again.
"""

from __future__ import annotations

import multiprocessing
import re
import traceback
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from types import ModuleType
from typing import Any

import sc_model
from sc_hw.errors import ToolError
from sc_model.packages import MissingPackageError, optional_import
from sc_model.spec import ConfigError
from sc_model.texts import shown

MAX_LOSSES = 4  # times that a point may be lost with its worker before it counts as failed
CONNECT_S = 10  # until a scheduler answers
WORKERS_S = 30  # until it has its first worker

_ADDRESS = re.compile(r"([a-z]+://)?[^\s:/]+:[0-9]{1,5}")

Work = Callable[[Any], Any]


def lost(times: int) -> dict[str, str]:
    """The outcome of a point whose workers are lost each time."""
    return {"failed": f"its worker was lost {times} times; is there memory enough?"}


class Processes:
    """Processes of this machine.

    Parameters
    ----------
    jobs : how many, >= 1.
    """

    def __init__(self, jobs: int) -> None:
        self.jobs = jobs

    def run(self, work: Work, items: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
        """Key and outcome of each item, as they are done."""
        rest, losses = dict(items), dict.fromkeys(items, 0)
        while rest:
            # A pool is broken by the loss of one of its processes; then it is made anew. A fresh
            # interpreter for each: a fork of this process would have its threads' locks.
            context = multiprocessing.get_context("spawn")
            pool = ProcessPoolExecutor(min(self.jobs, len(rest)), mp_context=context)
            try:
                yield from self._rounds(pool, work, rest, losses)
            except BrokenProcessPool:
                for key in [key for key, times in losses.items() if times >= MAX_LOSSES]:
                    if rest.pop(key, None) is not None:
                        yield key, lost(losses[key])
            finally:
                pool.shutdown(wait=False, cancel_futures=True)

    def _rounds(
        self,
        pool: ProcessPoolExecutor,
        work: Work,
        rest: dict[str, Any],
        losses: dict[str, int],
    ) -> Iterator[tuple[str, Any]]:
        """Outcomes until all are there or a process is lost; `rest` is what is not done yet."""
        waiting = iter(list(rest.items()))
        running: dict[Future[Any], str] = {}
        try:
            while True:
                # No more than there are processes: only these are suspects when one is lost.
                while len(running) < self.jobs and (item := next(waiting, None)) is not None:
                    running[pool.submit(work, item[1])] = item[0]
                if not running:
                    return
                for future in wait(running, return_when=FIRST_COMPLETED).done:
                    key = running[future]
                    outcome = future.result()
                    del running[future], rest[key]
                    yield key, outcome
        except BrokenProcessPool:
            for key in running.values():
                losses[key] += 1
            raise


class Cluster:
    """The workers of a Dask scheduler; each needs this package in the same version.

    Parameters
    ----------
    address : of the scheduler, as ``tcp://host:8786``.

    Raises
    ------
    ConfigError : the address is none.
    MissingPackageError : the package distributed is not installed.
    ToolError : Dask can't be imported, nobody answers at the address, or there is no worker, or one
        of another version.
    """

    def __init__(self, address: str) -> None:
        if not _ADDRESS.fullmatch(address):
            raise ConfigError(
                f"--scheduler must be an address as tcp://HOST:8786, not {shown(address)}."
            )
        self._dask = _dask()
        try:
            self._client = self._dask.Client(address, timeout=CONNECT_S, set_as_default=False)
        except (OSError, ValueError, TimeoutError) as error:
            raise ToolError(
                f"no Dask scheduler answers at {address} ({error}); start one with `dask"
                " scheduler`, and workers with `dask worker ADDRESS`."
            ) from None
        try:
            self._check_versions(address)
        except BaseException:
            self.close()
            raise

    def _check_versions(self, address: str) -> None:
        """ToolError where there is no worker, or one that would compute something else."""
        try:
            self._client.wait_for_workers(1, timeout=WORKERS_S)
        except TimeoutError:
            raise ToolError(
                f"the Dask scheduler at {address} has no worker; start some with `dask worker"
                f" {address}`."
            ) from None
        for worker, version in self._client.run(worker_version, on_error="return").items():
            if version != sc_model.__version__:
                raise ToolError(
                    f"worker {worker} has sc-hw {version}, and {sc_model.__version__} is needed;"
                    " install the same wheel there."
                )

    def run(self, work: Work, items: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
        """Key and outcome of each item, as they are done."""
        futures = {
            self._client.submit(work, item, key=f"sc-hw-{key}", pure=False): key
            for key, item in items.items()
        }
        try:
            for future in self._dask.as_completed(futures, loop=self._client.loop):
                key = futures[future]
                if future.status == "error" and isinstance(
                    future.exception(), self._dask.KilledWorker
                ):
                    yield key, lost(MAX_LOSSES)
                else:
                    yield key, future.result()
                future.release()
        finally:
            self._client.cancel([future for future in futures if not future.done()])

    def close(self) -> None:
        """Leave the cluster as it is."""
        self._client.close()


def _dask() -> ModuleType:
    """Dask; ToolError where it is installed, and it or a plug-in of it raises on import."""
    try:
        return optional_import("distributed", "dask", "sc-hw sweep --scheduler")
    except MissingPackageError:
        raise
    except (Exception, SystemExit) as error:  # whatever a plug-in of another package may raise
        frame = traceback.extract_tb(error.__traceback__)[-1]
        text = " ".join(str(error).split()).removesuffix(".")
        raise ToolError(
            f"Dask or a plug-in of it can't be imported: {type(error).__name__}: {text}"
            f" ({frame.filename}:{frame.lineno})."
        ) from None


def worker_version() -> str:
    """The version of this package on a worker."""
    return str(sc_model.__version__)
