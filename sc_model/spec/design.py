"""One file describes a design: a block, the rule it runs, and the fabric its pipeline is cut
for.
"""

from __future__ import annotations

import os
import tomllib
from pathlib import Path
from typing import Any, Literal, Self

from pydantic import (
    Field,
    SerializerFunctionWrapHandler,
    ValidationError,
    model_serializer,
    model_validator,
)

from sc_model.files import PathLike, read_text
from sc_model.spec.bounds import MAX_SEED
from sc_model.spec.choice import RuleChoice, is_rule_file
from sc_model.spec.errors import ConfigError, ConfigTypeError, did_you_mean, explain, in_tables
from sc_model.spec.frozen import Frozen
from sc_model.spec.host import HostSpec
from sc_model.spec.learning import (
    LEARNING_TABLES,
    LearningNetworkSpec,
    RecurrentNetworkSpec,
    learning_tables,
    recurrent_tables,
)
from sc_model.spec.network import DEFAULT_KIND, NetworkSpec, layer_type
from sc_model.spec.plastic_layer import NeuronSpec, PlasticLayerSpec
from sc_model.spec.trained_layer import TrainedLayerSpec
from sc_model.texts import shown

MAX_SYNAPSES = 65_536
MAX_LINE = 4096  # characters of a line of a design file
NETWORK_TABLES = ("network", "clock", "readout", "encoder", "plastic")
RECURRENT_TABLES = ("recurrent",)
LEARNING_BLOCKS = ("learning_network", "recurrent_network")  # their layers have rules of their own
TABLES = (
    *("design", "rule", "layer", "neuron"),
    *NETWORK_TABLES,
    *LEARNING_TABLES,
    *RECURRENT_TABLES,
    "host",
)
# The table of a design file that each class checks, for errors; those of layers in [[layer]] and
# [[hidden]] are named where their number is known.
_TABLE_OF = {
    "Design": "[design]",
    "RuleChoice": "[rule]",
    "HostSpec": "[host]",
    "PlasticLayerSpec": "[layer]",
    "NeuronSpec": "[neuron]",
    "NetworkSpec": "[network]",
    "ClockSpec": "[clock.ROLE]",
    "ReadoutSpec": "[readout]",
    "EncoderSpec": "[encoder]",
    "PlasticStageSpec": "[plastic]",
    "LearningNetworkSpec": "[learning]",
    "RecurrentNetworkSpec": "[recurrent]",
}
# In a network the plastic layer's keys stand in other tables.
_TABLE_IN_NETWORK = _TABLE_OF | {
    "RuleChoice": "[plastic.rule]",
    "PlasticLayerSpec": "[plastic]",
    "NeuronSpec": "[plastic.neuron]",
}


