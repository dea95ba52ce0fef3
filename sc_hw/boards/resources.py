"""Pins of a board: those of its file, and those that its platform in `amaranth-boards` has."""

from __future__ import annotations

import importlib
from dataclasses import dataclass
from functools import cache
from typing import Any

from sc_hw.boards.board import Board, ConnectorPin, Pin, Place, Resource
from sc_hw.errors import ToolError
from sc_model.spec.errors import ConfigError

PACKAGE = "amaranth_boards"


@dataclass(frozen=True)
class Port:
    """A port of the board's top module, and the pin that it is on.

    Members
    -------
    name : of the port.
    direction : ``input`` or ``output``.
    pin : where it is.
    level : of an output with a fixed level, active or not; None of all others.
    """

    name: str
    direction: str
    pin: Pin
    level: int | None = None


def ports_of(board: Board) -> tuple[Port, ...]:
    """All ports of the board's top module, in a fixed order: clock, serial line, LEDs, constants.

    Raises
    ------
    ConfigError : two of them are on one pin, or the platform has no such resource.
    ToolError : the platform's package is not installed.
    """
    ports = [
        Port("clock", "input", pin_of(board, board.clock)),
        Port("rx", "input", pin_of(board, board.rx)),
        Port("tx", "output", pin_of(board, board.tx)),
        *(
            Port(f"led_{role}", "output", pin_of(board, place))
            for role, place in board.leds.items()
        ),
        *(
            Port(name, "output", pin_of(board, place), level)
            for name, (place, level) in board.constants.items()
        ),
    ]
    used: dict[str, str] = {}
    for port in ports:
        other = used.setdefault(port.pin.location, port.name)
        if other != port.name:
            raise ConfigError(
                f"board '{board.name}' has '{other}' and '{port.name}' on pin"
                f" {port.pin.location}: give each a pin of its own."
            )
    return tuple(ports)


def pin_of(board: Board, place: Place) -> Pin:
    """The pin of a place; errors are those of :func:`ports_of`."""
    if isinstance(place, Pin):
        return place
    if isinstance(place, ConnectorPin):
        return _on_connector(board, place)
    resource = _lookup(board, place)
    ios = _leaf(board, place, resource)
    names = list(ios.names)
    if len(names) != 1:
        raise _unknown(board, f"resource {place.name} {place.number} has {len(names)} pins, not 1")
    attributes = {str(key): _text(value) for key, value in resource.attrs.items()}
    own = getattr(ios, "attrs", None)
    attributes |= {str(key): _text(value) for key, value in (own or {}).items()}
    return Pin(names[0], attributes, bool(ios.invert))


def _text(value: Any) -> str:
    return str(int(value)) if isinstance(value, bool) else str(value)


def _lookup(board: Board, place: Resource) -> Any:
    from amaranth.build.res import ResourceError

    try:
        return _platform(board.platform).lookup(place.name, place.number)
    except ResourceError:
        raise _unknown(board, f"there is no resource {place.name} {place.number}") from None


def _leaf(board: Board, place: Resource, resource: Any) -> Any:
    """The pins of a resource, or of its one signal that is asked for."""
    from amaranth.build.dsl import Pins, Subsignal

    first = resource.ios[0]
    if not place.signal:
        if isinstance(first, Pins):
            return first
        names = ", ".join(signal.name for signal in resource.ios)
        raise _unknown(board, f"resource {place.name} {place.number} has signals {names}: name one")
    for signal in resource.ios:
        if isinstance(signal, Subsignal) and signal.name == place.signal:
            return signal.ios[0]
    raise _unknown(
        board, f"resource {place.name} {place.number} has no signal named {place.signal}"
    )


def _on_connector(board: Board, place: ConnectorPin) -> Pin:
    for connector in _platform(board.platform).connectors.values():
        if (connector.name, connector.number) == (place.connector, place.number):
            if place.pin in connector.mapping:
                return Pin(connector.mapping[place.pin], place.attributes, place.inverted)
            names = ", ".join(connector.mapping)
            raise _unknown(board, f"connector {place.connector} has pins {names}, not {place.pin}")
    raise _unknown(board, f"there is no connector {place.connector} {place.number}")


def _unknown(board: Board, what: str) -> ConfigError:
    return ConfigError(f"board '{board.name}': in {board.platform or 'no platform'} {what}.")


@cache
def _platform(name: str) -> Any:
    """The platform ``module:class``, made once.

    Raises
    ------
    ConfigError : there is no such module or class.
    ToolError : the package is not installed.
    """
    module, _, kind = name.partition(":")
    try:
        return getattr(importlib.import_module(module), kind)()
    except ModuleNotFoundError as error:
        if error.name == PACKAGE:
            raise ToolError(
                "pins of this board are read from amaranth-boards, which is not installed;"
                " pip install amaranth-boards"
            ) from None
        raise ConfigError(f"platform '{name}' can't be imported: {error}.") from None
    except AttributeError:
        raise ConfigError(f"platform '{name}' has no class of that name.") from None
