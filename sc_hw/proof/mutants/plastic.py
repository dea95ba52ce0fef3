# amaranth: UnusedElaboratable=no
"""Bugs put into a layer on purpose: the proof of the part that has the bug must refute it.

Some change the traced graph that a lane is made of, some the Verilog of a part, some when the
layer's bus says what; the claims stay those of the correct design.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sc_hw.build.blocks import block_of
from sc_hw.build.elaborate import Build
from sc_hw.build.emit import to_verilog
from sc_hw.fabric.datapath import Datapath
from sc_hw.fabric.families import load_family
from sc_hw.files import write_json, write_text
from sc_hw.plastic import PlasticLayer
from sc_hw.plastic.chain import LANE
from sc_hw.plastic.rule_parts import Products, RuleParts
from sc_hw.proof.blocks.plastic.parts import PARTS, host_port, lane_facts, standalone_verilog
from sc_hw.proof.mutants.rule import CONTROLS, Control, changed_graph
from sc_model.arithmetic import critic_unit
from sc_model.graph import REWRITES, Graph, restrict, rewrite, trace, trace_function
from sc_model.graph.rewrite import product_as_adder_tree
from sc_model.spec import Design

Row = dict[str, Any]  # of `parts.json`
Seed = Callable[[PlasticLayer, Row, str], tuple[str, Row] | None]


@dataclass(frozen=True)
class LayerControl:
    """A seeded bug. `seed` gives other Verilog and facts of a part for those of the correct design,
    or None where the part has no place for the bug.
    """

    name: str
    bug: str
    part: str
    seed: Seed


@dataclass(frozen=True)
class _SeededParts(RuleParts):
    """Parts of a rule whose synapses are computed wrongly."""

    control: Control

    def synapse_graph(self, products: Products, counted: bool = False) -> Graph:
        """What a lane without counters computes, with the bug."""
        graph = trace(self.rule, self.params)
        rewrites = REWRITES if products == "block" else (product_as_adder_tree, *REWRITES)
        return restrict(
            rewrite(changed_graph(graph, self.control) or graph, rewrites), self.names.synapse
        )


def _in_graph(control: Control) -> Seed:
    """A bug of the rule's graph, put into the lane."""

    def seed(layer: PlasticLayer, row: Row, text: str) -> tuple[str, Row] | None:
        parts = layer.parts
        synapses = tuple(parts.fields)
        right = trace(parts.rule, parts.params)
        wrong = changed_graph(right, control)
        if wrong is None or restrict(rewrite(wrong), synapses) == restrict(
            rewrite(right), synapses
        ):
            return None
        seeded = _SeededParts(parts.rule, parts.params, parts.names, control)
        uncounted = layer.layer.model_copy(update={"counters": False})
        other = PlasticLayer(
            parts.rule, parts.params, uncounted, layer.spec, layer.place, layer.family, seeded
        )
        return to_verilog(other.lane, LANE, None), {**row, "facts": lane_facts(other.lane)}

    return seed


def _in_text(*edits: tuple[str, str]) -> Seed:
    """A bug of the Verilog of a part: patterns and what is put for them, all of which must be
    found.
    """

    def seed(layer: PlasticLayer, row: Row, text: str) -> tuple[str, Row] | None:
        start = text.index(f"module {row['top']}(")
        end = text.index("endmodule", start) if row["part"] == "lane" else len(text)
        module = text[start:end]
        for pattern, put in edits:
            module, count = re.subn(pattern, put, module)
            if not count:
                return None
        return text[:start] + module + text[end:], row

    return seed


def _enabled_early(layer: PlasticLayer, row: Row, text: str) -> tuple[str, Row] | None:
    facts = row["facts"]
    return text, {**row, "facts": {**facts, "write_weight": facts["write_weight"] - 1}}


def _short_sum(layer: PlasticLayer, row: Row, text: str) -> tuple[str, Row] | None:
    lane = layer.lane
    if lane.sum_width == lane.other_word.size:
        return None  # the sum has room to spare
    lane.sum_width -= 1
    return to_verilog(lane, LANE, None), row


