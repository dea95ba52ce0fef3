"""Kinds of trained layers, one file each; a new file is found without an edit to any list.

A file of this folder that defines `SPEC` is a kind; so is every module that an installed package
names under the entry-point group ``sc_model.layer_kinds``. Golden model, hardware, proof and
co-simulation of a layer follow from that file. It defines, as `LayerKind` describes them,

* ``SPEC``: the configuration, a subclass of `TrainedLayerSpec` that gives its field ``kind`` the
  name of the kind as default;
* ``synapse(spec, value, tick_ms)`` and ``neuron(spec, value)``;
* where they are needed, ``pipeline(spec, value, tick_ms)`` and ``manifest(spec, tick_ms)``.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from types import ModuleType

from sc_model.layer_kinds.kind import LayerKind, Synapse, Table, no_entries
from sc_model.spec import ConfigError, TrainedLayerSpec
from sc_model.spec.catalogue import Catalogue, Plugin

__all__ = [
    "LayerKind",
    "Synapse",
    "Table",
    "kind_from_module",
    "kind_of",
    "layer_kind_plugins",
    "layer_kinds",
    "load_kind",
]

_REQUIRED = ("SPEC", "synapse", "neuron")


def kind_from_module(module: ModuleType) -> LayerKind:
    """Read a `LayerKind` off a module; ConfigError names what the module lacks."""
    missing = [name for name in _REQUIRED if not hasattr(module, name)]
    if missing:
        raise ConfigError(
            f"layer kind {module.__name__} must define {', '.join(_REQUIRED)}; it lacks"
            f" {', '.join(missing)}."
        )
    spec = module.SPEC
    if not (isinstance(spec, type) and issubclass(spec, TrainedLayerSpec)):
        raise ConfigError(
            f"SPEC of layer kind {module.__name__} must be a subclass of TrainedLayerSpec, not"
            f" {spec!r}."
        )
    name = spec.model_fields["kind"].default
    if not isinstance(name, str):
        raise ConfigError(
            f"{spec.__name__}.kind must have the name of the kind as its default:"
            ' write kind: Literal["NAME"] = "NAME".'
        )
    return LayerKind(
        name=name,
        spec=spec,
        synapse=module.synapse,
        pipeline=getattr(module, "pipeline", module.synapse),
        neuron=module.neuron,
        manifest=getattr(module, "manifest", no_entries),
    )


def _kinds_in(module: ModuleType) -> Iterator[tuple[str, LayerKind]]:
    """The one kind that a module defines, or none."""
    if hasattr(module, "SPEC"):
        kind = kind_from_module(module)
        yield kind.name, kind


@cache
def _kinds() -> Catalogue[LayerKind]:
    return Catalogue("layer kind", __name__, __path__, _kinds_in, wanted="SPEC")


def layer_kinds() -> tuple[str, ...]:
    """Names of all kinds of trained layers that are installed, sorted."""
    return _kinds().names()


def layer_kind_plugins() -> tuple[Plugin, ...]:
    """Every module that was searched for layer kinds, the broken ones too."""
    return tuple(_kinds().plugins)


def load_kind(name: str, subject: str | None = None) -> LayerKind:
    """The kind of that name; ConfigError, which begins with `subject`, lists the known ones."""
    return _kinds().pick(name, subject)


def kind_of(spec: TrainedLayerSpec) -> LayerKind:
    """The kind of a layer."""
    return load_kind(spec.kind, f"kind of layer '{spec.name}'")
