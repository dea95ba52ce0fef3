"""A rule file to start from: it works as it is written, in every block, and is proved."""

from __future__ import annotations

from pathlib import Path

import pytest

from sc_hw.build.elaborate import elaborate
from sc_hw.commands.new_rule import new_rule
from sc_hw.proof import prove
from sc_hw.simulation.cosim import cosim
from sc_model.rules import load_rule
from sc_model.spec import ConfigError, load_design

SAID = """\
wrote soft.py and soft.toml
next: sc-hw prove soft.toml       proves the hardware equal to the rule, and shows that it can fail
      sc-hw cosim soft.toml       runs the Verilog against the rule
      sc-hw estimate soft.toml --target ice40-up5k --seeds 1    what it costs
Then edit soft.py and prove it again; docs/writing_a_rule.md explains each part."""


def test_what_is_written_is_a_rule_and_its_design(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert new_rule("soft") == SAID
    design = load_design("soft.toml")
    assert (design.name, design.block, design.rule.label) == ("soft", "lane", "soft.py")
    rule = load_rule(design.rule.family)
    assert (rule.family, len(rule.vectors)) == ("soft", 6)
    text = (tmp_path / "soft.py").read_text()
    assert max(map(len, text.splitlines())) <= 100
    assert len([line for line in text.splitlines() if line and not line.startswith("#")]) < 80


def test_another_folder(tmp_path: Path) -> None:
    assert new_rule("soft", tmp_path / "new").startswith(f"wrote {tmp_path}/new/soft.py and ")
    assert load_design(tmp_path / "new" / "soft.toml").rule.family == f"{tmp_path}/new/soft.py"


@pytest.mark.parametrize(
    ("block", "sizes", "synapses"),
    [
        ("lane", {}, 1),
        ("bank", {"synapses": 64}, 64),
        ("layer", {"inputs": 4, "neurons": 2, "lanes": 2}, 8),
    ],
)
def test_the_block_that_is_asked_for(
    tmp_path: Path, block: str, sizes: dict[str, int], synapses: int
) -> None:
    new_rule("soft", tmp_path, block=block, **sizes)
    text = (tmp_path / "soft.toml").read_text()
    assert "@" not in text
    assert text.count("\n\n") == (3 if block == "layer" else 1)
    assert text.startswith(f"# A {block} (")
    design = load_design(tmp_path / "soft.toml")
    assert (design.block, design.synapses) == (block, synapses)
    assert design.rule.family == str(tmp_path / "soft.py")
    if design.layer is not None:
        assert (design.layer.inputs, design.layer.neurons, design.layer.lanes) == (4, 2, 2)
    elaborate(design, tmp_path / "build")


@pytest.mark.parametrize(
    ("block", "sizes", "text"),
    [
        ("network", {}, "the block of a new rule must be lane, bank or layer, not 'network'."),
        ("bank", {"synapses": 0}, "[design] synapses must be >= 1, not 0."),
    ],
)
def test_a_block_that_is_refused(
    tmp_path: Path, block: str, sizes: dict[str, int], text: str
) -> None:
    with pytest.raises(ConfigError) as caught:
        new_rule("soft", tmp_path, block=block, **sizes)
    assert str(caught.value) == text
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("name", "text"),
    [
        (
            "Soft",
            "[design] name must be 1 to 63 lower-case letters, digits and underscores, a letter"
            " first, not 'Soft'.",
        ),
        ("pair_stdp", "rule family 'pair_stdp' is installed already; choose another name."),
    ],
)
def test_a_name_that_is_refused(tmp_path: Path, name: str, text: str) -> None:
    with pytest.raises(ConfigError) as caught:
        new_rule(name, tmp_path)
    assert str(caught.value) == text
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(("name", "what"), [("soft.py", "rule"), ("soft.toml", "design")])
def test_nothing_is_overwritten(tmp_path: Path, name: str, what: str) -> None:
    (tmp_path / name).write_text("mine")
    with pytest.raises(ConfigError) as caught:
        new_rule("soft", tmp_path)
    assert (
        str(caught.value)
        == f"{what} file {tmp_path / name} exists already; choose another name or remove it."
    )
    assert [file.name for file in tmp_path.iterdir()] == [name]
    assert (tmp_path / name).read_text() == "mine"


BLOCKS = {
    "lane": 'block = "lane"',
    "bank": 'block = "bank"\nsynapses = 12',
    "layer": 'block = "layer"\n[layer]\ninputs = 4\nneurons = 2',
}


@pytest.mark.parametrize(
    "block",
    [pytest.param(b, marks=pytest.mark.soak if b == "layer" else ()) for b in BLOCKS],
)
def test_it_is_proved_and_simulated_in_processes_of_other_folders(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, block: str
) -> None:
    """The proof's and the simulation's processes find the rule by the manifest."""
    new_rule("soft", tmp_path / "rules")
    (tmp_path / "designs").mkdir()
    file = tmp_path / "designs" / "soft.toml"
    rule = '[rule]\nfamily = "../rules/soft.py"\nweight_bits = 8\ntrace_bits = 5\nup_shift = 2\n'
    file.write_text(f'[design]\nname = "soft"\n{BLOCKS[block]}\n{rule}')
    monkeypatch.chdir(tmp_path)
    design = load_design("designs/soft.toml")
    # the mutants of a lane are enough here: those of all blocks have the rule from the same place
    certificate = prove.prove(
        design, root=tmp_path / "build", mutants=block == "lane", schedules=False
    )
    assert certificate["passed"], certificate
    results = cosim(design, root=tmp_path / "build", steps=100)
    assert (results["passed"], results["differences"]) == (True, 0)
