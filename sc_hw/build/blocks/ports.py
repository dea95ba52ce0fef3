# amaranth: UnusedElaboratable=no
"""Ports, clocks and packed words of a component, as a manifest describes them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from amaranth.hdl import Shape, Value
from amaranth.lib import data, wiring
from amaranth.lib.wiring import In

from sc_hw.parts.space import Space

RESET_KIND = "synchronous, active high"


def clock_of(domain: str) -> dict[str, str]:
    """Names of the clock and reset ports of a domain; Amaranth leaves out the prefix of `sync`."""
    prefix = "" if domain == "sync" else f"{domain}_"
    return {"clock": f"{prefix}clk", "reset": f"{prefix}rst"}


def ports_of(component: wiring.Component, domains: Sequence[str] = ()) -> list[dict[str, Any]]:
    """Ports of the emitted module: clocks and resets first, then in the order of the signature.

    Parameters
    ----------
    component : what is emitted.
    domains : its clock domains if it has several; each port then says its domain, which the
        component's method `domain_of` knows.
    """
    ports: list[dict[str, Any]] = [
        {"name": name, "direction": "input", "width": 1, "signed": False, "fields": []}
        for domain in domains or ("sync",)
        for name in clock_of(domain).values()
    ]
    for path, member, value in component.signature.flatten(component):
        if not isinstance(value, (Value, data.View)) and not hasattr(value, "as_value"):
            continue
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
    """Leaves of a packed layout: name (with dots and indices), bit offset, width, sign."""
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
    """The memory spaces that a host addresses: name, code, number of words, fields of a word."""
    return [
        {
            "name": space.name.lower(),
            "code": space.value,
            "words": words[space],
            "fields": leaf_fields(layout),
        }
        for space, layout in spaces.items()
    ]
