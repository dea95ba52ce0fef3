"""Layers are proved part by part; seeded bugs are refuted; no layer is larger than the largest one
whose order is proved.
"""

from __future__ import annotations

import contextlib
import random
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support import new_terms

from campaigns.layer_designs import layer_designs
from campaigns.proof_sweep import LAYER_FABRICS, SEEDED
from sc_hw.build.elaborate import elaborate
from sc_hw.plastic import PlasticLayer
from sc_hw.proof import prove as prover
from sc_hw.proof.blocks.plastic.neurons.noise import lfsr_moved
from sc_hw.proof.blocks.plastic.parts import LARGEST_WIDTHS, write_parts
from sc_hw.proof.mutants.plastic import LAYER_CONTROLS, LayerControl, seeded_layer
from sc_hw.proof.netlist import parse_btor
from sc_hw.proof.parity import parities
from sc_hw.proof.prove import decide, prove
from sc_hw.proof.verdicts import PROVED, REFUTED
from sc_model.arithmetic import Lfsr
from sc_model.graph.smt import K
from sc_model.spec import (
    ConfigError,
    Design,
    NeuronSpec,
    PlasticLayerSpec,
    RuleChoice,
    placement,
)

SMALL = {"weight_bits": 8, "trace_bits": 6, "reward_bits": 4}
DESIGNS = [
    Design(
        name="inhibition",
        block="layer",
        fabric="ice40_up",
        rule=RuleChoice(family="pair_stdp"),
        layer=PlasticLayerSpec(
            inputs=30,
            neurons=7,
            lanes=4,
            chains=2,
            signed_weights=True,
            memory="split",
            counters=True,
        ),
        neuron=NeuronSpec(
            inhibition=30,
            refractory=3,
            threshold_step=5,
            threshold_decay_shift=3,
            leak_shift=4,
            reset="subtract",
            current_shift=2,
        ),
    ),
    Design(
        name="single_port",
        block="layer",
        fabric="ecp5",
        rule=RuleChoice(family="triplet_stdp"),
        layer=PlasticLayerSpec(inputs=33, neurons=1, lanes=6, chains=6, memory="single_port"),
        neuron=NeuronSpec(noise_bits=24, threshold_step=1000),
    ),
    Design(
        name="adders",
        block="layer",
        fabric="ice40_up",
        rule=RuleChoice(parameters=SMALL),
        layer=PlasticLayerSpec(
            inputs=20, neurons=6, lanes=6, chains=3, multipliers=1, critic_shift=2
        ),
        neuron=NeuronSpec(winner_take_all=True, inhibition=3, potential_bits=9),
    ),
]


def missed(certificate: dict[str, Any]) -> list[tuple[str, Any]]:
    return [
        (c["name"], c.get("counterexample"))
        for c in certificate["claims"]
        if c["verdict"] != PROVED
    ]


@pytest.mark.parametrize("design", DESIGNS, ids=lambda design: design.name)
def test_layer_with_options(design: Design, tmp_path: Path) -> None:
    certificate = prove(design, root=tmp_path, controls=False, schedules=False)
    assert missed(certificate) == []
    parts = {claim["name"].split(":")[0].split(",")[0] for claim in certificate["claims"]}
    assert {"lane", "layer sequencer", "neurons", "inputs", "outputs", "host"} <= parts


def test_layer_with_seeded_bugs(tmp_path: Path) -> None:
    design = SEEDED.model_copy(update={"rule": RuleChoice(parameters=SMALL)})
    certificate = prove(design, root=tmp_path, schedules=False)
    assert missed(certificate) == []
    rows = {row["name"]: row["verdict"] for row in certificate["controls"]}
    assert set(rows.values()) == {REFUTED}
    assert {control.name for control in LAYER_CONTROLS} == set(rows)
    assert certificate["passed"]


