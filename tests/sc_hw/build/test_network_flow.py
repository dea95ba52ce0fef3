"""A network through the flow: audited when it is elaborated, the same bytes each time, Fmax of each
clock, its report.
"""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest
from support import ROOT, python

from sc_hw.build import elaborate as elaboration
from sc_hw.build.audit_design import audit_design
from sc_hw.build.elaborate import AuditError, elaborate, make
from sc_hw.price.frame import frame_of_domains
from sc_hw.price.placement import achieved_mhz, clock_mhz
from sc_hw.reporting.report import report
from sc_hw.simulation.cosim import lint
from sc_hw.simulation.device import Device
from sc_hw.tools import ToolError
from sc_model.spec import (
    ConfigError,
    DenseSpec,
    Design,
    HetSynSpec,
    LifSpec,
    NetworkSpec,
    PlasticLayerSpec,
    PlasticStageSpec,
    load_design,
)


def two_clocks() -> Design:
    layers = (
        HetSynSpec(name="fast", inputs=2, neurons=3, clock="sense"),
        HetSynSpec(name="slow", inputs=3, neurons=2, clock="think", tick_interval=4, policy="once"),
    )
    return Design(name="two", block="network", network=NetworkSpec(layers=layers, crossing_depth=1))


def test_a_network_is_audited_when_it_is_elaborated(tmp_path: Path) -> None:
    build = elaborate(two_clocks(), tmp_path)
    answer = json.loads((build.folder / "audit.json").read_text())
    assert answer["passed"]
    assert answer["expected"] == len(answer["crossings"]) == len(build.manifest["crossings"]) == 7
    assert {(c["from"], c["to"]) for c in answer["crossings"]} == {
        ("sense", "think"),
        ("think", "sense"),
    }
    assert answer["not_judged"]
    constraints = {file.name: file.read_text() for file in (build.folder / "constraints").iterdir()}
    assert all(crossing["name"] in constraints["crossings.xdc"] for crossing in answer["crossings"])
    assert audit_design(two_clocks(), tmp_path) == answer


def test_a_crossing_that_is_not_as_it_must_be_is_not_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = make(two_clocks())
    text = made.verilog
    # the first of two flip-flops is left out: what comes from the other clock goes straight to the
    # second
    start = text.index("module sc_sync_1(")
    end = text.index("endmodule", start)
    module = text[start:end]
    broken = module.replace("q <= first;", "q <= d;")
    assert broken != module
    monkeypatch.setattr(
        elaboration,
        "make",
        lambda design: type(made)(
            text[:start] + broken + text[end:], made.manifest, made.crossings
        ),
    )
    with pytest.raises(
        AuditError,
        match=(
            r"^the crossing audit of two found \d+ faults, the first: .*; `sc-hw audit` lists"
            r" all\.$"
        ),
    ):
        elaborate(two_clocks(), tmp_path)
    assert not list(tmp_path.rglob("top.v"))


def test_one_clock_has_no_crossing(tmp_path: Path) -> None:
    answer = audit_design(load_design(ROOT / "examples" / "lane.toml"), tmp_path)
    assert answer["passed"]
    assert answer["expected"] == 0
    assert answer["crossings"] == []


def test_two_clocks_give_the_same_bytes_whatever_the_hash_seed() -> None:
    code = (
        "from test_network_flow import two_clocks; from sc_hw.build.elaborate import make; import"
        " json; made = make(two_clocks());print(made.manifest['verilog_sha256'],"
        " json.dumps(made.manifest))"
    )
    path = os.pathsep.join((str(ROOT), str(Path(__file__).parent), str(ROOT / "tests")))
    texts = {python(code, PYTHONHASHSEED=seed, PYTHONPATH=path) for seed in ("1", "2", "4", "5")}
    assert len(texts) == 1


FMAX: dict[str, Any] = {
    "$glbnet$sense_clk": {"achieved": 120.5},
    "think_clk$SB_IO_IN_$glb_clk": {"achieved": 60.25},
}
DOMAINS = [
    {"role": "sense", "clock": "sense_clk", "reset": "sense_rst"},
    {"role": "think", "clock": "think_clk", "reset": "think_rst"},
]


