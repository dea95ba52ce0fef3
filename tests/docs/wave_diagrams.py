# amaranth: UnusedElaboratable=no
"""Timing diagrams of systems, in WaveDrom's language, made from a simulation.

`python tests/docs/wave_diagrams.py` writes them into `docs/waves/` anew, as JSON and as SVG;
`test_waves.py` checks that they are there as simulated.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import Any

import wavedrom
from amaranth.hdl import Module, ResetInserter, Signal, Value
from amaranth.lib.wiring import In
from amaranth.sim import Simulator

from sc_hw.host.blocks import host_block
from sc_hw.host.system import system_of
from sc_model.spec import load_design

ROOT = Path(__file__).parents[2]
WAVES = ROOT / "docs" / "waves"
LAYER = load_design(ROOT / "examples" / "verilog_testbench" / "layer.toml")

Sample = dict[str, int]
Script = Mapping[int, Mapping[str, int]]  # inputs that get another value in a clock, by port


def _inside(component: Any) -> Callable[..., Module]:
    """A stand-in for `Instance`: the component itself, which Amaranth can simulate."""

    def instance(top: str, **ports: Value) -> Module:
        m = Module()
        m.submodules.block = ResetInserter(ports["i_rst"])(component)
        for path, member, value in component.signature.flatten(component):
            name = "__".join(map(str, path))
            inner = Value.cast(value)
            if member.flow == In:
                m.d.comb += inner.eq(ports[f"i_{name}"])
            else:
                m.d.comb += ports[f"o_{name}"].eq(inner)
        return m

    return instance


@cache
def offsets() -> dict[str, int]:
    """Offsets of the registers, by name."""
    return {register.name: register.offset for register in system_of(LAYER).registers}


class Recording:
    """The ports of a system in every clock: as they are just before its rising edge.

    Parameters
    ----------
    door : of the system.
    script : inputs, by clock.
    clocks : how many.
    """

    def __init__(self, door: str, script: Script, clocks: int) -> None:
        system = system_of(LAYER.behind(door))
        rst = Signal()
        self.ports: dict[str, Any] = {"rst": rst} | {
            "__".join(map(str, path)): Value.cast(value)
            for path, _, value in system.signature.flatten(system)
        }
        self.samples: list[Sample] = []

        async def bench(context: Any) -> None:
            for clock in range(clocks):
                for name, value in script.get(clock, {}).items():
                    context.set(self.ports[name], value)
                sample = await context.tick().sample(*self.ports.values())
                self.samples.append(dict(zip(self.ports, sample[2:], strict=True)))

        instance, host_block.Instance = (
            host_block.Instance,
            _inside(system.block.component),
        )
        try:
            simulator = Simulator(ResetInserter(rst)(system))
        finally:
            host_block.Instance = instance
        simulator.add_clock(1e-6)
        simulator.add_testbench(bench)
        simulator.run()

    def first(self, port: str, after: int = 0) -> int:
        """The first clock from `after` on in which a port is high."""
        return next(n for n in range(after, len(self.samples)) if self.samples[n][port])


# --- WaveDrom -------------------------------------------------------------------------------------

# numbers mean something where another port is high
STROBES = {
    **{
        f"s_axi_{channel}{name}": f"s_axi_{channel}valid"
        for channel, name in (
            ("aw", "addr"),
            ("w", "data"),
            ("w", "strb"),
            ("b", "resp"),
            ("ar", "addr"),
            ("r", "data"),
            ("r", "resp"),
        )
    },
    **{f"{side}_axis_t{name}": f"{side}_axis_tvalid" for side in "sm" for name in ("data", "last")},
    **{f"wishbone__{name}": "wishbone__stb" for name in ("adr", "dat_w", "we")},
    "wishbone__dat_r": "wishbone__ack",
}


def diagram(recording: Recording, ports: Sequence[str], clocks: Sequence[int]) -> dict[str, Any]:
    """Some ports in some clocks. A number is hexadecimal, and `x` where it means nothing; clocks
    that are left out are a break in all lines.
    """
    columns: list[int | None] = []
    for clock, after in pairwise([*clocks, clocks[-1] + 1]):
        columns.append(clock)
        if after != clock + 1:
            columns.append(None)
    lines: list[dict[str, Any]] = [{"name": "clk", "wave": _clock(columns)}]
    for port in ports:
        lines.append({"name": port, **_line(recording, port, columns)})
    return {"signal": lines, "config": {"hscale": 2}}


def _clock(columns: Sequence[int | None]) -> str:
    return "".join(
        "|" if clock is None else "p" if n == 0 else "." for n, clock in enumerate(columns)
    )


def _line(recording: Recording, port: str, columns: Sequence[int | None]) -> dict[str, Any]:
    """A line's wave and the numbers in it."""
    width = len(recording.ports[port])
    wave, data = "", []
    before: str | None = None
    for clock in columns:
        if clock is None:
            wave += "|"
            continue
        sample = recording.samples[clock]
        value = sample[port] & (1 << width) - 1
        strobe = STROBES.get(port)
        if strobe is not None and not sample[strobe]:
            state = "x"
        else:
            state = str(value) if width == 1 else f"{value:0{-(-width // 4)}x}"
        if state == before:
            wave += "."
        elif state == "x" or width == 1:
            wave += state
        else:
            wave += "="
            data.append(state)
        before = state
    return {"wave": wave, **({"data": data} if data else {})}


# --- what the page shows --------------------------------------------------------------------------

