"""A recurrent network behind its registers, under a random host, against its model."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from host_board import HOST, HostBoard
from recurrent_networks import design, network, samples, weights_of

from sc_hw.build.blocks import block_of
from sc_hw.build.elaborate import elaborate
from sc_hw.fabric.families import load_family
from sc_hw.host.blocks import host_block_of
from sc_model.golden.recurrent_network import UNTOLD, RecurrentNetwork
from sc_sim.blocks.recurrent_network import RtlRecurrentNetwork


def test_a_step_says_what_is_told_and_then_the_spikes() -> None:
    block = host_block_of(block_of(design(network(inputs=40)), load_family("generic")))
    assert (block.name, block.kind) == ("recurrent_network", 6)
    told = [(each.name, each.word, each.lo, each.bits) for each in block.step.common]
    assert told == [("first", 0, 0, 1), ("told", 0, 1, 1), ("label", 0, 2, 2)]
    assert (block.step.transfers, block.step.words_per_transfer, block.step.words) == (1, 2, 3)
    assert (block.output.bits, block.output.words) == (2, 2)
    (window,) = block.windows
    assert [space["name"] for space in window.spaces] == ["synapse", "output", "control"]


@pytest.mark.soak  # a system is compiled for it
def test_samples_are_learned_from_behind_registers(builds: Path) -> None:
    spec = network(inputs=40)
    board: Any = HostBoard(elaborate(design(spec, host=HOST), builds), seed=2, idle=0.1)
    golden = RecurrentNetwork(spec, weights_of(spec))
    rtl = RtlRecurrentNetwork(board)
    rtl.load(weights_of(spec))
    for turn in range(3):
        spikes, targets = samples(spec, 3, seed=turn)
        words = [
            board.step_words(
                {"first": t == 0, "told": target != UNTOLD, "label": max(0, target)},
                [sum(int(bit) << n for n, bit in enumerate(lines))],
            )
            for sample, told in zip(spikes, targets.tolist(), strict=True)
            for t, (lines, target) in enumerate(zip(sample, told, strict=True))
        ]
        winners = [packet[1] for packet in board.play(words)]
        assert winners == golden.run(spikes, targets).ravel().tolist()
        for space, fields in golden.checkpoint().items():
            for name, held in fields.items():
                assert np.array_equal(held, rtl.state[space][name]), (space, name)
        golden.set_shift("hidden", 9 + turn)
        rtl.set_shift("hidden", 9 + turn)
        golden.freeze("output", learn=turn == 1)
        rtl.freeze("output", learn=turn == 1)
