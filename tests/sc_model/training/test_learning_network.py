"""Learning networks in torch: the integers' own scores, and training to no loss."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from learning_networks import network, samples

from sc_model.golden.learning_network import LearningNetwork
from sc_model.spec.learning import LearningNetworkSpec
from sc_model.training import LearningNetworkModule


def golden(module: LearningNetworkModule) -> LearningNetwork:
    weights = {name.removesuffix(".weight"): each for name, each in module.weights().items()}
    return LearningNetwork(module.spec, weights)


@pytest.mark.parametrize(
    "spec",
    [
        network(),
        network((9, 7), layer={"threshold": 60}),
        network(bias=False, steps=7, value_bits=5, layer={"potential_bits": 9}),
    ],
    ids=["one layer", "two layers", "other widths"],
)
def test_scores_are_those_of_the_integers(spec: LearningNetworkSpec) -> None:
    module = LearningNetworkModule(spec, seed=3)
    with torch.no_grad():
        for each in module.weight:
            each.mul_(4)  # up to +-96.0: neurons saturate, fire often, or stay silent
    model = golden(module)
    values = np.minimum(samples(12)[0], spec.value_format.hi)
    scores = module(torch.as_tensor(values)).detach().numpy()
    for row, found in zip(values, scores, strict=True):
        assert (model.answer(row).scores == found).all()
    assert len(np.unique(scores)) > 12


def test_what_is_trained_here_is_known_there_and_no_error_is_left() -> None:
    spec = network(layer={"threshold": 200})
    module = LearningNetworkModule(spec, seed=1)
    values, classes = samples(200)
    x, target = torch.as_tensor(values), torch.as_tensor(classes)
    optimiser = torch.optim.Adam(module.parameters(), lr=1.0)
    first = module.loss(module(x), target).item()
    for _ in range(40):
        optimiser.zero_grad()
        loss = module.loss(module(x), target)
        loss.backward()
        optimiser.step()
    assert loss.item() < 0.1 < first
    model, (others, labels) = golden(module), samples(60, seed=5)
    assert (model.run(others) == labels).mean() > 0.9
    model.run(values[:100], classes[:100])  # little is left to learn: most margins are kept
    fresh = golden(LearningNetworkModule(spec, seed=1))
    fresh.run(values[:100], classes[:100])
    assert model.counts.errors < 50 < 90 < fresh.counts.errors


def test_weights_are_rounded_and_clamped() -> None:
    module = LearningNetworkModule(network())
    with torch.no_grad():
        module.weight[0][0, :3] = torch.tensor([-300.0, 2.5001, 126.8])
    row = module.weights()["hidden0.weight"][0, :3]
    assert (row.dtype, row.tolist()) == (np.int64, [-127, 3, 127])


def test_sums_that_floats_can_not_hold_are_refused() -> None:
    text = "at most 25 bits, which float32 holds exactly, not 26;"
    with pytest.raises(ValueError, match=text):
        LearningNetworkModule(network(output={"weight_bits": 16}, steps=64))
