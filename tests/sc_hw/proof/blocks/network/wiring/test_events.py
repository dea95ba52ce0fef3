"""What joins the parts of an event layer in `top.v`: proved, and refuted with faults."""

from __future__ import annotations

from pathlib import Path

import pytest
from event_networks import (
    convolutions,
    in_slices,
    many_own_spikes,
    other_intervals,
    recurrent_in_slices,
    two_event_layers,
    with_delays,
)
from network_faults import Fault, refuted, write_network
from wide_outputs import LAYERS, READOUTS, wide


@pytest.fixture(scope="module")
def network(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("events")
    write_network(two_event_layers(), folder)
    return folder


def test_all_claims_about_the_wiring_are_proved(network: Path, tmp_path: Path) -> None:
    assert refuted(network, tmp_path) == set()


def test_delays_are_proved(tmp_path: Path) -> None:
    for name in ("whole", "refuted", "faulty"):
        (tmp_path / name).mkdir()
    write_network(with_delays(), tmp_path / "whole")
    assert refuted(tmp_path / "whole", tmp_path / "refuted") == set()
    # The neurons take the bank of the events; sums are wiped at the end of a tick, too.
    faults = [
        ("layer_first", r"decided_bank <= [^;]+;", "decided_bank <= 0;"),
        ("layer_second.wiper", r"assign wipe = [^;]+;", "assign wipe = 1'h0;"),
    ]
    found = refuted(tmp_path / "whole", tmp_path / "faulty", faults)
    assert {"top.v, layer second: the lanes' inputs", "top.v, layer first: a tick"} <= found


def test_steps_in_slices_are_proved(tmp_path: Path) -> None:
    (tmp_path / "whole").mkdir()
    (tmp_path / "refuted").mkdir()
    write_network(in_slices(), tmp_path / "whole")
    assert refuted(tmp_path / "whole", tmp_path / "refuted") == set()
    faults = [
        # A slice is taken while spikes of the last one are left; one goes out twice.
        ("layer_first.scanner", r"assign wants = [^;]+;", "assign wants = scanning;"),
        ("layer_first.slices", r"assign moves = [^;]+;", "assign moves = 1'h0;"),
        # Of two neurons that are decided in a clock the first one gives its sum to both, and is
        # read for both.
        ("layer_first", r"\.sums\(\\sums\S* \)", ".sums(sums)"),
        ("layer_first", r"(requested\[\d+\] \? )\S+ +: word;", r"\1word : word;"),
    ]
    (tmp_path / "faulty").mkdir()
    found = refuted(tmp_path / "whole", tmp_path / "faulty", faults)
    assert {"instance layer_first.scanner", "instance layer_first.slices"} <= found
    assert {
        f"top.v, layer first: {each}" for each in ("the neurons' inputs", "the answer to the host")
    } <= found


@pytest.mark.soak
def test_own_spikes_in_slices_are_proved(tmp_path: Path) -> None:
    for name in ("whole", "refuted", "faulty"):
        (tmp_path / name).mkdir()
    write_network(recurrent_in_slices(), tmp_path / "whole")
    assert refuted(tmp_path / "whole", tmp_path / "refuted") == set()
    faults = [
        # No spike is restored; a slice of inputs counts before it has come; own spikes of before a
        # reset count.
        ("layer_first", r"\.fired\([^)]+\)", ".fired(1'h0)"),
        ("layer_first", r"\.valid\(i__valid\)", ".valid(1'h1)"),
        ("layer_second", r"assign own = (found) & [^;]+;", r"assign own = \1;"),
    ]
    found = refuted(tmp_path / "whole", tmp_path / "faulty", faults)
    assert {
        "top.v, layer first: the own spikes",
        "top.v, layer first: the columns",
        "top.v, layer second: the columns",
    } <= found


@pytest.mark.soak
def test_own_spikes_of_a_first_chunk_are_proved(tmp_path: Path) -> None:
    for name in ("whole", "refuted", "faulty"):
        (tmp_path / name).mkdir()
    write_network(many_own_spikes(), tmp_path / "whole")
    assert refuted(tmp_path / "whole", tmp_path / "refuted") == set()
    # A tick begins in the clock behind the last spike.
    fault = ("layer_only", r" \| recent;", ";")
    found = refuted(tmp_path / "whole", tmp_path / "faulty", [fault])
    assert "top.v, layer only: who gets in" in found


@pytest.mark.soak
def test_slices_between_two_clocks_are_proved(tmp_path: Path) -> None:
    for name in ("whole", "refuted", "faulty"):
        (tmp_path / name).mkdir()
    write_network(in_slices(clock="other"), tmp_path / "whole")
    assert refuted(tmp_path / "whole", tmp_path / "refuted") == set()
    # A slice is taken when none is there; another one of a step is not what came.
    faults = [
        ("crossing_second.words", r"o_holds & ", "o_holds | "),
        ("crossing_second.words", r"<= write_port__data", "<= write_port__data ^ 1'h1"),
    ]
    found = refuted(tmp_path / "whole", tmp_path / "faulty", faults)
    assert {
        "top.v, layer second: where its words come from",
        "crossing_second.words: whole words",
    } <= found


@pytest.mark.soak
@pytest.mark.parametrize("clock", ["sync", "other"])
def test_slices_to_other_intervals_are_proved(clock: str, tmp_path: Path) -> None:
    for name in ("whole", "refuted", "faulty"):
        (tmp_path / name).mkdir()
    write_network(other_intervals(clock), tmp_path / "whole")
    assert refuted(tmp_path / "whole", tmp_path / "refuted") == set()
    # A fault inside the intake, and one in front of another intake.
    faults = [
        ("crossing_first.intake", r"\bfresh <= [^;]+;", "fresh <= 1'h0;"),
        ("crossing_second", r"\.i__payload\(([^)]*)\)", r".i__payload(\1 ^ 32'h10000)"),
    ]
    assert {
        "instance crossing_first.intake",
        "top.v, layer second: where its words come from",
    } <= refuted(tmp_path / "whole", tmp_path / "faulty", faults)


@pytest.fixture(scope="module")
def slices_of_a_convolution(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("convolution")
    write_network(convolutions(both=False), folder)
    return folder


def test_slices_of_a_convolution_are_proved(slices_of_a_convolution: Path, tmp_path: Path) -> None:
    assert refuted(slices_of_a_convolution, tmp_path) == set()


@pytest.mark.soak
@pytest.mark.parametrize(
    ("fault", "claim"),
    [
        # A tick's spikes count as taken with any slice; a slice is left out.
        (
            ("first.slices", r"assign over = moves & [^;]+;", "assign over = moves;"),
            "first: a tick",
        ),
        (("first.slices", r"w_addr \+ 1'h1", "w_addr + 2'h2"), "first: a tick's clocks"),
        # An event goes on while the one in front of it waits.
        (("last.order", r"assign moves = [^;]+;", "assign moves = 1'h1;"), "last: the columns"),
    ],
)
def test_a_fault_behind_a_convolution_refutes_the_claim(
    slices_of_a_convolution: Path, tmp_path: Path, fault: Fault, claim: str
) -> None:
    module, pattern, replacement = fault
    faults = [(f"layer_{module}", pattern, replacement)]
    assert f"top.v, layer {claim}" in refuted(slices_of_a_convolution, tmp_path, faults)


@pytest.mark.parametrize(
    "kind",
    [
        kind if kind in ("sweep", "conv") else pytest.param(kind, marks=pytest.mark.soak)
        for kind in LAYERS
    ],
)
def test_spikes_that_leave_in_slices_are_proved(kind: str, tmp_path: Path) -> None:
    """With a readout the answer comes with the last slice, and not before."""
    for name in ("whole", "refuted", "faulty"):
        (tmp_path / name).mkdir()
    readout = READOUTS.get(kind)
    write_network(wide(kind, readout), tmp_path / "whole")
    assert refuted(tmp_path / "whole", tmp_path / "refuted") == set()
    # A slice is shown in which some spikes have not come; an answer of some neurons is.
    faults = [("layer_only.slices", r"\boffered <= [^;]+;", "offered <= 1'h1;")]
    wanted = {"instance layer_only.slices"}
    if readout is not None:
        faults.append(("layer_only", r"= winner & [^;]+;", "= winner;"))
        wanted.add("top.v, layer only: a tick")
    assert wanted <= refuted(tmp_path / "whole", tmp_path / "faulty", faults)


def test_an_answer_of_some_neurons_refutes_its_claim(tmp_path: Path) -> None:
    for name in ("whole", "faulty"):
        (tmp_path / name).mkdir()
    write_network(wide("events", "largest_potential"), tmp_path / "whole")
    faults = [("layer_only", r"= winner & [^;]+;", "= winner;")]
    assert refuted(tmp_path / "whole", tmp_path / "faulty", faults) == {"top.v, layer only: a tick"}


@pytest.mark.soak
@pytest.mark.parametrize(
    ("fault", "claim"),
    [
        (("layer_first", r"\bdecided_step <= [^;]+;", "decided_step <= 0;"), "first: a tick"),
        (("layer_second", r"\badding <= [^;]+;", "adding <= 0;"), "second: a tick"),
        (("layer_second", r"= bank \^ \w+;", "= bank;"), "second: the lanes' inputs"),
        (("layer_second", r"\bspikes <= [^;]+;", "spikes <= 0;"), "second: the spikes"),
        (("layer_first", r"~ load_now", "load_now"), "first: who gets in"),
    ],
)
def test_a_fault_refutes_the_claim(network: Path, tmp_path: Path, fault: Fault, claim: str) -> None:
    assert f"top.v, layer {claim}" in refuted(network, tmp_path, [fault])
