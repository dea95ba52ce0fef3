# amaranth: UnusedElaboratable=no
"""Mutants of a plastic layer: the proof of the part that has the fault must refute it.

Some change the Verilog of a part, some make the part for other parameters, and one changes the
clock in which the layer uses a part. The claims stay those of the correct layer.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from sc_hw.build.blocks import block_of
from sc_hw.build.elaborate import Build
from sc_hw.build.emit import to_verilog
from sc_hw.fabric.datapath import Datapath
from sc_hw.fabric.families import load_family
from sc_hw.plastic import PlasticLayer
from sc_hw.plastic.chain import LANE
from sc_hw.plastic.rule_parts import Products, RuleParts
from sc_hw.proof.blocks.parts import standalone_verilog
from sc_hw.proof.blocks.plastic.parts import lane_facts
from sc_hw.proof.facts import write_facts
from sc_hw.proof.mutants.emitted import Part, apply_edits, part_of, part_trial
from sc_hw.proof.mutants.mutant import Mutant, Trial, always
from sc_hw.proof.processes import compare_graphs
from sc_model.arithmetic import layer_critic
from sc_model.graph import Graph, restrict, rewrite, trace_function
from sc_model.graph.rewrite import PIPELINED, product_as_adder_tree
from sc_model.spec import Design

LAYER = ("layer",)  # the blocks that all mutants of this file are put into


def _layer_of(design: Design) -> PlasticLayer:
    """The component of a design whose block is a layer."""
    layer = block_of(design, load_family(design.fabric)).component
    if not isinstance(layer, PlasticLayer):
        raise TypeError(f"design must have block 'layer', not '{design.block}'")
    return layer


# --- a lane of a mutated rule ---------------------------------------------------------------------


@dataclass(frozen=True)
class _MutatedParts(RuleParts):
    """Parts of a rule whose synapses are computed by a mutated graph.

    Members
    -------
    mutated : the whole rule's graph.
    """

    mutated: Graph

    def synapse_graph(self, products: Products, with_counts: bool = False) -> Graph:
        """What a lane computes for each synapse; a mutated lane has no counters.

        As in a correct lane, a product without a multiplier block is a tree of adders.
        """
        rewrites = PIPELINED if products == "block" else (product_as_adder_tree, *PIPELINED)
        return restrict(rewrite(self.mutated, rewrites), self.names.synapse)


def lane_trial(build: Build, folder: Path, original: Graph, mutated: Graph) -> Trial:
    """The trial of a layer's lane that is made of a mutated graph of the rule.

    Original and mutant are compared by what a lane computes: the fields of a synapse. Traces of
    neurons are updated elsewhere.
    """
    layer = _layer_of(build.design)
    parts = layer.parts
    mutated_parts = _MutatedParts(parts.rule, parts.params, parts.names, mutated)
    # Counters need the saturations of the original graph, so the mutated lane goes without them.
    uncounted = layer.layer.model_copy(update={"counters": False})
    other = PlasticLayer(
        parts.rule,
        parts.params,
        uncounted,
        layer.spec,
        layer.place,
        layer.family,
        mutated_parts,
    )
    part = part_of(build, "lane")
    facts = write_facts(lane_facts(other.lane))
    row = {**part.row, "top": LANE, "facts": facts}
    trial = part_trial(build, folder, part, Part(row, to_verilog(other.lane, LANE, None)))
    left, right = (restrict(graph, parts.names.synapse) for graph in (original, mutated))
    return replace(trial, compare=partial(compare_graphs, left, right, folder))


# --- parts made for other parameters --------------------------------------------------------------


def _short_sum(build: Build, folder: Path) -> Trial:
    """A lane whose register for the sum of a neuron's weights is one bit narrower."""
    # Original and mutant are emitted in the same way, each as a module of its own, so that names of
    # registers agree and the solver can compare the two.
    row = {**part_of(build, "lane").row, "top": LANE}
    lane = _layer_of(build.design).lane
    original = Part(row, to_verilog(lane, LANE, None))
    lane.sum_width -= 1
    return part_trial(build, folder, original, Part(row, to_verilog(lane, LANE, None)))


