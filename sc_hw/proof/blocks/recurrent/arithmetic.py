# amaranth: UnusedElaboratable=no
"""Claims about arithmetic: each pipeline gives what the text of its rule or unit says."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sc_hw.fabric.datapath import Datapath
from sc_hw.proof.bits import Bits
from sc_hw.proof.blocks.network.addresses import Clocks, same, violated
from sc_hw.proof.facts import NamedSignal
from sc_hw.proof.netlist import Netlist
from sc_hw.proof.prover import Cuts, Prover, number
from sc_hw.recurrent.plan import RecurrentPlan
from sc_model.arithmetic import Unit
from sc_model.arithmetic.learning import class_error
from sc_model.arithmetic.recurrent import feedback_signal, recurrent_neuron
from sc_model.graph.smt import SmtInt, SmtOps
from sc_model.rules import resolve
from sc_model.spec import IntFormat
from sc_model.spec.learning.recurrent_network import SETTING


class _Pipeline:
    """A pipeline with the values that go in and those that come out.

    Members
    -------
    values : its variables as integers, by name; a value that is held is the same in all clocks.
    """

    def __init__(
        self,
        prover: Prover,
        net: Netlist,
        datapath: Datapath,
        formats: Mapping[str, IntFormat],
        constants: tuple[str, ...] = (),
    ) -> None:
        self.datapath = datapath
        self.clocks = Clocks(prover, net, datapath.latency)
        # a shift that is held in the pipeline's registers anyway has no stage of its own
        self.values: dict[str, SmtInt] = {}
        self.stands = []
        for name in datapath.graph.variables:
            port = self.clocks.at(0, f"i_{name}")
            self.values[name] = number(prover.terms, port.term, formats[name].signed)
            if name in constants:
                self.stands += [
                    same(self.clocks.at(clock, f"i_{name}"), port).holds
                    for clock in range(1, datapath.latency + 1)
                ]

    @property
    def named_signals(self) -> list[NamedSignal]:
        """The pipeline's named intermediates."""
        graph, plan = self.datapath.graph, self.datapath.plan
        rows = []
        for name, index in graph.lets.items():
            interval = graph.nodes[index].interval
            slot = plan.slots[index] if plan is not None else None
            stage = slot.stage if slot is not None else None
            width = interval.format.width
            rows.append(NamedSignal(name, name, width, interval.lo, interval.hi, stage))
        return rows

    def cuts(self) -> Cuts:
        """Intermediates that are proved one after the other, each from those in front of it."""
        clocks = self.clocks
        cuts = Cuts(clocks.prover, clocks.frames.cuts(self.named_signals, 0), self.stands)
        cuts.witness.update(self.values)
        return cuts

    def claim(self, name: str, statement: str, expected: Mapping[str, Any], cuts: Cuts) -> None:
        """Add the claim that the outputs are the wanted integers."""
        clocks = self.clocks
        facts = []
        for output in self.datapath.graph.outputs:
            port = clocks.at(self.datapath.latency, f"o_{output}")
            value = SmtOps(clocks.terms).let(output, expected[output])
            facts.append(same(port, Bits(clocks.terms, value.low(len(port)))))
        clocks.prover.claim(
            name, statement, violated(*facts), self.stands, cuts.witness, None, cuts.abstraction
        )


def _prove_rule(
    prover: Prover,
    net: Netlist,
    datapath: Datapath,
    choice: Any,
    name: str,
    constants: tuple[str, ...],
) -> None:
    """A pipeline of a rule: its fields, for every setting."""
    rule, params = resolve(choice)
    formats = {**rule.state_formats(params), **rule.input_formats(params)}
    pipeline = _Pipeline(prover, net, datapath, formats, constants)
    # what the pipeline does not read may have any value
    free = {
        variable: number(prover.terms, prover.terms.var(variable, form.width), form.signed)
        for variable, form in formats.items()
        if variable not in pipeline.values
    } | pipeline.values
    state = {field: free[field] for field in rule.state_formats(params)}
    inputs = {item: free[item] for item in rule.input_formats(params)}
    cuts = pipeline.cuts()
    new = rule.apply(SmtOps(prover.terms, cuts), state, inputs, params)
    pipeline.claim(
        f"{name}: the rule",
        "the pipeline's fields are those of the rule's text, for every state, input and setting",
        new,
        cuts,
    )


def prove_lane(prover: Prover, net: Netlist, plan: RecurrentPlan) -> None:
    """A lane with multiplier blocks."""
    datapath = plan.synapse(blocks=True, latency=plan.synapse_latency)
    _prove_rule(prover, net, datapath, plan.spec.hidden_rule, "lane", (SETTING,))


def prove_lane_adders(prover: Prover, net: Netlist, plan: RecurrentPlan) -> None:
    """A lane whose products are trees of adders."""
    datapath = plan.synapse(blocks=False, latency=plan.synapse_latency)
    choice = plan.spec.hidden_rule
    _prove_rule(prover, net, datapath, choice, "lane of adders", (SETTING,))


def prove_row(prover: Prover, net: Netlist, plan: RecurrentPlan) -> None:
    """What the rule keeps of a row."""
    _prove_rule(prover, net, plan.row(), plan.spec.hidden_rule, "row", ())


def prove_readout_synapse(prover: Prover, net: Netlist, plan: RecurrentPlan) -> None:
    """A weight of the readout."""
    datapath = plan.readout_synapse()
    choice = plan.spec.readout_rule
    _prove_rule(prover, net, datapath, choice, "readout's synapse", ("shift",))


def _prove_unit(prover: Prover, net: Netlist, datapath: Datapath, unit: Unit) -> None:
    """A pipeline of a unit."""
    pipeline = _Pipeline(prover, net, datapath, unit.inputs)
    cuts = pipeline.cuts()
    pipeline.claim(
        f"{unit.name}: the unit",
        "the pipeline's outputs are those of the unit's text, for every value of its inputs",
        unit.apply(SmtOps(prover.terms, cuts), pipeline.values),
        cuts,
    )


def prove_neuron(prover: Prover, net: Netlist, plan: RecurrentPlan) -> None:
    """Potential, spike, slope and trace."""
    _prove_unit(prover, net, plan.neuron(), recurrent_neuron(plan.spec))


def prove_error(prover: Prover, net: Netlist, plan: RecurrentPlan) -> None:
    """The error of a class."""
    unit = class_error(plan.spec.readout, plan.spec.score_format)
    _prove_unit(prover, net, plan.error(), unit)


def prove_feedback(prover: Prover, net: Netlist, plan: RecurrentPlan) -> None:
    """The learning signal of a neuron."""
    _prove_unit(prover, net, plan.feedback(), feedback_signal(plan.spec))
