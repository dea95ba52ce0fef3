"""Edits of emitted Verilog: a pattern that does not match is an error, never silence."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from sc_hw.build.elaborate import Build
from sc_hw.proof.mutants.emitted import Part, apply_edits, part_of, part_trial
from sc_hw.proof.mutants.mutant import MutantError
from sc_hw.proof.verdicts import DIFFERENT, EQUIVALENT
from sc_model.spec import Design

TEXT = """module a(input clk, input [3:0] d, output reg [3:0] q);
  always @(posedge clk) q <= d + 4'h1;
endmodule
"""
BUILD = Build(Design(name="lane", block="lane"), "0", Path(), {})


def test_every_match_is_replaced() -> None:
    edits = ((r"x(\d)", r"y\1"), ("b", "c"))
    assert apply_edits("x1 x2 b", edits, "m", "f") == "y1 y2 c"


def test_a_pattern_that_does_not_match_names_mutant_pattern_and_file() -> None:
    with pytest.raises(MutantError) as error:
        apply_edits(
            TEXT, ((r"q <= d", "q <= 0"), (r"take\b", "late")), "neighbour's trace", "module a"
        )
    assert str(error.value) == (
        "mutant 'neighbour's trace' must find the pattern 'take\\\\b' in module a, but nothing"
        " there matches; mend the pattern, or name in the mutant's `applies` the designs that lack"
        " this hardware"
    )


def test_a_part_that_is_not_there_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "proof").mkdir()
    row = {"part": "lane", "verilog": "lane.v", "top": "a", "facts": {"layer": 1}}
    (tmp_path / "proof" / "parts.json").write_text(json.dumps({"parts": [row]}))
    (tmp_path / "lane.v").write_text(TEXT)
    build = Build(BUILD.design, "0", tmp_path, {})
    assert part_of(build, "lane") == part_of(build, "lane", layer=1) == Part(row, TEXT)
    for kind, facts in (("critic", {}), ("lane", {"layer": 0})):
        with pytest.raises(MutantError) as error:
            part_of(build, kind, **facts)
        assert str(error.value) == (
            f"design 'lane' must have a part of kind '{kind}' for a mutant that applies to it; mend"
            " the `applies` of the mutant"
        )


@pytest.mark.parametrize(
    ("pattern", "replacement", "answer"),
    [
        (r"d \+ 4'h1", "4'h1 + d", EQUIVALENT),
        (r"4'h1", "4'h2", DIFFERENT),
        (r"d \+ 4'h1", "(d == 4'hf) ? 4'h1 : d + 4'h1", DIFFERENT),
    ],
)
def test_the_solver_compares_the_parts(
    pattern: str, replacement: str, answer: str, tmp_path: Path
) -> None:
    original = Part({"part": "a", "top": "a", "facts": {}}, TEXT)
    mutated = Part(original.row, apply_edits(TEXT, ((pattern, replacement),), "m", "f"))
    assert part_trial(BUILD, tmp_path / "x", original, mutated).compare(10.0) == answer
    uncompared = part_trial(BUILD, tmp_path / "y", original, original, compared=False)
    assert uncompared.compare(10.0) == DIFFERENT
