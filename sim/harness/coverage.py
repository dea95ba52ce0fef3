"""Functional coverage: which corners of the rule and of the protocol a run has been in."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from itertools import product
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sc_sim.design import RuleDut

MAX_CORNERS_OF = 12  # fields and inputs, whose corners are all tried: 2^12 steps
MAX_COMBINED = 6  # one-bit inputs whose combinations are all counted: 2^6 bins


class _ClampWatch:
    """The rule's algebra on arrays; counts how often each named clamp saturates.

    A clamp has a name if its result goes straight into `let`.
    """

    def __init__(self, counts: Counter[str]) -> None:
        self.counts = counts
        self._last_clamp: tuple[Any, int, int, int] | None = None

    def mux(self, condition: Any, if_true: Any, if_false: Any) -> Any:
        return np.where(condition, if_true, if_false)

    def clamp(self, value: Any, lo: int, hi: int) -> Any:
        result = np.minimum(np.maximum(value, lo), hi)
        low, high = int(np.count_nonzero(value < lo)), int(np.count_nonzero(value > hi))
        self._last_clamp = (result, low, high, int(np.size(value)) - low - high)
        return result

    def let(self, name: str, value: Any) -> Any:
        if self._last_clamp is not None and self._last_clamp[0] is value:
            for bin_, count in zip(("low", "high", "inside"), self._last_clamp[1:], strict=True):
                self.counts[f"clamp.{name}.{bin_}"] += count
        return value


class Coverage:
    """Bins with counts; every bin that can be hit is there from the start, with 0.

    Parameters
    ----------
    dut : the design.
    events : names of what can happen on its pins.
    dtype : of arrays that hold every intermediate of the rule.
    """

    def __init__(self, dut: RuleDut, events: Iterable[str], dtype: np.dtype[Any]) -> None:
        self._dut, self._dtype = dut, dtype
        self.counts: Counter[str] = Counter()
        self._limits = self._extremes()
        for name, limits in self._limits.items():
            self._declare(*(f"state.{name}.{value}" for value in limits))
        self._flags = [name for name, form in dut.inputs.items() if form.width == 1][:MAX_COMBINED]
        if self._flags:
            for bits in product((0, 1), repeat=len(self._flags)):
                self._declare(self._combination(bits))
        for name, form in (dut.inputs | dut.settings).items():
            if form.width > 1:
                self._declare(*(f"input.{name}.{value}" for value in sorted({form.lo, 0, form.hi})))
        self._declare(*(f"event.{name}" for name in events))
        zeros = {name: np.zeros(1, dtype) for name in (*dut.state, *dut.variables)}
        # a step of zeros, not counted, declares the bins of all named clamps
        self.steps({n: zeros[n] for n in dut.state}, {n: zeros[n] for n in dut.variables})
        for bin_ in self.counts:
            self.counts[bin_] = 0

    def _extremes(self) -> dict[str, dict[int, None]]:
        """Least and greatest value of each field after a step from every corner of states and
        inputs: a rule's clamp may be narrower than the field.
        """
        forms = {**self._dut.state, **self._dut.variables}
        if len(forms) > MAX_CORNERS_OF:
            return {name: dict.fromkeys((f.lo, f.hi)) for name, f in self._dut.state.items()}
        corners = np.array(list(product(*((f.lo, f.hi) for f in forms.values()))), self._dtype)
        values = dict(zip(forms, corners.T, strict=True))
        after = self._dut.rule.apply(
            _ClampWatch(Counter()),
            {name: values[name] for name in self._dut.state},
            {name: values[name] for name in self._dut.variables},
            self._dut.params,
        )
        states = {name: np.broadcast_to(after[name], len(corners)) for name in self._dut.state}
        return {name: dict.fromkeys((int(v.min()), int(v.max()))) for name, v in states.items()}

    def _declare(self, *names: str) -> None:
        for name in names:
            self.counts[name] += 0

    def _combination(self, bits: Iterable[int]) -> str:
        return "inputs." + ",".join(
            f"{name}={int(bit)}" for name, bit in zip(self._flags, bits, strict=True)
        )

    def expect(self, *events: str) -> None:
        """Declare events that this design can have beside those of its bench."""
        self._declare(*(f"event.{name}" for name in events))

    def event(self, name: str, count: int = 1) -> None:
        """Count something that happened on the pins."""
        self.counts[f"event.{name}"] += count

    def states(self, state: Mapping[str, NDArray[Any]]) -> None:
        """Count states at the limits of what the rule can leave."""
        for name, limits in self._limits.items():
            for value in limits:
                self.counts[f"state.{name}.{value}"] += int(np.count_nonzero(state[name] == value))

    def steps(self, before: Mapping[str, NDArray[Any]], inputs: Mapping[str, NDArray[Any]]) -> None:
        """Count steps: their combinations of flags, inputs at limits, clamps, and new states.

        Parameters
        ----------
        before : states, by field, (n,) each.
        inputs : of the rule, by name, (n,) each.
        """
        old = {name: np.asarray(before[name]).astype(self._dtype) for name in self._dut.state}
        values = {n: np.asarray(inputs[n]).astype(self._dtype) for n in self._dut.variables}
        if self._flags and len(values[self._flags[0]]):
            code: Any = 0
            for place, name in enumerate(self._flags):
                code = code + (values[name].astype(np.int64) & 1) * (1 << place)
            for value, count in zip(*np.unique(code, return_counts=True), strict=True):
                self.counts[
                    self._combination(
                        (int(value) >> place) & 1 for place in range(len(self._flags))
                    )
                ] += int(count)
        for name, form in (self._dut.inputs | self._dut.settings).items():
            if form.width > 1:
                for value in sorted({form.lo, 0, form.hi}):
                    self.counts[f"input.{name}.{value}"] += int(
                        np.count_nonzero(values[name] == value)
                    )
        self.states(self._dut.rule.apply(_ClampWatch(self.counts), old, values, self._dut.params))

    def result(self) -> dict[str, Any]:
        """Counts by bin, and the bins never hit."""
        bins = dict(sorted(self.counts.items()))
        return {"bins": bins, "missed": [name for name, count in bins.items() if not count]}
