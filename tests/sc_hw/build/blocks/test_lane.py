"""A lane as a block: one step a clock, no pipeline."""

from __future__ import annotations

from sc_hw.build.blocks import block_of
from sc_hw.fabric.families import load_family
from sc_model.rules import load_rule
from sc_model.spec import Design


def test_a_lane_computes_in_one_clock_on_every_fabric() -> None:
    for fabric in ("generic", "ecp5"):
        block = block_of(Design(name="a", block="lane", fabric=fabric), load_family(fabric))
        waits = {f"{name}_within_clocks": 1 for name in ("accepts", "host", "done")}
        assert block.timing() == waits | {
            "latency_clocks": 1,
            "synapses_per_clock": 1,
            "span_clocks": 1,
        }
        assert {row["stage"] for row in block.description()["named_signals"]} == {0}


def test_every_input_of_the_rule_is_a_field_of_a_port() -> None:
    block = block_of(Design(name="a", block="lane"), load_family("generic"))
    fields = {f["name"] for port in block.description()["ports"] for f in port["fields"]}
    names = {port["name"] for port in block.description()["ports"]}
    for item in load_rule("reward_modulated_stdp").inputs:
        assert item.name in fields or any(item.name in name for name in names)
