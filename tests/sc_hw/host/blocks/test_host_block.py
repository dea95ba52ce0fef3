"""What all blocks have behind the registers."""

from __future__ import annotations

from typing import Any

import pytest
from echo_block import EchoBlock
from simulator import simulate

from sc_hw.build.blocks import block_names, block_of
from sc_hw.fabric.families import load_family
from sc_hw.host.blocks import _host_blocks, host_block_of
from sc_hw.host.packets import Window
from sc_hw.host.register_map import KINDS
from sc_model.spec import ConfigError, Design


def test_every_block_has_a_kind_of_its_own() -> None:
    designs = {
        "lane": Design(name="a", block="lane"),
        "bank": Design(name="a", block="bank", synapses=3),
    }
    kinds = {
        name: host_block_of(block_of(design, load_family("generic"))).kind
        for name, design in designs.items()
    }
    assert kinds == {"lane": 1, "bank": 2}
    found = {made.kind: name for name, made in _host_blocks().items()}
    assert set(found.values()) == set(block_names())
    assert ", ".join(f"{kind} {found[kind]}" for kind in sorted(found)) + "." == KINDS


def test_an_address_of_more_than_a_word_is_refused() -> None:
    class Far(EchoBlock):
        def describe(self) -> None:
            super().describe()
            field = {"name": "word", "offset": 0, "width": 33, "signed": False}
            self.windows = (Window("far", (field,), 8),)

    class Named:
        design = Design(name="big", block="lane")

    with pytest.raises(ConfigError) as caught:
        Far(Named())  # type: ignore[arg-type]
    assert str(caught.value) == (
        "the host of design 'big' needs addresses of 32 bits at most, but port 'far' has 33; make"
        " the layer smaller."
    )


def test_one_step_at_a_time_where_one_is_the_most() -> None:
    block = EchoBlock(None)  # type: ignore[arg-type]

    async def bench(context: Any) -> None:
        assert context.get(block.takes) & context.get(block.still)
        context.set(block.begins, 1)
        assert context.get(block.reserve)
        await context.tick()
        context.set(block.begins, 0)
        assert not context.get(block.takes) | context.get(block.still)
        context.set(block.packet.ready, 1)
        context.set(block.transfer.valid, 1)
        await context.tick()
        context.set(block.transfer.valid, 0)
        while not context.get(block.finished):
            await context.tick()
        await context.tick()
        assert context.get(block.takes) & context.get(block.still)

    simulate(block, bench)
