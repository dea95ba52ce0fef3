"""The order of a bank's accesses in Amaranth's simulator; it is proved for every depth."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from simulator import simulate

from sc_hw.synapse.sequencer import Sequencer


@pytest.mark.parametrize(
    ("synapses", "span"), [(1, 4), (1, 7), (2, 7), (3, 7), (5, 12), (12, 12), (13, 12), (20, 12)]
)
def test_sequencer_order_distance_and_grants(synapses: int, span: int) -> None:
    sequencer = Sequencer(max(1, (synapses - 1).bit_length()), span)
    rng = np.random.default_rng(span * 100 + synapses)
    issued: list[tuple[int, int]] = []
    grants: list[int] = []

    async def bench(ctx: Any) -> None:
        ctx.set(sequencer.last, synapses - 1)
        ctx.set(sequencer.short, synapses < span)
        asking = False
        for clock in range(1200):
            asking = asking or rng.random() < 0.02
            ctx.set(sequencer.host_request, asking)
            ctx.set(sequencer.i_valid, rng.random() < (1.0 if clock < 400 else 0.7))
            if ctx.get(sequencer.issue):
                assert ctx.get(sequencer.i_valid)
                assert ctx.get(sequencer.i_ready)
                issued.append((clock, ctx.get(sequencer.address)))
            granted = ctx.get(sequencer.host_grant)
            if granted:
                assert asking
                assert not ctx.get(sequencer.issue)
                assert not issued or issued[-1][1] == synapses - 1  # between sweeps
                assert not issued or clock - issued[-1][0] >= span  # everything has landed
                grants.append(clock)
            await ctx.tick()
            asking = asking and not granted

    simulate(sequencer, bench)
    assert len(issued) > 1200 // (2 * max(span, synapses)) * synapses // 2
    assert grants
    assert [address for _, address in issued] == [i % synapses for i in range(len(issued))]
    last: dict[int, int] = {}
    for clock, address in issued:
        assert clock - last.get(address, -span) >= span
        last[address] = clock


@pytest.mark.parametrize(("width", "span"), [(0, 4), (3, 3)])
def test_sequencer_of_nothing(width: int, span: int) -> None:
    with pytest.raises(ValueError, match="Sequencer") as caught:
        Sequencer(width, span)
    assert (
        str(caught.value) == f"Sequencer needs address_width and span >= 4, not {width} and {span}"
    )
