"""A co-simulation as it is asked for."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

MAX_STALL = 0.95  # every wait of a bench assumes that something happens within a thousand clocks


@dataclass(frozen=True)
class Request:
    """A run as asked for.

    Parameters
    ----------
    folder : build folder.
    steps : steps of a lane, a layer or a network, sweeps of a bank; None for a default (all of a
        recording).
    seed : seed of all random stimulus.
    stall : probability of an idle clock on every stream, 0 to 0.95.
    events : recording to replay, or None.
    waves : keep all signals in a VCD file.
    out : results file, None for `BUILD_FOLDER/sim/results.json`.

    Raises
    ------
    ValueError
        A number is out of range.
    """

    folder: Path
    steps: int | None = None
    seed: int = 1
    stall: float = 0.3
    events: Path | None = None
    waves: bool = False
    out: Path | None = None

    def __post_init__(self) -> None:
        if self.steps is not None and self.steps < 1:
            raise ValueError(f"steps must be >= 1, not {self.steps}")
        if self.seed < 0:
            raise ValueError(f"seed must be >= 0, not {self.seed}")
        if not 0 <= self.stall <= MAX_STALL:
            raise ValueError(f"stall must be in [0, {MAX_STALL}], not {self.stall}")

    @property
    def results_file(self) -> Path:
        """Where the results go."""
        return self.out if self.out is not None else self.folder / "sim" / "results.json"

    @property
    def waves_file(self) -> Path:
        """Where the waves go: beside the results."""
        return self.results_file.with_name("waves.vcd")