class Design(Frozen):
    """A design file, as a frozen object; the same fields as the table `[design]`, and the other
    tables by their names.

    Members
    -------
    name : identifier, used for files and in reports.
    block : ``lane`` (one synapse in registers, a step a clock), ``bank`` (many in block RAM, one a
        clock), ``layer`` (dense, plastic, with its neurons), ``network`` (layers with time
        constants and clocks of their own; no rule), ``learning_network`` (hidden layers and a
        readout that learn, each with a rule of its own) or ``recurrent_network`` (the same of a
        recurrent layer).
    synapses : synapses of a bank, 1 to 65,536; a lane has 1, a layer inputs x neurons, a network
        the sum of its layers'.
    fabric : family whose pipeline depth, block RAM and multiplier the block is made for;
        ``generic`` is plain Verilog.
    seed : seed of every random stimulus drawn for the design, 0 to 2^63 - 1.
    rule : rule family and parameters.
    layer, neuron : a layer's size and its neurons; None for other blocks.
    network : layers, clocks and step of a network; None for other blocks.
    learning : layers of a network that learns; None for other blocks.
    recurrent : recurrent layer and readout of a recurrent network; None for other blocks.
    host : the door through which a host reaches the block; None for the block alone.
    random : ``ports``: random inputs of a lane's or bank's rule come in as others do; by default
        the block draws them itself.
    """

    name: str = Field(
        pattern=r"^[a-z][a-z0-9_]{0,62}$",
        description="1 to 63 lower-case letters, digits and underscores, a letter first",
    )
    block: Literal["lane", "bank", "layer", "network", "learning_network", "recurrent_network"]
    synapses: int = Field(default=1, ge=1, le=MAX_SYNAPSES)
    fabric: str = "generic"
    seed: int = Field(default=1, ge=0, le=MAX_SEED)
    rule: RuleChoice = RuleChoice()
    layer: PlasticLayerSpec | None = None
    neuron: NeuronSpec | None = None
    network: NetworkSpec | None = None
    learning: LearningNetworkSpec | None = None
    recurrent: RecurrentNetworkSpec | None = None
    host: HostSpec | None = None
    random: Literal["ports"] | None = None

    @model_validator(mode="before")
    @classmethod
    def _default_neuron(cls, values: Any) -> Any:
        """A layer's neurons may be the default ones."""
        if (
            isinstance(values, dict)
            and values.get("block") == "layer"
            and values.get("neuron") is None
        ):
            return {**values, "neuron": NeuronSpec()}
        return values

    @model_validator(mode="after")
    def _fits_its_block(self) -> Self:
        if self.block == "lane" and self.synapses != 1:
            raise ValueError(
                f"Design.synapses must be 1 for block 'lane', not {self.synapses}; for many"
                ' synapses use block = "bank".'
            )
        for block, tables in (
            ("layer", ("layer", "neuron")),
            ("network", ("network",)),
            ("learning_network", ("learning",)),
            ("recurrent_network", ("recurrent",)),
        ):
            for table in tables if block != self.block else ():
                if getattr(self, table) is not None:
                    raise ValueError(
                        f"a design with block '{self.block}' must not have a table [{table}]; a"
                        f" {block} has one."
                    )
        if self.random is not None and self.block not in ("lane", "bank"):
            raise ValueError(
                f"a design with block '{self.block}' must not have the key random: lanes and banks"
                " alone have ports for random inputs."
            )
        if self.block == "layer" and self.layer is None:
            raise ValueError(
                "a design with block 'layer' must have a table [layer] with inputs and neurons."
            )
        if self.layer is not None and self.neuron is not None:
            self.layer.check_neuron(self.neuron)
        if self.block == "network" and self.network is None:
            raise ValueError(
                "a design with block 'network' must have a table [[layer]] for each of its layers."
            )
        if self.block == "learning_network" and self.learning is None:
            raise ValueError(
                "a design with block 'learning_network' must have the tables [learning], [[hidden]]"
                " and [output]."
            )
        if self.block == "recurrent_network" and self.recurrent is None:
            raise ValueError(
                "a design with block 'recurrent_network' must have the tables [recurrent],"
                " [recurrent.hidden] and [recurrent.readout]."
            )
        if not self.has_rule and "rule" in self.model_fields_set:
            why = dict.fromkeys(LEARNING_BLOCKS, "each layer has one")
            why["network"] = "its synapses do not learn"
            raise ValueError(
                f"a design with block '{self.block}' must not have a table [rule]:"
                f" {why[self.block]}."
            )
        sizes: list[TrainedLayerSpec | PlasticLayerSpec] = (
            [self.layer] if self.layer is not None else []
        )
        sizes += self.network.layers if self.network is not None else ()
        learners = [each for each in (self.learning, self.recurrent) if each is not None]
        if sizes or learners:
            sizes += (
                [self.network.plastic.layer]
                if self.network is not None and self.network.plastic is not None
                else []
            )
            total = sum(
                size.synapse_count
                if isinstance(size, TrainedLayerSpec)
                else size.inputs * size.neurons
                for size in sizes
            ) + sum(each.synapses for each in learners)
            if "synapses" in self.model_fields_set and self.synapses != total:
                raise ValueError(
                    f"Design.synapses must be left out for block '{self.block}': it is inputs x"
                    " neurons."
                )
            object.__setattr__(self, "synapses", total)  # derived: the one way in while frozen
        return self

    @property
    def has_rule(self) -> bool:
        """Whether `rule` is its rule; those of networks stand at their layers."""
        return self.block not in ("network", *LEARNING_BLOCKS)

    @property
    def learns(self) -> RuleChoice | None:
        """The rule that it runs: a network's plastic layer's, None for one without.

        The layers of a learning network have rules of their own, and this is None.
        """
        if self.has_rule:
            return self.rule
        plastic = self.network.plastic if self.network is not None else None
        return plastic.rule if plastic is not None else None

    @property
    def plastic_layer(self) -> Design | None:
        """A network's plastic layer as a design of its own: the same component."""
        if self.network is None or self.network.plastic is None:
            return None
        plastic = self.network.plastic
        name = f"{self.name[:54]}_plastic"
        return Design(
            name=name,
            block="layer",
            fabric=self.fabric,
            seed=self.seed,
            rule=plastic.rule,
            layer=plastic.layer,
            neuron=plastic.neuron,
        )

    def behind(self, door: str) -> Design:
        """The design with a host that has another door, and what its table says of any door."""
        host = self.host
        table: dict[str, Any] = {}
        if host is not None:
            names = host.model_fields_set & set(HostSpec.model_fields)
            table = {name: getattr(host, name) for name in names}
            table |= host.options if host.door == door else {}
        return self.model_copy(update={"host": HostSpec(**{**table, "door": door})})

    def portable(self) -> dict[str, Any]:
        """The design as JSON values that are the same on every machine, for hashes.

        A rule file is named without its folder.
        """
        values = self.model_dump(mode="json")
        if self.learns is not None:
            owner = values if self.network is None else values["network"]["plastic"]
            owner["rule"]["family"] = self.learns.label
        tables: list[tuple[Any, Any]] = []
        if self.learning is not None:
            block = values["learning"]
            tables += zip((*block["hidden"], block["output"]), self.learning.layers, strict=True)
        if self.recurrent is not None:
            block = values["recurrent"]
            tables += [
                (block["hidden"], self.recurrent.hidden),
                (block["readout"], self.recurrent.readout),
            ]
        for table, layer in tables:
            table["rule"]["family"] = layer.rule.label
        return values

    @model_serializer(mode="wrap")
    def _without_missing_tables(self, dump: SerializerFunctionWrapHandler) -> dict[str, Any]:
        absent = () if self.has_rule else ("rule",)
        return {
            key: value
            for key, value in dump(self).items()
            if value is not None and key not in absent
        }