def _sum_has_room(design: Design) -> str | None:
    """Why no bit can be taken off the sum's register; None where one can.

    The register also carries a synapse's other fields when the host reads them. Where these decide
    its width, a bit less need not be a fault of the sum.
    """
    lane = _layer_of(design).lane
    if lane.sum_width > lane.other_word.size:
        return None
    return "the sum's register also carries the synapse's other fields, and is as wide as they are"


def _impatient_host(build: Build, folder: Path) -> Trial:
    """A host port that waits one clock too few before it lets the host in."""
    layer, part = _layer_of(build.design), part_of(build, "host")
    # The facts keep the right `drain`, which is what the claims compare with.
    text = standalone_verilog(layer.host_port(layer.timing.drain - 1), "host")
    return part_trial(build, folder, part, replace(part, text=text))


def _slow_critic(build: Build, folder: Path) -> Trial:
    """A critic whose mean moves by half of what it should: its shift is one larger."""
    return _other_critic(build, folder, "critic_shift")


def _patient_critic(build: Build, folder: Path) -> Trial:
    """A critic that loses half as much of a later reward: its discount's shift is one larger."""
    return _other_critic(build, folder, "discount_shift")


def _other_critic(build: Build, folder: Path, shift: str) -> Trial:
    """A critic one of whose shifts is one larger."""
    layer, part = _layer_of(build.design), part_of(build, "critic")
    # A rule with a critic has one modulator, the reward.
    (reward,) = layer.parts.modulators.values()
    spec = layer.layer.model_copy(update={shift: getattr(layer.layer, shift) + 1})
    unit = layer_critic(reward, layer.parts.fields[layer.parts.weight], spec)
    if unit is None:
        raise TypeError(f"{build.design.name} has no critic")
    graph = rewrite(trace_function(unit.name, unit.inputs, unit.outputs, unit.apply))
    critic = Datapath(graph, layer.family.delay)
    # Another shift may need a pipeline of another length. That is no fault, so the facts follow.
    facts = {**part.row["facts"], "latency": critic.latency}
    mutated = Part({**part.row, "facts": facts}, standalone_verilog(critic, "critic"))
    return part_trial(build, folder, part, mutated)


def _without_critic(design: Design) -> str | None:
    """Why a design has no critic; None where it has one."""
    if design.layer is not None and design.layer.critic_shift:
        return None
    return "the layer has no critic"


def without_prediction(design: Design) -> str | None:
    """Why no neuron of a design predicts; None where one does."""
    if design.layer is not None and design.layer.discount_shift:
        return None
    return "no neuron predicts"


def _written_early(build: Build, folder: Path) -> Trial:
    """A correct lane, whose weight the layer writes one clock before the pipeline has it.

    The fault is in when the layer uses the lane, so both netlists are the same and not compared.
    """
    part = part_of(build, "lane")
    facts = part.row["facts"]
    row = {**part.row, "facts": {**facts, "write_weight": facts["write_weight"] - 1}}
    return part_trial(build, folder, part, replace(part, row=row), compared=False)


# --- edits of a part's Verilog --------------------------------------------------------------------


def _part_with_edits(name: str, part: Part, *edits: tuple[str, str]) -> Part:
    """A part with edits in its module alone.

    A lane has no file of its own: it is a module of the layer's `top.v`, where a pattern might also
    match in other modules. Any other part has a file of its own, which is edited to its end.
    """
    top = part.row["top"]
    start = part.text.index(f"module {top}(")
    end = part.text.index("endmodule", start) if part.row["verilog"] == "top.v" else len(part.text)
    module = apply_edits(part.text[start:end], edits, name, f"module {top}")
    return replace(part, text=part.text[:start] + module + part.text[end:])


def text_mutant(
    name: str,
    bug: str,
    part: str,
    *edits: tuple[str, str],
    applies: Callable[[Design], str | None] = always,
) -> Mutant:
    """A mutant of the Verilog of one part.

    Parameters
    ----------
    name, bug, applies : see :class:`~sc_hw.proof.mutants.mutant.Mutant`.
    part : kind of the part, as `parts.json` names it.
    edits : regular expressions, each of which must match, and their replacements.
    """

    def make(build: Build, folder: Path) -> Trial:
        original = part_of(build, part)
        return part_trial(build, folder, original, _part_with_edits(name, original, *edits))

    return Mutant(name, bug, LAYER, make, applies)


