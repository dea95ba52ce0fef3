"""Mutants of a recurrent network: the proof of the part that has the fault must refute it."""

from __future__ import annotations

from sc_hw.proof.mutants.emitted import edited_part
from sc_hw.proof.mutants.mutant import Mutant, always
from sc_model.spec import Design
from sc_model.spec.learning.recurrent_network import RECURRENT_FAMILY

# One less of a value that decays to 0, with a carry below its lowest bit; at the lane's input, or
# behind a register where the value is wide.
DECAY = r"(\{ (?:i_)?(?:eligibility|pre_trace)\w*, 1'h1 \} \+ \d+'h\w*)d;"


def _of_one_rule(design: Design) -> str | None:
    """Why a design's lanes and rows have not the arithmetic that is edited, or None."""
    network = design.recurrent
    if network is None or network.hidden.rule.family != RECURRENT_FAMILY:
        return f"its rule is not {RECURRENT_FAMILY}"
    return None


def _mutant(part: str, name: str, bug: str, *edits: tuple[str, str]) -> Mutant:
    """A part whose Verilog is edited."""
    rule = part in ("lane", "row")
    applies = _of_one_rule if rule else always
    return edited_part(
        "recurrent_network", part, f"recurrent: {name}", bug, *edits, applies=applies
    )


def _has_lanes(design: Design) -> str | None:
    """Why a design has no neighbour's lane, or None."""
    few = design.recurrent is None or design.recurrent.hidden.lanes < 2
    return "it has one lane" if few else None


def _has_delays(design: Design) -> str | None:
    """Why no neuron's spikes come back later than in the next step, or None."""
    hidden = None if design.recurrent is None else design.recurrent.hidden
    return None if hidden is not None and max(hidden.delays) > 1 else "its spikes have no delays"


