"""The design file of quantised layers, and the file with their parameters."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from sc_model.files import PathLike, replacing
from sc_model.quantisation.quantise import QuantisedLayer
from sc_model.spec import Design, Frozen, NetworkSpec

# fields of a layer that a design file always has, in this order, in front of those that are not
# the default
FIRST = ("name", "kind", "inputs", "neurons")
# what an import is told of a graph beside widths; a design's report keeps it
ANSWERS = ("source", "dt_ms", "reset", "reset_delay", "plasticity")


def network_design(
    name: str,
    layers: Sequence[QuantisedLayer],
    *,
    tick_ms: float = 1.0,
    fabric: str = "generic",
    **network: Any,
) -> tuple[Design, dict[str, NDArray[np.int64]]]:
    """The design of layers in a row, and their parameters by name, `LAYER.ARRAY`.

    Parameters
    ----------
    name : of the design.
    layers : each has as many inputs as the one before has neurons.
    tick_ms : length of a step, ms.
    fabric : name of the FPGA family, or "generic".
    network : other fields of `NetworkSpec`, such as `clocks`.

    Raises ConfigError (a ValueError) where the number of inputs of a layer does not fit.
    """
    spec = NetworkSpec(layers=tuple(layer.spec for layer in layers), tick_ms=tick_ms, **network)
    design = Design(name=name, block="network", fabric=fabric, network=spec)
    return design, {
        f"{layer.spec.name}.{what}": array
        for layer in layers
        for what, array in layer.network_parameters.items()
    }


def save_design(
    folder: PathLike,
    design: Design,
    parameters: Mapping[str, ArrayLike],
    *,
    comment: str = "",
    extra: Mapping[str, ArrayLike] | None = None,
) -> tuple[Path, Path]:
    """Write `<name>.toml` and `<name>.npz` into a folder; both paths.

    Each file appears in one move, so no reader sees half of it.

    Parameters
    ----------
    folder : must exist.
    design : of a network.
    parameters : integer arrays of the layers, by name; stored in the smallest type that holds them.
    comment : lines at the beginning of the .toml, without `#`.
    extra : other arrays for the .npz, such as spikes for a test.

    Raises ValueError for a design that is no network, and for a name that is in both mappings;
    OSError if writing fails.
    """
    if design.network is None:
        raise ValueError(f"design must be a network, not a {design.block}")
    twice = sorted(set(parameters) & set(extra or {}))
    if twice:
        raise ValueError(
            f"extra must have names of its own, not '{twice[0]}', which is a parameter"
        )
    arrays: dict[str, Any] = {
        name: _small(np.asarray(array)) for name, array in parameters.items()
    } | {name: np.asarray(array) for name, array in (extra or {}).items()}
    where = Path(folder)
    toml, npz = where / f"{design.name}.toml", where / f"{design.name}.npz"
    text = _toml(design, comment)
    with replacing(npz) as temporary, temporary.open("wb") as file:
        np.savez_compressed(file, **arrays)
    with replacing(toml) as temporary:
        temporary.write_text(text, encoding="utf-8")
    return toml, npz


def _small(array: NDArray[Any]) -> NDArray[Any]:
    """The same integers in the smallest signed type."""
    # `min_scalar_type` of a negative number is signed; -high - 1 needs the bits that high needs
    low, high = (int(array.min()), int(array.max())) if array.size else (0, 0)
    return array.astype(
        np.promote_types(np.min_scalar_type(min(low, -1)), np.min_scalar_type(min(-high - 1, -1)))
    )


def _toml(design: Design, comment: str) -> str:
    """The text of a network's design file: sizes of all layers, and fields that are not default."""
    network = design.network
    if network is None:
        raise ValueError(f"design must be a network, not a {design.block}")
    lines = [f"# {line}".rstrip() for line in comment.splitlines()] + ([""] if comment else [])
    lines += ["[design]", f'name = "{design.name}"', 'block = "network"']
    lines += _keys(design, ("fabric", "seed"))
    lines += [
        "",
        "[network]",
        f"tick_ms = {network.tick_ms!r}",
        *_keys(network, ("step_bits", "crossing_depth", "sample_steps")),
    ]
    for role, clock in sorted(network.clocks.items()):
        lines += ["", f"[clock.{role}]", f"mhz = {clock.mhz!r}"]
    for layer in network.layers:
        fields = [name for name in type(layer).model_fields if name not in (*FIRST, "neuron")]
        lines += [
            "",
            "[[layer]]",
            *(f"{name} = {_value(getattr(layer, name))}" for name in FIRST),
            *_keys(layer, fields),
        ]
        neuron = getattr(layer, "neuron", None)  # a kind of layer need not have one
        keys = [] if neuron is None else _keys(neuron, type(neuron).model_fields)
        lines += ["", "[layer.neuron]", *keys] if keys else []
    if network.readout is not None:
        lines += ["", "[readout]", f"kind = {_value(network.readout.kind)}"]
    if network.plastic is not None:
        plastic = network.plastic
        size = [
            name for name in type(plastic.layer).model_fields if name not in ("inputs", "neurons")
        ]
        lines += [
            "",
            "[plastic]",
            f"neurons = {plastic.layer.neurons}",
            *_keys(plastic.layer, size),
        ]
        lines += ["", "[plastic.neuron]", *_keys(plastic.neuron, type(plastic.neuron).model_fields)]
        lines += ["", "[plastic.rule]", f"family = {_value(plastic.rule.family)}"]
        lines += [f"{name} = {_value(value)}" for name, value in plastic.rule.parameters.items()]
    return "\n".join(lines) + "\n"


def _keys(table: Frozen, names: Iterable[str]) -> list[str]:
    """Lines of those fields that do not have their default."""
    fields = type(table).model_fields
    return [
        f"{name} = {_value(getattr(table, name))}"
        for name in names
        if getattr(table, name) != fields[name].default
    ]


def _value(value: Any) -> str:
    """A value in TOML; the names that a design allows need no escapes."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, tuple):
        return f"[{', '.join(map(_value, value))}]"
    return f'"{value}"' if isinstance(value, str) else repr(value)
