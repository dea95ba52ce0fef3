"""Claims about swept layers whose columns and spikes are slices: proved, and faults refuted."""

from __future__ import annotations

from pathlib import Path

import pytest
from event_networks import swept_own_spikes
from network_faults import broken, refuted, write_network

from sc_hw.build.elaborate import elaborate
from sc_hw.proof.blocks.network.parts import COLUMNS, OWN, SLICES, write_network_parts
from sc_hw.proof.mutants.emitted import part_of, part_trial
from sc_model.spec import DenseSpec, Design, LifSpec, NetworkSpec

NEURON = LifSpec(leak="shift", threshold_bits=8, fraction=2)


def layer(name: str, inputs: int, neurons: int, lanes: int, **more: int) -> DenseSpec:
    return DenseSpec(
        name=name, inputs=inputs, neurons=neurons, lanes=lanes, weight_bits=4, neuron=NEURON,
        engine="sweep", **more,
    )  # fmt: skip


def wide(*layers: DenseSpec) -> Design:
    return Design(name="wide", block="network", network=NetworkSpec(layers=layers))


INPUTS = wide(layer("a", 258, 3, 2, bias=True, max_delay=2))
BETWEEN = wide(layer("a", 3, 272, 3), layer("b", 272, 2, 2))


@pytest.mark.parametrize(
    ("edits", "refuted_claims"),
    [
        ((), []),
        ([("place_d1 <= column[3:0];", "place_d1 <= 0;")], ["a column's value"]),
        pytest.param(
            [("is_constant_d1 <= ", "is_constant_d1 <= 0 & ")],
            ["a column's value"],
            marks=pytest.mark.soak,
        ),
    ],
)
def test_claims_about_columns_in_slices(
    edits: list[tuple[str, str]], refuted_claims: list[str], tmp_path: Path
) -> None:
    found = broken(wide(layer("only", 258, 1, 1, bias=True)), tmp_path, COLUMNS, *edits)
    assert found == [f"layer only, columns: {name}" for name in refuted_claims]


@pytest.mark.parametrize(
    ("part", "edits", "refuted_claims"),
    [
        (COLUMNS, [], []),
        (OWN, [], []),
        # the columns behind the inputs are a column late; the spikes that are read are always
        # those of the same bank
        (
            COLUMNS,
            [("behind_inputs_d1 <= ", "behind_inputs_d1 <= 0 & ")],
            ["columns: a column's value"],
        ),
        (
            OWN,
            [("bank <= ", "bank <= 1'h0 & ")],
            [
                f"own spikes: {each}"
                for each in (
                    "each spike in its place",
                    "kept",
                    "what the host loads",
                    "between loads",
                )
            ],
        ),
    ],
)
def test_claims_about_own_spikes_of_a_sweep(
    part: str, edits: list[tuple[str, str]], refuted_claims: list[str], tmp_path: Path
) -> None:
    found = broken(swept_own_spikes(), tmp_path, part, *edits)
    assert found == [f"layer only, {name}" for name in refuted_claims]


def test_own_spikes_of_a_sweep_are_proved(tmp_path: Path) -> None:
    for name in ("whole", "none", "fresh"):
        (tmp_path / name).mkdir()
    write_network(swept_own_spikes(), tmp_path / "whole")
    assert refuted(tmp_path / "whole", tmp_path / "none") == set()
    fault = ("layer_only", r"assign own = (found) & [^;]+;", r"assign own = \1;")
    found = refuted(tmp_path / "whole", tmp_path / "fresh", [fault])
    assert found == {"top.v, layer only: the columns"}


@pytest.mark.soak
def test_faults_of_columns_in_slices_are_refuted(tmp_path: Path) -> None:
    for name in ("whole", "none", "store", "written"):
        (tmp_path / name).mkdir()
    write_network(INPUTS, tmp_path / "whole")
    assert refuted(tmp_path / "whole", tmp_path / "none") == set()
    fault = ("layer_a.columns", r"\bpart <= [^;]+;", "part <= 0;")
    assert refuted(tmp_path / "whole", tmp_path / "store", [fault]) == {"instance layer_a.columns"}
    fault = ("layer_a", r"\.write\(([^)]+)\)", ".write(i__valid)")
    found = refuted(tmp_path / "whole", tmp_path / "written", [fault])
    assert found == {"top.v, layer a: the columns"}


@pytest.mark.soak
def test_a_layer_of_spikes_in_slices_is_proved(tmp_path: Path) -> None:
    build = elaborate(BETWEEN, tmp_path)
    write_network_parts(build.design, build.folder)
    part = part_of(build, SLICES)
    claims = part_trial(build, tmp_path, part, part, compared=False).prove(60.0)
    assert {claim["verdict"] for claim in claims} == {"proved"}
    (tmp_path / "whole").mkdir()
    write_network(BETWEEN, tmp_path / "whole")
    for name in ("none", "early"):
        (tmp_path / name).mkdir()
    assert refuted(tmp_path / "whole", tmp_path / "none") == set()
    fault = ("layer_a", r"\.restart\(begins\)", ".restart(i__valid)")
    assert "top.v, layer a: the spikes" in refuted(tmp_path / "whole", tmp_path / "early", [fault])
