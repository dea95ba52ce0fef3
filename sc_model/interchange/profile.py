"""Profile 1: the metadata that this project writes into NIR graphs, and reads.

NIR has no step, no reset mode and no learning rule. Its files keep metadata, and other packages
ignore them. Those of the graph hold `sc_profile` (the version) and `sc_dt_ms`. Those of a node hold

sc_reset
    "zero", "subtract" or "none"; of IF, LIF, CubaLIF.
sc_reset_delay
    0, or 1 for a reset in the step after the spike; of IF, LIF, CubaLIF.
sc_strict
    0 if the neuron also fires at its threshold; v_threshold is then the next lower number. 1 if it
    is left out.
sc_refractory
    steps > 0; in the compact form only.
sc_delay
    steps of each synapse, of the shape of the weight; of Linear, in the compact form only.
sc_tau
    time constant in ms of each synapse's trace, which decays by exp(-dt / tau); of Linear, in the
    compact form only.
sc_plasticity
    {"family": a rule's name, "parameters": {name: number}}; of Linear, whose weights are then the
    initial ones.

Another version, and a name that begins with `sc_` but is not in this list, are errors.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from sc_model.interchange.errors import InterchangeError
from sc_model.interchange.graph import Plasticity, Reset
from sc_model.spec.errors import did_you_mean
from sc_model.texts import shown

VERSION = 1
PREFIX = "sc_"
GRAPH_KEYS = ("sc_profile", "sc_dt_ms")
NODE_KEYS = (
    "sc_reset",
    "sc_reset_delay",
    "sc_strict",
    "sc_refractory",
    "sc_delay",
    "sc_tau",
    "sc_plasticity",
)
# What these hold: the lowest and the highest.
INTEGERS = {"sc_reset_delay": (0, 1), "sc_strict": (0, 1), "sc_refractory": (0, 1 << 16)}


@dataclass(frozen=True)
class Source:
    """What is known of the graphs that a package writes.

    Members
    -------
    name : of the package.
    dt_ms : the only step that it writes, or None where the user must give it.
    reset, reset_delay : the only reset that it writes, or None where the user must give it.
    strict : whether its neurons fire above the threshold only, and not at it.
    hint : where the user finds the step.
    """

    name: str
    dt_ms: float | None
    reset: Reset | None
    reset_delay: bool | None
    strict: bool
    hint: str


SOURCES: dict[str, Source] = {
    each.name: each
    for each in (
        Source("sc", None, None, None, True, "a graph of this project has it in its metadata"),
        Source("snntorch", 0.1, None, None, True, "its export_to_nir() always takes 0.1 ms"),
        *(
            Source(
                name,
                None,
                None,
                False,
                True,
                "its to_nir() takes the argument dt, 0.001 s (1.0 ms) unless another was given",
            )
            for name in ("norse", "norse-1.1", "norse-seconds")
        ),
        Source(
            "spikingjelly",
            None,
            "zero",
            False,
            False,
            "its export_to_nir() takes the argument dt, 0.0001 s (0.1 ms) unless another was given",
        ),
    )
}


# What to do with graphs of packages that need nothing put right, as far as is known
# (docs/nir_sources.md).
_GIVE = "mean what NIR defines: leave source out, and give dt_ms, reset and reset_delay"
PLAIN = {
    **dict.fromkeys(("lava", "nengo", "rockpool", "spyx"), _GIVE),
    "sinabs": "count time in steps: leave source out, and give dt_ms = 1000, a step of 1 s",
}


def find_source(name: str | None) -> Source | None:
    """A source by its name; None for None."""
    if name is None or name in SOURCES:
        return None if name is None else SOURCES[name]
    hint = did_you_mean(name, SOURCES) or "."
    if str(name).lower() in PLAIN:
        hint = f"; graphs of {name.lower()} {PLAIN[name.lower()]}."
    raise InterchangeError(
        f"source must be one of {', '.join(sorted(SOURCES))} or left out, not {shown(name)}{hint}"
    )


def plain(value: Any) -> Any:
    """A value of metadata as Python's; files hold bytes, NumPy scalars and arrays."""
    if isinstance(value, bytes):
        return value.decode("utf-8", "replace")
    if isinstance(value, np.ndarray) and value.ndim == 0:
        return plain(value.item())
    return value.item() if isinstance(value, np.generic) else value


