"""Timing constraints for clocks and for transfers between clock domains.

They are made from the same list of crossings that the manifest and the audit use. A wire between
two domains has a limit on its delay, in nanoseconds (`limit_ns`):

* into a synchroniser: one period of the faster clock. Then a bit that leaves in one clock arrives
  before a bit that leaves in the next one. A pointer of several bits is consistent, and it arrives
  before the request that announces it ends.
* out of a storage: one period of the reading clock. The word has been in the storage for at least
  two periods when it is read, because the pointer that announces it goes through two flip-flops.

What nextpnr 0.11 accepts was tried (iCE40: PCF and SDC; ECP5: LPF and SDC; GateMate: SDC): it uses
the frequencies, and no limits between clocks. The XDC follows Xilinx' user guide UG903; it has not
been tried with Vivado.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from sc_hw.network.cdc import Crossing

_NS = 1e9


@dataclass(frozen=True)
class Clock:
    """A clock port.

    Members
    -------
    port : name of the port.
    domain : the clock domain.
    frequency_hz : hertz, above 0.

    Raises
    ------
    ValueError
        The frequency is not above 0, or not finite.
    """

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
        """Nanoseconds from one rising edge to the next."""
        return _NS / self.frequency_hz


def limit_ns(crossing: Crossing, clocks: Sequence[Clock]) -> float:
    """The longest delay that a crossing's wires may have, in nanoseconds.

    Raises ValueError where one of its two domains has no clock.
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
    """The smallest limit of all crossings from one domain to another, in nanoseconds.

    It can be compared with the longest path that a tool reports between these two clocks.

    Returns
    -------
    (source domain, destination domain) -> limit, in order of the names.
    """
    limits: dict[tuple[str, str], float] = {}
    for crossing in crossings:
        pair = crossing.source_domain, crossing.destination_domain
        limits[pair] = min(limits.get(pair, math.inf), limit_ns(crossing, clocks))
    return dict(sorted(limits.items()))


def constraint_files(clocks: Sequence[Clock], crossings: Sequence[Crossing]) -> dict[str, str]:
    """Constraints of a design, as texts by file name; they do not depend on the order of `clocks`.

    * ``clocks.sdc``, ``clocks.lpf``, ``clocks.pcf``: the clocks only, for nextpnr (``--sdc``; LPF
      for ECP5, PCF for iCE40).
    * ``crossings.sdc``: the clocks, and a limit for each pair of clocks with a crossing, in plain
      SDC.
    * ``crossings.xdc``: the clocks, and a limit for each crossing, by the name of the register that
      receives it, for Vivado.

    Raises
    ------
    ValueError
        Two clocks have the same port or domain, or a crossing's domain has no clock.
    """
    for what in ("port", "domain"):
        names = [getattr(clock, what) for clock in clocks]
        repeated = sorted({name for name in names if names.count(name) > 1})
        if repeated:
            raise ValueError(
                f"Clock {what} must be named once, not '{repeated[0]}'"
                f" {names.count(repeated[0])} times; drop one of them"
            )
    ordered = sorted(clocks, key=lambda clock: clock.port)
    create_clocks = [
        f"create_clock -name {clock.domain} -period {_picoseconds(clock.period_ns)} [get_ports"
        f" {{{clock.port}}}]"
        for clock in ordered
    ]
    mhz = {clock.port: _plain(clock.frequency_hz / 1e6) for clock in ordered}
    files = {
        "clocks.sdc": create_clocks,
        "clocks.lpf": [f'FREQUENCY PORT "{port}" {value} MHZ;' for port, value in mhz.items()],
        "clocks.pcf": [f"set_frequency {port} {value}" for port, value in mhz.items()],
        "crossings.sdc": [*create_clocks, *_between(ordered, crossings)],
        "crossings.xdc": [*create_clocks, *_by_register(ordered, crossings)],
    }
    return {name: "\n".join(lines) + "\n" for name, lines in files.items()}


def _picoseconds(nanoseconds: float) -> str:
    """Nanoseconds with three decimals, rounded down: a limit must never become longer."""
    # 1e-6 ps more, so that a whole number of picoseconds is not rounded to the one below it.
    return f"{math.floor(nanoseconds * 1000 + 1e-6) / 1000:.3f}"


def _plain(number: float) -> str:
    """A number without trailing zeros and without an exponent."""
    return f"{number:.6f}".rstrip("0").rstrip(".")


def _title(crossing: Crossing) -> str:
    """A comment line that says what the next constraint is for."""
    bits = f"{crossing.bits} bit{'s' if crossing.bits != 1 else ''}"
    return (
        f"# {crossing.name}: {crossing.kind}, {bits}, {crossing.source} to {crossing.destination}"
    )


def _between(clocks: Sequence[Clock], crossings: Sequence[Crossing]) -> list[str]:
    """A limit for each pair of clocks that a listed crossing connects.

    The audit has shown that there are no other transfers, so one limit may cover the whole pair.
    """
    lines: list[str] = []
    for (source, destination), limit in pair_limits_ns(crossings, clocks).items():
        pair = f"-from [get_clocks {{{source}}}] -to [get_clocks {{{destination}}}]"
        covered = [
            c for c in crossings if (c.source_domain, c.destination_domain) == (source, destination)
        ]
        lines += [
            "",
            *(_title(crossing) for crossing in covered),
            f"set_max_delay {_picoseconds(limit)} {pair}",
            f"set_false_path -hold {pair}",
        ]
    return lines


def _by_register(clocks: Sequence[Clock], crossings: Sequence[Crossing]) -> list[str]:
    """A limit for each crossing, on the paths into the register that receives it.

    That register has the attribute `keep` (in a synchroniser also `ASYNC_REG`), so that synthesis
    does not remove or rename it.
    """
    lines: list[str] = []
    for crossing in crossings:
        limit = _picoseconds(limit_ns(crossing, clocks))
        cells = f"[get_cells {{{crossing.destination.replace('.', '/')}_reg*}}]"
        path = f"-from [get_clocks {{{crossing.source_domain}}}] -to {cells}"
        lines += ["", _title(crossing), f"set_max_delay -datapath_only {path} {limit}"]
        # The bits of a pointer must not be further apart than one step of the pointer.
        if crossing.kind == "gray pointer" and crossing.bits > 1:
            lines.append(f"set_bus_skew {path} {limit}")
    return lines
