# amaranth: UnusedElaboratable=no
"""Registers in front of what is no block: all of its outputs are the solver's choice."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache, partial
from typing import Any

from amaranth.hdl import Module, Value
from amaranth.lib import stream, wiring
from amaranth.lib.wiring import In, Out

from sc_hw.build.blocks import block_of
from sc_hw.build.blocks.block import Block
from sc_hw.build.blocks.ports import clock_of
from sc_hw.build.emit import to_verilog
from sc_hw.fabric.families import Family, load_family
from sc_hw.host.blocks import HostBlock, host_block_of
from sc_hw.host.host_registers import HostRegisters
from sc_hw.host.packets import OutputPacket, StepPacket, Window
from sc_hw.host.register_map import register_map
from sc_model.graph import Graph
from sc_model.spec import (
    DenseSpec,
    Design,
    HetSynSpec,
    HostSpec,
    LifSpec,
    NetworkSpec,
    PlasticLayerSpec,
    PlasticStageSpec,
)

TOP = "host_registers"


class FreePorts(Block):
    """A block of ports alone, for words and addresses of widths that no design has.

    Parameters
    ----------
    shapes : bits of an address and of a word, for each port.
    """

    name, top = "free_ports", "free_ports"

    def __init__(self, shapes: Sequence[tuple[int, int]]) -> None:
        self.shapes = shapes
        super().__init__(Design(name="free", block="lane"), load_family("generic"))
        members: dict[str, Any] = {}
        for number, (address, word) in enumerate(shapes):
            members |= {
                f"load_{number}": In(stream.Signature(address + word)),
                f"read_{number}": In(stream.Signature(address)),
                f"readback_{number}": Out(stream.Signature(word)),
            }
        self.component = wiring.Component(members)

    @staticmethod
    def component_of(design: Design, family: Family, graph: Graph | None) -> Any:
        """None yet: it depends on the shapes."""
        return None

    def timing(self) -> dict[str, Any]:
        """None: nobody asks."""
        return {}

    def description(self) -> dict[str, Any]:
        """None: nobody asks."""
        return {}


class HostFreePorts(HostBlock):
    """Free ports behind the registers; its steps are over at once."""

    name, kind = "free_ports", 0
    block: FreePorts

    def describe(self) -> None:
        """A window for each port."""
        self.step, self.output = StepPacket(1, 1, ()), OutputPacket(0)
        self.windows = tuple(
            Window(
                str(number),
                ({"name": "word", "offset": max(0, address - 2), "width": address},),
                word,
            )
            for number, (address, word) in enumerate(self.block.shapes)
        )

    def connect(self, m: Module, pins: Any) -> None:
        """The window alone."""
        m.d.comb += [self.takes.eq(1), self.still.eq(1), self.transfer.ready.eq(1)]
        loads, reads, answers = (
            [getattr(pins, f"{name}_{number}") for number in range(len(self.windows))]
            for name in ("load", "read", "readback")
        )
        self.connect_window(m, loads, reads, answers, patience=3)


@dataclass(frozen=True)
class Subject:
    """What the claims are about.

    Members
    -------
    name : of the design.
    host_block : makes the block with its connections.
    """

    name: str
    host_block: Callable[[], HostBlock]

    def registers(self) -> HostRegisters:
        """The registers with the smallest FIFOs; no build's name is in them."""
        block = self.host_block()
        words = register_map(kind=block.kind, counters=block.counters, errors=block.errors)
        return HostRegisters(block, words, HostSpec(step_words=1, output_words=1))


def _of_design(make: Callable[[], Design]) -> HostBlock:
    design = make()
    return host_block_of(block_of(design, load_family(design.fabric)))


def _of_shapes(shapes: Sequence[tuple[int, int]]) -> HostBlock:
    return HostFreePorts(FreePorts(shapes))


def _network(plastic: bool) -> Design:
    """Two layers, whose words take one and several accesses, and maybe a plastic one."""
    layers = (
        DenseSpec(name="a", inputs=4, neurons=6, max_delay=9, recurrent=True, bias=True),
        HetSynSpec(name="b", inputs=6, neurons=6)
        if not plastic
        else DenseSpec(name="b", inputs=6, neurons=6, neuron=LifSpec(synaptic=True, refractory=2)),
    )
    stage = PlasticStageSpec(layer=PlasticLayerSpec(inputs=6, neurons=3)) if plastic else None
    return Design(
        name="network", block="network", network=NetworkSpec(layers=layers, plastic=stage)
    )


DESIGNS: dict[str, Callable[[], Design]] = {
    "lane": partial(Design, name="lane", block="lane"),
    "bank": partial(Design, name="bank", block="bank", synapses=5),
    "layer": partial(
        Design, name="layer", block="layer", layer=PlasticLayerSpec(inputs=6, neurons=3)
    ),
    "network": partial(_network, plastic=False),
    "network that learns": partial(_network, plastic=True),
}
# Bits of addresses and words. A word of one access, on either side of one and two, and of several
# in ports side by side.
SHAPES: dict[str, tuple[tuple[int, int], ...]] = {
    "words of 1 bit": ((1, 1),),
    "words of 32 bits": ((32, 32),),
    "words of 33 bits": ((7, 33),),
    "words of 64 bits": ((9, 64),),
    "words of 65 bits": ((12, 65),),
    "three ports": ((5, 17), (3, 100), (30, 40)),
}
SUBJECTS = (
    *(Subject(name, partial(_of_design, design)) for name, design in DESIGNS.items()),
    *(Subject(name, partial(_of_shapes, shapes)) for name, shapes in SHAPES.items()),
)


@cache
def subject_verilog(subject: Subject) -> str:
    """The Verilog of the registers, without the block."""
    return to_verilog(subject.registers(), TOP, None)


def free_block(block: Block) -> str:
    """A module with the block's ports, all of whose outputs the solver chooses in every clock."""
    ports, lines = [], []
    for role in getattr(block.component, "domains", ("sync",)):
        ports += [f"input {name}" for name in clock_of(role).values()]
    for path, member, value in block.component.signature.flatten(block.component):
        name, bits = "__".join(map(str, path)), len(Value.cast(value))
        if not bits:
            continue
        ports.append(f"{'input' if member.flow == In else 'output'} [{bits - 1}:0] {name}")
        if member.flow != In:
            lines.append(
                f"  (* anyseq *) wire [{bits - 1}:0] free_{name};\n  assign {name} = free_{name};"
            )
    return "\n".join([f"module {block.top}({', '.join(ports)});", *lines, "endmodule", ""])
