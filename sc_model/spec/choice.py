"""Which rule a design runs."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any

from pydantic import Field, field_validator, model_validator

from sc_model.spec.errors import ConfigError, ConfigTypeError
from sc_model.spec.frozen import Frozen
from sc_model.texts import shown


def is_rule_file(family: str) -> bool:
    """Whether a rule is chosen by the path of its file, and not by the name of its family."""
    return family.endswith(".py")


class RuleChoice(Frozen):
    """`[rule]`: a rule and its parameters, which the rule's own `Params` checks.

    Members
    -------
    family : name of an installed rule family; or, where it ends with ``.py``, path of a rule file.
        A relative path counts from the design file's folder (from the current folder for a choice
        made in Python) and is kept as an absolute one.
    parameters : parameters by name; the others have their defaults.
    """

    family: str = "reward_modulated_stdp"
    parameters: dict[str, int] = Field(default_factory=dict)

    @model_validator(mode="before")
    @classmethod
    def _gather(cls, values: Any) -> Any:
        """Gather the parameters, which stand beside `family` in a design file, in one table."""
        if not isinstance(values, dict) or "parameters" in values:
            return values
        rest = {key: value for key, value in values.items() if key != "family"}
        return {key: values[key] for key in ("family",) if key in values} | {"parameters": rest}

    @field_validator("parameters", mode="before")
    @classmethod
    def _integers(cls, parameters: Any) -> Any:
        """Refuse a parameter of another kind by the name that it has in a design file."""
        for name, value in parameters.items() if isinstance(parameters, dict) else ():
            # bool is a kind of int to Python, but true is no width and no shift
            if not isinstance(value, int) or isinstance(value, bool):
                raise ConfigTypeError(
                    f"[rule] {name} must be an integer, not {shown(value)}"
                    f" ({type(value).__name__})."
                )
        return parameters

    @field_validator("family")
    @classmethod
    def _absolute(cls, family: str) -> str:
        """Make a path absolute: worker processes have other current folders."""
        return os.path.abspath(os.path.expanduser(family)) if is_rule_file(family) else family

    def within_network(self, layer: str, network_values: Mapping[str, int]) -> RuleChoice:
        """The choice with what follows from the network that the layer is in.

        Raises
        ------
        ConfigError
            The choice has such a parameter itself.
        """
        for name in network_values:
            if name in self.parameters:
                raise ConfigError(
                    f"the rule of layer '{layer}' must have no {name}, for it follows from the"
                    f" network (here {network_values[name]}), not {self.parameters[name]}."
                )
        return RuleChoice(family=self.family, parameters={**self.parameters, **network_values})

    @property
    def label(self) -> str:
        """The family, or the file's name without its folder: the same on every machine."""
        return os.path.basename(self.family) if is_rule_file(self.family) else self.family
