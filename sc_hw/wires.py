"""Small wiring helpers: delays, gates, multiplexers, comparisons and port shapes.

Nothing here is a component: each helper builds expressions (or, for `Delays`, registers) inside the
module of its caller, in domain ``sync``.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypeVar

from amaranth.hdl import C, Cat, Module, Mux, Shape, Signal, Value, signed, unsigned
from amaranth.lib import data

from sc_model.spec import IntFormat

Delayed = TypeVar("Delayed", bound=Any)


def choose(index: Value, values: Sequence[Value]) -> Value:
    """`values[index]`, as a tree of two-way multiplexers, one level for each bit of the index.

    An index beyond the last value selects some value of the list; which one is not defined. Latency
    0. Index bits above those that the list needs are ignored.

    Parameters
    ----------
    index : unsigned.
    values : at least one.
    """
    candidates = list(values)
    for bit in index:
        if len(candidates) == 1:
            break
        # Neighbours differ in the lowest bit that is left. A value without a neighbour passes
        # through: its index with that bit set is beyond the list.
        pairs = [candidates[number : number + 2] for number in range(0, len(candidates), 2)]
        candidates = [Mux(bit, pair[1], pair[0]) if len(pair) == 2 else pair[0] for pair in pairs]
    return candidates[0]


def gated(value: Value, *, by: Value) -> Value:
    """`value` where the one-bit `by` is 1, else 0.

    Written as an AND: out of an If or a Mux synthesis makes clock enables, which together with the
    reset cost one more LUT and a long net.
    """
    # Replicated to the value's width: `&` would extend the one bit by zeros.
    return value & by.replicate(len(value))


def select(condition: Value, if_true: Value, if_false: Value) -> Value:
    """`if_true` where the one-bit condition is 1, else `if_false`, as two gates (see `gated`)."""
    return gated(if_true, by=condition) | gated(if_false, by=~condition)


def count_or_load(count: Value, load: Value, load_value: Value, *, by: Value | int = 1) -> Value:
    """`load_value` where the one-bit `load` is 1, else `count + by`, modulo 2^n.

    The sum that is not used has `load` in its second addend. So the carry of an iCE40, which shares
    two inputs with the LUT beside it, leaves that LUT room for the choice: one LUT a bit, not two.

    Parameters
    ----------
    count, load_value : unsigned, of the same width.
    by : 1, a value of one bit, or -1.
    """
    width = len(count)
    if isinstance(by, int) and by < 0:
        return Mux(load, load_value, (count + (~load).replicate(width))[:width])
    # The bit in front gives the carry: 1 + `by`.
    total = Cat(C(1, 1), count) + Cat(by, load.replicate(width))
    return Mux(load, load_value, total[1 : width + 1])


def equals(value: Value, number: int) -> Value:
    """Whether an unsigned value is that number.

    A comparison with 0 is written as a reduction: Amaranth emits ``value == 0`` as ``!value``,
    which linters report as a logical operator on a vector.
    """
    return value == number if number else ~value.any()


def port_shape(form: IntFormat) -> object:
    """Amaranth shape of an integer format."""
    return signed(form.width) if form.signed else unsigned(form.width)


class Delays:
    """Delay lines of a module: chains of registers behind its signals, each chain built once.

    Two calls of `later` with the same name share their registers, so a value that is needed 3 and 5
    clocks later costs 5 registers, not 8. Domain ``sync``.

    Parameters
    ----------
    m : the module that the registers are added to.
    """

    def __init__(self, m: Module) -> None:
        self.m = m
        self._sources: dict[str, Any] = {}
        self._registers: dict[tuple[str, int], Any] = {}

    def later(self, value: Delayed, clocks: int, name: str, *, strobe: bool = False) -> Delayed:
        """`value`, `clocks` clocks later, with the shape of `value`.

        Parameters
        ----------
        value : the signal, view or expression to delay.
        clocks : 0 (the value itself) or more.
        name : of the delay line; its registers are called `<name>_d1`, `<name>_d2` and so on.
        strobe : whether reset clears the registers. Leave it out for data that is valid only
            together with a strobe: registers without reset are cheaper to route.

        Raises
        ------
        ValueError : `clocks` is negative, the name already stands for another value, or a strobe
            would share registers that have no reset.
        """
        if clocks < 0:
            raise ValueError(
                f"Delay of {name!r} must be 0 clocks or more, not {clocks}; the value comes too"
                " late for its use"
            )
        if clocks == 0:  # no register, and so no name
            return value
        # Compared by identity: `==` of Amaranth values builds an expression.
        source = self._sources.setdefault(name, value)
        if source is not value:
            raise ValueError(
                f"Delay line {name!r} must have one source, not {source!r} and {value!r}; give the"
                " second value another name"
            )
        if (name, clocks) not in self._registers:
            before = self.later(value, clocks - 1, name, strobe=strobe)
            shape = value.shape() if isinstance(value, (Value, data.View)) else Shape.cast(value)
            register = Signal(shape, name=f"{name}_d{clocks}", reset_less=not strobe)
            self.m.d.sync += register.eq(before)
            self._registers[name, clocks] = register
        delayed: Delayed = self._registers[name, clocks]
        if strobe and Value.cast(delayed).reset_less:
            raise ValueError(
                f"Delay line {name!r} must be asked for as a strobe first, not as data; its first"
                f" {clocks} registers have no reset"
            )
        return delayed
