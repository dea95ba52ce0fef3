"""The price model: LUT and clock from a block's structure, and the errors that it makes.

Its numbers are in `model.json` beside this file, which `campaigns/price.py` writes: fitted to
designs that were synthesised, placed and routed, its errors measured on others.
"""

from __future__ import annotations

import hashlib
import json
import math
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any

from sc_hw.price.depth import Delays
from sc_hw.price.structure import FEATURES, Counts, Structure

SCHEMA = "sc-hw.price-model.v1"
FILE = "model.json"


@dataclass(frozen=True)
class Range:
    """A figure with its error bar: the middle 80 % of the designs that were held out.

    Members
    -------
    value : the figure.
    low, high : the bar.
    """

    value: float
    low: float
    high: float

    def as_json(self) -> dict[str, float]:
        """For a report."""
        return {"value": self.value, "low": self.low, "high": self.high}


@dataclass(frozen=True)
class TargetModel:
    """The model of one target.

    Members
    -------
    delays : of the fabric.
    lut : LUTs for one of each feature.
    cover : by block, what a LUT of the cover counts more there, or less; 0 where there is none. It
        has the blocks that the model was fitted to.
    period : the logarithm of the period in ns is base + path x ln(path) + lut x ln(LUTs), and what
        the block has of its own. Beside these three it has the blocks whose clocks were fitted.
    errors : of ``lut``, ``ff`` and ``fmax`` the least and greatest ratio, measured to predicted, of
        the middle 80 % of the held-out designs.
    errors_of : the same by block, of blocks whose designs were held out by themselves.
    """

    delays: Delays
    lut: dict[str, float]
    cover: dict[str, float]
    period: dict[str, float]
    errors: dict[str, tuple[float, float]]
    errors_of: dict[str, dict[str, tuple[float, float]]]

    def has_luts(self, block: str) -> bool:
        """Whether the model was fitted to designs of a block."""
        return block in self.cover

    def has_clock(self, block: str) -> bool:
        """Whether it was fitted to clocks of a block."""
        return block in self.period

    def luts(self, counts: Counts, block: str) -> float:
        """LUTs of a part of a block, or of all of it."""
        logic: float = sum(self.lut[name] * getattr(counts, name) for name in FEATURES)
        return max(0.0, logic + self.cover.get(block, 0.0) * counts.cover) + counts.cells

    def fmax_mhz(self, structure: Structure, block: str) -> float:
        """The clock that place and route is expected to reach."""
        luts = max(1.0, self.luts(structure.total, block))
        period = self.period["base"] + self.period.get(block, 0.0)
        period += self.period["path"] * math.log(structure.period_ns)
        period += self.period["lut"] * math.log(luts)
        return 1000 / math.exp(period)

    def bar(self, what: str, value: float, block: str) -> Range:
        """A figure of a block with its error bar; `what` is a key of `errors`."""
        low, high = self.errors_of.get(block, self.errors)[what]
        return Range(value, value * low, value * high)


def _text() -> str:
    return resources.files("sc_hw.price").joinpath(FILE).read_text(encoding="utf-8")


@cache
def _models() -> dict[str, TargetModel]:
    values = json.loads(_text())["targets"]
    return {name: model_from(target) for name, target in values.items()}


def digest_of_model() -> str:
    """A hash of the model's numbers."""
    return hashlib.sha256(_text().encode()).hexdigest()[:12]


def model_from(values: dict[str, Any]) -> TargetModel:
    """A target's model from its part of the file."""
    return TargetModel(
        delays=Delays(**values["delays"]),
        lut=dict(values["lut"]),
        cover=dict(values["cover"]),
        period=dict(values["period"]),
        errors=_ratios(values["errors"]),
        errors_of={block: _ratios(own) for block, own in values.get("errors_of", {}).items()},
    )


def _ratios(values: dict[str, Any]) -> dict[str, tuple[float, float]]:
    return {name: (low, high) for name, (low, high) in values.items()}


def modelled_targets() -> tuple[str, ...]:
    """Names of the targets that have a price model, sorted."""
    return tuple(sorted(_models()))


def model_of(target: str) -> TargetModel | None:
    """The model of a target, or None where there is none."""
    return _models().get(target)
