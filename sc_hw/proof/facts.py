"""What a proof must know of a design beside its netlist: frozen dataclasses, kept as JSON.

The stage that emits a design writes its facts (clocks, layouts, ranges); the prover runs in a
process of its own and reads them back. `read_facts` restores exactly what `write_facts` was given.
"""

from __future__ import annotations

import dataclasses
import types
import typing
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

from amaranth.hdl import Shape
from amaranth.lib import data

from sc_hw.fabric.datapath import Datapath

T = TypeVar("T")


@dataclass(frozen=True)
class Field:
    """One field of a packed word.

    Members
    -------
    name : as in the word's layout.
    offset : bits below it in the word.
    width : bits; above 0.
    signed : whether its bits mean a two's complement number.
    """

    name: str
    offset: int
    width: int
    signed: bool


@dataclass(frozen=True)
class NamedSignal:
    """A named intermediate (`ops.let`) of a rule or unit, and the signal that holds it in hardware.

    Members
    -------
    name : in the rule's source.
    signal : in the netlist, hierarchy joined with dots.
    width : bits that hold every value between `lo` and `hi`.
    lo, hi : lowest and highest value, by interval analysis.
    stage : pipeline stage in whose clock the signal has the value; None where it has no register
        stage.
    """

    name: str
    signal: str
    width: int
    lo: int
    hi: int
    stage: int | None


def fields_of(layout: data.StructLayout) -> tuple[Field, ...]:
    """Fields of a flat layout, lowest bits first."""
    fields = []
    for name, field in layout:
        shape = Shape.cast(field.shape)
        fields.append(Field(str(name), field.offset, shape.width, shape.signed))
    return tuple(fields)


def named_signals(update: Datapath) -> tuple[NamedSignal, ...]:
    """Named intermediates of a pipeline that have a signal of their own.

    Raises ValueError for a datapath without pipeline stages.
    """
    if update.plan is None:
        raise ValueError(
            "Datapath must be a pipeline, not combinational; only a pipeline has stages"
        )
    rows = []
    # The claims take the interval from the graph: that it is right is part of the claim about the
    # signal (see `Cuts`).
    for name, index in update.graph.lets.items():
        interval, slot = update.graph.nodes[index].interval, update.plan.slots[index]
        # A constant, or what was folded into another node, has no slot and so no signal.
        if slot is not None:
            width = interval.format.width
            signal = f"update.{update.signals[name]}"
            rows.append(NamedSignal(name, signal, width, interval.lo, interval.hi, slot.stage))
    return tuple(rows)


def write_facts(facts: Any) -> Any:
    """Facts as JSON values; a mapping may stand for a dataclass."""
    if dataclasses.is_dataclass(facts) and not isinstance(facts, type):
        return {f.name: write_facts(getattr(facts, f.name)) for f in dataclasses.fields(facts)}
    if isinstance(facts, Mapping):
        return {str(key): write_facts(value) for key, value in facts.items()}
    if isinstance(facts, (list, tuple)):
        return [write_facts(value) for value in facts]
    return facts


def read_facts(kind: type[T], value: Any) -> T:
    """Facts of type `kind` out of JSON values.

    Parameters
    ----------
    kind : a dataclass, ``tuple[...]``, ``dict[str, ...]``, an optional type, or a plain JSON type.
    value : what `write_facts` has made of such an object.

    Raises
    ------
    TypeError
        A value is not of its kind, or a dataclass lacks a field or has an unknown one.
    """
    return typing.cast(T, _read(kind, value, getattr(kind, "__name__", str(kind))))


def _read(kind: Any, value: Any, place: str) -> Any:
    """`value` as `kind`; `place` says in an error where in the facts it was found."""
    origin, arguments = typing.get_origin(kind), typing.get_args(kind)
    if dataclasses.is_dataclass(kind):
        _require(isinstance(value, dict), "an object", value, place)
        hints = typing.get_type_hints(kind)
        names = [f.name for f in dataclasses.fields(kind)]
        _require(set(value) == set(names), f"an object with the fields {names}", value, place)
        values = {name: _read(hints[name], value[name], f"{place}.{name}") for name in names}
        return typing.cast(Any, kind)(**values)
    if origin is tuple:
        _require(isinstance(value, list), "a list", value, place)
        if len(arguments) == 2 and arguments[1] is Ellipsis:
            arguments = (arguments[0],) * len(value)
        _require(len(value) == len(arguments), f"a list of {len(arguments)}", value, place)
        pairs = zip(arguments, value, strict=True)
        return tuple(_read(each, item, f"{place}[{i}]") for i, (each, item) in enumerate(pairs))
    if origin is dict:
        _require(isinstance(value, dict), "an object", value, place)
        return {key: _read(arguments[1], item, f"{place}.{key}") for key, item in value.items()}
    if origin is types.UnionType:  # optional: the one kind that facts need
        (other,) = (each for each in arguments if each is not type(None))
        return None if value is None else _read(other, value, place)
    # `bool` is an `int` to isinstance, so that the types themselves are compared.
    _require(type(value) is kind, kind.__name__, value, place)
    return value


def _require(condition: bool, kind: str, value: Any, place: str) -> None:
    if not condition:
        raise TypeError(f"{place} must be {kind}, not {value!r}; write the facts again")
