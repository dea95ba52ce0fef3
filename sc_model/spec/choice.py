"""Which rule a design runs."""

from __future__ import annotations

from typing import Any

from pydantic import Field, model_validator

from sc_model.spec.frozen import Frozen


class RuleChoice(Frozen):
    """`[rule]`: a family by name and its parameters (checked by the family's own `Params` when it
    is loaded).
    """

    family: str = "reward_modulated_stdp"
    parameters: dict[str, int] = Field(default_factory=dict)

    @model_validator(mode="before")
    @classmethod
    def _gather(cls, values: Any) -> Any:
        """Parameters stand beside `family` in the file; gather them in one table."""
        if not isinstance(values, dict) or "parameters" in values:
            return values
        rest = {key: value for key, value in values.items() if key != "family"}
        return {key: values[key] for key in ("family",) if key in values} | {"parameters": rest}