def test_order_of_the_largest_layer(tmp_path: Path) -> None:
    build = elaborate(DESIGNS[1], tmp_path)
    layer = prover.block_of(build.design, prover.load_family(build.design.fabric)).component
    assert isinstance(layer, PlasticLayer)
    write_parts(layer, build.folder, only=("sequencer",))
    claims = decide(build.folder)
    assert [claim["name"] for claim in claims if claim["verdict"] != PROVED] == []
    label = f", {LARGEST_WIDTHS[0]}-bit rows, {LARGEST_WIDTHS[1]}-bit pauses, {LARGEST_WIDTHS[2]}-bit groups"
    assert f"layer sequencer{label}: sweep" in [claim["name"] for claim in claims]


def test_a_control_that_passes_fails_the_certificate(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    harmless = LayerControl(
        "no bug", "nothing is wrong", "outputs", lambda layer, row, text: (text, row)
    )
    monkeypatch.setattr(prover, "CONTROLS", ())
    monkeypatch.setattr(prover, "layer_controls", lambda design: (harmless,))
    certificate = prove(DESIGNS[0], root=tmp_path, schedules=False, parts=("outputs",))
    assert missed(certificate) == []
    assert [row["verdict"] for row in certificate["controls"]] == [PROVED]
    assert not certificate["passed"]


def test_a_control_without_a_place_is_left_out(tmp_path: Path) -> None:
    build = elaborate(DESIGNS[0], tmp_path)
    layer = prover.block_of(build.design, prover.load_family(build.design.fabric)).component
    assert isinstance(layer, PlasticLayer)
    write_parts(layer, build.folder, every_size=False)
    (critic,) = (control for control in LAYER_CONTROLS if control.part == "critic")
    assert seeded_layer(build, critic) is None


def test_random_designs_are_all_different_and_cover_the_options() -> None:
    drawn = [design for fabric in LAYER_FABRICS for design in layer_designs(fabric, 40)]
    assert len({design.model_dump_json(exclude={"name"}) for design in drawn}) == len(drawn) == 160
    layers, neurons = [d.layer for d in drawn if d.layer], [d.neuron for d in drawn if d.neuron]
    assert {layer.memory for layer in layers} == {"auto", "joined", "split", "single_port"}
    for name in PlasticLayerSpec.model_fields:
        assert len({getattr(layer, name) for layer in layers}) > 1 or name == "multipliers", name
    for name in NeuronSpec.model_fields:
        assert len({getattr(neuron, name) for neuron in neurons}) > 1, name


# --- what the proof is made of --------------------------------------------------------------------


@given(st.integers(1, 24), st.integers(1, (1 << 32) - 1))
def test_noise_of_the_proof_is_that_of_the_model(bits: int, seed: int) -> None:
    model = Lfsr(bits, seed)
    number = model.number()
    state = sum(
        (sum(seed >> source & 1 for source in sources) & 1) << place
        for place, sources in enumerate(lfsr_moved(bits))
    )
    assert state == model.state
    assert state & ((1 << bits) - 1) == number & ((1 << bits) - 1)


def test_parities_are_read_off_terms() -> None:
    t = new_terms()
    a, b = t.var("a", 4), t.var("b", 1)
    known = {a: [frozenset({bit}) for bit in range(4)]}
    low, high = t(K.BV_EXTRACT, a, indices=(1, 0)), t(K.BV_EXTRACT, a, indices=(3, 2))
    assert parities(t(K.BV_XOR, low, t(K.BV_NOT, high)), known) == [
        frozenset({0, 2, -1}),
        frozenset({1, 3, -1}),
    ]
    assert parities(t(K.BV_REDXOR, a), known) == [frozenset(range(4))]
    chosen = t(K.ITE, t.tm.mk_true(), t(K.BV_REDXOR, low), b)
    assert parities(chosen, known) == [frozenset({0, 1})]
    for other in (
        b,
        t(K.BV_AND, low, high),
        t(K.ITE, t.is_one(b), low, high),
        t(K.BV_ADD, low, high),
    ):
        with pytest.raises(ValueError, match=r"^the term is no exclusive-or of what is known$"):
            parities(other, known)


def test_btor_of_nothing_is_an_empty_netlist() -> None:
    assert parse_btor("", new_terms()).states == {}


# --- sizes ----------------------------------------------------------------------------------------


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
