"""Mutants of a network that learns: the proof of the part that has the fault must refute it."""

from __future__ import annotations

from collections.abc import Callable

from sc_hw.proof.mutants.emitted import edited_part
from sc_hw.proof.mutants.mutant import Mutant, always
from sc_model.spec import Design

NET = r"(\\\$\d+ )"  # a wire without a name of its own


def one_hidden_layer(design: Design) -> str | None:
    """Why a design has no hardware between two hidden layers, or None where it has."""
    if design.learning is None or len(design.learning.hidden) < 2:
        return "nothing lies between two hidden layers: there is one"
    return None


def one_width(design: Design) -> str | None:
    """Why a design has no choice of widths, or None where layers differ in it."""
    if design.learning is None or len({one.weight_bits for one in design.learning.layers}) < 2:
        return "no width is chosen: weights of all layers have the same"
    return None


def all_lanes(design: Design) -> str | None:
    """Why a design has no rows with fewer lanes than a word, or None where it has."""
    if design.learning is None:
        return "there is no network that learns"
    most = max(layer.lanes for layer in design.learning.layers)
    if all(layer.lanes == most for layer in design.learning.hidden):
        return "no hidden layer has fewer lanes than a word"
    return None


def no_exploration(design: Design) -> str | None:
    """Why a design draws no classes, or None where it does."""
    if design.learning is None or not design.learning.exploration:
        return "no class is drawn: exploration is 0"
    return None


def _mutant(
    part: str,
    name: str,
    bug: str,
    *edits: tuple[str, str],
    applies: Callable[[Design], str | None] = always,
) -> Mutant:
    """A part whose Verilog is edited."""
    name = f"learning: {name}"
    return edited_part("learning_network", part, name, bug, *edits, applies=applies)