LITE = ("awvalid", "awready", "awaddr", "wvalid", "wready", "wdata", "wstrb", "bvalid", "bready")
READ = ("arvalid", "arready", "araddr", "rvalid", "rready", "rdata", "rresp")
WISHBONE = ("cyc", "stb", "we", "adr", "dat_w", "ack", "err", "dat_r")
START = 8  # the clock in which an access begins; the reset is long over
NEURON, POTENTIAL = 4, 60_000  # a space, and a potential far above the threshold
ALL_BYTES = 15


def _reset() -> dict[int, dict[str, int]]:
    return {0: {"rst": 1}, 1: {"rst": 0}}


def _wishbone(write: bool) -> dict[str, Any]:
    ports = [f"wishbone__{name}" for name in WISHBONE]
    at = offsets()
    access = {"cyc": 1, "stb": 1, "we": int(write)}
    access |= {"adr": at["WINDOW_ADDRESS" if write else "STEP_ROOM"] // 4, "dat_w": 0x44 * write}
    script = _reset() | {START: {f"wishbone__{name}": value for name, value in access.items()}}
    end = Recording("wishbone", script, START + 20).first("wishbone__ack")
    script[end + 1] = {"wishbone__cyc": 0, "wishbone__stb": 0, "wishbone__we": 0}
    recording = Recording("wishbone", script, end + 4)
    return diagram(recording, ports, range(START - 1, end + 3))


def _axi_write() -> dict[str, Any]:
    """Address two clocks before the data, and an answer that waits for `bready`."""
    at = offsets()
    script = _reset() | {
        START: {"s_axi_awvalid": 1, "s_axi_awaddr": at["WINDOW_ADDRESS"]},
        START + 1: {"s_axi_awvalid": 0},
        START + 2: {"s_axi_wvalid": 1, "s_axi_wdata": 0x44, "s_axi_wstrb": ALL_BYTES},
        START + 3: {"s_axi_wvalid": 0},
    }
    answered = Recording("axi", script, START + 20).first("s_axi_bvalid")
    script[answered + 2] = {"s_axi_bready": 1}
    script[answered + 3] = {"s_axi_bready": 0}
    recording = Recording("axi", script, answered + 6)
    ports = [f"s_axi_{name}" for name in (*LITE, "bresp")]
    return diagram(recording, ports, range(START - 1, answered + 5))


def _axi_read(register: str) -> dict[str, Any]:
    at = offsets()
    script = _reset() | {
        START: {"s_axi_arvalid": 1, "s_axi_araddr": at[register], "s_axi_rready": 1},
        START + 1: {"s_axi_arvalid": 0},
    }
    recording = Recording("axi", script, START + 20)
    answered = recording.first("s_axi_rvalid")
    return diagram(recording, [f"s_axi_{name}" for name in READ], range(START - 1, answered + 2))


def _axi_step() -> dict[str, Any]:
    """A step of the layer in which all neurons fire: their potentials have been loaded before."""
    at = offsets()
    script = _reset() | {2: {"s_axi_bready": 1, "m_axis_tready": 1, "s_axi_wstrb": ALL_BYTES}}
    clock = START
    for neuron in range(3):
        for register, word in (
            ("WINDOW_ADDRESS", NEURON | neuron << 5),
            ("WINDOW_DATA", POTENTIAL),
        ):
            valid = {"s_axi_awvalid": 1, "s_axi_wvalid": 1}
            script[clock] = {**valid, "s_axi_awaddr": at[register], "s_axi_wdata": word}
            script[clock + 1] = dict.fromkeys(valid, 0)
            clock += 120  # longer than an access takes
    script[clock] = {"s_axis_tvalid": 1, "s_axis_tdata": 100}  # the reward
    script[clock + 1] = {"s_axis_tdata": 0b1001, "s_axis_tlast": 1}  # spikes of inputs 0 and 6
    script[clock + 2] = {"s_axis_tvalid": 0, "s_axis_tlast": 0}
    recording = Recording("axi", script, clock + 200)
    out = recording.first("m_axis_tvalid", clock)
    last = next(
        n
        for n, sample in enumerate(recording.samples)
        if sample["m_axis_tvalid"] and sample["m_axis_tlast"]
    )
    ports = [f"s_axis_t{name}" for name in ("valid", "ready", "data", "last")]
    ports += [f"m_axis_t{name}" for name in ("valid", "ready", "data", "last")]
    return diagram(
        recording,
        ports,
        [*range(clock - 1, clock + 3), *range(out - 1, out + 2), *range(last - 1, last + 2)],
    )


MADE: dict[str, Callable[[], dict[str, Any]]] = {
    "wishbone_read": lambda: _wishbone(write=False),
    "wishbone_write": lambda: _wishbone(write=True),
    "axi_write": _axi_write,
    "axi_read": lambda: _axi_read("STEP_ROOM"),
    "axi_refusal": lambda: _axi_read("STEP_DATA"),
    "axi_step": _axi_step,
}


def texts(name: str) -> dict[str, str]:
    """A diagram as JSON and as SVG, by the name of its file."""
    text = json.dumps(MADE[name](), indent=1) + "\n"
    return {f"{name}.json": text, f"{name}.svg": wavedrom.render(text).tostring() + "\n"}


def main() -> None:
    """Make all diagrams anew."""
    WAVES.mkdir(exist_ok=True)
    for name in MADE:
        for file, text in texts(name).items():
            (WAVES / file).write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
