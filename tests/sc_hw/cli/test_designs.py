"""`sc-hw new`, `import`, `elaborate`, `audit`."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
from command_line import error_of, sc_hw
from support import ROOT
from typer.testing import CliRunner

from sc_hw.build import audit_design
from sc_hw.cli import app
from sc_hw.commands.new_rule import new_rule
from sc_model.spec import load_design


def test_import_says_what_it_must_be_told(tmp_path: Path) -> None:
    shutil.copy(ROOT / "examples" / "nir" / "digits_snn.nir", tmp_path)
    told = ("digits_snn.nir", "--source", "snntorch")
    assert (
        error_of(sc_hw(tmp_path, "import", "digits_snn.nir"))
        == "error: NIR file digits_snn.nir: dt_ms must be given for this graph; NIR has no step: it"
        " is that of the simulation which the network was made for."
    )
    assert (
        error_of(sc_hw(tmp_path, "import", *told, "--reset", "minus"))
        == "error: --reset must be one of zero, subtract, none, or NODE= and one of them, not"
        " 'minus'."
    )
    assert (
        error_of(sc_hw(tmp_path, "import", "none.nir"))
        == "error: NIR file none.nir must be a file; there is none."
    )
    (tmp_path / "taken").touch()
    says = error_of(
        sc_hw(tmp_path, "import", *told, "--reset", "subtract", "--reset-delay", "--out", "taken")
    )
    assert says == (
        f"error: output taken in {tmp_path} can't be written: File exists; choose another folder."
    )
    done = sc_hw(
        tmp_path,
        "import",
        *told,
        "--reset",
        "subtract",
        "--reset-delay",
        "--lanes",
        "4",
        "--weight-bits",
        "8",
        "--out",
        "net",
        "--json",
    )
    result = json.loads(done.stdout)
    assert result == json.loads((tmp_path / "net" / "digits_snn.import.json").read_text())
    assert [(layer["columns"], layer["neurons"]) for layer in result["layers"]] == [
        (64, 32),
        (32, 10),
    ]
    assert {row["array"] for row in result["errors"]} == {"weight", "threshold", "leak"}
    assert (tmp_path / "net" / "digits_snn.toml").read_text().count("lanes = 4") == 2
    made = json.loads(sc_hw(tmp_path, "elaborate", "net/digits_snn.toml", "--json").stdout)
    assert made["manifest"]["layers"][0]["memory_bits"]["synapses"] == 64 * 32 * 8


def test_new_honours_the_block_and_its_size(tmp_path: Path) -> None:
    done = sc_hw(tmp_path, "new", "soft", "--rule", "--block=bank", "--synapses=64", "--json")
    assert json.loads(done.stdout) == {"design": "soft.toml", "rule": "soft.py"}, done.stderr
    design = load_design(tmp_path / "soft.toml")
    assert (design.block, design.synapses, design.rule.label) == ("bank", 64, "soft.py")
    done = sc_hw(tmp_path, "new", "plain", "--json")
    assert json.loads(done.stdout) == {"design": "plain.toml"}
    plain = load_design(tmp_path / "plain.toml")
    assert (plain.block, plain.synapses) == ("bank", 1024)
    for options, block in (("--rule", "lane"), ("--block=layer", "layer")):
        assert (
            error_of(sc_hw(tmp_path, "new", "other", options, "--synapses", "64"))
            == f"error: --synapses is not of block '{block}'; give --block bank with it."
        )
    assert not list(tmp_path.glob("other.*"))


@pytest.mark.parametrize("function", ["update", "float_update"])
def test_a_rule_that_ends_the_program_is_an_error(tmp_path: Path, function: str) -> None:
    """`sys.exit(0)` in a rule must not make a command a success that printed nothing."""
    new_rule("soft", tmp_path)
    head = f"def {function}(ops, state, inputs, params):\n"
    file = tmp_path / "soft.py"
    text = file.read_text()
    assert head in text
    file.write_text(text.replace(head, f"{head}    import sys; sys.exit(0)\n"))
    line = 2 + text[: text.index(head)].count("\n")
    done = sc_hw(tmp_path, "elaborate", "soft.toml")
    assert error_of(done) == f"error: soft.py:{line}: {function} raised SystemExit: 0."
    assert done.returncode == 2


@pytest.mark.parametrize(
    ("command", "options"),
    [
        ("new", ("--rule", "--block", "--synapses", "--inputs", "--neurons", "--lanes")),
        ("import", ("--out", "--source", "--dt-ms", "--reset-delay", "--scale", "--plasticity")),
        ("elaborate", ("--door", "--build", "--json")),
        ("audit", ("--build", "--json")),
    ],
)
def test_help(command: str, options: tuple[str, ...]) -> None:
    done = CliRunner().invoke(app, [command, "--help"], env={"COLUMNS": "200"})
    assert done.exit_code == 0
    assert [option for option in options if option not in done.stdout] == []


def test_a_door_makes_a_system(tmp_path: Path) -> None:
    lane = str(ROOT / "examples" / "lane.toml")
    arguments = ["elaborate", lane, "--door", "wishbone", "--build", str(tmp_path)]
    done = CliRunner().invoke(app, arguments)
    assert done.exit_code == 0
    assert "system.v and manifest.json beside it" in " ".join(done.stdout.split())
    (folder,) = tmp_path.iterdir()
    host = json.loads((folder / "manifest.json").read_text())["host"]
    assert (host["door"], host["verilog"]) == ("wishbone", "system.v")
    assert (folder / "system.v").is_file()


def test_findings_of_an_audit_are_listed_and_fail(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    answer: dict[str, Any] = {
        "passed": False,
        "crossings": [{}],
        "expected": 2,
        "findings": [{"kind": "no synchroniser", "text": "a.b [7:0] to c"}],
        "not_judged": ["frequencies"],
    }
    monkeypatch.setattr(audit_design, "audit_design", lambda design, build: answer)
    design = str(ROOT / "examples" / "lane.toml")
    done = CliRunner().invoke(app, ["audit", design])
    assert done.exit_code == 1
    assert "no synchroniser: a.b [7:0] to c" in done.stdout
    assert "FAILED: 1 crossings found, 2 expected; not judged:" in done.stdout
    assert "    frequencies" in done.stdout
    done = CliRunner().invoke(app, ["audit", design, "--json"])
    assert (done.exit_code, json.loads(done.stdout)) == (1, answer)
