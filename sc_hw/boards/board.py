"""What a board file declares, all of it data: device, pins, clock, LEDs, how to program it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from sc_hw.fabric.checked_fields import CheckedFields, check_choice, check_name, check_range
from sc_model.spec.errors import ConfigError
from sc_model.texts import shown

_PLATFORM = re.compile(r"[A-Za-z_][\w.]*:[A-Za-z_]\w*")
# What the LEDs of a board may tell, in the order in which a board with few LEDs should choose.
LED_ROLES = ("heartbeat", "error", "link", "spike")


@dataclass(frozen=True)
class Pin(CheckedFields):
    """A pin of the FPGA, as the board file itself gives it.

    Members
    -------
    location : name of the pin in the package, as ``35`` or ``P3``.
    attributes : of its buffer, in the words of the device's constraint file, as ``IO_TYPE``.
    inverted : whether the signal is active at 0.
    """

    location: str
    attributes: Mapping[str, str] = field(default_factory=dict)
    inverted: bool = False


@dataclass(frozen=True)
class Resource(CheckedFields):
    """A pin that is read from the board's platform in `amaranth-boards`.

    Members
    -------
    name, number : of the resource, as ``uart`` and 0.
    signal : of the resource where it has several, as ``rx``; else empty.
    """

    name: str
    number: int = 0
    signal: str = ""


@dataclass(frozen=True)
class ConnectorPin(CheckedFields):
    """A pin of a connector of the board's platform in `amaranth-boards`.

    Members
    -------
    connector, number : as ``io`` and 0.
    pin : its name there.
    attributes, inverted : as those of `Pin`.
    """

    connector: str
    number: int
    pin: str
    attributes: Mapping[str, str] = field(default_factory=dict)
    inverted: bool = False


Place = Pin | Resource | ConnectorPin


@dataclass(frozen=True)
class Board(CheckedFields):
    """A board: which device is on it, where its signals are, and which clock it can hold.

    Members
    -------
    name : as typed.
    title : as printed.
    target : name of `sc_hw.fabric.targets` whose family, synthesis, capacity and limits hold.
    flow : name of `sc_hw.bitstream.flows` that makes its files: ``ice40``, ``ecp5``, ``gowin``,
        ``vivado``.
    place : nextpnr's arguments for the device and its package; of ``vivado`` the part's name.
    clock : pin of the oscillator.
    clock_mhz : of the oscillator.
    mhz : the system's clock unless another is asked for.
    rx, tx : the serial line, seen from the FPGA: `rx` is an input.
    leds : LEDs by role, of `LED_ROLES`.
    constants : outputs with a fixed level, by a name for each: place and level.
    platform : ``module:class`` in `amaranth-boards` that its `Resource`s are read from; empty if
        there is none.
    clock_is_pll_pad : of an iCE40, whether the clock comes in at the PLL's own pad.
    pack_options : further arguments of the program that packs the bitstream.
    loader : arguments of openFPGALoader for this board.
    design : an example that fits: a file of the folder `designs`, or of the package's examples.
    connection : what must be plugged in or soldered for the serial line and the clock.
    source : where pins that no platform has come from.
    """

    name: str
    title: str
    target: str
    flow: str
    place: tuple[str, ...]
    clock: Place
    clock_mhz: float
    mhz: float
    rx: Place
    tx: Place
    leds: Mapping[str, Place]
    constants: Mapping[str, tuple[Place, int]] = field(default_factory=dict)
    platform: str = ""
    clock_is_pll_pad: bool = False
    pack_options: tuple[str, ...] = ()
    loader: tuple[str, ...] = ()
    design: str = ""
    connection: str = ""
    source: str = ""

    def __post_init__(self) -> None:
        super().__post_init__()
        check_name("Board.name", self.name)
        for role in self.leds:
            check_choice(f"Board.leds of '{self.name}': a role", role, LED_ROLES)
        for name in ("clock_mhz", "mhz"):
            check_range(f"Board.{name} of '{self.name}'", getattr(self, name), 1, 1000, " MHz")
        for name, (_, level) in self.constants.items():
            check_range(f"Board.constants of '{self.name}': {name}", level, 0, 1)
        if self.platform and not _PLATFORM.fullmatch(self.platform):
            raise ConfigError(
                f"Board.platform of '{self.name}' must be module:class, not {shown(self.platform)}."
            )
        self._check_places()

    def _check_places(self) -> None:
        """ConfigError for a place that needs a platform where none is named."""
        places = {"clock": self.clock, "rx": self.rx, "tx": self.tx, **self.leds}
        places |= {name: place for name, (place, _) in self.constants.items()}
        for name, place in places.items():
            if not self.platform and not isinstance(place, Pin):
                raise ConfigError(
                    f"Board.platform must name the board's platform in amaranth-boards, for"
                    f" {name} of board '{self.name}' is a {type(place).__name__}; or give a Pin."
                )