def parse_design(values: dict[str, Any]) -> Design:
    """A design from the tables of a file.

    Raises ConfigError or ConfigTypeError that name the table, the key, what is allowed and what
    came.
    """
    unknown = sorted(set(values) - set(TABLES))
    if unknown:
        hint = did_you_mean(unknown[0], TABLES) or "."
        raise ConfigError(
            f"a design file has no table [{unknown[0]}]{hint} Its tables are:"
            f" {', '.join(f'[{table}]' for table in TABLES)}."
        )
    if "design" not in values:
        raise ConfigError(
            "a design file must have a table [design] with name and block; `sc-hw new NAME` writes"
            " one."
        )
    table = values["design"]
    if not isinstance(table, dict):
        raise ConfigTypeError(
            f"[design] must be a table, not {shown(table)} ({type(table).__name__})."
        )
    if "rule" in table:
        raise ConfigError(
            "[design] has no table 'rule'; the rule and its parameters stand in a table [rule] of"
            " their own."
        )
    for inner in TABLES[2:]:
        if inner in table:
            raise ConfigError(
                f"[design] has no table '{inner}'; it stands in a table [{inner}] of its own."
            )
    _check_keys(table)
    for name, value in values.items():
        # A network's layers, and hidden ones, are tables in a list, which their own checks know.
        if not isinstance(value, dict | list) or (name == "neuron" and isinstance(value, list)):
            raise ConfigTypeError(
                f"[{name}] must be a table, not {shown(value)} ({type(value).__name__})."
            )
    others = {name: values[name] for name in TABLES[1:] if name in values}
    for block, own in (
        ("network", NETWORK_TABLES),
        ("learning_network", LEARNING_TABLES),
        ("recurrent_network", RECURRENT_TABLES),
    ):
        for name in own if table.get("block") != block else ():
            if name in others:
                raise ConfigError(
                    f'a design has a table [{name}] only with block = "{block}", not'
                    f" {shown(table.get('block'))}."
                )
    if table.get("block") == "network":
        others = _network_tables(others)
    elif isinstance(others.get("layer"), list):
        raise ConfigError(
            "a design has tables [[layer]] only with block = \"network\"; a block 'layer' has"
            " one table [layer]."
        )
    if table.get("block") == "learning_network":
        others = learning_tables(others)
    if table.get("block") == "recurrent_network":
        others = recurrent_tables(others)
    try:
        return Design.model_validate({**table, **others})
    except ValidationError as error:
        refusal = explain(Design, error)
    except (ConfigError, ConfigTypeError) as error:
        refusal = error
    raise in_tables(
        refusal, _TABLE_IN_NETWORK if table.get("block") == "network" else _TABLE_OF
    ) from None


