"""Where the pipeline registers go: a graph and a delay model in, the stage of every node out.

The delay model counts in the fabrics' own units. A stage holds logic of a few LUT levels, or one
segment of a carry chain, or a step of a multiplier; an adder longer than a segment is cut into
several stages, with its carry in a register between them.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from sc_hw.fabric.checked_fields import CheckedFields, check_range
from sc_model.graph import Graph, Interval, Node, Op


@dataclass(frozen=True)
class DelayModel(CheckedFields):
    """What fits between two registers of a fabric.

    Members
    -------
    carry_bits : longest carry chain of a stage, in bits.
    lut_levels : LUT levels of a stage without carry chain.
    lut_inputs : inputs of a LUT.
    multiplier_stages : registers from a multiplier's operands to its product, >= 2.
    memory_register : whether a word out of a block RAM must be registered before any logic.
    """

    carry_bits: int
    lut_levels: int
    lut_inputs: int
    multiplier_stages: int
    memory_register: bool = False

    def __post_init__(self) -> None:
        super().__post_init__()
        for name, least in (
            ("carry_bits", 1),
            ("lut_levels", 1),
            ("lut_inputs", 2),
            ("multiplier_stages", 2),
        ):
            check_range(f"DelayModel.{name}", getattr(self, name), least, 1024)


@dataclass(frozen=True)
class Slot:
    """When a node's value stands.

    Members
    -------
    start : the stage whose values the node takes.
    stage : the stage in which its own value can be used.
    levels : LUT levels between the registers of that stage and the value; 0 is a register itself.
    """

    start: int
    stage: int
    levels: int


@dataclass(frozen=True)
class Schedule:
    """When every node of a graph stands.

    Members
    -------
    slots : by node; None for constants.
    ready : by output, the stage in which it stands in a register.
    latency : the last of these stages.
    """

    slots: tuple[Slot | None, ...]
    ready: Mapping[str, int]
    latency: int


_WIRING = (Op.SHR, Op.SHL, Op.WRAP)


def is_wiring(node: Node) -> bool:
    """Whether a node only names bits of its operand: a shift, a cut, one bit."""
    return node.op in _WIRING or (node.op is Op.LOW_NONZERO and node.constant == 1)


_CARRY = (Op.ADD, Op.SUB, Op.NEG, Op.ADDC)
Leaf = tuple[int, int | str]


def sign_only(graph: Graph, node: Node) -> bool:
    """Whether a comparison just reads a sign bit: `x < 0`."""
    return node.op is Op.LT and graph.nodes[node.args[1]].interval == Interval(0, 0)


def saturates(node: Node) -> bool:
    """Whether a clamp's bounds are those of an integer format: then bits decide, no comparison."""
    lo, hi = int(node.data[0]), int(node.data[1])
    return hi >= 0 and hi & (hi + 1) == 0 and lo in (0, -1 - hi)


