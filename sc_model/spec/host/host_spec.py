"""`[host]`: the door through which a host reaches a design's block, and the FIFOs behind it."""

from __future__ import annotations

from typing import Any, Self

from pydantic import ConfigDict, Field, model_validator

from sc_model.spec.bounds import MAX_MHZ, MIN_MHZ
from sc_model.spec.frozen import Frozen
from sc_model.texts import shown

MAX_FIFO_WORDS = 1 << 15  # of 32 bits: 256 block RAMs of an iCE40, more than any of them has
MAX_OPTIONS = 16


class HostSpec(Frozen):
    """The table `[host]`.

    Keys beside these belong to the door and are checked by it (`sc_hw.host.doors`).

    Members
    -------
    options : the keys of the door, by name.
    """

    # Only here: which other keys there are depends on the door, which is a plug-in.
    model_config = ConfigDict(frozen=True, extra="allow", strict=True)

    door: str = Field(
        default="uart", description="name of the door: uart, spi, spi_bus, axi, wishbone, ..."
    )
    clock_mhz: float = Field(
        default=12.0,
        ge=MIN_MHZ,
        le=MAX_MHZ,
        description="frequency of the system's clock, in MHz; a board gives its own",
    )
    step_words: int = Field(
        default=0,
        ge=0,
        le=MAX_FIFO_WORDS,
        description="words that the step FIFO holds at least; 0: a step, and 256 or more",
    )
    output_words: int = Field(
        default=0,
        ge=0,
        le=MAX_FIFO_WORDS,
        description="words that the output FIFO holds at least; 0: four packets, and 256 or more",
    )

    @model_validator(mode="after")
    def _plain_options(self) -> Self:
        if len(self.options) > MAX_OPTIONS:
            raise ValueError(
                f"[host] must have {MAX_OPTIONS} keys of its door at most, not {len(self.options)}."
            )
        for key, value in self.options.items():
            if not isinstance(value, bool | int | float | str):
                raise ValueError(
                    f"[host] key {shown(key)} must be a number, a string, true or false, not"
                    f" {shown(value)} ({type(value).__name__})."
                )
        return self

    @property
    def options(self) -> dict[str, Any]:
        """The keys of the door, by name."""
        return dict(self.model_extra or {})
