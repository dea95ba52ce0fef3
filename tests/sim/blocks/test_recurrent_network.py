"""A verilated recurrent network has the interface of its model, and its state."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from recurrent_networks import design, samples, weights_of

from sc_hw.build.elaborate import elaborate
from sc_hw.simulation.library import rtl_library
from sc_model.golden.recurrent_network import RecurrentNetwork
from sc_sim.blocks.recurrent_network import RtlRecurrentNetwork
from sc_sim.driver.one_clock import Rtl


@pytest.fixture(scope="module")
def rtl(builds: Path) -> RtlRecurrentNetwork:
    """A small network, compiled once for the bench's tests and these."""
    build = elaborate(design(), builds)
    return RtlRecurrentNetwork(Rtl(build.folder, rtl_library(build.folder)))


def test_it_goes_on_from_a_checkpoint_of_the_model(rtl: RtlRecurrentNetwork) -> None:
    golden = RecurrentNetwork(rtl.spec, weights_of(rtl.spec))
    spikes, targets = samples(rtl.spec, 6)
    golden.run(spikes[:2], targets[:2])
    rtl.restore(golden.checkpoint())
    for one in (golden, rtl):
        one.set_shift("output", 4)
        one.freeze("hidden")
    assert (rtl.run(spikes[2:4], targets[2:4]) == golden.run(spikes[2:4], targets[2:4])).all()
    for one in (golden, rtl):
        one.freeze("hidden", learn=True)
    assert (rtl.sample(spikes[4], targets[4]) == golden.sample(spikes[4], targets[4])).all()
    assert (rtl.run(spikes[5:]) == golden.run(spikes[5:])).all()
    assert (rtl.scores[-1, -1] == golden.scores).all()
    for space, fields in golden.checkpoint().items():
        for name, expected in fields.items():
            assert np.array_equal(expected, rtl.state[space][name]), (space, name)


def test_what_it_can_not_take_is_refused(rtl: RtlRecurrentNetwork) -> None:
    with pytest.raises(ValueError, match=r"^shift of hidden must be in \[0, 15\], not 16"):
        rtl.set_shift("hidden", 16)
    with pytest.raises(ValueError, match=r"^targets must be in \[-1, 2\], not 3"):
        rtl.run(np.zeros((1, 1, 5), int), [[3]])
