# amaranth: UnusedElaboratable=no
"""Mutants of what joins the parts of a network: faults in its `top.v`, not in a part.

Claims about parts that were emitted by themselves can't see them: the claims about `top.v` must.
"""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Callable
from functools import partial
from pathlib import Path

from sc_hw.build.elaborate import Build
from sc_hw.files import write_json
from sc_hw.proof.blocks.parts import HIERARCHY, PARTS
from sc_hw.proof.mutants.emitted import apply_edits, design_files
from sc_hw.proof.mutants.mutant import Mutant, Trial, always, no_comparison
from sc_hw.proof.processes import decide
from sc_model.spec import Design, NetworkSpec


def network_of(design: Design) -> NetworkSpec:
    """The network of a design."""
    if design.network is None:
        raise ValueError("design must have a network")
    return design.network


def edited(verilog: str, module: str, edit: tuple[str, str], mutant: str) -> str:
    """A design's Verilog with a pattern replaced in one module; MutantError where it is not there.

    Parameters
    ----------
    verilog : the text.
    module : name of the module.
    edit : pattern and replacement.
    mutant : named in the error.
    """
    head = re.search(rf"^module \\?{re.escape(module)} ?\(", verilog, re.M)
    start = head.start() if head is not None else len(verilog)
    end = verilog.find("\nendmodule", start)
    text = apply_edits(verilog[start:end], [edit], mutant, f"module {module}")
    return verilog[:start] + text + verilog[end:]


def wiring_trial(build: Build, folder: Path, text: str) -> Trial:
    """The trial of a mutated `top.v`, by the claims about the whole alone.

    Parameters
    ----------
    build : of the correct network, with its parts.
    folder : the mutant's.
    text : Verilog with the fault.
    """
    design_files(folder, build.manifest, text)
    listing = json.loads((build.folder / "proof" / PARTS).read_text(encoding="utf-8"))
    proof = folder / "proof"
    proof.mkdir(parents=True, exist_ok=True)
    for row in listing[HIERARCHY]["parts"]:
        shutil.copy(build.folder / row["verilog"], folder / row["verilog"])
    write_json(proof / PARTS, {"parts": [], HIERARCHY: listing[HIERARCHY]})
    return Trial(no_comparison, partial(decide, folder))


def wiring_mutant(
    name: str,
    bug: str,
    module: Callable[[NetworkSpec], str],
    edit: tuple[str, str],
    applies_to: Callable[[Design], str | None] = always,
) -> Mutant:
    """A network whose `top.v` has a fault in one module.

    Parameters
    ----------
    name, bug : see :class:`~sc_hw.proof.mutants.mutant.Mutant`.
    module : of a network, the module that has the fault.
    edit : pattern and replacement.
    applies_to : of a design, why it lacks the hardware, or None where it has it.
    """

    def make(build: Build, folder: Path) -> Trial:
        verilog = build.verilog.read_text(encoding="utf-8")
        text = edited(verilog, module(network_of(build.design)), edit, name)
        return wiring_trial(build, folder, text)

    return Mutant(name, bug, ("network",), make, applies_to)


def _first_layer(network: NetworkSpec) -> str:
    return f"spike_network.layer_{network.layers[0].name}"


def _first_layer_of_words(network: NetworkSpec) -> str:
    """The first layer whose spikes leave in one word."""
    return f"spike_network.layer_{_words_given(network)[0]}"


def _words_given(network: NetworkSpec) -> list[str]:
    """Layers whose spikes leave in one word."""
    layers = enumerate(network.layers)
    return [layer.name for index, layer in layers if not network.o_slices(index)]


def _without_words(design: Design) -> str | None:
    has = _words_given(network_of(design))
    return None if has else "all layers of the network give their spikes in slices"


def _last_lane(network: NetworkSpec) -> str:
    layer = [layer for layer in network.layers if layer.engine == "sweep"][-1]
    return f"spike_network.layer_{layer.name}.lane_{layer.lanes - 1}"


def _without_a_sweep(design: Design) -> str | None:
    swept = any(layer.engine == "sweep" for layer in network_of(design).layers)
    return None if swept else "the network has no layer with engine 'sweep'"


def _without_samples(design: Design) -> str | None:
    long = network_of(design).sample_ticks(0) > 1
    return None if long else "no sample of several ticks has an end"


def _stored(network: NetworkSpec) -> list[str]:
    """Swept layers whose columns come in slices, into a memory."""
    layers = enumerate(network.layers)
    return [
        layer.name for index, layer in layers if layer.engine == "sweep" and network.slices(index)
    ]


def _first_store(network: NetworkSpec) -> str:
    return f"spike_network.layer_{_stored(network)[0]}.columns"


def _without_a_store(design: Design) -> str | None:
    has = _stored(network_of(design))
    return None if has else "no swept layer of the network takes its spikes in slices"


MUTANTS: tuple[Mutant, ...] = (
    wiring_mutant(
        "one bit of the host's word",
        "a bit of the words that the host loads is inverted on its way to the memories",
        _first_layer,
        (r"\bloaded <= load__payload;", "loaded <= load__payload ^ 1'h1;"),
    ),
    wiring_mutant(
        "no spike is collected",
        "the spikes that a layer gives are 0",
        _first_layer_of_words,
        (r"\bspikes <= [^;]+;", "spikes <= 0;"),
        _without_words,
    ),
    wiring_mutant(
        "one lane alone",
        "the sums of one lane of several go on from neuron to neuron",
        _last_lane,
        (r"\bfirst_d1 <= first;", "first_d1 <= 1'h0;"),
        _without_a_sweep,
    ),
    wiring_mutant(
        "samples without end",
        "a layer goes on with the state of the sample before",
        _first_layer,
        (r"\bsample_tick <= [^;]+;", "sample_tick <= 0;"),
        _without_samples,
    ),
    wiring_mutant(
        "one slice of columns",
        "each slice of a tick's columns takes the place of the one before it",
        _first_store,
        (r"\bpart <= [^;]+;", "part <= 0;"),
        _without_a_store,
    ),
)
