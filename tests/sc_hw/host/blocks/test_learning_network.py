"""A network that learns behind its registers, under a random host, against its model."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from host_board import HOST, HostBoard
from learning_hardware import spec_of
from learning_networks import weights_of

from sc_hw.build.blocks import block_of
from sc_hw.build.elaborate import elaborate
from sc_hw.fabric.families import load_family
from sc_hw.host.blocks import host_block_of
from sc_model.golden.learning_network import LearningNetwork
from sc_model.spec import ConfigError, Design
from sc_sim.blocks.learning_network import RtlLearningNetwork


def test_a_reward_can_not_come_with_the_sample() -> None:
    design = Design(
        name="rewarded", block="learning_network", learning=spec_of(feedback="reward"), host=HOST
    )
    with pytest.raises(ConfigError, match="'label', not 'reward'") as raised:
        host_block_of(block_of(design, load_family("generic")))
    assert "\n" not in str(raised.value)


@pytest.mark.soak  # a system is compiled for it
def test_samples_are_learned_from_behind_registers(builds: Path) -> None:
    spec = spec_of()
    design = Design(name="learn_host", block="learning_network", learning=spec, host=HOST)
    board, rng = HostBoard(elaborate(design, builds), seed=2, idle=0.1), np.random.default_rng(2)
    golden = LearningNetwork(spec, weights_of(spec))
    rtl = RtlLearningNetwork(board)
    rtl.load(weights_of(spec))
    for _ in range(3):
        values = rng.integers(0, 256, (8, spec.inputs))
        labels = rng.integers(0, spec.output.neurons, 8)
        learns = rng.integers(0, 2, 8)
        words = [
            board.step_words(
                {"learn": int(learn), "label": int(label), "right": 1, "single": 0}, list(sample)
            )
            for sample, label, learn in zip(values.tolist(), labels, learns, strict=True)
        ]
        winners = [packet[1] for packet in board.play(words)]
        expected = []
        for sample, label, learn in zip(values, labels, learns, strict=True):
            expected.append(golden.answer(sample).winner)
            if learn:
                golden.learn(int(label))
        assert winners == expected
        for space, fields in golden.checkpoint().items():
            for name, held in fields.items():
                assert np.array_equal(held, rtl.state[space][name]), (space, name)
        rtl.step_shift = golden.step_shift = int(rng.integers(0, 4))
