"""The same design gives the same bytes: under any hash seed, in any process, on any machine of any
user.
"""

from __future__ import annotations

import json
import re
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from support import ROOT, python

from sc_hw.build.elaborate import build_id
from sc_model.spec import Design, RuleChoice

FABRICS = ("generic", "ice40_up", "ice40_hx", "ecp5")
SEEDS = ("0", "12345")
USER = "zebrafish"

# Elaborates every design, the last one again at the end; also the Verilog with the family's
# primitives.
PROGRAM = f"""
import json, sys
from pathlib import Path
from sc_hw.build.blocks import block_of
from sc_hw.fabric.families import load_family
from sc_hw.build.elaborate import elaborate
from sc_hw.build.emit import to_verilog
from sc_model.spec import Design

designs = [Design(name="a", block="lane")]
designs += [Design(name="a", block="bank", synapses=20, fabric=f) for f in {FABRICS!r}]
texts = {{}}
for turn, design in enumerate([*designs, designs[1]]):
    build = elaborate(design, Path(sys.argv[1]) / str(turn))
    label = f"{{design.block}} {{design.fabric}} {{turn}}"
    texts[label + " top.v"] = build.verilog.read_text()
    texts[label + " manifest.json"] = (build.folder / "manifest.json").read_text()
    if design.fabric == "ecp5":
        family = load_family(design.fabric)
        block = block_of(design, family)
        texts[label + " with primitives"] = to_verilog(block.component, block.top, family)
print(json.dumps(texts))
"""


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, str]]:
    """Texts by hash seed, each from a process of its own in a folder of its own."""

    folders = {
        seed: tmp_path_factory.mktemp(f"seed{seed}") for seed in SEEDS
    }  # here: mktemp is not for threads

    def run(seed: str) -> dict[str, str]:
        folder = folders[seed]
        home = str(folder / USER)
        texts: dict[str, str] = json.loads(
            python(PROGRAM, str(folder), PYTHONHASHSEED=seed, USER=USER, LOGNAME=USER, HOME=home)
        )
        return texts

    with ThreadPoolExecutor(max_workers=2) as pool:
        return dict(zip(SEEDS, pool.map(run, SEEDS), strict=True))


def test_any_hash_seed_gives_the_same_bytes(runs: dict[str, dict[str, str]]) -> None:
    first = runs[SEEDS[0]]
    assert len(first) == 6 * 2 + 1
    for seed in SEEDS[1:]:
        assert [label for label in first if runs[seed][label] != first[label]] == []


def test_a_second_run_in_the_same_process_gives_the_same_bytes(
    runs: dict[str, dict[str, str]],
) -> None:
    for texts in runs.values():
        for file in ("top.v", "manifest.json"):
            assert texts[f"bank generic 1 {file}"] == texts[f"bank generic 5 {file}"]


def test_designs_differ(runs: dict[str, dict[str, str]]) -> None:
    """Else equal bytes would say nothing."""
    tops = {text for label, text in runs["0"].items() if label.endswith("top.v")}
    assert len(tops) == 5


TRACES = {
    "absolute path": re.compile(r"(?<![\w/*])/(?:home|root|tmp|work|usr|var|Users)/"),
    "date": re.compile(r"\b20\d\d-\d\d-\d\d\b|\b(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun) [A-Z][a-z]{2} "),
    "time": re.compile(r"\b\d\d:\d\d:\d\d\b"),
    "user": re.compile(USER),
    "repository": re.compile(re.escape(str(ROOT))),
}


def traces(text: str) -> list[str]:
    return [what for what, pattern in TRACES.items() if pattern.search(text)]


def test_no_output_says_where_when_or_by_whom(runs: dict[str, dict[str, str]]) -> None:
    assert {label: found for label, text in runs["0"].items() if (found := traces(text))} == {}


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ('(* src = "/home/x/bank.py:3" *)', "absolute path"),
        ("// made 2026-01-31", "date"),
        ("/* 12:30:59 */", "time"),
        ("by zebrafish", "user"),
    ],
)
def test_a_trace_would_be_found(text: str, what: str) -> None:
    assert traces(text) == [what]


BASE = Design(name="a", block="bank", synapses=20)


@pytest.mark.parametrize(
    "change",
    [
        {"name": "b"},
        {"synapses": 21},
        {"fabric": "ecp5"},
        {"seed": 2},
        {"block": "lane", "synapses": 1},
        {"rule": RuleChoice(parameters={"weight_bits": 15})},
        {"rule": RuleChoice(parameters={"trace_decay_shift": 5})},
    ],
)
def test_the_id_changes_with_the_design(change: dict[str, object]) -> None:
    changed = BASE.model_copy(update=change)
    assert build_id(changed) != build_id(BASE)
    assert build_id(BASE) == build_id(Design(name="a", block="bank", synapses=20))
    assert re.fullmatch(r"[0-9a-f]{12}", build_id(changed))


def test_the_id_is_that_of_the_folder(runs: dict[str, dict[str, str]], tmp_path: Path) -> None:
    assert json.loads(runs["0"]["bank generic 1 manifest.json"])["id"] == build_id(BASE)
