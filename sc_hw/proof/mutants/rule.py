"""Bugs put in on purpose: the same proof must refute each of them, or it proves nothing.

Each control changes the rule's traced graph (or a bank's timing) the way a designer slips, builds
hardware from that, and leaves the claims as they were: the rule's text and its parameters are those
of the correct design.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from sc_hw.build.blocks import block_of
from sc_hw.build.elaborate import Build
from sc_hw.build.emit import to_verilog
from sc_hw.fabric.families import load_family
from sc_hw.files import write_json, write_text
from sc_hw.synapse.bank import SynapseBank
from sc_model.graph import REWRITES, Graph, Node, Op, rewrite, trace
from sc_model.graph.nodes import Builder, prune
from sc_model.rules import resolve

Change = Callable[[Builder, Node, tuple[int, ...]], int | None]


@dataclass(frozen=True)
class Control:
    """A seeded bug. `change` gives another node in place of the last it applies to (`first`: of the
    first); None leaves the graph alone.
    """

    name: str
    bug: str
    change: Change | None
    blocks: tuple[str, ...] = ("lane", "bank")
    first: bool = False


def changed_graph(graph: Graph, control: Control) -> Graph | None:
    """The graph with a control's bug, or None where it has no place for it."""
    return _changed(graph, control.change, control.first) if control.change is not None else None


def _changed(graph: Graph, change: Change, first: bool) -> Graph | None:
    """The graph with one node that `change` applies to replaced."""
    order = range(len(graph.nodes))
    for target in order if first else reversed(order):
        builder, moved, hit = Builder(), dict[int, int](), False
        for index, node in enumerate(graph.nodes):
            args = tuple(moved[arg] for arg in node.args)
            if node.op is Op.VAR:
                moved[index] = builder.var(str(node.data[0]), node.interval)
            elif node.op is Op.CONST:
                moved[index] = builder.const(node.constant)
            else:
                moved[index] = builder.make(node.op, args, node.data)
            if index == target:
                other = change(builder, node, args)
                if other is None:
                    break
                moved[index], hit = other, True
        if hit:
            names = {name: moved[i] for name, i in graph.lets.items()}
            return prune(
                builder,
                {name: moved[i] for name, i in graph.variables.items()},
                {name: moved[i] for name, i in graph.outputs.items()},
                names,
            )
    return None


def _one_bit_short(op: Op) -> Change:
    def change(b: Builder, node: Node, args: tuple[int, ...]) -> int | None:
        if node.op is not op:
            return None
        form = node.interval.format
        if form.width < 2:
            return None
        return b.make(
            Op.WRAP, (b.make(node.op, args, node.data),), (form.width - 1, int(form.signed))
        )

    return change


def _short_sum(b: Builder, node: Node, args: tuple[int, ...]) -> int | None:
    """The sum in front of a saturation, narrowed by the bit that tells overflow from sign."""
    if node.op is not Op.CLAMP or b.nodes[args[0]].op not in (Op.ADD, Op.SUB):
        return None
    form = b.interval(args[0]).format
    short = b.make(Op.WRAP, args, (form.width - 1, int(form.signed)))
    return b.make(Op.CLAMP, (short,), node.data)


def _logical_shift(b: Builder, node: Node, args: tuple[int, ...]) -> int | None:
    if (
        node.op is not Op.SHR
        or b.nodes[args[0]].op is not Op.MUL
        or not b.interval(args[0]).format.signed
    ):
        return None
    return b.make(
        Op.SHR, (b.make(Op.WRAP, args, (b.interval(args[0]).format.width, 0)),), node.data
    )


def _low_ceiling(b: Builder, node: Node, args: tuple[int, ...]) -> int | None:
    return (
        b.make(Op.CLAMP, args, (node.data[0], int(node.data[1]) - 1))
        if node.op is Op.CLAMP
        else None
    )


def _swapped_difference(b: Builder, node: Node, args: tuple[int, ...]) -> int | None:
    if node.op is not Op.SUB or b.nodes[args[0]].op is not Op.ADD:
        return None
    total, taken = args
    first, second = b.nodes[total].args
    return b.make(Op.SUB, (b.make(Op.ADD, (first, taken)), second))


def _stale_operand(b: Builder, node: Node, args: tuple[int, ...]) -> int | None:
    """A product with the old value of a state field instead of the new one."""
    if node.op is not Op.MUL:
        return None
    for place, arg in enumerate(args):
        same = [
            i
            for i, n in enumerate(b.nodes)
            if n.op is Op.VAR
            and n.interval == b.interval(arg)
            and i not in args
            and b.nodes[arg].op is not Op.VAR
        ]
        if same:
            return b.make(Op.MUL, (*args[:place], same[0], *args[place + 1 :]))
    return None


CONTROLS: tuple[Control, ...] = (
    Control(
        "sum one bit short", "the sum in front of a saturation lacks its highest bit", _short_sum
    ),
    Control(
        "negation one bit short",
        "the negation of the smallest value wraps",
        _one_bit_short(Op.NEG),
        first=True,
    ),
    Control("product one bit short", "the product lacks its highest bit", _one_bit_short(Op.MUL)),
    Control("logical shift", "a signed product is shifted without its sign", _logical_shift),
    Control("ceiling one too low", "saturation stops one below the largest value", _low_ceiling),
    Control(
        "operands swapped",
        "what should be added is subtracted and the other way round",
        _swapped_difference,
    ),
    Control(
        "stale operand",
        "a product takes a field's old value instead of the new one",
        _stale_operand,
    ),
    Control(
        "read one clock early",
        "a sweep one synapse too short for the pipeline does not wait: each is read a clock before"
        " it has landed",
        None,
        ("bank",),
    ),
)


def seeded(build: Build, control: Control) -> Path | None:
    """A folder with the seeded bug's Verilog and the correct design's manifest, or None where the
    bug has no place.
    """
    rule, params = resolve(build.design.rule)
    family = load_family(build.design.fabric)
    design, manifest = build.design, build.manifest
    graph = None
    if control.change is not None:
        changed = _changed(trace(rule, params), control.change, control.first)
        if changed is None:
            return None
        graph = rewrite(changed, REWRITES)
    else:
        design = design.model_copy(update={"synapses": manifest["timing"]["span_clocks"] - 1})
    block = block_of(design, family, graph)
    manifest = {**manifest, "design": design.model_dump(mode="json"), **block.description()}
    if isinstance(block.component, SynapseBank) and control.change is None:
        block.component.reissue_clocks -= 1
    folder = build.folder / "controls" / control.name.replace(" ", "_")
    write_text(folder / "top.v", to_verilog(block.component, block.top, None))
    write_json(folder / "manifest.json", manifest)
    return folder