def _without_winner(design: Design) -> str | None:
    """Why neurons do not compete; None where they do."""
    if design.neuron is not None and design.neuron.winner_take_all:
        return None
    return "no neuron competes for a winner"


def _without_noise(design: Design) -> str | None:
    """Why neurons have no noise; None where they have."""
    if design.neuron is not None and design.neuron.noise_bits:
        return None
    return "the neurons have no noise"


# One more register behind the declaration of `take`: its value of the clock before.
# Keeps the declaration that was matched, and adds a register that follows `take` a clock later.
_LATE_TAKE = r"\g<0> reg take_late; always @(posedge clk) take_late <= take;"

MUTANTS: tuple[Mutant, ...] = (
    Mutant(
        "integration one bit short",
        "the sum of a neuron's weights lacks its highest bit",
        LAYER,
        _short_sum,
        _sum_has_room,
    ),
    Mutant(
        "written a clock early",
        "a weight is written a clock before the pipeline has it",
        LAYER,
        _written_early,
    ),
    text_mutant(
        "neighbour's trace",
        "the values of a neuron reach the lane a clock late: a group's first synapse still sees"
        " those of the neuron before",
        "lane",
        (r"wire take;", _LATE_TAKE),
        (r"if \(take\)", "if (take_late)"),
    ),
    text_mutant(
        "group a clock too short",
        "a pause ends a clock early: every row comes again before its group has had its slots",
        "sequencer",
        # The sequencer takes a clock of the pause for its last one when it has counted to
        # `last_pause` - 2 instead of - 1.
        # The pause is compared a clock ahead, with `last_pause` - 1.
        (r"last_pause - (\d+)'h0*1\b", r"last_pause - \1'h2"),
    ),
    text_mutant(
        "words not counted on",
        "every synapse lies in the same word",
        "sequencer",
        # The address of the synapses' words is never counted up.
        (r"address \+ (\d+)'h0*1\b", r"address + \1'h0"),
    ),
    text_mutant(
        "tie to the higher number",
        "of two neurons with the same score the later wins",
        "neurons",
        (r"> \$signed\(best_score\)", r">= $signed(best_score)"),
        applies=_without_winner,
    ),
    text_mutant(
        "wrong tap",
        "the noise's register is fed by the wrong bit",
        "neurons",
        # Bit 31 is the highest tap of the noise's register. A control word that holds nothing but
        # this register gives it the name `control`.
        (r"(\^ \{ (?:lfsr|control)\[)31\b", r"\g<1>30"),
        applies=_without_noise,
    ),
    Mutant(
        "host too early",
        "the host gets in while the last update is under way",
        LAYER,
        _impatient_host,
    ),
    Mutant(
        "slow critic",
        "the critic's mean moves by half of what it should",
        LAYER,
        _slow_critic,
        _without_critic,
    ),
    Mutant(
        "patient critic",
        "the critic that compares with a prediction loses half as much of it as it should",
        LAYER,
        _patient_critic,
        without_prediction,
    ),
    text_mutant(
        "prediction competes",
        "the neuron that predicts fires where its score is the highest, and the first never does",
        "neurons",
        (r"(\bindex_d\d+ != \d+)'h\w+", r"\1'h0"),
        applies=without_prediction,
    ),
    text_mutant(
        "prediction never learned",
        "the synapses of the neuron that predicts do not see that another one has won",
        "neurons",
        (r"\bask_d1 == \d+'h\w+", "1'h0"),
        applies=without_prediction,
    ),
    text_mutant(
        "prediction of another neuron",
        "the sum of a step's last turn is taken for the prediction, whichever neuron's it is",
        "neurons",
        (r"\bindex_d\d+ == \d+'h\w+", "1'h1"),
        applies=without_prediction,
    ),
    text_mutant(
        "one bank",
        "the neurons' traces are written into the bank that is read",
        "outputs",
        # `~bank` is the bank that is written.
        (r"~\s*bank\b", "bank"),
    ),
    text_mutant(
        "spikes forgotten",
        "the groups after the first use the spike that arrives instead of the one in memory",
        "inputs",
        # Selects between the spike at the input and that in memory.
        # `first_d3` chooses the spike from outside in the first group: now in every group.
        (r"first_d3 \?", "1'h1 ?"),
    ),
)