MUTANTS = (
    _mutant(
        "control",
        "words skipped",
        "every second word is visited, and its synapses alone learn",
        (r"= word \+ 1'h1;", "= word + 2'h2;"),
    ),
    _mutant(
        "control",
        "does not wait",
        "sums begin, and a step ends, while words are on their way to a memory",
        (r"= ~ landing;", "= 1'h1;"),
    ),
    _mutant(
        "control",
        "learns unasked",
        "errors are learned from in steps in which no class is told",
        (r"= told & any_error;", "= any_error;"),
    ),
    _mutant(
        "control",
        "signals for good",
        "signals of a step count in all later ones",
        (r"signalled <= [^;]*;", "signalled <= 1'h1;"),
    ),
    _mutant(
        "control",
        "neurons skipped",
        "every second neuron is added and learns",
        (r"= neuron_counter \+ 1'h1;", "= neuron_counter + 2'h2;"),
    ),
    _mutant(
        "control",
        "classes skipped",
        "every second class is looked at",
        (r"= number \+ 1'h1;", "= number + 2'h2;"),
    ),
    _mutant(
        "control",
        "every row the first",
        "a group's currents begin anew with each row",
        (r"begins = issue & [^;]*;", "begins = issue;"),
    ),
    _mutant(
        "control",
        "every group the last",
        "what is kept of rows goes on with each group",
        (r"ends = issue & [^;]*;", "ends = issue;"),
    ),
    _mutant(
        "spikes",
        "old spikes in a new sample",
        "spikes of the sample before are rows of the first step",
        (r"= ~ first;", "= 1'h1;"),
    ),
    _mutant(
        "spikes",
        "rows fall out",
        "a ring of rows does not close: later groups see no spikes",
        (r"= \{ rows\[0\], ", "= { 1'h0, "),
    ),
    edited_part(
        "recurrent_network",
        "spikes",
        "recurrent: late spikes of old",
        "a spike of a sample's last steps comes back in the next sample",
        (r"(= neurons\[1\]) & [^;]*;", r"\1;"),
        applies=_has_delays,
    ),
    _mutant(
        "sweep",
        "word of a later visit",
        "a word is written where a later visit has read",
        (r"(issue_d\d+) \? word_d\d+ : word;", r"\1 ? word_d1 : word;"),
    ),
    _mutant(
        "sweep",
        "sample not begun anew",
        "eligibilities of the sample before count",
        (r"(assign \\?i_\S+\s+= words\[\d+:\d+\]) & [^;]*;", r"\1;"),
    ),
    _mutant(
        "sweep",
        "rows of every group",
        "what is kept of a row is written with each of its visits",
        (r"ends_issue = issue & ends;", "ends_issue = issue;"),
    ),
    _mutant(
        "sweep",
        "landed too early",
        "a write is under way when nothing is said to be",
        (r"landing = \| \{ issue_d\d+, ", "landing = | { "),
    ),
    _mutant(
        "sweep",
        "silent rows count",
        "weights of rows without a spike are added",
        (r"(= words\[\d+:\d+\]) & \{ spike_d[^;]*;", r"\1;"),
    ),
    _mutant(
        "sweep",
        "currents go on",
        "a group's current goes on from that of the group before",
        (r"(= current(?:_0|s)) & [^;]*;", r"\1;"),
    ),
    _mutant(
        "sweep",
        "noise too early",
        "a word is rounded by the noise of a later one",
        (r"noise_d2 <= noise_d1;", "noise_d2 <= noise;"),
    ),
    edited_part(
        "recurrent_network",
        "neurons",
        "recurrent: neighbour's current",
        "a neuron takes the current of the lane beside its own",
        (r"(index_d2(?:\[0\])?) \?", r"! \1 ?"),
        applies=_has_lanes,
    ),
    _mutant(
        "neurons",
        "frozen layer learns",
        "signals count although they should not",
        (r"= signalled & ", "= 1'h1 & "),
    ),
    _mutant(
        "neurons",
        "other neuron",
        "a neuron is written where another one has been read",
        (r"\.write__addr\(index_d\d+\)", ".write__addr(index_d1)"),
    ),
    _mutant(
        "neurons",
        "fired too early",
        "the readout adds before the last neurons are written",
        (r"= \| \{ fired, ", "= | { "),
    ),
    _mutant(
        "readout",
        "last of equals",
        "the highest of classes with one sum wins",
        (r"(\$signed\(score\)) > ", r"\1 >= "),
    ),
    _mutant(
        "readout",
        "silent neurons count",
        "weights of neurons without a spike are added",
        (r"= add_d2 & spike_d2;", "= add_d2;"),
    ),
    _mutant(
        "readout",
        "frozen readout learns",
        "a readout that is frozen is written",
        (r"(= (?:learn_d\d+|signal_write)) & learns;", r"\1;"),
    ),
    _mutant(
        "readout",
        "all others are the target",
        "the class that is told has the error of the others",
        (r"number_d1 == label;", "number_d1 != label;"),
    ),
    _mutant(
        "readout",
        "signal of another neuron",
        "a learning signal goes to the neuron that is visited later",
        (r"signal_index <= [^;]*;", "signal_index <= index;"),
    ),
    _mutant(
        "readout",
        "errors of old",
        "once there was an error there is one for good",
        (r"(= any_error) & [^;]*;", r"\1;"),
    ),
    _mutant(
        "lane",
        "no noise",
        "steps are rounded down, not at random",
        (r"(= scaled\w*(?:\[\d+:0\])? \+ )(noise\w*);", r"\1(\2 ^ \2);"),
    ),
    _mutant(
        "lane",
        "decay rounded up",
        "what a synapse keeps does not decay to 0",
        (DECAY, r"\1f;"),
    ),
    _mutant(
        "row",
        "trace for good",
        "the trace of a row does not decay to 0",
        (DECAY, r"\1f;"),
    ),
    _mutant(
        "neuron",
        "fires above the threshold",
        "a potential at the threshold does not fire",
        (r"(\$signed\(potential_next\w*\)) < ", r"\1 <= "),
    ),
    _mutant(
        "neuron",
        "no reset",
        "a spike does not take the threshold off the potential",
        (r"= spike(\w*) \?", r"= (spike\1 ^ spike\1) ?"),
    ),
    _mutant(
        "error",
        "target and others",
        "the error of the target is that of the others",
        (r"= target(\w*) \?", r"= ! target\1 ?"),
    ),
    _mutant(
        "feedback",
        "not rounded",
        "a signal is rounded down",
        (r"(= feedback_\w+ \+ )\d+'h\w+;", r"\g<1>1'h0;"),
    ),
    _mutant(
        "readout_synapse",
        "no noise in the readout",
        "steps of the readout are rounded down",
        (r"(= scaled\w*(?:\[\d+:0\])? \+ )(noise\w*);", r"\1(\2 ^ \2);"),
    ),
    _mutant(
        "noise",
        "steps in every clock",
        "the register moves without a word",
        (r"if \(step\)", "if (1'h1)"),
    ),
    _mutant(
        "host",
        "read before load",
        "a read is taken together with a load",
        (r"= ~ load__valid;", "= 1'h1;"),
    ),
    _mutant(
        "host",
        "registers with every load",
        "whatever the host loads goes to the registers, too",
        (r"(load_noise = loading) & [^;]*;", r"\1;"),
    ),
)
