"""The proof proves, refutes what is wrong, and knows when it has proved nothing."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path

import pytest

from sc_hw.build import elaborate as elaboration
from sc_hw.build.elaborate import Build, elaborate
from sc_hw.proof import prove as prover
from sc_hw.proof.block_proofs import block_proof
from sc_hw.proof.mutants.mutant import Mutant, Trial, no_comparison
from sc_hw.proof.processes import decide
from sc_hw.proof.prove import check, prove
from sc_hw.proof.verdicts import PROVED, REFUTED
from sc_hw.tools import ToolError
from sc_model.spec import ConfigError, Design

LANE = Design(name="lane", block="lane")


def verdicts(claims: list[dict[str, object]]) -> Counter[object]:
    return Counter(claim["verdict"] for claim in claims)


def test_a_mutant_that_is_proved_fails_the_certificate(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def make(build: Build, folder: Path) -> Trial:
        return Trial(no_comparison, lambda limit_s: decide(build.folder, limit_s))

    harmless = Mutant("no fault", "nothing is wrong", ("lane",), make)
    monkeypatch.setattr(prover, "mutants_of", lambda block: (harmless,))
    certificate = prove(LANE, root=tmp_path)
    assert verdicts(certificate["claims"]).keys() == {PROVED}
    (row,) = certificate["mutants"]
    assert (row["verdict"], row["expected"]) == (PROVED, REFUTED)
    assert not certificate["passed"]


def test_mutants_need_all_parts(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="parts must be empty") as error:
        prove(LANE, root=tmp_path, parts=("outputs",))
    assert str(error.value) == (
        "parts must be empty, not ['outputs'], where mutants are tried: a mutant may be in any"
        " part; pass mutants=False"
    )


def test_certificate_belongs_to_its_verilog(tmp_path: Path) -> None:
    folder = tmp_path / prover.build_id(LANE)
    with pytest.raises(ConfigError) as error:
        check(LANE, root=tmp_path)
    assert (
        str(error.value)
        == f"{folder / 'proof.json'} does not exist: run `sc-hw prove` on lane again."
    )
    prove(LANE, root=tmp_path, mutants=False)
    assert check(LANE, root=tmp_path)["passed"]
    own = (folder / "proof.json").read_text()
    # the certificate of another build, whose Verilog happens to be the same
    (folder / "proof.json").write_text(json.dumps(json.loads(own) | {"build_id": "0" * 12}))
    with pytest.raises(ConfigError) as error:
        check(LANE, root=tmp_path)
    assert str(error.value) == (
        f"{folder / 'proof.json'} belongs to build 000000000000: run `sc-hw prove` on lane again."
    )
    (folder / "proof.json").write_text(own)
    (folder / "top.v").write_text((folder / "top.v").read_text() + "// changed\n")
    with pytest.raises(ConfigError) as error:
        check(LANE, root=tmp_path)
    assert (
        str(error.value)
        == f"{folder / 'proof.json'} belongs to other Verilog than {folder / 'top.v'}: run `sc-hw"
        " prove` on lane again."
    )
    elaborate(LANE, tmp_path)
    certificate = json.loads((folder / "proof.json").read_text()) | {"rule_sha256": "0"}
    (folder / "proof.json").write_text(json.dumps(certificate))
    with pytest.raises(ConfigError) as error:
        check(LANE, root=tmp_path)
    assert (
        str(error.value)
        == f"{folder / 'proof.json'} belongs to another text of rule 'reward_modulated_stdp': run"
        " `sc-hw prove` on lane again."
    )


def test_a_certificate_of_another_generator_does_not_pass(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The folder's name is the same, and so are its files: a library changed the emitted text."""
    prove(LANE, root=tmp_path, mutants=False, schedules=False)
    monkeypatch.setattr(elaboration, "to_verilog", lambda *_: "module lane(); endmodule\n")
    with pytest.raises(ConfigError) as error:
        check(LANE, root=tmp_path)
    assert (
        str(error.value)
        == f"{tmp_path / prover.build_id(LANE) / 'proof.json'} belongs to other Verilog than lane"
        " becomes now: run `sc-hw prove` on lane again."
    )


def test_a_folder_without_what_is_proved_is_one_line(tmp_path: Path) -> None:
    with pytest.raises(ToolError) as error:
        decide(tmp_path)
    assert str(error.value) == f"{tmp_path} must hold manifest.json; elaborate a design to write it"
    (tmp_path / "manifest.json").write_text(json.dumps({"design": {"block": "layer"}}))
    with pytest.raises(ToolError) as error:
        decide(tmp_path)
    assert str(error.value) == (
        f"{tmp_path} must hold proof/parts.json; prove its design to write it"
    )


def test_interrupted_proof_keeps_the_certificate_of_the_one_before(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    certificate = prove(LANE, root=tmp_path, mutants=False)

    def killed(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(block_proof, "decide", killed)
    with pytest.raises(KeyboardInterrupt):
        prove(LANE, root=tmp_path, mutants=False)
    assert prover.check(LANE, root=tmp_path) == certificate