def segments(width: int, carry_bits: int) -> list[range]:
    """Bit ranges, as equal as can be, that an adder of `width` bits is cut into."""
    count = -(-width // carry_bits)
    size = -(-width // count)
    return [range(low, min(low + size, width)) for low in range(0, width, size)]


class _Scheduler:
    """Places the nodes of a graph one after the other, each as early as its operands allow.

    Members
    -------
    far : variables that come out of a memory too late for any logic in their stage.
    slots : of the nodes placed so far.
    leaves : register bits that one bit of a node depends on within its stage; the number of LUT
        levels follows from how many there are.
    """

    def __init__(
        self, graph: Graph, model: DelayModel, arrivals: Mapping[str, int], stored: Collection[str]
    ) -> None:
        self.graph, self.model, self.arrivals = graph, model, arrivals
        self.far = frozenset(stored if model.memory_register else ())
        self.slots: list[Slot | None] = []
        self.leaves: list[frozenset[Leaf]] = []

    def run(self) -> Schedule:
        """Place all nodes."""
        for index, node in enumerate(self.graph.nodes):
            slot, leaves = self._place(index, node)
            self.slots.append(slot)
            self.leaves.append(leaves)
        ready = {}
        for name, index in self.graph.outputs.items():
            slot = self.slots[index]
            ready[name] = 0 if slot is None else slot.stage + (slot.levels > 0)
        return Schedule(tuple(self.slots), ready, max(ready.values(), default=0))

    def _place(self, index: int, node: Node) -> tuple[Slot | None, frozenset[Leaf]]:
        if node.op is Op.CONST:
            return None, frozenset()
        own = frozenset({(index, 0)})
        if node.op is Op.VAR:
            stage = self.arrivals.get(str(node.data[0]), 0)
            if node.data[0] in self.far:
                # As if as much logic as fits lay in front of it: anything more needs a register.
                full = self.model.lut_inputs**self.model.lut_levels
                return Slot(stage, stage, self.model.lut_levels), frozenset(
                    (index, bit) for bit in range(full + 1)
                )
            return Slot(stage, stage, 0), own
        slots = {arg: slot for arg in node.args if (slot := self.slots[arg]) is not None}
        if is_wiring(node):
            source = slots[node.args[0]]
            shifted = frozenset(
                (leaf, f"{bit}{node.op}{node.data}") for leaf, bit in self.leaves[node.args[0]]
            )
            return Slot(
                source.stage, source.stage, source.levels
            ), shifted if source.levels else own
        stage = max(slot.stage for slot in slots.values())
        registered = stage + any(slot.stage == stage and slot.levels > 0 for slot in slots.values())
        width = node.interval.format.width
        if node.op in _CARRY:
            return Slot(
                registered, registered + len(segments(width, self.model.carry_bits)), 0
            ), own
        if node.op is Op.MUL:
            return Slot(registered, registered + self.model.multiplier_stages, 0), own
        if (node.op is Op.LT and not sign_only(self.graph, node)) or (
            node.op is Op.CLAMP and not saturates(node)
        ):
            # A comparison has a carry chain of its own, which is not cut: a stage for itself.
            return Slot(registered, registered + 1, 0), own
        leaves = self._cone(node, stage)
        levels = self._levels(len(leaves))
        if levels > self.model.lut_levels and registered > stage:
            stage, leaves = registered, self._cone(node, registered)
            levels = self._levels(len(leaves))
        return Slot(stage, stage, levels), leaves

    def _cone(self, node: Node, stage: int) -> frozenset[Leaf]:
        """Register bits that one output bit of the node depends on in that stage."""
        leaves: set[Leaf] = set()
        for arg in node.args:
            slot = self.slots[arg]
            if slot is None:
                continue
            width = self.graph.nodes[arg].interval.format.width
            if node.op is Op.LOW_NONZERO:
                leaves |= {(arg, bit) for bit in range(min(node.constant, width))}
            elif node.op is Op.CLAMP:
                leaves |= {(arg, bit) for bit in range(width - node.interval.format.width + 2)}
            elif node.op is Op.EQ:
                leaves |= {(arg, bit) for bit in range(width)}
            elif sign_only(self.graph, node):
                leaves |= {(arg, "sign")}
            elif slot.stage == stage and slot.levels:
                leaves |= self.leaves[arg]
            else:
                leaves |= {(arg, 0)}
        return frozenset(leaves)

    def _levels(self, leaves: int) -> int:
        """LUT levels of a tree with that many inputs."""
        levels, reach = 1, self.model.lut_inputs
        while reach < leaves:
            levels, reach = levels + 1, reach * self.model.lut_inputs
        return levels


def first_use(graph: Graph, plan: Schedule, variable: str) -> int:
    """The stage in which a variable is first needed; 0 where nothing needs it."""
    reach, uses = {graph.variables[variable]}, []
    for index, node in enumerate(graph.nodes):
        slot = plan.slots[index]
        if slot is None or not reach.intersection(node.args):
            continue
        if is_wiring(node):
            reach.add(index)
        else:
            uses.append(slot.start)
    uses += [plan.ready[name] for name, index in graph.outputs.items() if index in reach]
    return min(uses, default=0)


def arrival(graph: Graph, plan: Schedule, variable: str) -> int:
    """The stage in which a variable arrives."""
    slot = plan.slots[graph.variables[variable]]
    return 0 if slot is None else slot.stage


def schedule(
    graph: Graph,
    model: DelayModel,
    late: Collection[str] | Mapping[str, int] = (),
    stored: Collection[str] = (),
) -> Schedule:
    """Earliest-start schedule of a graph under a delay model.

    Parameters
    ----------
    graph, model : what to schedule, and what fits into a stage.
    late : variables that arrive in the stage that first needs them, or in the stage that a mapping
        gives; all others arrive in stage 0. Whoever delivers a variable late saves the registers
        that would carry it there.
    stored : variables that come straight out of a block RAM.
    """
    if isinstance(late, Mapping):
        return _Scheduler(graph, model, late, stored).run()
    plan = _Scheduler(graph, model, {}, stored).run()
    if not late:
        return plan
    arrivals = {name: first_use(graph, plan, name) for name in late}
    # Logic that would wait in a register for its first use can start later, if all of its late
    # inputs arrive later, or one of them: try as long as no output is delayed by that.
    for names in (list(arrivals), *([name] for name in arrivals)):
        while min(arrivals[name] for name in names) < plan.latency:
            trial = arrivals | {name: arrivals[name] + 1 for name in names}
            if _Scheduler(graph, model, trial, stored).run().ready != plan.ready:
                break
            arrivals = trial
    return _Scheduler(graph, model, arrivals, stored).run()
