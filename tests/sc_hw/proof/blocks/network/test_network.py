"""Proofs of networks: every claim of a small one, its mutants, and each part broken on purpose."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from network_faults import broken, two_layers

from sc_hw.proof import prove
from sc_hw.proof.blocks.network.parts import HISTORY, LANE, NEURONS
from sc_hw.proof.mutants import intake, mutants_of, wiring
from sc_model.spec import (
    ConfigError,
    CrossingSpec,
    DenseSpec,
    Design,
    HetSynSpec,
    LifSpec,
    NetworkSpec,
    NeuronSpec,
)

INTAKE_MUTANTS = {mutant.name for mutant in intake.MUTANTS}
# Those of intakes of slices have no place in a narrow network.
OF_SLICES = {mutant.name for mutant in intake.MUTANTS if mutant.applies(two_layers()) is not None}
WIRING_MUTANTS = {mutant.name for mutant in wiring.MUTANTS}


def unrefuted(certificate: dict[str, Any]) -> list[str]:
    """Mutants that the network has the hardware for and that were not refuted."""
    verdicts = ("refuted", "no place")
    return [row["name"] for row in certificate["mutants"] if row["verdict"] not in verdicts]


def refuted(certificate: dict[str, Any]) -> set[str]:
    return {row["name"] for row in certificate["mutants"] if row["verdict"] == "refuted"}


def small(**changes: Any) -> Design:
    neuron = NeuronSpec(reset="subtract", threshold=900, leak_shift=2, potential_bits=16)
    sizes: dict[str, Any] = {
        "weight_bits": 4,
        "trace_bits": 9,
        "trace_fraction": 4,
        "code_bits": 3,
        "factor_shift": 8,
    }
    layer = HetSynSpec(
        **{
            "name": "only",
            "inputs": 3,
            "neurons": 5,
            "lanes": 2,
            "neuron": neuron,
            **sizes,
            **changes,
        }
    )
    return Design(name="small", block="network", network=NetworkSpec(layers=(layer,)))


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    root = tmp_path_factory.mktemp("network_proof")
    made = prove.prove(small(), root=root, jobs=1)
    assert prove.check(small(), root=root) == made
    return made


def test_every_claim_is_proved_and_every_mutant_refuted(certificate: dict[str, Any]) -> None:
    assert [claim["name"] for claim in certificate["claims"] if claim["verdict"] != "proved"] == []
    assert unrefuted(certificate) == []
    assert certificate["passed"]
    names = [claim["name"] for claim in certificate["claims"]]
    assert sum(name.startswith("layer only, code ") for name in names) == 8
    wanted = (
        "where traces go",
        "product",
        "sum",
        "end of a sum",
        "neuron's potential",
        "neuron's fired",
        "neurons in turn",
    )
    assert set(names) >= {
        f"layer only: {what}" for what in (*wanted, "ticks", "hold", "a tick is possible")
    }
    assert refuted(certificate) == {
        "decay table",
        "input one place low",
        "threshold",
        "reset",
        "sum goes on",
        "synapse beside it",
        "neuron beside it",
        "traces all in one place",
        *(INTAKE_MUTANTS - OF_SLICES),
        *(set(WIRING_MUTANTS) - {"one slice of columns", "samples without end"}),
    }


def test_a_multiplier_s_table_is_proved_by_itself(tmp_path: Path) -> None:
    made = prove.prove(small(terms=0), root=tmp_path, jobs=1)
    assert made["passed"]
    names = [claim["name"] for claim in made["claims"]]
    assert sum(name.startswith("layer only, code ") for name in names) == 8
    assert "layer only: trace" in names
    table = next(row for row in made["mutants"] if row["name"] == "decay table")
    assert table["claim"] == "layer only, code 4: factor"


@pytest.mark.parametrize(
    ("terms", "fabric"),
    [
        pytest.param(0, "ice40_hx", marks=pytest.mark.soak),
        (4, "ecp5"),
        (2, "ice40_hx"),
        pytest.param(1, "ice40_up", marks=pytest.mark.soak),
    ],
)
def test_ways_to_make_a_decay(tmp_path: Path, terms: int, fabric: str) -> None:
    design = small(terms=terms).model_copy(update={"fabric": fabric})
    made = prove.prove(design, root=tmp_path, mutants=False, jobs=1)
    assert [claim["name"] for claim in made["claims"] if claim["verdict"] != "proved"] == []


def test_a_table_whose_size_is_no_power_of_two(tmp_path: Path) -> None:
    """Two terms and codes of 6 bits: there are 44 factors, and none behind them is undefined."""
    design = small(terms=2, code_bits=6, factor_shift=12)
    made = prove.prove(design, root=tmp_path, mutants=False, jobs=1)
    assert [claim["name"] for claim in made["claims"] if claim["verdict"] != "proved"] == []
    names = [claim["name"] for claim in made["claims"]]
    assert sum(name.startswith("layer only, code ") for name in names) == 44


def dense(**changes: Any) -> Design:
    neuron = LifSpec(
        **{"factor_shift": 6, "threshold_bits": 8, "fraction": 2, **changes.pop("neuron", {})}
    )
    layer = DenseSpec(
        **{
            "name": "only",
            "inputs": 3,
            "neurons": 5,
            "lanes": 2,
            "weight_bits": 4,
            "neuron": neuron,
            **changes,
        }
    )
    return Design(name="small", block="network", network=NetworkSpec(layers=(layer,)))


def test_a_dense_layer_is_proved_and_its_mutants_refuted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Mutants of intakes do not depend on the design, those of wiring hardly: tried once, above.
    rest = [m for m in mutants_of("network") if m.name not in INTAKE_MUTANTS | WIRING_MUTANTS]
    monkeypatch.setattr(prove, "mutants_of", lambda block: rest)
    made = prove.prove(dense(max_delay=5, recurrent=True), root=tmp_path, jobs=1)
    assert [claim["name"] for claim in made["claims"] if claim["verdict"] != "proved"] == []
    assert unrefuted(made) == []
    wanted = (
        "product",
        "sum",
        "end of a sum",
        "neuron's potential",
        "neuron's fired",
        "neurons in turn",
        "history",
    )
    assert {f"layer only: {what}" for what in wanted} <= {claim["name"] for claim in made["claims"]}
    assert refuted(made) == {
        "sum goes on",
        "kind of reset",
        "moment of the reset",
        "history at power-on",
        "synapse beside it",
        "neuron beside it",
        "column beside it",
    }


@pytest.mark.parametrize(
    ("changes", "fabric"),
    [
        ({"neuron": {"synaptic": True, "refractory": 3}}, "generic"),
        ({"neuron": {"leak": "shift", "reset": "zero"}, "max_delay": 63}, "ice40_hx"),
        ({"neuron": {"reset_delay": True, "reset": "zero"}, "bias": True}, "ecp5"),
        (
            {
                "neuron": {"leak": "none", "reset_delay": True},
                "policy": "accumulate",
                "tick_interval": 4,
                "max_delay": 1,
            },
            "ice40_up",
        ),
        pytest.param(
            {"neuron": {"factor_shift": 4}, "policy": "accumulate", "tick_interval": 4},
            "ice40_hx",
            marks=pytest.mark.soak,  # a product of adders, as in the test of decays
        ),
    ],
)
def test_kinds_of_dense_layers(tmp_path: Path, changes: dict[str, Any], fabric: str) -> None:
    design = dense(**changes).model_copy(update={"fabric": fabric})
    made = prove.prove(design, root=tmp_path, mutants=False, jobs=1)
    assert [claim["name"] for claim in made["claims"] if claim["verdict"] != "proved"] == []


def test_a_delay_that_is_looked_up_wrongly_is_refuted(tmp_path: Path) -> None:
    """What came 3 ticks ago is taken for what came 2 ticks ago, and the other way round."""
    edit = ("i_index[0] ? i_values[3] : i_values[2]", "i_index[0] ? i_values[2] : i_values[3]")
    assert "layer only: product" in broken(dense(max_delay=5), tmp_path, LANE, edit)


def test_a_history_that_is_written_late_is_refuted(tmp_path: Path) -> None:
    edit = ("column_d2 <= column_d1;", "column_d2 <= column;")
    assert broken(dense(max_delay=5), tmp_path, HISTORY, edit) == ["layer only: history"]


@pytest.mark.parametrize(
    ("part", "claim"),
    [(LANE, "layer only, code 0: trace"), (NEURONS, "signal potential_start")],
)
def test_a_part_that_forgets_it_is_fresh_is_refuted(tmp_path: Path, part: str, claim: str) -> None:
    assert claim in broken(small(), tmp_path, part, ("fresh_d1 <= fresh;", "fresh_d1 <= 1'h0;"))


def test_a_neuron_behind_the_last_one_is_refuted(tmp_path: Path) -> None:
    """5 neurons in lanes of 2: the sixth place is none of the layer's."""
    assert "layer only: neurons in turn" in broken(
        small(), tmp_path, NEURONS, ("rest <= ", "rest <= 1'h0 & ")
    )


def test_text_without_a_fault_is_not_refuted(tmp_path: Path) -> None:
    assert broken(small(), tmp_path, NEURONS) == []


def test_a_certificate_belongs_to_its_verilog(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"does not exist: run `sc-hw prove` on small again\.$"):
        prove.check(small(), root=tmp_path)
    assert replace(CrossingSpec(1, 1, 4, "accumulate", 1), o_interval=8).value.width == 4
