"""`design.h` of a design: its ports, streams and events."""

from __future__ import annotations

import re
from collections.abc import Callable

from sc_hw.build.elaborate import Build
from sc_sim.blocks import events_of
from sc_sim.design import read_dut
from sc_sim.driver.header import design_header, sink_ports


def test_a_bank_has_streams_and_an_event(build_of: Callable[..., Build]) -> None:
    dut = read_dut(build_of("bank", 8).folder)
    text = design_header(dut, events_of("bank"))
    assert "SC_PORT(port_i__valid, top.i___05Fvalid, 1)" in text
    assert re.search(r"using Domains = List<\s*Domain<port_clk, port_rst>>;", text)
    assert (
        "Stream<0, port_updated, NoPort, NoPort, port_updated_address, port_updated_state>" in text
    )
    assert "using Captures = List<>;" in text
    assert list(sink_ports(dut, events_of("bank"))) == ["readback", "updated"]


def test_a_lane_has_no_streams(build_of: Callable[..., Build]) -> None:
    text = design_header(read_dut(build_of("lane").folder), events_of("lane"))
    assert "using Sources = List<>;" in text
    assert "using Sinks = List<>;" in text
    assert "Output<port_o_eligibility, true>" in text or "eligibility, true>" in text