def _impatient_host(layer: PlasticLayer, row: Row, text: str) -> tuple[str, Row] | None:
    return standalone_verilog(host_port(layer, drain=layer.timing.drain - 1), "host"), row


def _slow_critic(layer: PlasticLayer, row: Row, text: str) -> tuple[str, Row] | None:
    (reward,) = layer.parts.modulators.values()
    unit = critic_unit(reward, layer.layer.critic_shift + 1)
    graph = rewrite(trace_function(unit.name, unit.inputs, unit.outputs, unit.apply))
    critic = Datapath(graph, layer.family.delay)
    return standalone_verilog(critic, "critic"), {
        **row,
        "facts": {**row["facts"], "latency": critic.latency},
    }


_LATE_TAKE = r"\g<0> reg take_late; always @(posedge clk) take_late <= take;"

LAYER_CONTROLS: tuple[LayerControl, ...] = (
    *(
        LayerControl(control.name, control.bug, "lane", _in_graph(control))
        for control in CONTROLS
        if control.change is not None
    ),
    LayerControl(
        "integration one bit short",
        "the sum of a neuron's weights lacks its highest bit",
        "lane",
        _short_sum,
    ),
    LayerControl(
        "written a clock early",
        "a weight is written a clock before the pipeline has it",
        "lane",
        _enabled_early,
    ),
    LayerControl(
        "neighbour's trace",
        "a group's first synapses still see the values of the neuron before: they are taken a clock"
        " late",
        "lane",
        _in_text((r"wire take;", _LATE_TAKE), (r"if \(take\)", "if (take_late)")),
    ),
    LayerControl(
        "group a clock too short",
        "a pause ends a clock early: every row comes again before its group has had its slots",
        "sequencer",
        _in_text((r"last_pause - (\d+)'h0*1\b", r"last_pause - \1'h2")),
    ),
    LayerControl(
        "words not counted on",
        "every synapse lies in the same word",
        "sequencer",
        _in_text((r"address \+ (\d+)'h0*1\b", r"address + \1'h0")),
    ),
    LayerControl(
        "tie to the higher number",
        "of two neurons with the same score the later wins",
        "neurons",
        _in_text((r"> \$signed\(best_score\)", r">= $signed(best_score)")),
    ),
    LayerControl(
        "wrong tap",
        "the noise's register is fed by the wrong bit",
        "neurons",
        _in_text((r"(\^ \{ lfsr\[)31\b", r"\g<1>30")),
    ),
    LayerControl(
        "host too early",
        "the host gets in while the last update is under way",
        "host",
        _impatient_host,
    ),
    LayerControl(
        "slow critic", "the critic's mean moves by half of what it should", "critic", _slow_critic
    ),
    LayerControl(
        "one bank",
        "the neurons' traces are written into the bank that is read",
        "outputs",
        _in_text((r"~\s*bank\b", "bank")),
    ),
    LayerControl(
        "spikes forgotten",
        "the groups behind the first take the spike that comes instead of that in memory",
        "inputs",
        _in_text((r"first_d3 \?", "1'h1 ?")),
    ),
)


def layer_controls(design: Design) -> tuple[LayerControl, ...]:
    """The controls that concern a layer."""
    return LAYER_CONTROLS if design.block == "layer" else ()


def seeded_layer(build: Build, control: LayerControl) -> Path | None:
    """A folder with the part that has the bug, or None where the layer has no place for it."""
    rows = json.loads((build.folder / "proof" / PARTS).read_text())["parts"]
    row = next((row for row in rows if row["part"] == control.part), None)
    layer = block_of(build.design, load_family(build.design.fabric)).component
    if row is None or not isinstance(layer, PlasticLayer):
        return None
    made = control.seed(layer, row, (build.folder / row["verilog"]).read_text())
    if made is None:
        return None
    text, other = made
    folder = build.folder / "controls" / re.sub(r"\W", "_", control.name)
    write_text(folder / "part.v", text)
    write_json(folder / "proof" / PARTS, {"parts": [{**other, "verilog": "part.v"}]})
    write_json(folder / "manifest.json", build.manifest)
    return folder
