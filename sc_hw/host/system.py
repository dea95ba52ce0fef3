# amaranth: UnusedElaboratable=no
"""A system: a door, the registers behind it, and a design's block, in one clock."""

from __future__ import annotations

from typing import Any

from amaranth.hdl import Module
from amaranth.lib import data, wiring
from amaranth.lib.wiring import Out, connect, flipped

from sc_hw.build.blocks import Block, block_of
from sc_hw.build.blocks.ports import ports_of
from sc_hw.build.naming import build_id, design_hash
from sc_hw.fabric.families import Family, load_family
from sc_hw.host.blocks import host_block_of
from sc_hw.host.doors import Door, load_door
from sc_hw.host.doors.door import LINK
from sc_hw.host.host_registers import HostRegisters
from sc_hw.host.register_map import PROTOCOL, register_map
from sc_model.spec import Design
from sc_model.spec.host import HostSpec

TOP = "sc_system"
ACTIVITY = data.StructLayout({"spike": 1, "error": 1, "link": 1})


class System(wiring.Component):
    """Door, registers and block; the clocks of a network are all driven by the system's.

    The block is an instance of the module that `top.v` holds, which `shared_modules` brings along.
    Domain ``sync``.

    Parameters
    ----------
    block : the design's block.
    door : the door.
    spec : the design's host.
    clock_hz : frequency of the clock, in hertz.
    build_id, design_hash : hexadecimal digits, for the registers.

    Members
    -------
    activity : for lights: spikes, an error that stands in ERRORS, and a sign of life of the link.
    The other members are the ports of the door.
    """

    def __init__(
        self,
        block: Block,
        door: type[Door],
        spec: HostSpec,
        *,
        clock_hz: float,
        build_id: str,
        design_hash: str,
    ) -> None:
        self.block, self.door, self.spec, self.clock_hz = block, door, spec, clock_hz
        self.door_component = door.component(spec, clock_hz)
        members = self.door_component.signature.members
        streams = "steps" in members
        self.host_block = host_block_of(block)
        self.registers = register_map(
            kind=self.host_block.kind,
            build_id=build_id,
            design_hash=design_hash,
            counters=self.host_block.counters,
            errors=self.host_block.errors,
            streams=streams,
        )
        self.host = HostRegisters(self.host_block, self.registers, spec, streams=streams)
        super().__init__({**door.ports(self.door_component), "activity": Out(ACTIVITY)})

    @property
    def shared_modules(self) -> dict[str, wiring.Component]:
        """The modules of `top.v`, in its order."""
        inner = dict(getattr(self.block.component, "shared_modules", {}))
        return {**inner, self.block.top: self.block.component}

    def elaborate(self, platform: Any) -> Module:
        m = Module()
        m.submodules.door = door = self.door_component
        m.submodules.host = host = self.host
        members = door.signature.members
        connect(m, door.bus, host.bus)
        if self.host.streams:
            connect(m, door.steps, host.steps)
            connect(m, host.outputs, door.outputs)
        if "interrupt" in members:
            m.d.comb += door.interrupt.eq(host.interrupt)
        if "packet_words" in members:
            m.d.comb += door.packet_words.eq(self.host_block.step.words)
        if "packet_error" in members:
            m.d.comb += host.packet_error.eq(door.packet_error)
        for name in self.door.ports(door):
            _join(m, self, door, name)
        m.d.comb += [
            self.activity.spike.eq(host.activity.spike),
            self.activity.error.eq(host.activity.error),
            self.activity.link.eq(getattr(door, LINK) if LINK in members else 0),
        ]
        return m

    def description(self) -> dict[str, Any]:
        """The manifest's `host`, but for the Verilog's name and hash."""
        block, path = self.host_block, self.host.path
        return {
            "door": self.door.name,
            "parameters": self.door.parameters(self.spec, self.clock_hz),
            "clock_mhz": self.clock_hz / 1e6,
            "protocol": PROTOCOL,
            "top": TOP,
            "ports": ports_of(self),
            "registers": self.registers.as_json(),
            "step": block.step.as_json(),
            "output": block.output.as_json(),
            "windows": [window.as_json() for window in block.windows],
            "fifo": {
                "step_words": path.step_queue.depth,
                "whole_steps": not path.step_queue.streamed,
                "output_words": path.output_queue.depth,
                "output_packets": path.output_queue.packets,
            },
        }


def _join(m: Module, system: wiring.Component, door: wiring.Component, name: str) -> None:
    """Connect a port of the system with that of its door, whichever way it goes."""
    member = door.signature.members[name]
    inner, outer = getattr(door, name), getattr(system, name)
    if member.is_port:
        sink, source = (outer, inner) if member.flow is Out else (inner, outer)
        m.d.comb += sink.eq(source)
    else:
        connect(m, flipped(outer), inner)


def system_of(
    design: Design, family: Family | None = None, clock_hz: float | None = None
) -> System:
    """The system of a design.

    Parameters
    ----------
    design : what is behind the door; without a table `[host]` the door is the default one.
    family : the fabric that the block is made for; by default the design's.
    clock_hz : frequency of the clock, in hertz; by default the design's.

    Raises
    ------
    ConfigError
        The design can't be made, there is no such door, or the door does not know a key.
    """
    spec = design.host if design.host is not None else HostSpec()
    return System(
        block_of(design, family if family is not None else load_family(design.fabric)),
        load_door(spec.door),
        spec,
        clock_hz=clock_hz if clock_hz is not None else spec.clock_mhz * 1e6,
        build_id=build_id(design),
        design_hash=design_hash(design),
    )
