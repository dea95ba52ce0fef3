# amaranth: UnusedElaboratable=no
"""What a manifest says of a component: its clocks, ports, packed words and memory spaces."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from amaranth.hdl import Shape
from amaranth.lib import data, wiring
from amaranth.lib.wiring import In

from sc_hw.parts.space import Space

RESET_KIND = "synchronous, active high"


def clock_of(domain: str) -> dict[str, str]:
    """Names of a domain's ports `clock` and `reset`; those of `sync` have no prefix in Amaranth."""
    prefix = "" if domain == "sync" else f"{domain}_"
    return {"clock": f"{prefix}clk", "reset": f"{prefix}rst"}


def ports_of(component: wiring.Component, domains: Sequence[str] = ()) -> list[dict[str, Any]]:
    """Ports of the emitted module: clocks and resets first, then in the order of the signature.

    Parameters
    ----------
    component : the component that is emitted.
    domains : its clock domains, if it has several. Each of its ports then has a key `domain`, which
        the component's method `domain_of` gives.

    Returns
    -------
    For each port name, direction (``input`` or ``output``), width in bits, sign, and the fields of
    a packed port (see `leaf_fields`; empty for a plain number).
    """
    ports: list[dict[str, Any]] = [
        {"name": name, "direction": "input", "width": 1, "signed": False, "fields": []}
        for domain in domains or ("sync",)
        for name in clock_of(domain).values()
    ]
    for path, member, _ in component.signature.flatten(component):
        shape = Shape.cast(member.shape)
        packed = isinstance(member.shape, data.StructLayout)
        ports.append(
            {
                "name": "__".join(map(str, path)),
                "direction": "input" if member.flow == In else "output",
                "width": shape.width,
                "signed": shape.signed,
                "fields": leaf_fields(member.shape) if packed else [],
                **({"domain": component.domain_of(str(path[0]))} if domains else {}),
            }
        )
    return ports


def leaf_fields(shape: Any, offset: int = 0, prefix: str = "") -> list[dict[str, Any]]:
    """The numbers that a packed layout is made of, from the lowest bit up.

    Parameters
    ----------
    shape : a layout, or the shape of a single number.
    offset : bit at which it begins in the whole word.
    prefix : name in front of the names of its fields.

    Returns
    -------
    For each number its name, with dots for fields of fields and indices of arrays, as
    ``state.weight`` or ``spikes[3]``; bit offset, width in bits, and sign. The elements of an array
    are numbers, whatever their shape.
    """
    if isinstance(shape, data.ArrayLayout):
        form = Shape.cast(shape.elem_shape)
        return [
            {
                "name": f"{prefix}[{index}]",
                "offset": offset + index * form.width,
                "width": form.width,
                "signed": form.signed,
            }
            for index in range(shape.length)
        ]
    if isinstance(shape, data.StructLayout):
        leaves = []
        for name, field in shape:
            nested = isinstance(field.shape, data.StructLayout)
            inner = f"{prefix}{name}." if nested else f"{prefix}{name}"
            leaves += leaf_fields(field.shape, offset + field.offset, inner)
        return leaves
    form = Shape.cast(shape)
    return [{"name": prefix, "offset": offset, "width": form.width, "signed": form.signed}]


def space_rows(
    spaces: Mapping[Space, data.StructLayout], words: Mapping[Space, int]
) -> list[dict[str, Any]]:
    """The memory spaces that a host addresses: name, code, number of words, fields of a word.

    Parameters
    ----------
    spaces : layout of a word of each space.
    words : number of words of each space.
    """
    return [
        {
            "name": space.name.lower(),
            "code": space.value,
            "words": words[space],
            "fields": leaf_fields(layout),
        }
        for space, layout in spaces.items()
    ]


def order_row(places: int, channels: int) -> dict[str, int]:
    """The order of spikes that come place by place, the channels of a place side by side."""
    return {"places": places, "channels": channels}
