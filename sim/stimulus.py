"""Random stimulus in regimes: rates and ranges stay for some steps, so that states saturate."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from sc_model.spec import IntFormat

REGIME_STEPS = 40
LAYER_REGIME_STEPS = 12  # a layer's step takes hundreds of clocks: fewer of them must do
RATES = (0.0, 0.02, 0.2, 0.5, 0.9, 1.0)
FLAG_RATES = (0.0, 0.02, 0.1, 0.5)  # of a layer's outcome, decide and clear flags
CORNER_RATE = 0.4  # share of loaded values that lie at a limit of their field


def uniform(rng: np.random.Generator, lo: int, hi: int, count: int) -> NDArray[Any]:
    """Integers in [lo, hi], (count,); int64, or Python integers where 64 bits do not hold them."""
    if hi - lo < 2**62:
        return (
            np.asarray(
                rng.integers(0, hi - lo + 1, count), dtype=np.int64 if lo > -(2**62) else object
            )
            + lo
        )
    span = hi - lo + 1
    words = (span.bit_length() + 95) // 32  # 64 spare bits: the remainder is as good as uniform
    draws = rng.integers(0, 2**32, (count, words))
    return np.array(
        [lo + int.from_bytes(row.astype("<u4").tobytes(), "little") % span for row in draws],
        dtype=object,
    )


def corners(rng: np.random.Generator, form: IntFormat, count: int) -> NDArray[Any]:
    """Random values of a format, many of them at or next to its limits."""
    limits = [
        min(max(value, form.lo), form.hi)
        for value in (form.lo, form.lo + 1, -1, 0, 1, form.hi - 1, form.hi)
    ]
    picks = np.array(limits, dtype=object)[rng.integers(0, len(limits), count)]
    anywhere = uniform(rng, form.lo, form.hi, count)
    return np.where(rng.random(count) < CORNER_RATE, picks, anywhere.astype(object))


def _ranges(form: IntFormat) -> list[tuple[int, int]]:
    """Ranges of values, one for each regime of an input: points, limits, small values, one sign."""
    lo, hi = form.lo, form.hi
    small = max(1, hi >> 3)
    return [
        (0, 0),
        (lo, hi),
        (lo, lo),
        (hi, hi),
        (max(lo, -small), min(hi, small)),
        (0, hi),
        (lo, 0),
    ]


class Regimes:
    """Inputs of parallel synapses, each in a regime of its own.

    Parameters
    ----------
    rng : source of all randomness.
    inputs : formats of the rule's inputs.
    width : synapses side by side.
    steps : mean length of a regime.
    """

    def __init__(
        self,
        rng: np.random.Generator,
        inputs: dict[str, IntFormat],
        width: int,
        steps: int = REGIME_STEPS,
    ) -> None:
        self._rng, self._inputs, self._width, self._steps = rng, inputs, width, steps
        self._choice = {name: np.zeros(width, np.int64) for name in inputs}
        self._redraw(np.ones(width, bool))

    def _redraw(self, where: NDArray[np.bool_]) -> None:
        for name, form in self._inputs.items():
            kinds = len(RATES) if form.width == 1 else len(_ranges(form))
            self._choice[name] = np.where(
                where, self._rng.integers(0, kinds, self._width), self._choice[name]
            )

    def _draw(self, name: str, form: IntFormat, choice: NDArray[np.int64]) -> NDArray[Any]:
        count = len(choice)
        if form.width == 1:
            flag = (self._rng.random(count) < np.array(RATES)[choice]).astype(np.int64)
            return -flag if form.signed else flag
        values = uniform(self._rng, form.lo, form.hi, count).astype(
            object if form.width > 62 else np.int64
        )
        lows, highs = (
            np.array(side, dtype=values.dtype)[choice] for side in zip(*_ranges(form), strict=True)
        )
        span = highs - lows + 1
        return np.asarray(lows + (values - form.lo) % span)

    def step(self) -> dict[str, NDArray[Any]]:
        """Inputs of one step of all synapses."""
        self._redraw(self._rng.random(self._width) < 1 / self._steps)
        return {
            name: self._draw(name, form, self._choice[name]) for name, form in self._inputs.items()
        }

    def series(self, steps: int) -> dict[str, NDArray[Any]]:
        """Inputs of many steps of the one synapse, a new regime every 40 steps."""
        count = -(-steps // REGIME_STEPS)
        result = {}
        for name, form in self._inputs.items():
            kinds = len(RATES) if form.width == 1 else len(_ranges(form))
            choice = np.repeat(self._rng.integers(0, kinds, count), REGIME_STEPS)[:steps]
            result[name] = self._draw(name, form, choice)
        return result


class LayerRegimes:
    """Arguments of `PlasticLayer.step`.

    Every input has a rate of its own; in some regimes all of them are silent, or all spike.

    Parameters
    ----------
    rng : source of all randomness.
    inputs : number of inputs.
    modulators : their formats.
    flags : names of 1-bit options.
    """

    def __init__(
        self,
        rng: np.random.Generator,
        inputs: int,
        modulators: dict[str, IntFormat],
        flags: list[str],
    ) -> None:
        self._rng, self._flags = rng, flags
        self._spikes = Regimes(rng, {"spikes": IntFormat(1)}, inputs, LAYER_REGIME_STEPS)
        self._modulators = Regimes(rng, modulators, 1, LAYER_REGIME_STEPS // 2)
        self._rates = dict.fromkeys(flags, 0.0)
        self._all: int | None = None

    def step(self) -> dict[str, Any]:
        """Arguments of one step."""
        rng = self._rng
        if rng.random() < 1 / LAYER_REGIME_STEPS:
            self._all = (None, None, None, 0, 1)[rng.integers(5)]
            self._rates = {name: float(rng.choice(FLAG_RATES)) for name in self._flags}
        spikes = self._spikes.step()["spikes"]
        return {
            "spikes": spikes if self._all is None else np.full_like(spikes, self._all),
            "modulators": {
                name: int(values[0]) for name, values in self._modulators.step().items()
            },
            **{name: bool(rng.random() < rate) for name, rate in self._rates.items()},
        }
