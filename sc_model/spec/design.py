"""One file describes a design: a block, the rule it runs, and the fabric its pipeline is cut for."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any, Literal, Self

from pydantic import Field, ValidationError, model_validator

from sc_model.spec.errors import ConfigError, ConfigTypeError, did_you_mean, explain
from sc_model.spec.frozen import Frozen

MAX_SYNAPSES = 65_536


class RuleChoice(Frozen):
    """`[rule]`: a family by name and its parameters (checked by the family's own `Params` when it is loaded)."""

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


class Design(Frozen):
    """A design file, as a frozen object; the same fields as the tables `[design]` and `[rule]`.

    Members
    -------
    name : identifier, used for files and in reports.
    block : ``lane`` (one synapse in registers, a step a clock) or ``bank`` (many in block RAM, one a clock).
    synapses : synapses of a bank, 1 to 65,536; a lane has 1.
    fabric : family whose pipeline depth, block RAM and multiplier the block is made for; ``generic`` is plain Verilog.
    seed : seed of every random stimulus drawn for the design.
    rule : rule family and parameters.
    """

    name: str = Field(
        pattern=r"^[a-z][a-z0-9_]{0,62}$",
        description="1 to 63 lower-case letters, digits and underscores, a letter first",
    )
    block: Literal["lane", "bank"]
    synapses: int = Field(default=1, ge=1, le=MAX_SYNAPSES)
    fabric: str = "generic"
    seed: int = Field(default=1, ge=0)
    rule: RuleChoice = RuleChoice()

    @model_validator(mode="after")
    def _one_synapse_in_a_lane(self) -> Self:
        if self.block == "lane" and self.synapses != 1:
            raise ValueError(
                f"Design.synapses must be 1 for block 'lane', not {self.synapses}; for many synapses use block = \"bank\"."
            )
        return self


def parse_design(values: dict[str, Any]) -> Design:
    """A design from the tables of a file.

    Raises ConfigError or ConfigTypeError that name the table, the key, what is allowed and what came.
    """
    unknown = sorted(set(values) - {"design", "rule"})
    if unknown:
        hint = did_you_mean(unknown[0], ("design", "rule")) or "."
        raise ConfigError(f"a design file has no table [{unknown[0]}]{hint} Its tables are: [design], [rule].")
    if "design" not in values:
        raise ConfigError("a design file must have a table [design] with name and block; `sc-hw new NAME` writes one.")
    table = values["design"]
    if not isinstance(table, dict):
        raise ConfigTypeError(f"[design] must be a table, not {table!r} ({type(table).__name__}).")
    if "rule" in table:
        raise ConfigError("[design] has no table 'rule'; the rule and its parameters stand in a table [rule] of their own.")
    try:
        return Design.model_validate({**table, "rule": values.get("rule", {})})
    except ValidationError as error:
        raise explain(Design, error) from None


def load_design(path: Path | str) -> Design:
    """Read a TOML design file; ConfigError if it is missing, no TOML, or not a design."""
    file = Path(path)
    try:
        values = tomllib.loads(file.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise ConfigError(f"design file {file} does not exist; `sc-hw new NAME` writes one.") from None
    except OSError as error:
        raise ConfigError(f"design file {file} can't be read: {error.strerror}.") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigError(f"design file {file} is not valid TOML: {error}.") from None
    return parse_design(values)
