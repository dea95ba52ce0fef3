"""Random steps fit what they are made for."""

from __future__ import annotations

import numpy as np
import pytest
from device_designs import INHIBITED, LAYER
from network_designs import learns, two_clocks

from sc_hw.simulation.devices import device_block
from sc_hw.simulation.stimulus import EVENTS, SPIKES, random_stimulus
from sc_model.spec import Design

STEPS = 4000


@pytest.mark.parametrize(
    ("design", "shapes"),
    [
        (Design(name="a", block="lane"), dict.fromkeys(("pre_spike", "post_spike", "reward"), ())),
        (
            Design(name="b", block="bank", synapses=3),
            dict.fromkeys(("pre_spike", "post_spike", "reward"), (3,)),
        ),
        # flags of the critic and of the choice of a winner, where the design has them
        (
            LAYER,
            {
                "spikes": (21,),
                "reward": (),
                **dict.fromkeys(("clear_trial", "clear_traces", "outcome", "decide"), ()),
            },
        ),
        (INHIBITED, {"spikes": (16,), "clear_trial": (), "clear_traces": ()}),
        (learns(), {"spikes": (4,), "reward": (), "clear_trial": (), "clear_traces": ()}),
        (two_clocks(), {"spikes": (2,)}),
    ],
    ids=["lane", "bank", "layer with a critic", "layer without", "network that learns", "network"],
)
def test_names_shapes_and_shares(design: Design, shapes: dict[str, tuple[int, ...]]) -> None:
    drawn = random_stimulus(design, STEPS, np.random.default_rng(1))
    assert {name: values.shape for name, values in drawn.items()} == {
        name: (STEPS, *shape) for name, shape in shapes.items()
    }
    for name, values in drawn.items():
        if name == "reward":  # both ends of its 8 bits come
            assert (values.min(), values.max()) == (-128, 127)
        else:
            share = SPIKES if "spike" in name else EVENTS
            # five standard deviations of the share of `values.size` draws
            assert abs(values.mean() - share) < 5 * (share * (1 - share) / values.size) ** 0.5
    block = device_block(design)
    assert block.steps(drawn) == STEPS
    first = {name: values[:2] for name, values in drawn.items()}
    block.run(block.model(native=False), first)


def test_seed_decides() -> None:
    one, same, other = (
        random_stimulus(LAYER, 20, np.random.default_rng(seed)) for seed in (1, 1, 2)
    )
    assert all((one[name] == same[name]).all() for name in one)
    assert any((one[name] != other[name]).any() for name in one)