def ours(metadata: Mapping[str, Any] | None) -> dict[str, Any]:
    """The entries of this profile."""
    return {
        str(key): value for key, value in (metadata or {}).items() if str(key).startswith(PREFIX)
    }


def graph_profile(metadata: Mapping[str, Any] | None) -> dict[str, Any] | None:
    """The entries of a whole graph; None for a graph without this profile.

    Raises InterchangeError for another version, and for entries that it does not know.
    """
    entries = {key: plain(value) for key, value in ours(metadata).items()}
    if not entries:
        return None
    version = entries.get("sc_profile")
    if not isinstance(version, int | float) or version != VERSION:
        raise InterchangeError(
            f"metadata sc_profile of the graph must be {VERSION}, not {shown(version)}; "
            + (
                "a newer sc-hw wrote it: install that."
                if isinstance(version, int) and version > VERSION
                else "sc_* goes with it."
            )
        )
    _known("the graph", entries, GRAPH_KEYS)
    step = entries.get("sc_dt_ms", 1.0)
    if not isinstance(step, int | float) or not step > 0 or not np.isfinite(step):
        raise InterchangeError(
            f"metadata sc_dt_ms of the graph must be a time in ms > 0, not {shown(step)}."
        )
    return entries


def node_profile(
    name: str, metadata: Mapping[str, Any] | None, with_profile: bool
) -> dict[str, Any]:
    """The entries of a node, scalars as Python's.

    Raises InterchangeError for entries that profile 1 does not know, and for any in a graph without
    `sc_profile`.
    """
    entries = ours(metadata)
    if entries and not with_profile:
        raise InterchangeError(
            f"node '{name}' has metadata {sorted(entries)[0]}, but the graph has no sc_profile that"
            " would say what it means; write the graph again, or take it out."
        )
    _known(f"node '{name}'", entries, NODE_KEYS)
    values = {
        key: value if key == "sc_plasticity" else plain(value) for key, value in entries.items()
    }
    for key, (least, most) in INTEGERS.items():
        value = values.get(key, least)
        if not isinstance(value, int | float) or not least <= value <= most or value != int(value):
            raise InterchangeError(
                f"metadata {key} of node '{name}' must be a whole number from {least} to {most},"
                f" not {shown(value)}."
            )
    return values


def _known(what: str, entries: Mapping[str, Any], keys: tuple[str, ...]) -> None:
    for key in sorted(entries):
        if key not in keys:
            hint = did_you_mean(key, keys) or "."
            raise InterchangeError(
                f"metadata of {what} must be among {', '.join(keys)} in profile {VERSION}, not"
                f" '{key}'{hint}"
            )


def read_plasticity(name: str, value: Any) -> Plasticity:
    """The rule of a node's `sc_plasticity`. InterchangeError without a family, or with more."""
    if (
        not isinstance(value, Mapping)
        or "family" not in value
        or set(value) - {"family", "parameters"}
        or not isinstance(value.get("parameters", {}), Mapping)
    ):
        raise InterchangeError(
            f"metadata sc_plasticity of node '{name}' must hold family and parameters, not"
            f" {shown(value)}."
        )
    parameters = {str(key): plain(each) for key, each in value.get("parameters", {}).items()}
    for key, each in parameters.items():
        if not isinstance(each, int | float | str):
            raise InterchangeError(
                f"metadata sc_plasticity of node '{name}' must have a number or a word as"
                f" parameter '{key}', not {shown(each)}."
            )
    return Plasticity(str(plain(value["family"])), parameters)


def written_plasticity(rule: Plasticity) -> dict[str, Any]:
    """The value of `sc_plasticity` for a rule."""
    return {
        "family": rule.family,
        **({"parameters": dict(rule.parameters)} if rule.parameters else {}),
    }
