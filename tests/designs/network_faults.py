"""A small network of two layers and two clocks, and what the proof says of faults in `top.v`."""

from __future__ import annotations

import json
import shutil
from collections.abc import Sequence
from pathlib import Path

from sc_hw.build.elaborate import make, sha256
from sc_hw.files import write_json, write_text
from sc_hw.proof.blocks.network.parts import write_network_parts
from sc_hw.proof.blocks.parts import HIERARCHY, PARTS
from sc_hw.proof.mutants.wiring import edited
from sc_hw.proof.processes import decide
from sc_model.spec import DenseSpec, Design, HetSynSpec, LifSpec, NetworkSpec, NeuronSpec

# The module under `spike_network` (its own for an empty name), a pattern there, and what takes its
# place.
Fault = tuple[str, str, str]


def two_layers() -> Design:
    """Lanes with and without a history, both kinds of layers, two policies, a queue."""
    first = HetSynSpec(
        name="first",
        inputs=3,
        neurons=3,
        lanes=2,
        clock="sense",
        neuron=NeuronSpec(reset="subtract", threshold=900, leak_shift=2, potential_bits=16),
        weight_bits=4,
        trace_bits=9,
        trace_fraction=4,
        code_bits=3,
        factor_shift=8,
    )
    second = DenseSpec(
        name="second",
        inputs=3,
        neurons=2,
        clock="think",
        tick_interval=2,
        policy="once",
        pending_bits=2,
        weight_bits=4,
        max_delay=2,
        recurrent=True,
        neuron=LifSpec(factor_shift=6, threshold_bits=8, fraction=2),
    )
    network = NetworkSpec(layers=(first, second), crossing_depth=2)
    return Design(name="two", block="network", network=network)


def write_network(design: Design, folder: Path) -> None:
    """Write a network for the claims about its `top.v` alone: those about parts are left out."""
    made = make(design)
    write_text(folder / "top.v", made.verilog)
    write_json(folder / "manifest.json", made.manifest)
    write_network_parts(design, folder)
    listing = json.loads((folder / "proof" / PARTS).read_text())
    write_json(folder / "proof" / PARTS, {"parts": [], HIERARCHY: listing[HIERARCHY]})


def refuted(network: Path, folder: Path, faults: Sequence[Fault] = ()) -> set[str]:
    """Names of the claims that are not proved of a network with some faults.

    Parameters
    ----------
    network : where `write_network` has written.
    folder : an empty one.
    faults : all at once.
    """
    (folder / "proof").mkdir()
    for file in (*network.glob("proof/*.v"), network / "proof" / PARTS):
        shutil.copy(file, folder / file.relative_to(network))
    text = (network / "top.v").read_text()
    for module, pattern, replacement in faults:
        name = ".".join(filter(None, ("spike_network", module)))
        text = edited(text, name, (pattern, replacement), name)
    (folder / "top.v").write_text(text)
    # As if the generator had emitted the faults: that it did not is another claim's business.
    manifest = json.loads((network / "manifest.json").read_text())
    write_json(folder / "manifest.json", {**manifest, "verilog_sha256": sha256(text)})
    return {claim["name"] for claim in decide(folder) if claim["verdict"] != "proved"}


def broken(design: Design, folder: Path, part: str, *edits: tuple[str, str]) -> list[str]:
    """Names of the claims about a part of a layer named ``only`` that an edit refutes.

    Parameters
    ----------
    design : a network of that layer.
    folder : an empty one.
    part : kind of the part.
    edits : texts of its Verilog, each replaced where it stands first.
    """
    write_network_parts(design, folder)
    manifest = {"design": design.model_dump(mode="json"), "verilog": "top.v"}
    (folder / "manifest.json").write_text(json.dumps(manifest))
    # The claims about this part alone: the others are about the correct design.
    listing = json.loads((folder / "proof" / PARTS).read_text())
    rows = [row for row in listing["parts"] if row["part"] == part]
    (folder / "proof" / PARTS).write_text(json.dumps({"parts": rows}))
    path = folder / "proof" / f"{part}_only.v"
    text = path.read_text()
    for old, new in edits:
        assert old in text, old
        text = text.replace(old, new, 1)
    path.write_text(text)
    return [claim["name"] for claim in decide(folder) if claim["verdict"] == "refuted"]
