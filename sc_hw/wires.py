"""Small helpers of wiring: values some clocks later, and one of several values."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypeVar

from amaranth.hdl import Module, Mux, Shape, Signal, Value, signed, unsigned
from amaranth.lib import data

from sc_model.spec import IntFormat

Timed = TypeVar("Timed", bound=Any)


def choose(index: Value, values: Sequence[Value]) -> Value:
    """`values[index]`, for an index beyond the last any of them: two at a time, by the bits of the
    index.
    """
    chosen = list(values)
    for bit in index:
        if len(chosen) == 1:
            break
        pairs = [chosen[number : number + 2] for number in range(0, len(chosen), 2)]
        chosen = [Mux(bit, pair[1], pair[0]) if len(pair) == 2 else pair[0] for pair in pairs]
    return chosen[0]


def gated(value: Value, *, by: Value) -> Value:
    """`value` where the one-bit `by` is 1, else 0.

    Written as an AND: out of an If or a Mux synthesis makes clock enables, which together with the
    reset cost one more LUT and a long net.
    """
    return value & by.replicate(len(value))


def select(condition: Value, if_true: Value, if_false: Value) -> Value:
    """`if_true` where the one-bit condition holds, else `if_false`, as two gates (see `gated`)."""
    return gated(if_true, by=condition) | gated(if_false, by=~condition)


def equals(value: Value, number: int) -> Value:
    """Whether an unsigned value is that number; `value == 0` becomes Verilog that a linter takes
    for a slip (`!value`).
    """
    return value == number if number else ~value.any()


def port_shape(form: IntFormat) -> object:
    """Amaranth shape of an integer format."""
    return signed(form.width) if form.signed else unsigned(form.width)


class Delays:
    """Registers behind signals of a module; `reset_less` ones for what counts only with a strobe
    beside it.
    """

    def __init__(self, m: Module) -> None:
        self.m = m
        self._meant: dict[str, Any] = {}
        self._made: dict[tuple[str, int], Any] = {}

    def later(self, value: Timed, clocks: int, name: str, *, strobe: bool = False) -> Timed:
        """`value` after `clocks`; calls with the same name mean the same value."""
        if clocks < 0:
            raise ValueError(f"{name} can't be had {-clocks} clocks early")
        if clocks == 0:
            return value
        if self._meant.setdefault(name, value) is not value:
            raise ValueError(f"{name} is the name of another value")
        if (name, clocks) not in self._made:
            before = self.later(value, clocks - 1, name, strobe=strobe)
            shape = value.shape() if isinstance(value, (Value, data.View)) else Shape.cast(value)
            register = Signal(shape, name=f"{name}_d{clocks}", reset_less=not strobe)
            self.m.d.sync += register.eq(before)
            self._made[name, clocks] = register
        made: Timed = self._made[name, clocks]
        return made
