"""What a co-simulation is asked to do."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

# The benches take 1000 clocks without progress for a design that is stuck. With this probability of
# an idle clock, a stream idles for as long by chance once in 10^22 waits (0.95^1000 = 5e-23).
MAX_STALL = 0.95


@dataclass(frozen=True)
class Request:
    """The options of one run.

    Parameters
    ----------
    folder : build folder of the design.
    steps : number of steps to run, or of sweeps for a bank, >= 1. None is all steps of the
        recording, and without a recording the default of the block's bench.
    seed : seed of all random stimulus, >= 0.
    stall : probability of an idle clock on every stream, 0 to `MAX_STALL`. The default lets words
        come both back to back and with gaps.
    events : recording to replay; None for random stimulus.
    waves : whether to keep all signals in a VCD file.
    out : file for the results; None for `BUILD_FOLDER/sim/results.json`.

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
