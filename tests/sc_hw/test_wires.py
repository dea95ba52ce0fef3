"""Wiring helpers in Amaranth's simulator, for every value of small operands."""

from __future__ import annotations

from typing import Any

import pytest
from amaranth.hdl import Module, Mux, Shape, Signal, Value, signed, unsigned
from amaranth.lib import data
from simulator import simulate

from sc_hw.wires import Delays, choose, count_or_load, equals, gated, port_shape, select
from sc_model.spec import IntFormat


def values_of(inputs: dict[str, int], formula: Any) -> dict[tuple[int, ...], int]:
    """The value of an expression for all values of its inputs, which have these widths."""
    m = Module()
    signals = {name: Signal(width, name=name) for name, width in inputs.items()}
    expression = Value.cast(formula(**signals))
    out = Signal(expression.shape())
    m.d.comb += out.eq(expression)
    found: dict[tuple[int, ...], int] = {}
    widths = list(inputs.values())

    async def testbench(ctx: Any) -> None:
        for number in range(1 << sum(widths)):
            row, rest = [], number
            for width in widths:
                row.append(rest & ((1 << width) - 1))
                rest >>= width
            for signal, value in zip(signals.values(), row, strict=True):
                ctx.set(signal, value)
            found[tuple(row)] = ctx.get(out)

    simulate(m, testbench, clocked=False)
    return found


@pytest.mark.parametrize("count", [1, 2, 3, 5, 8])
def test_choose_is_a_list_look_up(count: int) -> None:
    found = values_of({"index": 3}, lambda index: choose(index, [*map(value_of, range(count))]))
    for (index,), value in found.items():
        if index < count:
            assert value == 10 + index
        else:
            assert value in range(10, 10 + count)  # some value of the list


def value_of(number: int) -> Value:
    return Value.cast(Mux(Signal(1), 0, 10 + number))


def test_choose_ignores_index_bits_that_the_list_needs_not() -> None:
    found = values_of({"index": 4}, lambda index: choose(index, [value_of(0), value_of(1)]))
    assert all(value == 10 + index % 2 for (index,), value in found.items())


def test_gated_is_the_value_or_zero() -> None:
    found = values_of({"by": 1, "value": 3}, lambda by, value: gated(value, by=by))
    assert found == {(by, value): value if by else 0 for by in range(2) for value in range(8)}


def test_gated_is_no_wider_than_its_value() -> None:
    assert Value.cast(gated(Signal(5), by=Signal())).shape() == unsigned(5)


def test_select_is_one_of_two() -> None:
    found = values_of({"c": 1, "a": 2, "b": 2}, lambda c, a, b: select(c, a, b))
    assert found == {(c, a, b): a if c else b for c in range(2) for a in range(4) for b in range(4)}


@pytest.mark.parametrize("number", [0, 1, 5, 7])
def test_equals(number: int) -> None:
    found = values_of({"value": 3}, lambda value: equals(value, number))
    assert found == {(value,): value == number for value in range(8)}


def test_equals_zero_is_no_comparison() -> None:
    assert "==" not in repr(equals(Signal(3), 0))
    assert "==" in repr(equals(Signal(3), 1))


@pytest.mark.parametrize("form", [IntFormat(1), IntFormat(9), IntFormat(6, signed=True)])
def test_port_shape(form: IntFormat) -> None:
    shape = Shape.cast(port_shape(form))
    assert (shape.width, shape.signed) == (form.width, form.signed)


# --- delays ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("clocks", [0, 1, 4])
def test_later_is_the_value_some_clocks_later(clocks: int) -> None:
    m = Module()
    source = Signal(signed(5))
    late = Delays(m).later(source, clocks, "source")
    out = Signal(signed(5))
    m.d.comb += out.eq(late)
    m.d.sync += Signal(name="clocked").eq(1)  # a domain for the simulator, also without a register
    history: list[int] = []

    async def testbench(ctx: Any) -> None:
        for clock in range(20):
            history.append(clock - 10)
            ctx.set(source, clock - 10)
            expected = history[-1 - clocks] if clock >= clocks else 0
            assert ctx.get(out) == expected
            await ctx.tick()

    simulate(m, testbench)


def test_later_shares_the_registers_of_a_name() -> None:
    m = Module()
    delays, source = Delays(m), Signal(4)
    three, five = delays.later(source, 3, "source"), delays.later(source, 5, "source")
    assert delays.later(source, 3, "source") is three
    assert (three.name, five.name) == ("source_d3", "source_d5")
    assert delays.later(source, 0, "source") is source


def test_later_keeps_the_layout_of_a_view() -> None:
    m = Module()
    layout = data.StructLayout({"weight": signed(4), "trace": 3})
    late = Delays(m).later(Signal(layout), 2, "word")
    assert late.shape() == layout
    assert late.weight.shape() == signed(4)


def test_only_a_strobe_is_cleared_by_reset() -> None:
    delays = Delays(Module())
    assert delays.later(Signal(), 1, "data").reset_less
    assert not delays.later(Signal(), 1, "strobe", strobe=True).reset_less


def test_later_of_a_negative_time() -> None:
    delays = Delays(Module())
    with pytest.raises(ValueError, match="Delay") as caught:
        delays.later(Signal(), -2, "spike")
    assert str(caught.value) == (
        "Delay of 'spike' must be 0 clocks or more, not -2; the value comes too late for its use"
    )


def test_a_name_of_two_values() -> None:
    delays = Delays(Module())
    delays.later(Signal(name="a"), 1, "spike")
    with pytest.raises(ValueError, match="Delay") as caught:
        delays.later(Signal(name="b"), 1, "spike")
    assert str(caught.value) == (
        "Delay line 'spike' must have one source, not (sig a) and (sig b);"
        " give the second value another name"
    )


def test_data_may_share_the_registers_of_a_strobe() -> None:
    delays, source = Delays(Module()), Signal()
    strobe = delays.later(source, 1, "spike", strobe=True)
    assert delays.later(source, 1, "spike") is strobe


def test_a_strobe_may_not_share_registers_without_reset() -> None:
    delays, source = Delays(Module()), Signal()
    delays.later(source, 2, "spike")
    with pytest.raises(ValueError, match="Delay") as caught:
        delays.later(source, 2, "spike", strobe=True)
    assert str(caught.value) == (
        "Delay line 'spike' must be asked for as a strobe first, not as data; its first 2 registers"
        " have no reset"
    )


def test_count_or_load() -> None:
    for by, more in ((1, 1), (-1, -1), (None, 0)):
        found = values_of(
            {"count": 3, "load": 1, "loaded": 3, "one": 1},
            lambda count, load, loaded, one, by=by: count_or_load(
                count, load, loaded, by=one if by is None else by
            ),
        )
        for (count, load, loaded, one), value in found.items():
            step = one if by is None else more
            assert value == (loaded if load else (count + step) % 8)
