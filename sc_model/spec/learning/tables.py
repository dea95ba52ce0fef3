"""The tables of a learning network in a design file, and the configuration that they make."""

from __future__ import annotations

from typing import Any, TypeVar

from sc_model.spec.errors import ConfigError, ConfigTypeError, in_tables
from sc_model.spec.learning.layers import OutputLayerSpec
from sc_model.spec.learning.learning_network import HiddenLayerSpec
from sc_model.spec.learning.recurrent_network import RecurrentLayerSpec
from sc_model.texts import shown

LEARNING_TABLES = ("learning", "hidden", "output")
Layer = TypeVar("Layer", HiddenLayerSpec, OutputLayerSpec, RecurrentLayerSpec)


def learning_tables(tables: dict[str, Any]) -> dict[str, Any]:
    """The tables of a learning network as the one field that a design has for it.

    Raises
    ------
    ConfigError, ConfigTypeError
        a table of another form; of a layer, with its number.
    """
    learning = tables.get("learning", {})
    if not isinstance(learning, dict):
        raise _wrong("[learning]", learning)
    for name, where in (("hidden", "[[hidden]]"), ("output", "[output]")):
        if name in learning:
            raise ConfigError(
                f"[learning] has no field '{name}'; it stands in a table {where} of its own."
            )
    hidden = tables.get("hidden", [])
    if not isinstance(hidden, list):
        raise ConfigError(
            "hidden layers stand in tables [[hidden]], one each, in double brackets; found one"
            " [hidden]."
        )
    fields: dict[str, Any] = {
        **learning,
        "hidden": tuple(
            _layer(HiddenLayerSpec, f"hidden layer {number}", "[[hidden]]", table)
            for number, table in enumerate(hidden, 1)
        ),
    }
    if "output" not in tables:
        raise ConfigError("a learning network must have a table [output], its readout.")
    fields["output"] = _layer(OutputLayerSpec, "the readout", "[output]", tables["output"])
    others = {name: value for name, value in tables.items() if name not in LEARNING_TABLES}
    return {"learning": fields, **others}


def recurrent_tables(tables: dict[str, Any]) -> dict[str, Any]:
    """The table of a recurrent network, with its layers as objects.

    Raises
    ------
    ConfigError, ConfigTypeError
        a table of another form; of a layer, with its name.
    """
    recurrent = tables.get("recurrent", {})
    if not isinstance(recurrent, dict):
        raise _wrong("[recurrent]", recurrent)
    fields = dict(recurrent)
    for name, where in (("hidden", "[recurrent.hidden]"), ("readout", "[recurrent.readout]")):
        if name in fields:
            table = fields[name]
            fields[name] = (
                _layer(RecurrentLayerSpec, where, where, table)
                if name == "hidden"
                else _layer(OutputLayerSpec, where, where, table)
            )
    return {**tables, "recurrent": fields}


def _layer(spec: type[Layer], subject: str, where: str, table: Any) -> Layer:
    """A layer; errors say which one it is."""
    if not isinstance(table, dict):
        raise _wrong(where, table)
    try:
        return spec(**table)
    except (ConfigError, ConfigTypeError) as error:
        rule = f"[{where.strip('[]')}.rule]"
        text = str(in_tables(error, {spec.__name__: where, "RuleChoice": rule}))
        prefix = "" if subject == where else f"{subject}: "
        raise type(error)(f"{prefix}{text}") from None


def _wrong(where: str, value: Any) -> ConfigTypeError:
    return ConfigTypeError(f"{where} must be a table, not {shown(value)} ({type(value).__name__}).")
