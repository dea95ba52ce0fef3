"""One stand-alone synapse with its state in registers: one step a clock."""

from __future__ import annotations

from amaranth.hdl import Module, Signal
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out

from sc_hw.fabric.datapath import Datapath
from sc_hw.fabric.families import Family
from sc_hw.synapse.random_source import RandomSource, random_ports
from sc_hw.wires import port_shape
from sc_model.graph import REWRITES, Graph, rewrite, trace
from sc_model.graph.rewrite import sum_before_shift
from sc_model.spec import Rule, RuleParams


class SynapseLane(wiring.Component):
    """A synapse that learns by any rule of the catalogue.

    Latency 1: the state ports show the new state in the clock after `step`. Throughput one step a
    clock. Domain ``sync``; reset puts every field to its initial value. `load` wins over `step`.

    Parameters
    ----------
    rule, params : learning rule and its parameters.
    graph : another graph in place of the rule's own, for mutants of the rule.
    family : fabric that the arithmetic is meant for; the generic one if None.
    fed : random inputs are ports, too, instead of bits of a register of the lane's own.

    Members
    -------
    step : take one step of the rule with the inputs of this clock.
    <input> : the rule's inputs by name, and its run-time parameters.
    random : {load, seed, state} of the register behind random inputs, if there are such; a load of
        the lane puts it back to its seed.
    load, load_<field> : write the loadable fields, put the others to their initial values.
    <field> : the state, straight from the registers.
    done : high in the clock after a step, when the state ports show its result.
    """

    def __init__(
        self,
        rule: Rule,
        params: RuleParams,
        graph: Graph | None = None,
        family: Family | None = None,
        *,
        fed: bool = False,
    ) -> None:
        self.rule, self.params = rule, params
        if graph is None:
            # Where a multiplier block adds too, the sum is taken before the product's shift.
            by_blocks = family is None or family.products == "block"
            graph = rewrite(
                trace(rule, params), (*REWRITES, sum_before_shift) if by_blocks else REWRITES
            )
        self.graph = graph
        fields = rule.state_formats(params)
        self.source = RandomSource.of(rule, params) if not fed else None
        random_inputs = self.source.fields if self.source is not None else {}
        self.inputs = {
            n: f for n, f in rule.input_formats(params).items() if n not in random_inputs
        }
        super().__init__(
            {
                "step": In(1),
                **{name: In(port_shape(form)) for name, form in self.inputs.items()},
                "load": In(1),
                **{
                    f"load_{f.name}": In(port_shape(fields[f.name]))
                    for f in rule.state
                    if f.loadable
                },
                **{name: Out(port_shape(form)) for name, form in fields.items()},
                "done": Out(1),
                **random_ports(self.source),
            }
        )

    def elaborate(self, platform: object) -> Module:
        m = Module()
        loads = {f.name: getattr(self, f"load_{f.name}") for f in self.rule.state if f.loadable}
        m.submodules.update = update = Datapath(
            self.graph,
            distinct=True,
            loadable={name: port.shape() for name, port in loads.items()},
        )
        for name in self.inputs:
            m.d.comb += getattr(update, f"i_{name}").eq(getattr(self, name))
        if self.source is not None:
            m.submodules.random_source = source = self.source
            m.d.comb += [source.step.eq(self.step), source.restart.eq(self.load)]
            source.connect(m, self.random)
            for name, bits in source.values().items():
                m.d.comb += getattr(update, f"i_{name}").eq(bits)
        # A clock with neither keeps the state: one enable for all fields.
        change = Signal()
        m.d.comb += change.eq(self.step | self.load)
        for field in self.rule.state:
            port = getattr(self, field.name)
            register = Signal(port.shape(), name=f"{field.name}_q", init=field.initial)
            m.d.comb += [getattr(update, f"i_{field.name}").eq(register), port.eq(register)]
            with m.If(change):
                m.d.sync += register.eq(getattr(update, f"o_{field.name}"))
            # These come last, and as an If: synthesis makes of such a condition the synchronous
            # reset of the flip-flops, which costs no LUT.
            if field.name not in loads:
                with m.If(self.load):
                    m.d.sync += register.eq(field.initial)
            else:
                with m.If(self.step & getattr(update, f"zero_{field.name}")):
                    m.d.sync += register.eq(0)
        if loads:
            m.d.comb += update.load.eq(self.load)
        for name, value in loads.items():
            m.d.comb += getattr(update, f"load_{name}").eq(value)
        # A load that comes with a step wins, so that the step's result is not shown.
        done_q = Signal()
        m.d.sync += done_q.eq(self.step & ~self.load)
        m.d.comb += self.done.eq(done_q)
        return m