def _check_keys(table: dict[str, Any]) -> None:
    """ConfigError for a key that the table [design] has not; other tables are no keys of it."""
    known = sorted(name for name in Design.model_fields if name not in TABLES)
    for key in table:
        if key not in known:
            hint = did_you_mean(key, known) or "."
            raise ConfigError(
                f"[design] has no field {shown(key)}{hint} Its fields are: {', '.join(known)}."
            )


def _network_tables(tables: dict[str, Any]) -> dict[str, Any]:
    """The tables of a network as the one field that a design has for it."""
    layers = tables.get("layer", [])
    if not isinstance(layers, list):
        raise ConfigError(
            "a network's layers stand in tables [[layer]], one each, in double brackets; found one"
            " [layer]."
        )
    if "neuron" in tables:
        raise ConfigError(
            "a network has no table [neuron]: each layer has its own, [layer.neuron], behind its"
            " [[layer]]."
        )
    network = tables.get("network", {})
    if not isinstance(network, dict):
        raise ConfigTypeError(
            f"[network] must be a table, not {shown(network)} ({type(network).__name__})."
        )
    for name, where in (
        ("layers", "[[layer]]"),
        ("clocks", "[clock.ROLE]"),
        ("readout", "[readout]"),
        ("encoder", "[encoder]"),
        ("plastic", "[plastic]"),
    ):
        if name in network:
            raise ConfigError(
                f"[network] has no field '{name}'; they stand in tables {where} of their own."
            )
    layer_tables = [_layer(number, table) for number, table in enumerate(layers, 1)]
    fields = {**network, "layers": layer_tables, "clocks": tables.get("clock", {})}
    fields |= {name: tables[name] for name in ("readout", "encoder") if name in tables}
    if "plastic" in tables:
        fields["plastic"] = _plastic(tables["plastic"], layer_tables)
    others = {name: value for name, value in tables.items() if name in ("rule", "host")}
    return {"network": fields, **others}