MUTANTS = (
    _mutant(
        "lane",
        "no noise",
        "steps are rounded down, not at random",
        (r"\{ weight, noise \}", "{ weight, noise ^ noise }"),
    ),
    _mutant(
        "lane",
        "least weight",
        "a weight may become -2^(bits - 1), which the rule never leaves",
        (rf"= \| {NET}\[(\d+):0\];", r"= 1'h1;"),
    ),
    _mutant(
        "lane",
        "one width",
        "weights of all layers go as far as those of the widest",
        (r"assign changed = \S+ +\? (\S+) +: [^;]*;", r"assign changed = \1 ;"),
        applies=one_width,
    ),
    _mutant(
        "lane",
        "sign of the fed back weight",
        "a weight is fed back as it is, not raised",
        (r"= ~ (weight\[\d+\];)", r"= \1"),
    ),
    _mutant(
        "lane",
        "unsigned signal",
        "a negative signal is taken for a large one",
        (r"\$signed\(a_register\)", "$signed({ 1'h0, a_register })"),
    ),
    _mutant(
        "noise",
        "stuck taps",
        "the register only shifts",
        (r"(= \{ 1'h0, state\[\d+:1\] \}) \^ [^;]*;", r"\1;"),
    ),
    _mutant(
        "noise",
        "always stepping",
        "the register steps in every clock",
        (r"if \(step\)", "if (1'h1)"),
    ),
    _mutant(
        "sizes",
        "drive goes up",
        "the drive of later inputs is larger, not smaller",
        (r"drive - hidden_unit", "drive + hidden_unit"),
    ),
    _mutant(
        "sizes",
        "one setting",
        "the setting that makes a shift of 9 makes that of 10",
        (r"(o_shift\S* +== )4'h9", r"\g<1>4'ha"),
    ),
    _mutant(
        "sizes",
        "drive of the last row",
        "a row of the readout has the drive of the one before",
        (r"trace_d1 <= trace;", "trace_d1 <= trace_d1;"),
    ),
    _mutant(
        "neurons",
        "spike not counted",
        "the first lane's spikes are not in the trace",
        (r"(= trace_\d+) \+ [^;]*;", r"\1;"),
    ),
    _mutant(
        "neurons",
        "other share",
        "new values are written into a share of the lanes that was not visited",
        (r"= ! (place_d\d+\[[^]]*\];)", r"= | \1"),
    ),
    _mutant(
        "neurons",
        "written for nothing",
        "traces are written without a visit",
        (r"assign write = \{ [^;]*;", "assign write = 2'h1;"),
    ),
    _mutant(
        "classes",
        "last of equals",
        "the highest of classes with one score wins",
        (r"(\$signed\(\w+\)) > (\$signed\(best\))", r"\1 >= \2"),
    ),
    _mutant(
        "classes",
        "unsigned partial sums",
        "a partial sum below 0 counts as a large one",
        (r"\$signed\(part\)", "$signed({ 1'h0, part })"),
    ),
    _mutant(
        "classes",
        "all classes known",
        "a reward counts for the classes that were not played",
        (r"= ~ single;", "= 1'h1;"),
    ),
    _mutant(
        "classes",
        "sum of errors",
        "the errors' sum goes down by each error",
        (r"\$signed\(total\) \+ ", "$signed(total) - "),
    ),
    _mutant(
        "feedback",
        "row not begun anew",
        "a row's sum goes on from the row before",
        (r"first_d\d+ \? \d+'h0+ : row_sum", "row_sum"),
    ),
    _mutant(
        "feedback",
        "raised weights",
        "the errors' part is not taken off",
        (r"\{ errors, (\d+'h0+) \}", r"{ errors ^ errors, \1 }"),
    ),
    _mutant(
        "feedback",
        "between the slots",
        "products of clocks without a slot count",
        (r"if \(slot_d\d+\)", "if (1'h1)"),
    ),
    _mutant(
        "feedback",
        "one lane missing",
        "the first lane's product is not added",
        (r"\$signed\(products\[\d+:0\]\)", "$signed(1'h0)"),
    ),
    _mutant(
        "backward",
        "new weights",
        "a row's words are updated before they are read for the signal",
        (r"(assign feedback = .*) & " + NET + ";", r"\1 & updating;"),
        (r"updating \| ", "~ updating | "),
    ),
    _mutant(
        "backward",
        "near neurons skipped",
        "a neuron near the threshold that has not spiked gets no signal",
        (NET + r" \| near;", r"\1;"),
    ),
    _mutant(
        "backward",
        "words without an error",
        "words that have no error are updated, and draw noise",
        (r"(assign update = [^;]*) & [^;]*;", r"\1;"),
    ),
    _mutant(
        "backward",
        "frozen readout",
        "a readout that is frozen learns",
        (r"= learns & ", "= 1'h1 & "),
    ),
    _mutant(
        "backward", "every clock", "slots follow each other at once", (r"= ~ beat;", "= 1'h1;")
    ),
    _mutant(
        "weights",
        "landed too early",
        "a write is under way when nothing is said to be",
        (r"landing = \| \{ update_d\d+, ", "landing = | { "),
    ),
    _mutant(
        "weights",
        "other word",
        "a change is written to the word of a later slot",
        (r"\? address_d\d+ : address_d1", "? address_d2 : address_d1"),
    ),
    _mutant(
        "update",
        "last group lost",
        "a row is left before its last group has had its slot",
        (r"(assign leaves = \w+) & \\final ;", r"\1;"),
    ),
    _mutant(
        "update",
        "row not found yet",
        "a row is left before it is known whether it is the last one",
        (
            r"(if \(\\\$\d+ \) begin\n +\\\$\d+  = )1'h0;(\n +end else begin\n +\\\$\d+  = 1'h1;)",
            r"\1 1'h1;\2",
        ),
    ),
    _mutant(
        "update",
        "first group twice",
        "the groups behind the first one have it among them",
        (r"behind_first <= [^;]*;", "behind_first <= active;"),
    ),
    _mutant(
        "forward",
        "half of the neurons",
        "the second half of each group is not visited",
        (r"share = slot\[(\d+(?::0)?)\] & ", "share = 1'h0 & "),
    ),
    _mutant(
        "forward",
        "one group again and again",
        "an input meets the first group alone",
        (r"= slot\[\d+(?::0)?\] & (\{ )?\\event", r"= 1'h0 & \1\\event"),
    ),
    _mutant(
        "readout",
        "one spike too many",
        "a row is added once more than it has spiked",
        (r"done == trace;", "done == trace + 1'h1;"),
    ),
    _mutant(
        "rows",
        "neighbour's lane",
        "two lanes move up with one row",
        (r"= lane \+ 1'h1;", "= lane + 2'h2;"),
    ),
    _mutant(
        "rows",
        "lanes that are none",
        "lanes that a layer does not have are rows",
        (r"assign over = [^;]*;", "assign over = & lane;"),
        applies=all_lanes,
    ),
    _mutant(
        "rows",
        "ages for traces",
        "the words of ages are asked for twice",
        (r"= ! clock;", "= clock == 1'h1;"),
    ),
    _mutant(
        "control",
        "does not wait",
        "a pass begins while words are on their way to a memory",
        (r"= ~ landing;", "= 1'h1;"),
    ),
    _mutant(
        "control",
        "told too early",
        "what is told is taken while the host has asked for the memories",
        (r"(\\\$\d+  = )~ host;", r"\1 1'h1;"),
    ),
    _mutant(
        "control",
        "first layer again and again",
        "the layer whose rows are walked stays where it is",
        (r"= layer(\S*) - 1'h1;", r"= layer\1 - 1'h0;"),
        applies=one_hidden_layer,
    ),
    _mutant(
        "forward",
        "sums of other steps",
        "the current of a further layer goes on from step to step",
        (r"assign spent = [^;]*;", "assign spent = 1'h0;"),
        applies=one_hidden_layer,
    ),
    _mutant(
        "forward",
        "neurons too early",
        "the neurons of a further layer take their step while spikes are still to be read",
        (r"assign renew = ", "assign renew = picks & ~waiting | "),
        applies=one_hidden_layer,
    ),
    _mutant(
        "neurons",
        "padded lanes fire",
        "a lane without a neuron has its spikes told to the layer behind",
        (r"assign (spikes(?:\[0\])?) = [^;]*;", r"assign \1 = values[0];"),
        applies=one_hidden_layer,
    ),
    _mutant(
        "queue",
        "two neurons at once",
        "two spikes go with one event",
        (r"= left - 1'h1;", "= left - 2'h2;"),
        applies=one_hidden_layer,
    ),
    _mutant(
        "queue",
        "word too early",
        "the word at the port is taken for the next one a clock too early",
        (r"(stands <= )[^;]*;", r"\1 waits;"),
        applies=one_hidden_layer,
    ),
    _mutant(
        "queue",
        "silent shares",
        "shares without a spike take a place",
        (r"assign adds = [^;]*;", "assign adds = push;"),
        applies=one_hidden_layer,
    ),
    _mutant(
        "lists",
        "links lost",
        "the input that an input is put in front of is forgotten",
        (r"= behind \? ", "= ~ behind ? "),
    ),
    _mutant(
        "lists",
        "head too early",
        "an input is put in front of its list before the one before it is its head",
        (rf"(assign {NET} = writes) \| fronts;", r"\1;"),
    ),
    _mutant(
        "lists",
        "read for two",
        "an input is put into its list while a walk reads",
        (rf"(= {NET} ?\| )fresh;", r"\1 1'h0;"),
    ),
    _mutant(
        "lists",
        "not kept",
        "what is behind the row of a walk is lost when an input is put into the other buffer",
        (r"= arrived \? found : kept;", "= found;"),
    ),
    _mutant(
        "lists",
        "one clock early",
        "the head of a list is taken for its second input",
        (r"if \(looked\)", "if (look)"),
    ),
    _mutant(
        "sums",
        "sums of another slot",
        "an addition goes to the sums of the slot behind it",
        (r"\[place_d\d+\] <= totals;", "[place_d1] <= totals;"),
    ),
    _mutant(
        "state",
        "whole words",
        "a share of the lanes takes its values to the other lanes too",
        (r"(signature__en\S* += write \|) [^;]*;", r"\1 {64{| write_share}};"),
    ),
    _mutant(
        "host",
        "read before load",
        "a read is taken together with a load",
        (r"= ~ load__valid;", "= 1'h1;"),
    ),
    _mutant(
        "exploration",
        "always random",
        "every sample that may explore plays a class that is drawn",
        (r"= state\[7:0\] < [^;]*;", "= 1'h1;"),
        applies=no_exploration,
    ),
)
