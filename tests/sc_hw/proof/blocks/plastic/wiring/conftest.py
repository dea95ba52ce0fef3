"""A small layer, the claims about its wiring, and the claims about the same layer with many faults.

A claim is about its own outputs and registers, whatever the others do. So one text holds a fault
for each claim, and one run of the prover shows which claims notice.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from sc_hw.build.blocks import block_of
from sc_hw.build.elaborate import Build, elaborate
from sc_hw.fabric.families import load_family
from sc_hw.plastic import PlasticLayer
from sc_hw.proof.blocks.plastic.parts import write_parts
from sc_hw.proof.mutants.plastic_wiring import END, TOP, edited, instance, pin, wiring_trial
from sc_hw.proof.verdicts import PROVED, REFUTED
from sc_model.spec import Design, NeuronSpec, PlasticLayerSpec, RuleChoice

# Every option that the wiring depends on: two chains of two clusters, a row and neurons that are
# missing, lanes of both kinds, a critic, counters, and memories that even and odd rows share.
DESIGN = Design(
    name="wired",
    block="layer",
    fabric="ice40_up",
    rule=RuleChoice(parameters={"weight_bits": 8, "trace_bits": 6, "reward_bits": 4}),
    layer=PlasticLayerSpec(
        inputs=19,
        neurons=5,
        lanes=6,
        chains=2,
        cluster=2,
        multipliers=1,
        critic_shift=2,
        counters=True,
        memory="single_port",
    ),
    neuron=NeuronSpec(winner_take_all=True, noise_bits=4),
)


def held(register: str) -> tuple[str, str]:
    """The edit that keeps every register of such a name as it is."""
    return rf"(?m)^( +({register}) ?<= ).*;$", r"\g<1>\g<2>;"


def module(name: str) -> str:
    """The beginning of a module below the layer."""
    return rf"^module \\plastic_layer\.{name}"


# Region, its end, and what is changed there: one fault for each claim.
FAULTS: tuple[tuple[str, str, tuple[tuple[str, str], ...]], ...] = (
    (
        TOP,
        "^endmodule",
        (
            *map(held, ("odd", "started", "clear_trial", "waited", "for_step", "at_first")),
            *map(held, ("mute", "evaluates", "takes_d2", "updates", "saturated_weight_lanes")),
            *map(held, ("saturated_eligibility",)),
            (r"(?m)^( +address_d2 <= ).*;", r"\1address;"),
            (r"assign idle = (.*) & ", r"assign idle = \1 | "),
        ),
    ),
    (instance("sequencer"), END, (pin("i_valid", "1'h1"),)),
    (instance("critic"), END, (pin("i_mean", r"~\1"),)),
    (instance("outputs"), END, (pin("flip", "1'h0"), pin("load", "1'h1"))),
    (instance("neurons"), END, (pin("evaluate", r"~\1"), pin("host", r"~\1"))),
    (instance("inputs_0"), END, (pin("first", "1'h0"),)),
    (instance("inputs_1"), END, (pin("last", "1'h0"),)),
    (instance("chain_0"), END, ((r"\(values\)", "(~values)"),)),
    (instance("chain_1"), END, ((r"\(values\)", "(~values)"),)),
    (
        instance("host"),
        END,
        (
            pin("words", r"~\1"),
            pin("far_sample", "1'h0"),
            pin("read__valid", "1'h0"),
            pin("rst", "1'h0"),
        ),
    ),
    *(
        (module(name), "^endmodule", (held(r"\w+|\\\S+"),))
        for name in ("critic", "host", "inputs_0", "inputs_1", "neurons", "outputs", "sequencer")
    ),
    *(
        (
            module(f"chain_{number}"),
            "^endmodule",
            (
                *map(held, ("write_0", "far_value", "saturated_weight_by_0")),
                *map(held, ("saturated_eligibility_by_1",)),
                (r"(?s)( lane_1 \(.*?)\.shift_in\((.*?)\)", r"\1.shift_in(~\2)"),
                (r"(?s)( lane_1 \(.*?)\.load\((.*?)\)", r"\1.load(~\2)"),
                # A port that no lane has by that name
                (r"\.drive\(", ".drove("),
                (r"plastic_lane(_adders)?  ?lane_2", "plastic_lane lane_2"),
            ),
        )
        for number in range(2)
    ),
    # An output of a part that the design does not know by that name
    (module("inputs_1"), "^endmodule", ((r"\bfields_out\b", "out_fields"),)),
    (instance("inputs_1"), END, ((r"\.fields_out\(", ".out_fields("),)),
    ("^module plastic_lane(_adders)?", TOP, ((r"\bdrive\b", "drove"),)),
)


@pytest.fixture(scope="session")
def wired(tmp_path_factory: pytest.TempPathFactory) -> Build:
    """The layer, elaborated, with its parts."""
    build = elaborate(DESIGN, tmp_path_factory.mktemp("wired"))
    layer = block_of(build.design, load_family(build.design.fabric)).component
    assert isinstance(layer, PlasticLayer)
    write_parts(layer, build.folder, every_size=False)
    return build


def verdicts(build: Build, folder: Path, text: str) -> dict[str, Any]:
    """The claims about a text of the layer by name."""
    return {claim["name"]: claim for claim in wiring_trial(build, folder, text).prove(60.0)}


@pytest.fixture(scope="session")
def sound(wired: Build, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """The claims about the layer as it is."""
    text = wired.verilog.read_text(encoding="utf-8")
    return verdicts(wired, tmp_path_factory.mktemp("sound"), text)


@pytest.fixture(scope="session")
def faulty(wired: Build, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """The claims about the layer with every fault."""
    text = wired.verilog.read_text(encoding="utf-8")
    for start, end, edits in FAULTS:
        text = edited(text, start, edits, "faults", end)
    return verdicts(wired, tmp_path_factory.mktemp("faulty"), text)


@pytest.fixture(scope="session")
def noticed(sound: dict[str, Any], faulty: dict[str, Any]) -> Callable[[str], int]:
    """Counts the claims that match; each must hold of the layer and not of the faulty one."""

    def count(pattern: str) -> int:
        names = [name for name in sound if re.fullmatch(pattern, name)]
        assert [name for name in names if sound[name]["verdict"] != PROVED] == []
        assert [name for name in names if faulty[name]["verdict"] != REFUTED] == []
        return len(names)

    return count
