"""The claim about every byte of `top.v`: what was changed after it had been emitted is found."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from network_designs import two_clocks

from sc_hw.build.elaborate import Build, elaborate
from sc_hw.files import write_text
from sc_hw.proof.identity import (
    EMITTED,
    IDENTITY,
    SYSTEM_IDENTITY,
    identity_claim,
    modules_in,
    system_claim,
)
from sc_hw.proof.verdicts import PROVED, REFUTED
from sc_model.spec import Design


@pytest.fixture(scope="module")
def bank(tmp_path_factory: pytest.TempPathFactory) -> Build:
    design = Design(name="b", block="bank", synapses=7)
    build = elaborate(design, tmp_path_factory.mktemp("identity"))
    write_text(build.folder / "proof" / EMITTED, build.verilog.read_text())
    return build


def verdict(build: Build, text: str) -> tuple[str, Any]:
    """The verdict on another text of `top.v`."""
    original = build.verilog.read_text()
    write_text(build.verilog, text)
    try:
        claim = identity_claim(build.folder, build.manifest, 30.0)
    finally:
        write_text(build.verilog, original)
    assert claim.name == IDENTITY
    return claim.verdict, claim.counterexample


def edit(build: Build, old: str, new: str) -> str:
    text = build.verilog.read_text()
    assert old in text
    return text.replace(old, new, 1)


def test_the_emitted_bytes_are_what_the_generator_emits(bank: Build) -> None:
    assert verdict(bank, bank.verilog.read_text()) == (PROVED, None)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("assign idle =", "assign idle = 1'h1 |"),
        ("  reg closed = 1'h0;", "  reg closed = 1'h1;"),
        ("    updated <=", "    updated <= ~"),
        ("endmodule", "endmodule\n\nmodule another(); endmodule"),
        ("endmodule", "syntax error endmodule"),
    ],
)
def test_a_changed_text_is_refuted(bank: Build, old: str, new: str) -> None:
    assert verdict(bank, edit(bank, old, new))[0] == REFUTED


def test_another_spelling_of_the_same_module_is_proved(bank: Build) -> None:
    assert verdict(bank, edit(bank, "assign idle =", "assign idle = 1'h1 &")) == (PROVED, None)


def test_without_the_emitted_text_a_changed_one_is_refuted(tmp_path: Path) -> None:
    build = elaborate(Design(name="l", block="lane"), tmp_path)
    changed = build.verilog.read_text() + "\n"
    assert verdict(build, changed) == (REFUTED, {"file": "top.v", "emitted text": "missing"})


def test_the_module_that_differs_is_named_in_several_clock_domains(tmp_path: Path) -> None:
    build = elaborate(two_clocks(), tmp_path)
    write_text(build.folder / "proof" / EMITTED, build.verilog.read_text())
    name = next(name for name in modules_in(build.verilog.read_text()) if name.endswith("neurons"))
    text = modules_in(build.verilog.read_text())[name]
    faulty, count = re.subn(r"(\n    \S+ <= )", r"\1~", text, count=1)
    assert count
    changed = build.verilog.read_text().replace(text, faulty)
    assert verdict(build, changed) == (REFUTED, {"modules": [name]})
    assert json.loads((build.folder / "manifest.json").read_text()) == build.manifest


@pytest.fixture(scope="module")
def system(tmp_path_factory: pytest.TempPathFactory) -> Build:
    design = Design(name="b", block="lane").behind("wishbone")
    return elaborate(design, tmp_path_factory.mktemp("system"))


@pytest.mark.parametrize(
    ("old", "new", "fault"),
    [
        ("", "", None),
        # a module of the block, whose hash the manifest has
        ("module synapse_lane", "module  synapse_lane", "bytes of top.v"),
        ("  synapse_lane block (", "  another_lane block (", "instances of the block"),
        ("module sc_system(", "module synapse_lane();endmodule\nmodule sc_system(", "modules that"),
        ("module sc_system(", "// changed\nmodule sc_system(", "text behind top.v"),
    ],
)
def test_the_block_of_a_system_is_that_of_top(
    system: Build, old: str, new: str, fault: str | None
) -> None:
    file = system.folder / "system.v"
    original = file.read_text()
    assert original.startswith(system.verilog.read_text())
    assert old in original
    write_text(file, original.replace(old, new, 1) if old else original)
    try:
        claim = system_claim(system.folder, system.manifest)
    finally:
        write_text(file, original)
    assert claim.name == SYSTEM_IDENTITY
    assert claim.verdict == (PROVED if fault is None else REFUTED)
    assert fault is None or fault in " ".join(claim.counterexample)
