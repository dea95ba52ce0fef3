"""Timing constraints for clocks and crossings, out of the same list that manifest and audit have.

Two kinds of limit on a wire between two clocks, both in `limit_ns`:

* into a synchroniser: a period of the faster clock, so that bits that left in different clocks of
  the source do not overtake each other, whoever looks (a pointer must have arrived before the end
  of the request that announces it);
* out of a storage: a period of the reading clock. The word was written at least two of them before
  it is taken.

What each tool takes was tried with nextpnr 0.11 (iCE40: PCF, SDC; ECP5: LPF, SDC; GateMate: SDC):
of these only the frequencies matter to it. The XDC follows Xilinx' UG903 and has not been through
Vivado.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from sc_hw.network.cdc import Crossing

_NS = 1e9


@dataclass(frozen=True)
class Clock:
    """A clock port. `frequency_hz` > 0. Raises ValueError for another."""

    port: str
    domain: str
    frequency_hz: float

    def __post_init__(self) -> None:
        if not (math.isfinite(self.frequency_hz) and self.frequency_hz > 0):
            raise ValueError(
                f"Clock frequency of '{self.port}' must be above 0 Hz, not {self.frequency_hz};"
                " give it in hertz"
            )

    @property
    def period_ns(self) -> float:
        """Nanoseconds from edge to edge."""
        return _NS / self.frequency_hz


def limit_ns(crossing: Crossing, clocks: Sequence[Clock]) -> float:
    """Longest delay that a crossing's wires may have; ValueError where a domain of its has no
    clock.
    """
    periods = {clock.domain: clock.period_ns for clock in clocks}
    for domain in (crossing.source_domain, crossing.destination_domain):
        if domain not in periods:
            raise ValueError(
                f"Crossing '{crossing.name}' needs a clock for domain '{domain}', but there are"
                f" only {', '.join(sorted(periods)) or 'none'}; give that domain a frequency"
            )
    if crossing.kind == "storage":
        return periods[crossing.destination_domain]
    return min(periods[crossing.source_domain], periods[crossing.destination_domain])


def pair_limits_ns(
    crossings: Sequence[Crossing], clocks: Sequence[Clock]
) -> dict[tuple[str, str], float]:
    """The smallest limit of all crossings from one domain to another: to hold against what a tool
    reports between two clocks.
    """
    limits: dict[tuple[str, str], float] = {}
    for crossing in crossings:
        pair = crossing.source_domain, crossing.destination_domain
        limits[pair] = min(limits.get(pair, math.inf), limit_ns(crossing, clocks))
    return dict(sorted(limits.items()))


def constraint_files(clocks: Sequence[Clock], crossings: Sequence[Crossing]) -> dict[str, str]:
    """Texts by file name, the same for the same lists.

    * ``clocks.sdc``: clocks alone, for nextpnr (``--sdc``). ``clocks.lpf``, ``clocks.pcf``: the
      same for nextpnr-ecp5 and -ice40.
    * ``crossings.sdc``: clocks, and a limit between each two of them that anything crosses; plain
      SDC.
    * ``crossings.xdc``: clocks, and a limit for each crossing by the names of its registers;
      Vivado.

    Raises ValueError where two clocks have one port or domain, or a crossing's domain has no clock.
    """
    for what in ("port", "domain"):
        names = [getattr(clock, what) for clock in clocks]
        twice = sorted({name for name in names if names.count(name) > 1})
        if twice:
            raise ValueError(
                f"Clock {what} must be named once, not '{twice[0]}' {names.count(twice[0])} times;"
                " drop one of them"
            )
    ordered = sorted(clocks, key=lambda clock: clock.port)
    create = [
        f"create_clock -name {clock.domain} -period {_down(clock.period_ns)} [get_ports"
        f" {{{clock.port}}}]"
        for clock in ordered
    ]
    mhz = {clock.port: _plain(clock.frequency_hz / 1e6) for clock in ordered}
    files = {
        "clocks.sdc": create,
        "clocks.lpf": [f'FREQUENCY PORT "{port}" {value} MHZ;' for port, value in mhz.items()],
        "clocks.pcf": [f"set_frequency {port} {value}" for port, value in mhz.items()],
        "crossings.sdc": [*create, *_between(ordered, crossings)],
        "crossings.xdc": [*create, *_by_register(ordered, crossings)],
    }
    return {name: "\n".join(lines) + "\n" for name, lines in files.items()}


def _down(nanoseconds: float) -> str:
    """In whole picoseconds, never more than it is."""
    return f"{math.floor(nanoseconds * 1000 + 1e-6) / 1000:.3f}"


def _plain(number: float) -> str:
    return f"{number:.6f}".rstrip("0").rstrip(".")


def _title(crossing: Crossing) -> str:
    bits = f"{crossing.bits} bit{'s' if crossing.bits != 1 else ''}"
    return (
        f"# {crossing.name}: {crossing.kind}, {bits}, {crossing.source} to {crossing.destination}"
    )


def _between(clocks: Sequence[Clock], crossings: Sequence[Crossing]) -> list[str]:
    """A limit for each pair of clocks. Nothing but what is listed crosses: the audit has seen to
    that.
    """
    lines: list[str] = []
    for (source, destination), limit in pair_limits_ns(crossings, clocks).items():
        pair = f"-from [get_clocks {{{source}}}] -to [get_clocks {{{destination}}}]"
        here = [
            c for c in crossings if (c.source_domain, c.destination_domain) == (source, destination)
        ]
        lines += [
            "",
            *(_title(crossing) for crossing in here),
            f"set_max_delay {_down(limit)} {pair}",
            f"set_false_path -hold {pair}",
        ]
    return lines


def _by_register(clocks: Sequence[Clock], crossings: Sequence[Crossing]) -> list[str]:
    """A limit for each crossing, into the register that takes it, which keeps its name (`keep`,
    `ASYNC_REG`).
    """
    lines: list[str] = []
    for crossing in crossings:
        limit = _down(limit_ns(crossing, clocks))
        cells = f"[get_cells {{{crossing.destination.replace('.', '/')}_reg*}}]"
        path = f"-from [get_clocks {{{crossing.source_domain}}}] -to {cells}"
        lines += ["", _title(crossing), f"set_max_delay -datapath_only {path} {limit}"]
        if crossing.kind == "gray pointer" and crossing.bits > 1:
            lines.append(f"set_bus_skew {path} {limit}")
    return lines
