"""Weights and time constants of `HetSyn` layers rounded as in hardware, with gradients.

A weight becomes a signed integer times the layer's scale. A time constant becomes the nearest one
of a table of decay codes (`sc_model.spec.decay`). Gradients pass straight through the rounding
(`sc_model.training.straight_through`).
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from sc_model.spec.decay import DecayCodes
from sc_model.training.straight_through import straight_through


@dataclass(frozen=True)
class Quantiser:
    """The formats of a layer's weights and time constants.

    Members
    -------
    weight_bits : bits of a signed weight, >= 2.
    codes : table of decay codes.

    Raises ValueError for fewer bits.
    """

    weight_bits: int
    codes: DecayCodes

    def __post_init__(self) -> None:
        if self.weight_bits < 2:
            raise ValueError(
                f"weight_bits must be >= 2, not {self.weight_bits}; one bit is the sign"
            )

    def scale(self, weight: Tensor) -> Tensor:
        """The float that an integer weight of 1 stands for, shape ().

        The largest weight becomes the largest integer, 2^(weight_bits - 1) - 1.
        """
        largest = weight.detach().abs().max()
        return torch.where(largest > 0, largest, 1.0) / ((1 << (self.weight_bits - 1)) - 1)

    def integers(self, weight: Tensor) -> Tensor:
        """The weights as int64, rounded to the nearest integer."""
        return torch.round(weight.detach() / self.scale(weight)).to(torch.int64)

    def weight(self, weight: Tensor) -> Tensor:
        """The rounded weights as floats; gradients pass straight through."""
        return straight_through(weight, self.integers(weight).to(weight.dtype) * self.scale(weight))

    def code(self, tau: Tensor) -> Tensor:
        """The codes of time constants in ms, int64; the same ones as `DecayCodes.nearest`."""
        table = torch.tensor(self.codes.taus_ms, dtype=torch.float64)
        taus = tau.detach().to(torch.float64).contiguous()
        right = torch.searchsorted(table, taus).clamp(min(1, len(table) - 1), len(table) - 1)
        left = (right - 1).clamp(min=0)
        return torch.where(taus - table[left] <= table[right] - taus, left, right)

    def log_tau(self, log_tau: Tensor) -> Tensor:
        """Logarithms of the rounded time constants; gradients pass straight through."""
        table = torch.tensor(self.codes.taus_ms, dtype=torch.float64).log()
        return straight_through(log_tau, table[self.code(log_tau.exp())].to(log_tau.dtype))
