"""Every kind of build is clean under Verilator's linter, and the linter sees what it should."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from network_designs import learns, two_clocks
from support import ROOT

from sc_hw.build.elaborate import Build, elaborate
from sc_hw.simulation.cosim import lint
from sc_hw.tools import ToolError
from sc_model.spec import load_design

FABRICS = ("generic", "ice40_up", "ice40_hx", "ecp5")
NAMES = ("weight_bits", "trace_bits", "reward_bits", "learning_shift", "trace_decay_shift")
CORNERS = ((1, 2, 1, 0, 0), (32, 16, 16, 12, 9), (4, 14, 16, 3, 3))
DEPTHS = (1, 2, 3, 17, 1000)


@pytest.mark.parametrize("fabric", FABRICS)
@pytest.mark.parametrize("corner", CORNERS)
def test_corner_configurations_are_clean(
    fabric: str, corner: tuple[int, ...], build_of: Callable[..., Build]
) -> None:
    parameters = dict(zip(NAMES, corner, strict=True))
    lint(build_of("lane", 1, fabric, **parameters))
    lint(build_of("bank", 17, fabric, **parameters))


@pytest.mark.parametrize("fabric", FABRICS)
@pytest.mark.parametrize("synapses", DEPTHS)
def test_default_configuration_is_clean(
    fabric: str, synapses: int, build_of: Callable[..., Build]
) -> None:
    lint(build_of("bank", synapses, fabric))
    if synapses == 1:
        lint(build_of("lane", 1, fabric))


def test_deepest_bank_is_clean(build_of: Callable[..., Build]) -> None:
    lint(build_of("bank", 65_536, "ice40_up"))


FAULTS = {
    "WIDTHTRUNC": (
        "assign o_pre_trace = pre_trace_next",
        "wire [7:0] narrow; assign narrow = pre_trace_next; assign o_pre_trace = {4'h0, narrow}",
    ),
    "WIDTHEXPAND": (
        "assign o_pre_trace = pre_trace_next",
        "assign o_pre_trace = pre_trace_next[10:0]",
    ),
    "LATCH of a case": (
        "assign o_pre_trace = pre_trace_next",
        (
            "reg [11:0] kept; always @* case (o_weight[1:0]) 2'h0: kept = pre_trace_next; endcase"
            " assign o_pre_trace = kept"
        ),
    ),
    "LATCH": (
        "assign o_pre_trace = pre_trace_next",
        (
            "reg [11:0] kept; always @* if (i_post_spike) kept = pre_trace_next; assign o_pre_trace"
            " = kept"
        ),
    ),
    "IMPLICIT": (
        "assign o_pre_trace = pre_trace_next",
        "assign o_pre_trace = pre_trace_next; assign pre_trace_nxt = o_pre_trace[0]",
    ),
}


@pytest.mark.parametrize("rule", FAULTS)
def test_fault_is_found(
    rule: str, build_of: Callable[..., Build], seeded: Callable[..., Build]
) -> None:
    old, new = FAULTS[rule]
    warning = rule.split()[0]
    with pytest.raises(
        ToolError, match=rf"^lint of .*top\.v found \d+ problems: .*%Warning-{warning}: "
    ):
        lint(seeded(build_of("lane"), old, new))


@pytest.mark.parametrize(
    ("design", "fabric"),
    [
        ("network.toml", "generic"),
        pytest.param("timescales/timescales.toml", "ice40_hx", marks=pytest.mark.soak),
        ("delays/delays.toml", "generic"),
        pytest.param("two clocks", "ice40_hx", marks=pytest.mark.soak),
        ("learns", "generic"),
        ("on_chip/digits.toml", "ecp5"),
        ("delayed_match/delayed_match.toml", "generic"),
        ("mnist/mnist.toml", "ice40_up"),
        pytest.param("mnist/mnist_conv.toml", "ecp5", marks=pytest.mark.soak),
        pytest.param("on_chip/mnist.toml", "ice40_up", marks=pytest.mark.soak),
    ],
)
def test_networks_are_clean_under_the_linter(design: str, fabric: str, tmp_path: Path) -> None:
    made = {"two clocks": two_clocks, "learns": learns}
    chosen = made[design]() if design in made else load_design(ROOT / "examples" / design)
    lint(elaborate(chosen.model_copy(update={"fabric": fabric}), tmp_path))
