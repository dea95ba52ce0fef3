"""Modules of Yosys' word-level netlists, made by hand."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

Bits = list[Any]


def cell(kind: str, outputs: Mapping[str, Bits], inputs: Mapping[str, Bits], **values: int) -> Any:
    """A cell; parameters are numbers, written as Yosys does."""
    return {
        "type": kind,
        "parameters": {name: f"{value:032b}" for name, value in values.items()},
        "port_directions": {
            **dict.fromkeys(outputs, "output"),
            **dict.fromkeys(inputs, "input"),
        },
        "connections": {**outputs, **inputs},
    }


def module(
    inputs: Mapping[str, Bits],
    outputs: Mapping[str, Bits],
    cells: Mapping[str, Any],
    names: Mapping[str, Bits] | None = None,
) -> dict[str, Any]:
    """A module; `names` are nets with a name of their own."""
    ports = {name: {"direction": "input", "bits": bits} for name, bits in inputs.items()}
    ports |= {name: {"direction": "output", "bits": bits} for name, bits in outputs.items()}
    nets = {name: {"hide_name": 0, "bits": bits} for name, bits in (names or {}).items()}
    return {"attributes": {}, "ports": ports, "cells": dict(cells), "netnames": nets}


def adder(a: Bits, b: Bits, y: Bits, *, subtract: bool = False) -> Any:
    """A sum or difference of two words of the same width."""
    bit = "1" if subtract else "0"
    carries = [f"carry {each}" for each in y]
    return cell(
        "$alu",
        {"Y": y, "CO": carries, "X": [f"half {each}" for each in y]},
        {"A": a, "B": b, "BI": [bit], "CI": [bit]},
        A_SIGNED=0,
        B_SIGNED=0,
    )


def register(d: Bits, q: Bits, kind: str = "$dff", **pins: Bits) -> Any:
    """Flip-flops in one clock."""
    return cell(kind, {"Q": q}, {"CLK": ["clk"], "D": d, **pins})
