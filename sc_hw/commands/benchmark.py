"""`sc-hw bench`: benchmarks of learning, as JSON."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from sc_hw.files import write_json
from sc_hw.tools import ToolError
from sc_model.spec import ConfigError

BENCHMARKS = ("adaptation",)


def benchmark(
    name: str, *, steps: int = 20_000, reward: int = 8, seed: int = 1, out: Path | None = None
) -> dict[str, Any]:
    """Run a benchmark by name and return its result.

    Parameters
    ----------
    name : ``adaptation``: how fast a weight of the O(1) synapse adapts (see
        `sc_model.learning.adaptation`).
    steps : steps of each run, >= 1.
    reward : size of the reward.
    seed : seed of the uncorrelated spikes.
    out : file that the result is also written to (JSON), or None.

    Raises
    ------
    ConfigError
        The name is unknown, or a parameter is out of range.
    ToolError
        There is no C++ compiler.
    """
    from sc_model.learning.adaptation import adaptation_benchmark
    from sc_model.native import NativeError

    if name not in BENCHMARKS:
        raise ConfigError(f"a benchmark is {' or '.join(BENCHMARKS)}, not '{name}'.")
    try:
        result = adaptation_benchmark(steps=steps, reward=reward, seed=seed)
    except ValueError as error:
        raise ConfigError(f"bench {name}: {error}.") from None
    except NativeError as error:
        raise ToolError(str(error)) from None
    if out is not None:
        write_json(out, result)
    return result
