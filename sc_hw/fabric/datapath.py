"""A graph as hardware: combinational, or a pipeline that takes new values every clock.

Nothing here knows a rule by name. Every node of the graph becomes a signal of exactly the width
that its interval needs; intermediates that the rule has named keep their names.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from types import MappingProxyType

from amaranth.hdl import C, Cat, Module, Mux, Shape, Signal, Value, signed, unsigned
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out

from sc_hw.fabric.primitives import CarryOut, MultiplyAdd, PipelinedMultiplier
from sc_hw.fabric.schedule import (
    DelayModel,
    Schedule,
    Slot,
    saturates,
    schedule,
    segments,
    sign_only,
)
from sc_model.graph import Graph, Interval, Node, Op

# Ports of the multipliers and carries that a datapath may hold
PRODUCT_PORTS = frozenset(("a", "b", "c", "product", "sum"))
CARRY_PORTS = frozenset(("carry", "bit"))
_COPY = re.compile(r"(.+)_(?:(?:s|a|b|part)\d+|low)$")  # names that the emitter makes of others


def shape_of(interval: Interval) -> Shape:
    """Smallest shape that holds an interval."""
    form = interval.format
    return signed(form.width) if form.signed else unsigned(form.width)


def fit(value: Value, width: int) -> Value:
    """`value` as exactly `width` bits: extended by its sign (or by zeros), or cut.

    Cutting drops high bits: the caller knows that they carry nothing.
    """
    size = len(value)
    if size == width:
        return value
    if size > width:
        return value[:width]
    fill = value[-1].replicate(width - size) if value.shape().signed else C(0, width - size)
    return Cat(value, fill)


def add_with_carry(a: Value, b: Value, carry: Value | None, width: int) -> Value:
    """a + b + carry modulo 2^width, as one adder."""
    if carry is None:
        return (a + b)[:width]
    # One more bit below, 1 + carry, makes the carry: a fabric's chain has no other way in, and
    # a + b + carry would be written as two adders.
    return (Cat(C(1, 1), a) + Cat(carry, b))[1 : width + 1]


def unsigned_below(width: int, operands: Sequence[Value]) -> bool:
    """Whether the top one of `width` bits is 0 in all operands."""
    return all(not operand.shape().signed and len(operand) < width for operand in operands)


def signal_names(graph: Graph) -> dict[str, str]:
    """The signal of each named value of a datapath: its name, unless another signal has that.

    A rule may call a value as it likes, `product` or `load`, too. Where the port of a unit, a port
    of the datapath or a signal of a nameless node has that name, Amaranth would number one of the
    two, and a proof take the other for the rule's value.
    """
    names = graph.names()
    products = [index for index, node in enumerate(graph.nodes) if node.op is Op.MUL]
    reserved = {f"{node.op}_{n}" for n, node in enumerate(graph.nodes) if n not in names}
    reserved |= {"load"} | {f"i_{name}" for name in graph.variables}
    reserved |= {f"{kind}_{name}" for kind in ("o", "load", "zero") for name in graph.outputs}
    reserved |= {f"multiply_{names[index]}" for index in products if index in names}
    reserved |= CARRY_PORTS | (PRODUCT_PORTS if products else frozenset())
    signals: dict[str, str] = {}
    for name, index in graph.lets.items():
        if names[index] != name:  # another name of a value that has one
            signals[name] = signals[names[index]]
            continue
        signal, copied = name, _COPY.match(name)
        # the only product and its port have one value, whichever of the two gets the name
        only = name == "product" and products == [index]
        if (name in reserved and not only) or (copied and copied[1] in graph.lets):
            signal += "_value"
            while signal in reserved or signal in graph.lets:
                signal += "_"
        signals[name] = signal
    return signals


def _as_signed(value: Value) -> Value:
    return value if value.shape().signed else Cat(value, C(0, 1)).as_signed()


def _products_with_adder(graph: Graph) -> dict[int, int]:
    """Products whose only user is a sum: node of the product -> node of the sum.

    A multiplier block with an adder behind it computes both; it can serve one product a sum.
    """
    users: dict[int, list[int]] = {}
    for index, node in enumerate(graph.nodes):
        for arg in node.args:
            users.setdefault(arg, []).append(index)
    for index in graph.outputs.values():
        users.setdefault(index, []).append(index)
    sums: dict[int, int] = {}
    for index, node in enumerate(graph.nodes):
        user = users[index][0] if len(users.get(index, ())) == 1 else index
        if node.op is Op.MUL and graph.nodes[user].op is Op.ADD and user not in sums.values():
            sums[index] = user
    return sums


def _saturation(value: Value, lo: int, hi: int) -> tuple[Value, Value]:
    """Whether a value fits the integer format [lo, hi], and if not, whether it lies above it.

    Bits decide both: a value fits where all bits from the format's highest one up are alike.
    """
    if not value.shape().signed:
        return ~value[hi.bit_length() :].any(), C(1, 1)
    top = value[min(hi.bit_length(), len(value) - 1) :]
    return ~top.any() | (top.all() if lo < 0 else C(0, 1)), ~value[-1]


class Datapath(wiring.Component):
    """What a graph computes, on ports.

    Latency 0 without a delay model, else `latency` clocks; throughput one set of values a clock;
    domain ``sync``. The registers of the pipeline have no reset: their contents mean something only
    with a valid bit that the surrounding component delays alike.

    Parameters
    ----------
    graph : the (rewritten) graph of the rule.
    model : delay model of the fabric, or None for a combinational datapath.
    late : variables that arrive in the stage that first needs them (or in the stage that a mapping
        gives) instead of in stage 0.
    stored : variables that come straight out of a block RAM.
    aligned : whether all outputs appear at the same time, or each as soon as it is registered.
    latency : minimum latency; shorter schedules are padded.
    distinct : whether named values get signals that are no other's (see `signal_names`): for
        rules, whose authors name as they like.
    loadable : shapes of the state fields that the port `load` replaces by another value
        (combinational datapaths only).

    Members
    -------
    i_<variable> : a variable of the graph, `arrival[variable]` clocks after the values' stage 0.
    o_<output> : an output of the graph, `ready[output]` clocks after stage 0.
    signals : signal of each named value.
    load : o_<field> shows load_<field> instead of the graph's output, for the fields in `loadable`.
    load_<field> : what a load puts there.
    zero_<field> : the field's new value is 0, whatever o_<field> shows; it resets the register
        behind.
    """

    def __init__(
        self,
        graph: Graph,
        model: DelayModel | None = None,
        *,
        late: Collection[str] | Mapping[str, int] = (),
        stored: Collection[str] = (),
        aligned: bool = True,
        latency: int = 0,
        distinct: bool = False,
        loadable: Mapping[str, Shape] = MappingProxyType({}),
    ) -> None:
        self.graph, self.model, self.loadable = graph, model, loadable
        self.plan: Schedule | None = (
            schedule(graph, model, late, stored) if model is not None else None
        )
        self.signals = signal_names(graph) if distinct else {name: name for name in graph.lets}
        self.latency = max(self.plan.latency if self.plan is not None else 0, latency)
        self.arrival = {name: self._stage(index) for name, index in graph.variables.items()}
        self.ready = {
            n: self.plan.ready[n] if self.plan is not None and not aligned else self.latency
            for n in graph.outputs
        }
        inputs = {
            f"i_{name}": In(shape_of(graph.nodes[i].interval))
            for name, i in graph.variables.items()
        }
        outputs = {
            f"o_{name}": Out(shape_of(graph.nodes[i].interval)) for name, i in graph.outputs.items()
        }
        loads: dict[str, wiring.Member] = {"load": In(1)} if loadable else {}
        for name, shape in loadable.items():
            loads |= {f"load_{name}": In(shape), f"o_{name}": Out(shape), f"zero_{name}": Out(1)}
        super().__init__({**inputs, **outputs, **loads})

    def _stage(self, index: int) -> int:
        slot = self.plan.slots[index] if self.plan is not None else None
        return slot.stage if slot is not None else 0

    def elaborate(self, platform: object) -> Module:
        m = Module()
        emitter = _Emitter(m, self)
        for name, index in self.graph.variables.items():
            emitter.define(index, getattr(self, f"i_{name}"))
        for index in range(len(self.graph.nodes)):
            emitter.emit(index)
        for name, index in self.graph.outputs.items():
            port = getattr(self, f"o_{name}")
            if name in self.loadable:
                value, zero = emitter.at_or_load(index, self.load, getattr(self, f"load_{name}"))
                m.d.comb += [port.eq(value), getattr(self, f"zero_{name}").eq(zero)]
            else:
                m.d.comb += port.eq(fit(emitter.at(index, self.ready[name]), len(port)))
        return m


class _Emitter:
    """Writes the nodes of a graph into a module, and carries their values from stage to stage.

    Members
    -------
    names : name of a node's signal.
    values : signal of a node in a stage.
    fused : products that share a multiplier block with the sum behind them (combinational only).
    units : those blocks, by the node of their sum.
    """

    def __init__(self, m: Module, path: Datapath) -> None:
        self.m, self.graph, self.model, self.plan = m, path.graph, path.model, path.plan
        graph = path.graph
        self.names = {index: path.signals[name] for index, name in graph.names().items()}
        for name, index in graph.variables.items():
            self.names[index] = name
        self.values: dict[tuple[int, int], Value] = {}
        self.fused = {} if path.model is not None else _products_with_adder(graph)
        self.units: dict[int, MultiplyAdd] = {}

    def name(self, index: int) -> str:
        """Name of a node's signal: its own, or operation and number."""
        return self.names.get(index, f"{self.graph.nodes[index].op}_{index}")

    def slot(self, index: int) -> Slot:
        """When a node's value stands; stage 0 for constants and without a schedule."""
        slot = self.plan.slots[index] if self.plan is not None else None
        return slot if slot is not None else Slot(0, 0, 0)

    def define(self, index: int, value: Value) -> None:
        """Enter the signal of a node, in the node's own stage."""
        self.values[index, self.slot(index).stage] = value

    def at(self, index: int, stage: int) -> Value:
        """Value of a node in a stage at or after its own, carried along in registers."""
        node = self.graph.nodes[index]
        if node.op is Op.CONST:
            return C(node.constant, shape_of(node.interval))
        if (index, stage) not in self.values:
            before = self.at(index, stage - 1)
            register = Signal(
                shape_of(node.interval), name=f"{self.name(index)}_s{stage}", reset_less=True
            )
            self.m.d.sync += register.eq(before)
            self.values[index, stage] = register
        return self.values[index, stage]

    def at_or_load(self, index: int, load: Value, load_value: Value) -> tuple[Value, Value]:
        """A combinational node or, where `load` is high, `load_value`; and whether it is 0 instead.

        Saturation at 0 has a signal of its own, for the synchronous reset of the flip-flops behind:
        the other cases (load, value, saturation at the top) then fit one LUT4 for each bit.
        """
        node, width = self.graph.nodes[index], len(load_value)
        if node.op is not Op.CLAMP or not saturates(node) or int(node.data[0]) < 0:
            return Mux(load, load_value, fit(self.at(index, 0), width)), C(0, 1)
        value, hi = self.at(node.args[0], 0), int(node.data[1])
        fits, above = _saturation(value, 0, hi)
        limited = fit(value, width) | Mux(fits, C(0, width), C(hi, width))
        return Mux(load, load_value, limited), ~load & ~fits & ~above

    def emit(self, index: int) -> None:
        """Write the hardware of a node; its operands have been emitted before."""
        node = self.graph.nodes[index]
        if node.op in (Op.CONST, Op.VAR):
            return
        slot = self.slot(index)
        width = node.interval.format.width
        args = [self.at(arg, slot.start) for arg in node.args]
        if node.op is Op.MUL:
            value = (
                self._combinational_product(index, args)
                if self.model is None
                else self._product(index, args, self.model)
            )
        elif index in self.units:
            unit = self.units[index]
            addend = next(
                arg
                for arg, operand in zip(args, node.args, strict=True)
                if self.fused.get(operand) != index
            )
            self.m.d.comb += unit.c.eq(addend)
            value = unit.sum
        elif node.op in (Op.ADD, Op.ADDC, Op.SUB, Op.NEG):
            value = self._sum(index, node, args, width)
        else:
            value = self._logic(node, args, width)
            if slot.stage > slot.start:  # a comparison with a stage of its own
                # This register takes the name that a rule has given. It must be as wide as the
                # value: a proof takes one of another width for another signal.
                input_value = fit(value, width) if index in self.names else value
                value = self._hold(input_value, slot.stage - slot.start, self.name(index))
        signal = Signal(shape_of(node.interval), name=self.name(index))
        self.m.d.comb += signal.eq(fit(value, width))
        self.define(index, signal)

    # --- arithmetic -------------------------------------------------------------------------------

    def _operands(
        self, node: Node, args: list[Value], width: int
    ) -> tuple[Value, Value, Value | None]:
        """Any sum as a + b + carry, in `width` bits."""
        if node.op is Op.ADD:
            return fit(args[0], width), fit(args[1], width), None
        if node.op is Op.SUB:
            return fit(args[0], width), ~fit(args[1], width), C(1, 1)
        if node.op is Op.NEG:
            return ~fit(args[0], width), C(0, width), C(1, 1)
        return fit(args[0], width), fit(args[1], width), args[2][0]

    def _sum(self, index: int, node: Node, args: list[Value], width: int) -> Value:
        """A sum, cut into segments of the fabric's longest chain, one a clock from the lowest up.

        Operands of higher segments wait in registers for the carry; finished lower segments wait
        for the highest.
        """
        a, b, carry = self._operands(node, args, width)
        if self.model is None:
            return add_with_carry(a, b, carry, width)
        name = self.name(index)
        parts = segments(width, self.model.carry_bits)
        total: list[Value] = []
        for number, bits in enumerate(parts):
            last = number == len(parts) - 1
            room = len(bits) + (not last)  # with the carry out
            left = self._hold(a[bits.start : bits.stop], number, f"{name}_a{number}")
            right = self._hold(b[bits.start : bits.stop], number, f"{name}_b{number}")
            segment = Signal(room, name=f"{name}_part{number}", reset_less=True)
            part = add_with_carry(fit(left, room), fit(right, room), carry, room)
            # The top bit of an unsigned sum, above both operands, is a carry that leaves its chain
            # too: on UltraPlus that way out takes a bank from 93 to 115 MHz.
            if not last or (
                len(bits) > 1 and node.op in (Op.ADD, Op.ADDC) and unsigned_below(width, args[:2])
            ):
                self.m.submodules[f"carry_{name}_{number}"] = out = CarryOut()
                self.m.d.comb += out.carry.eq(part[-1])
                part = Cat(part[:-1], out.bit)
            self.m.d.sync += segment.eq(part)
            carry = segment[-1]
            total = [self._hold(part, 1, f"{name}_low") for part in total] + [segment[: len(bits)]]
        return Cat(*total)

    def _hold(self, value: Value, clocks: int, name: str) -> Value:
        """`value` some clocks later."""
        for _ in range(clocks):
            register = Signal(len(value), name=name, reset_less=True)
            self.m.d.sync += register.eq(value)
            value = register
        return value

    def _combinational_product(self, index: int, args: list[Value]) -> Value:
        """A product, in one block with the sum behind it if nothing else needs the product."""
        if index not in self.fused:
            return args[0] * args[1]
        total = self.graph.nodes[self.fused[index]]
        addend = next(self.graph.nodes[arg] for arg in total.args if arg != index)
        a, b = (_as_signed(arg) for arg in args)
        room = addend.interval.format.width + (not addend.interval.format.signed)
        unit = MultiplyAdd(len(a), len(b), room, total.interval.format.width)
        self.m.submodules[f"multiply_{self.name(index)}"] = self.units[self.fused[index]] = unit
        self.m.d.comb += [unit.a.eq(a), unit.b.eq(b)]
        return unit.product

    def _product(self, index: int, args: list[Value], model: DelayModel) -> Value:
        """A product in the fabric's multiplier, with as many registers as the model says."""
        a, b = (_as_signed(arg) for arg in args)
        multiplier = PipelinedMultiplier(len(a), len(b), model.multiplier_stages)
        self.m.submodules[f"multiply_{self.name(index)}"] = multiplier
        self.m.d.comb += [multiplier.a.eq(a), multiplier.b.eq(b)]
        return multiplier.product

    # --- bits -------------------------------------------------------------------------------------

    def _logic(self, node: Node, args: list[Value], width: int) -> Value:
        """Every operation without a carry chain or a multiplier."""
        if node.op is Op.MUX:
            # Synthesis turns a Mux with 0 in front of a register into a register with a reset of
            # its own, and registers with different resets do not share a tile: an AND instead.
            if self.model is not None and self.graph.nodes[node.args[2]].interval == Interval(0, 0):
                gated_value = fit(args[1], width) & args[0][0].replicate(width)
                return gated_value.as_signed() if node.interval.format.signed else gated_value
            return Mux(args[0][0], fit(args[1], width), fit(args[2], width))
        if node.op is Op.SHR:
            return self._shift_right(args[0], node.constant, width)
        if node.op is Op.SHL:
            shifted = Cat(C(0, node.constant), args[0])
            return shifted.as_signed() if args[0].shape().signed else shifted
        if node.op is Op.WRAP:
            return args[0][: node.constant]
        if node.op is Op.LT:
            return args[0][-1] if sign_only(self.graph, node) else args[0] < args[1]
        if node.op is Op.EQ:
            return args[0] == args[1]
        if node.op is Op.NOT:
            return ~args[0][0]
        if node.op is Op.AND:
            return args[0][0] & args[1][0]
        if node.op is Op.OR:
            return args[0][0] | args[1][0]
        if node.op is Op.INV:
            return ~fit(args[0], width)
        if node.op is Op.COMPLEMENT:
            return ~fit(args[0], node.constant)
        if node.op is Op.LOW_NONZERO:
            return fit(args[0], node.constant).any()
        if node.op is Op.CLAMP:
            return self._clamp(node, args[0], width)
        raise ValueError(f"no hardware for the operation {node.op}")

    @staticmethod
    def _shift_right(value: Value, bits: int, width: int) -> Value:
        rest = value[min(bits, len(value) - 1) :] if value.shape().signed else value[bits:]
        return fit(rest.as_signed() if value.shape().signed else rest, width)

    def _clamp(self, node: Node, value: Value, width: int) -> Value:
        """Saturation: by comparisons, or by a few bits where the bounds are an integer format's."""
        lo, hi = int(node.data[0]), int(node.data[1])
        if not saturates(node):
            return Mux(value < lo, C(lo, width), Mux(value > hi, C(hi, width), fit(value, width)))
        fits, above = _saturation(value, lo, hi)
        size = hi.bit_length() + (lo < 0)
        return Mux(fits, fit(value, size), Mux(above, C(hi, size), C(lo, size)))
