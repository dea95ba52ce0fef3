"""The errors of this package."""

from collections.abc import Sequence

from sc_model.spec import ConfigError


class InterchangeError(ConfigError):
    """A network can't be expressed in the other format, or an argument that it needs is missing."""


class LossError(ConfigError):
    """Rounding takes from a network what a strict import does not allow.

    Members
    -------
    losses : a sentence each.
    """

    def __init__(self, losses: Sequence[str]) -> None:
        self.losses = tuple(losses)
        count = len(self.losses)
        more = f" (and {count - 1} more)" if count > 1 else ""
        super().__init__(f"{self.losses[0]}{more}")
