"""A layer's parts are written with their facts; the largest sequencer stands for every layer."""

from __future__ import annotations

import contextlib
import json
import random
import re
from pathlib import Path

import pytest

from sc_hw.build.blocks import block_of
from sc_hw.build.elaborate import elaborate
from sc_hw.fabric.families import load_family
from sc_hw.plastic import PlasticLayer
from sc_hw.proof.blocks.parts import PARTS
from sc_hw.proof.blocks.plastic.layer import PROVERS
from sc_hw.proof.blocks.plastic.parts import LARGEST_WIDTHS, write_parts
from sc_hw.proof.facts import read_facts, write_facts
from sc_hw.proof.processes import decide
from sc_hw.proof.verdicts import PROVED
from sc_model.spec import ConfigError, Design, NeuronSpec, PlasticLayerSpec, RuleChoice, placement

DESIGN = Design(
    name="small",
    block="layer",
    rule=RuleChoice(),
    layer=PlasticLayerSpec(inputs=6, neurons=4, lanes=2, critic_shift=2),
    neuron=NeuronSpec(),
)


@pytest.fixture
def built(tmp_path: Path) -> tuple[PlasticLayer, Path]:
    build = elaborate(DESIGN, tmp_path)
    layer = block_of(DESIGN, load_family(DESIGN.fabric)).component
    assert isinstance(layer, PlasticLayer)
    return layer, build.folder


def test_every_part_has_a_prover_and_facts_that_it_can_read(
    built: tuple[PlasticLayer, Path],
) -> None:
    layer, folder = built
    write_parts(layer, folder)
    rows = json.loads((folder / "proof" / PARTS).read_text())["parts"]
    assert {row["part"] for row in rows} == set(PROVERS)
    assert [row["part"] for row in rows].count("sequencer") == 2
    for row in rows:
        facts = read_facts(PROVERS[row["part"]].facts, row["facts"])
        assert write_facts(facts) == row["facts"]
        verilog = (folder / row["verilog"]).read_text()
        assert re.search(rf"^module {row['top']}\(", verilog, re.M)


def test_only_the_parts_that_are_wanted_are_written(built: tuple[PlasticLayer, Path]) -> None:
    layer, folder = built
    write_parts(layer, folder, every_size=False, only=("host", "sequencer"))
    rows = json.loads((folder / "proof" / PARTS).read_text())["parts"]
    assert [row["part"] for row in rows] == ["sequencer", "host"]
    assert not (folder / "proof" / "neurons.v").exists()


def test_order_of_the_largest_layer(built: tuple[PlasticLayer, Path]) -> None:
    layer, folder = built
    write_parts(layer, folder, only=("sequencer",))
    claims = decide(folder)
    assert [claim["name"] for claim in claims if claim["verdict"] != PROVED] == []
    rows, pauses, groups, _ = LARGEST_WIDTHS
    label = f"{rows}-bit rows, {pauses}-bit pauses, {groups}-bit groups"
    assert f"layer sequencer, {label}: sweep" in [claim["name"] for claim in claims]


def test_no_layer_is_larger_than_the_largest() -> None:
    rng = random.Random(3)
    rows, pauses, groups, addresses = LARGEST_WIDTHS
    places = []
    for _ in range(2000):
        inputs = min(rng.randint(2, 1 << rng.randint(1, 14)), 1 << 14)
        neurons = rng.randint(1, min(1 << 12, (1 << 20) // inputs))
        chains = rng.randint(1, min(64, inputs // 2))
        columns = rng.randint(1, 512 // chains)
        with contextlib.suppress(ConfigError):  # chains that would be too short
            place = placement(
                PlasticLayerSpec(
                    inputs=inputs, neurons=neurons, lanes=chains * columns, chains=chains
                )
            )
            places.append(place)
    assert len(places) > 1000
    for place in places:
        assert place.rows <= 1 << rows
        assert place.groups <= 1 << groups
        assert place.depth <= 1 << addresses
    assert 1 << pauses > 512 + 512 + 200  # columns, hops, and any pipeline