def test_fmax_is_read_for_each_clock() -> None:
    assert clock_mhz(FMAX, "sense_clk") == 120.5
    assert clock_mhz(FMAX, "think_clk") == 60.25
    assert achieved_mhz(FMAX, DOMAINS) == 60.25
    with pytest.raises(
        ToolError, match=r"^nextpnr's report must have one clock 'clk', not 0 among "
    ):
        clock_mhz(FMAX, "clk")


def test_a_frame_has_registers_of_its_own_in_each_clock() -> None:
    ports = [
        {"name": "a", "direction": "input", "width": 3, "domain": "sense"},
        {"name": "b", "direction": "output", "width": 2, "domain": "think"},
    ]
    text = frame_of_domains("block", DOMAINS, ports)
    assert "  reg [2:0] sense_stimulus;" in text
    assert "  always @(posedge think_clk) begin" in text
    assert ".a(sense_stimulus[2:0])" in text
    assert ".b(think_response[1:0])" in text
    assert ".sense_rst(sense_rst_q)" in text


def test_report_of_a_network(tmp_path: Path) -> None:
    build = elaborate(two_clocks(), tmp_path)
    content = report(build.folder)
    assert content["audit"]["status"] == "passed"
    assert content["proof"]["status"] == content["cosim"]["status"] == "not run"
    page, text = ((build.folder / f"report.{kind}").read_text() for kind in ("html", "md"))
    assert "7 of 7" in page
    assert "| slow | hetsyn, 3 x 2 | think | 4 | once | 1 |" in text
    again = report(build.folder, previous=build.folder / "report.json")
    assert again["differences"] == []


def test_ports_belong_to_their_layer_s_clock() -> None:
    """The name of one layer may end with that of another."""
    layers = (
        HetSynSpec(name="a", inputs=2, neurons=3, clock="sense"),
        HetSynSpec(name="b_a", inputs=3, neurons=2, clock="think"),
    )
    manifest = make(
        Design(name="two", block="network", network=NetworkSpec(layers=layers))
    ).manifest
    domains = {port["name"]: port["domain"] for port in manifest["ports"] if "domain" in port}
    assert domains["load_a__valid"] == domains["i__valid"] == "sense"
    assert (
        domains["load_b_a__valid"] == domains["o__valid"] == domains["out_of_step_b_a"] == "think"
    )


@pytest.mark.parametrize("on", ["model", "rtl"])
def test_a_device_is_no_network(on: str) -> None:
    with pytest.raises(
        ConfigError, match=r"^Device runs a lane, a bank or a layer, not the network 'two': use "
    ):
        Device.open(two_clocks(), on=on)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "design",
    ["network.toml", "timescales/timescales.toml", "delays/delays.toml", "two clocks", "learns"],
)
def test_networks_are_clean_under_the_linter(design: str, tmp_path: Path) -> None:
    made = {"two clocks": two_clocks, "learns": learns}
    chosen = made[design]() if design in made else load_design(ROOT / "examples" / design)
    for fabric in ("generic", "ice40_hx"):
        lint(elaborate(chosen.model_copy(update={"fabric": fabric}), tmp_path))


def learns() -> Design:
    dense = DenseSpec(
        name="a", inputs=4, neurons=6, lanes=2, max_delay=9, recurrent=True, bias=True
    )
    other = DenseSpec(name="b", inputs=6, neurons=6, neuron=LifSpec(synaptic=True, refractory=2))
    plastic = PlasticStageSpec(layer=PlasticLayerSpec(inputs=6, neurons=3))
    return Design(
        name="learns", block="network", network=NetworkSpec(layers=(dense, other), plastic=plastic)
    )


def test_report_of_a_network_that_learns(tmp_path: Path) -> None:
    build = elaborate(learns(), tmp_path)
    report(build.folder)
    text = (build.folder / "report.md").read_text()
    assert "| a | dense, 11 x 6 | sync | 1 | hold | 2 |" in text
    assert "| delays to 9; recurrent; bias |" in text
    assert "| plastic | plastic, 6 x 3 | sync | 1 | each word | 1 |" in text
    assert "Network of 2 layers, 120 synapses, 1 clock." in text
    assert build.manifest["rule"]["family"] == "reward_modulated_stdp"
