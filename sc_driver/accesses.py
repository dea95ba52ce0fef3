"""Reads and writes of a board's bus, one by one or many in one go, whatever carries them."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from types import TracebackType
from typing import Protocol, Self

from numpy.typing import ArrayLike

from sc_driver.errors import LinkError
from sc_driver.exchange import Statistics
from sc_driver.requests import Read, Request, Words, Write


class Port(Protocol):
    """What every port has.

    Members
    -------
    name : for errors.
    """

    name: str

    def time(self) -> float:
        """Seconds since some moment."""

    def close(self) -> None:
        """Let the port go; once more does no harm."""


class Answer:
    """The words of a read in a batch.

    Members
    -------
    words : the words, once the batch has been done; LinkError before.
    """

    def __init__(self) -> None:
        self._words: Words | None = None

    @property
    def words(self) -> Words:
        """The words that were read."""
        if self._words is None:
            raise LinkError("A batch's words are there once its block has ended without an error.")
        return self._words


class Batch:
    """Reads and writes that are sent together, in this order, when the block ends.

    An exception in the block sends nothing.
    """

    def __init__(self, link: Accesses) -> None:
        self._link = link
        self._requests: list[Request] = []
        self._answers: list[Answer] = []

    def read(self, address: int, count: int = 1, step: int = 0) -> Answer:
        """Read words; they are in the result's `words` when the block has ended."""
        self._requests.append(Read(address, count, step))
        self._answers.append(Answer())
        return self._answers[-1]

    def write(self, address: int, words: ArrayLike, step: int = 0) -> None:
        """Write words."""
        self._requests.append(Write(address, words, step))

    def __enter__(self) -> Batch:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if kind is not None:
            return
        words = self._link.transact(self._requests)
        for answer, part in zip(self._answers, words, strict=True):
            answer._words = part


class Accesses(ABC):
    """Reads and writes of a board's bus."""

    @property
    @abstractmethod
    def transport(self) -> Port:
        """What carries them."""

    @property
    def statistics(self) -> Statistics | None:
        """What has been sent and read in frames; None where there are none."""
        return None

    @abstractmethod
    def hello(self) -> object:
        """Greet the board."""

    @abstractmethod
    def close(self) -> None:
        """Let the port go; once more does no harm."""

    @abstractmethod
    def transact(self, requests: Sequence[Request]) -> list[Words]:
        """Do requests in order.

        Parameters
        ----------
        requests : reads and writes.

        Returns
        -------
        The words of each read.

        Raises
        ------
        BusError
            The bus has refused an access. All requests have been tried then; the first that failed
            is named.
        """

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def read(self, address: int, count: int = 1, step: int = 0) -> Words:
        """Read words of the bus.

        Parameters
        ----------
        address : word address of the first.
        count : words.
        step : 1 for ascending addresses, 0 to read one address again and again (a FIFO).

        Raises
        ------
        BusError
            The bus has refused an access.
        """
        return self.transact([Read(address, count, step)])[0]

    def write(self, address: int, words: ArrayLike, step: int = 0) -> None:
        """Write words (or one) to the bus; parameters and errors as of `read`."""
        self.transact([Write(address, words, step)])

    def batch(self) -> Batch:
        """Reads and writes in one go: ``with link.batch() as batch: batch.write(...)``."""
        return Batch(self)
