# amaranth: UnusedElaboratable=no
"""Mutants of a learning rule: one node of its graph computes something else.

Each changes the traced graph the way that a designer slips. Hardware is made of the changed graph,
while the proof's other side, the rule's text and its parameters, stays correct.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from functools import partial
from pathlib import Path

from sc_hw.build.blocks import block_of
from sc_hw.build.elaborate import Build
from sc_hw.build.emit import to_verilog
from sc_hw.fabric.families import load_family
from sc_hw.proof.mutants.emitted import design_files
from sc_hw.proof.mutants.mutant import Mutant, Trial
from sc_hw.proof.mutants.plastic import lane_trial
from sc_hw.proof.processes import compare_graphs, compare_netlists, decide
from sc_model.graph import Graph, Node, Op, rewrite, trace
from sc_model.graph.nodes import Builder, prune
from sc_model.graph.plastic import layer_rule
from sc_model.rules import resolve
from sc_model.spec import Design

# Gets the builder of the mutated graph, a node of the original and the node's operands in the new
# graph; gives the node to put in its place, or None where it leaves the node alone.
Change = Callable[[Builder, Node, tuple[int, ...]], int | None]


def mutated_graph(
    graph: Graph, change: Change, first: bool = False, places: Collection[int] | None = None
) -> Graph | None:
    """The graph with one node replaced: the last that `change` applies to, or the first.

    Parameters
    ----------
    graph : the original.
    change : replaces a node.
    first : try the nodes from the first on.
    places : nodes that may be replaced; None for all.

    Returns None where it applies to none of them.
    """
    order = sorted(range(len(graph.nodes)) if places is None else places)
    for target in order if first else reversed(order):
        mutated = _with_replacement(graph, change, target)
        if mutated is not None:
            return mutated
    return None


def _with_replacement(graph: Graph, change: Change, target: int) -> Graph | None:
    """The graph with node `target` replaced, or None where `change` leaves it alone."""
    builder, new_index = Builder(), dict[int, int]()
    for index, node in enumerate(graph.nodes):
        args = tuple(new_index[arg] for arg in node.args)
        if node.op is Op.VAR:
            new_index[index] = builder.var(str(node.data[0]), node.interval)
        elif node.op is Op.CONST:
            new_index[index] = builder.const(node.constant)
        else:
            # Made anew, so that the intervals of all nodes behind the fault follow from it.
            new_index[index] = builder.make(node.op, args, node.data)
        if index == target:
            replacement = change(builder, node, args)
            if replacement is None:
                return None
            new_index[index] = replacement
    return prune(
        builder,
        {name: new_index[index] for name, index in graph.variables.items()},
        {name: new_index[index] for name, index in graph.outputs.items()},
        {name: new_index[index] for name, index in graph.lets.items()},
    )


# --- where hardware is made of a mutated graph ----------------------------------------------------


def _block_trial(build: Build, folder: Path, original: Graph, mutated: Graph) -> Trial:
    """The trial of a lane or bank whose datapath is made of the mutated graph."""
    block = block_of(build.design, load_family(build.design.fabric), rewrite(mutated))
    manifest = {**build.manifest, **block.description()}
    design_files(folder, manifest, to_verilog(block.component, block.top, None))
    return Trial(partial(compare_graphs, original, mutated, folder), partial(decide, folder))


def _places(design: Design, graph: Graph) -> Collection[int] | None:
    """Nodes whose mutants the proof of a block can see; None for all.

    A layer is proved part by part and its mutant is a lane, which computes the fields of a synapse
    alone: a fault in a trace of a neuron would leave the lane as it is.
    """
    if design.layer is None:
        return None
    synapse = layer_rule(*resolve(design.rule)).synapse
    waiting = [graph.outputs[name] for name in synapse]
    nodes: set[int] = set()
    while waiting:
        index = waiting.pop()
        if index not in nodes:
            nodes.add(index)
            waiting += graph.nodes[index].args
    return nodes


# A layer is proved part by part, so that its mutant is a lane alone.
_TRIALS: dict[str, Callable[[Build, Path, Graph, Graph], Trial]] = {
    "lane": _block_trial,
    "bank": _block_trial,
    "layer": lane_trial,
}


def graph_mutant(
    name: str, bug: str, change: Change, absent: str, *, first: bool = False
) -> Mutant:
    """A mutant of a rule's graph, for every block that computes a rule.

    Parameters
    ----------
    name, bug : see :class:`~sc_hw.proof.mutants.mutant.Mutant`.
    change : replaces a node.
    absent : why a rule has no place for it, where `change` applies to no node.
    first : replace the first node that `change` applies to, instead of the last.
    """

    def applies(design: Design) -> str | None:
        graph = trace(*resolve(design.rule))
        return None if mutated_graph(graph, change, first, _places(design, graph)) else absent

    def make(build: Build, folder: Path) -> Trial:
        original = trace(*resolve(build.design.rule))
        mutated = mutated_graph(original, change, first, _places(build.design, original))
        if mutated is None:
            raise ValueError(f"mutant '{name}' must apply to the rule of '{build.design.name}'")
        return _TRIALS[build.design.block](build, folder, original, mutated)

    return Mutant(name, bug, tuple(_TRIALS), make, applies)


# --- changes --------------------------------------------------------------------------------------


def _one_bit_short(op: Op) -> Change:
    """The result of an operation, without its highest bit."""

    def change(b: Builder, node: Node, args: tuple[int, ...]) -> int | None:
        if node.op is not op:
            return None
        form = node.interval.format
        if form.width < 2:  # nothing would be left
            return None
        return b.make(
            Op.WRAP, (b.make(node.op, args, node.data),), (form.width - 1, int(form.signed))
        )

    return change


def _short_sum(b: Builder, node: Node, args: tuple[int, ...]) -> int | None:
    """The sum in front of a saturation, without the bit that tells overflow from sign."""
    if node.op is not Op.CLAMP or b.nodes[args[0]].op not in (Op.ADD, Op.SUB):
        return None
    form = b.interval(args[0]).format
    short = b.make(Op.WRAP, args, (form.width - 1, int(form.signed)))
    return b.make(Op.CLAMP, (short,), node.data)


def _logical_shift(b: Builder, node: Node, args: tuple[int, ...]) -> int | None:
    """A signed product shifted as if it were unsigned."""
    if node.op is not Op.SHR or b.nodes[args[0]].op is not Op.MUL:
        return None
    form = b.interval(args[0]).format
    if not form.signed:
        return None
    return b.make(Op.SHR, (b.make(Op.WRAP, args, (form.width, 0)),), node.data)


def _low_ceiling(b: Builder, node: Node, args: tuple[int, ...]) -> int | None:
    """A saturation whose upper limit is one too low."""
    if node.op is not Op.CLAMP:
        return None
    lo, hi = (int(limit) for limit in node.data)
    return b.make(Op.CLAMP, args, (lo, hi - 1))


def _swapped_difference(b: Builder, node: Node, args: tuple[int, ...]) -> int | None:
    """first + second - third becomes first + third - second."""
    if node.op is not Op.SUB or b.nodes[args[0]].op is not Op.ADD:
        return None
    total, subtrahend = args
    first, second = b.nodes[total].args
    return b.make(Op.SUB, (b.make(Op.ADD, (first, subtrahend)), second))


def _stale_operand(b: Builder, node: Node, args: tuple[int, ...]) -> int | None:
    """A product with the old value of a state field instead of the new one."""
    if node.op is not Op.MUL:
        return None
    for place, arg in enumerate(args):
        if b.nodes[arg].op is Op.VAR:
            continue
        # a variable of the same range is most likely the field that the operand is the update of
        fields = [
            index
            for index, other in enumerate(b.nodes)
            if other.op is Op.VAR and other.interval == b.interval(arg) and index not in args
        ]
        if fields:
            return b.make(Op.MUL, (*args[:place], fields[0], *args[place + 1 :]))
    return None


# --- the order of a bank's accesses ---------------------------------------------------------------


def _early_read(build: Build, folder: Path) -> Trial:
    """A bank one synapse shorter than its pipeline that waits one clock too few.

    Only a bank that is shorter than its pipeline has to wait between two sweeps, so the design's
    own depth is replaced.
    """
    depth = build.manifest["timing"]["span_clocks"] - 1
    design = build.design.model_copy(update={"synapses": depth})
    original, mutated = (block_of(design, load_family(design.fabric)) for _ in range(2))
    mutated.component.reissue_clocks -= 1
    manifest = {
        **build.manifest,
        "design": design.model_dump(mode="json"),
        **mutated.description(),
    }
    text = to_verilog(original.component, original.top, None)
    source = design_files(folder / "original", manifest, text)
    text = to_verilog(mutated.component, mutated.top, None)
    other = design_files(folder, manifest, text)
    return Trial(partial(compare_netlists, source, other, folder), partial(decide, folder))


MUTANTS: tuple[Mutant, ...] = (
    graph_mutant(
        "sum one bit short",
        "the sum in front of a saturation lacks its highest bit",
        _short_sum,
        "the rule saturates no sum",
    ),
    graph_mutant(
        "negation one bit short",
        "the negation of the smallest value wraps",
        _one_bit_short(Op.NEG),
        "the rule negates nothing",
        first=True,
    ),
    graph_mutant(
        "product one bit short",
        "the product lacks its highest bit",
        _one_bit_short(Op.MUL),
        "the rule has no product",
    ),
    graph_mutant(
        "logical shift",
        "a signed product is shifted without its sign",
        _logical_shift,
        "the rule shifts no signed product",
    ),
    graph_mutant(
        "ceiling one too low",
        "saturation stops one below the largest value",
        _low_ceiling,
        "the rule saturates nothing",
    ),
    graph_mutant(
        "operands swapped",
        "what should be added is subtracted and the other way round",
        _swapped_difference,
        "the rule subtracts from no sum",
    ),
    graph_mutant(
        "stale operand",
        "a product takes a field's old value instead of the new one",
        _stale_operand,
        "the rule multiplies no new value of a field",
    ),
    Mutant(
        "read one clock early",
        "a sweep one synapse too short for the pipeline does not wait: each is read a clock before"
        " it has landed",
        ("bank",),
        _early_read,
    ),
)