def _plastic(table: Any, layers: list[TrainedLayerSpec]) -> dict[str, Any]:
    """The table `[plastic]` as the fields of a `PlasticStageSpec`."""
    if not isinstance(table, dict):
        raise ConfigTypeError(
            f"[plastic] must be a table, not {shown(table)} ({type(table).__name__})."
        )
    if "inputs" in table:
        raise ConfigError(
            "[plastic] has no field 'inputs'; it takes in what the last [[layer]] gives."
        )
    others = {name: table[name] for name in ("rule", "neuron") if name in table}
    size = {name: value for name, value in table.items() if name not in others}
    return {**others, "layer": {**size, "inputs": layers[-1].neurons if layers else 0}}


def _layer(number: int, table: Any) -> TrainedLayerSpec:
    """A layer of a network; errors say which one it is."""
    if not isinstance(table, dict):
        raise ConfigTypeError(
            f"layer {number} must be a table [[layer]], not {shown(table)}"
            f" ({type(table).__name__})."
        )
    layer = layer_type(table.get("kind", DEFAULT_KIND), f"kind of layer {number}")
    try:
        return layer(**table)
    except (ConfigError, ConfigTypeError) as error:
        name = f" ('{table['name']}')" if isinstance(table.get("name"), str) else ""
        tables = {layer.__name__: "[[layer]]"}
        neuron = layer.model_fields.get("neuron")  # a kind may have none
        if neuron is not None and isinstance(neuron.annotation, type):
            tables[neuron.annotation.__name__] = "[layer.neuron]"
        raise type(error)(f"layer {number}{name}: {in_tables(error, tables)}") from None


def load_design(path: PathLike) -> Design:
    """Read a TOML design file; ConfigError if it is missing, no TOML, or not a design."""
    return parse_design(design_tables(path))


def design_tables(path: PathLike) -> dict[str, Any]:
    """The tables of a design file, for `parse_design`; ConfigError if it is missing or no TOML.

    Paths of rule files are counted from the working folder.
    """
    file = Path(path)
    if file.suffix == ".py":
        raise ConfigError(f"{file} is a rule; give its design, {file.with_suffix('.toml')}.")
    try:
        values = _tables(read_text(file))
    except FileNotFoundError:
        raise ConfigError(
            f"design file {file} does not exist; `sc-hw new NAME` writes one."
        ) from None
    except OSError as error:
        raise ConfigError(f"design file {file} can't be read: {error.strerror}.") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigError(f"design file {file} is not valid TOML: {error}.") from None
    except ConfigError as error:
        raise ConfigError(f"design file {file} {error}") from None
    return _with_rule_files(values, file.parent)


def _tables(text: str) -> dict[str, Any]:
    """The tables of a text in TOML.

    Raises
    ------
    ConfigError
        the text has what TOML allows and no design needs; it reads on from the file's name.
    """
    longest = max(map(len, text.splitlines()), default=0)
    # The time for a dotted key grows with the square of its parts.
    if longest > MAX_LINE:
        raise ConfigError(f"must have lines of {MAX_LINE} characters at most, not {longest}.")
    try:
        return tomllib.loads(text)
    except RecursionError:
        raise ConfigError("is nested too deep; a design has tables in tables, no more.") from None
    except tomllib.TOMLDecodeError:
        raise
    except ValueError as error:  # a number or a date that Python does not take
        raise ConfigError(f"is not valid TOML: {error}.") from None


def _with_rule_files(tables: dict[str, Any], folder: Path) -> dict[str, Any]:
    """The tables, with paths of rule files counted from the design file's folder."""
    result = dict(tables)
    if isinstance(result.get("hidden"), list):
        result["hidden"] = [
            _with_rule_files(layer, folder) if isinstance(layer, dict) else layer
            for layer in result["hidden"]
        ]
    for name in ("rule", "plastic", "output", "recurrent", "hidden", "readout"):
        if not isinstance(result.get(name), dict):
            continue  # the design's own checks say so
        if name != "rule":
            result[name] = _with_rule_files(result[name], folder)
        elif isinstance(family := result[name].get("family"), str) and is_rule_file(family):
            # an absolute path stays as it is
            result[name] = {**result[name], "family": str(folder / os.path.expanduser(family))}
    return result
