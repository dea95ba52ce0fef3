"""`design.h`: a design's ports, streams and crossings as C++ types for the driver."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from sc_sim.design import CrossingRegister, Dut

# Ports that restart a network's stream beside a reset of its domain
RESTARTS = {"i": "i_restart", "o": "o_restart"}

Events = Mapping[str, tuple[str, ...]]


def sink_ports(dut: Dut, events: Events) -> dict[str, tuple[str, ...]]:
    """Output streams and events, each with the ports of its payload."""
    return {**{name: (f"{name}__payload",) for name in dut.sinks}, **events}


def mangled(name: str) -> str:
    """A name as Verilator writes it in C++: two underscores in a row are its own separator."""
    return name.replace("__", "___05F")


class _Header:
    """Lines of `design.h`."""

    def __init__(self, dut: Dut) -> None:
        self.dut = dut
        self.ports: list[str] = []

    def declare(self, name: str, signal: str, bits: int) -> str:
        """Declare a signal as a type and return the type's name."""
        self.ports.append(f"SC_PORT({name}, {signal}, {bits})")
        return name

    def port(self, name: str) -> str:
        """Type of a port of the design."""
        return f"port_{name}"

    def stream(self, name: str) -> str:
        """Type of a stream."""
        valid, ready, payload = (f"{name}__{part}" for part in ("valid", "ready", "payload"))
        restart = self.port(RESTARTS[name]) if self._restarts(name) else "NoPort"
        ports = ", ".join((self.port(valid), self.port(ready), restart, self.port(payload)))
        return f"Stream<{self.dut.domain_of(valid)}, {ports}>"

    def _restarts(self, stream: str) -> bool:
        return stream in RESTARTS and RESTARTS[stream] in self.dut.ports

    def event(self, name: str, payload: Iterable[str]) -> str:
        """Type of an event: a valid bit, and ports that have a meaning while it is high."""
        ports = ", ".join((self.port(name), "NoPort", "NoPort", *map(self.port, payload)))
        return f"Stream<{self.dut.domain_of(name)}, {ports}>"

    def crossing(self, register: CrossingRegister, name: str, capture: bool) -> str:
        """Type of a register that takes bits of a foreign clock (see `crossing_models`)."""
        path = "__DOT__".join((self.dut.top, *map(mangled, register.path)))
        types = [
            self.declare(f"{name}_{part}", f"top.{path}__DOT__{part}", register.bits)
            for part in ("seen", "late")
        ]
        signal = f"top.{path}__DOT__taken"
        types.append(self.declare(f"{name}_taken", signal, 1) if capture else "NoPort")
        roles = self.dut.roles
        numbers = f"{roles.index(register.source)}, {roles.index(register.to)}"
        return f"Crossing<{numbers}, {', '.join(types)}>"

    def output(self, name: str) -> str:
        """Type of an output that is played into an array."""
        signed = "true" if self.dut.ports[name]["signed"] else "false"
        return f"Output<{self.port(name)}, {signed}>"


def design_header(dut: Dut, events: Events) -> str:
    """The text of `design.h`.

    Parameters
    ----------
    dut : the design.
    events : outputs beside its streams that carry words: ports of the payload by the valid bit.
    """
    header = _Header(dut)
    for name, port in dut.ports.items():
        header.declare(header.port(name), f"top.{mangled(name)}", int(port["width"]))
    played = len(dut.domains) == 1  # several clocks have no common clock to play ports at
    sinks = [header.stream(name) for name in dut.sinks]
    lists = {
        "Domains": [
            f"Domain<{header.port(one.clock)}, {header.port(one.reset)}>" for one in dut.domains
        ],
        "Inputs": [header.port(name) for name in input_ports(dut)] if played else [],
        "Outputs": [header.output(name) for name in output_ports(dut)] if played else [],
        "Sources": [header.stream(name) for name in dut.sources],
        "Sinks": [*sinks, *(header.event(name, ports) for name, ports in events.items())],
        "Watches": [f"Watch<{dut.domain_of(name)}, {header.port(name)}>" for name in dut.watches],
        "Synchronisers": [
            header.crossing(register, f"synchroniser_{number}", capture=False)
            for number, register in enumerate(dut.synchronisers)
        ],
        "Captures": [
            header.crossing(register, f"capture_{number}", capture=True)
            for number, register in enumerate(dut.captures)
        ],
    }
    lines = [
        f"using {name} = List<\n    " + ",\n    ".join(types) + ">;"
        if types
        else f"using {name} = List<>;"
        for name, types in lists.items()
    ]
    return "\n".join(["#pragma once", "", *header.ports, "", *lines, ""])


def input_ports(dut: Dut) -> list[str]:
    """Names of the inputs but the clocks."""
    clocks = {domain.clock for domain in dut.domains}
    return [
        name
        for name, port in dut.ports.items()
        if port["direction"] == "input" and name not in clocks
    ]


def output_ports(dut: Dut) -> list[str]:
    """Names of the outputs."""
    return [name for name, port in dut.ports.items() if port["direction"] == "output"]
