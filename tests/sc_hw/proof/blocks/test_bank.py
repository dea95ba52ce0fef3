"""A bank's claims are proved for all depths and fabrics, and its mutants are refuted."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path

import pytest

from sc_hw.build.elaborate import elaborate
from sc_hw.proof.block_proofs.block_proof import read_netlist
from sc_hw.proof.processes import decide
from sc_hw.proof.prove import prove
from sc_hw.proof.verdicts import PROVED, REFUTED
from sc_model.spec import Design, RuleChoice


def verdicts(claims: list[dict[str, object]]) -> Counter[object]:
    return Counter(claim["verdict"] for claim in claims)


# The shortest pipeline here; the others are run by `make soak`.
@pytest.mark.parametrize(
    "fabric", ["generic", *(pytest.param(f, marks=pytest.mark.soak) for f in ("ecp5", "ice40_up"))]
)
def test_bank_pipelines_and_schedules_of_every_depth(tmp_path: Path, fabric: str) -> None:
    certificate = prove(
        Design(name="bank", block="bank", synapses=1024, fabric=fabric),
        root=tmp_path,
        mutants=False,
    )
    assert certificate["passed"], [c for c in certificate["claims"] if c["verdict"] != PROVED]
    names = [claim["name"] for claim in certificate["claims"]]
    assert "order: no early read" in names
    assert (
        sum(name.endswith("no early read") and name.startswith("schedule") for name in names) == 16
    )


def test_bank_with_a_product_of_adders(tmp_path: Path) -> None:
    rule = RuleChoice(parameters={"reward_bits": 4, "weight_bits": 10})
    design = Design(name="bank", block="bank", synapses=100, fabric="ice40_hx", rule=rule)
    certificate = prove(design, root=tmp_path, mutants=False, schedules=False)
    assert certificate["passed"], [c for c in certificate["claims"] if c["verdict"] != PROVED]


@pytest.mark.parametrize("synapses", [1, 13, 14, 65536])
def test_bank_depths_around_the_pipeline(tmp_path: Path, synapses: int) -> None:
    design = Design(name="bank", block="bank", synapses=synapses)
    assert verdicts(
        prove(design, root=tmp_path, mutants=False, schedules=False)["claims"]
    ).keys() == {PROVED}


@pytest.mark.parametrize("fabric", ["generic", "ice40_up", "ice40_hx", "ecp5"])
def test_the_proof_finds_every_named_value(fabric: str, tmp_path: Path) -> None:
    """A clamp between bounds that are no format's has a register of its own on three of these.

    Where that was a bit wider than the value, the proof took it for another signal, and compared
    the product behind it as a whole, without end.
    """
    rule = RuleChoice(family="unbiased_rstdp")
    design = Design(name="bank", block="bank", synapses=40, fabric=fabric, rule=rule)
    build = elaborate(design, tmp_path)
    prover, net = read_netlist(build.folder, "top.v", build.manifest["top"], "netlist", 1.0)
    named = build.manifest["named_signals"]
    assert [row["name"] for row in named] == [
        "eligibility_next",
        "reward_product",
        "scaled",
        "change",
    ]
    found = {row["name"]: prover.terms.width(net.signals[row["signal"]]) for row in named}
    assert found == {row["name"]: row["width"] for row in named}


def test_values_that_are_one_have_one_signal(tmp_path: Path) -> None:
    """What a synapse delivers begins as its update does: with two names for each of four values.

    Without a signal for the second ones the proof compared products of products.
    """
    rule = RuleChoice(family="tsodyks_markram")
    design = Design(name="bank", block="bank", synapses=40, fabric="ice40_hx", rule=rule)
    build = elaborate(design, tmp_path)
    _, net = read_netlist(build.folder, "top.v", build.manifest["top"], "netlist", 1.0)
    signals = {row["name"]: row["signal"] for row in build.manifest["named_signals"]}
    assert signals["drive_released"] == signals["update_released"]
    assert set(signals.values()) <= set(net.signals)


@pytest.mark.soak  # a lane's and a layer's are in the suite
def test_bank_with_mutants(tmp_path: Path) -> None:
    design = Design(name="bank", block="bank", synapses=64)
    certificate = prove(design, root=tmp_path, schedules=False)
    assert certificate["passed"]
    assert {row["verdict"] for row in certificate["mutants"]} == {REFUTED}
    early = next(row for row in certificate["mutants"] if row["name"] == "read one clock early")
    assert early["claim"] == "order: no early read"


@pytest.mark.parametrize(
    ("old", "new", "claim"),
    [
        ("i_ready = ~ closed;", "i_ready = ~closed & position != 5;", "liveness: transfer"),
        (r"\bfree <= (.*);", r"free <= \1 & ~taken;", "liveness: load"),
        (r"\blanding <= .*;", "landing <= age[0];", "order: invariant kept"),
    ],
    ids=["deaf at a synapse", "busy for ever", "never drained"],
)
def test_a_bank_that_hangs_is_refuted(old: str, new: str, claim: str, tmp_path: Path) -> None:
    build = elaborate(Design(name="bank", block="bank", synapses=8), tmp_path)
    text, count = re.subn(old, new, build.verilog.read_text(encoding="utf-8"), count=1)
    assert count
    build.verilog.write_text(text, encoding="utf-8")
    assert claim in {c["name"] for c in decide(build.folder) if c["verdict"] == REFUTED}
