"""A bank as a block: a pipeline as deep as the fabric needs, one synapse a clock."""

from __future__ import annotations

from sc_hw.build.blocks import block_of
from sc_hw.fabric.families import family_names, load_family
from sc_model.spec import Design


def test_latency_is_that_of_the_fabrics_pipeline() -> None:
    latencies = {}
    for name in family_names():
        block = block_of(
            Design(name="a", block="bank", synapses=99, fabric=name), load_family(name)
        )
        timing = block.timing()
        assert timing["synapses_per_clock"] == 1
        latencies[name] = timing["latency_clocks"]
        stages = [row["stage"] for row in block.description()["named_signals"]]
        known = [stage for stage in stages if stage is not None]
        assert 0 <= min(known) <= max(known) <= timing["latency_clocks"]
        assert max(known) > 0  # it is a pipeline
    assert latencies["ice40_hx"] > latencies["generic"]  # of adders, in many short stages
