"""A register map, and what a reader of any language must find in it."""

from __future__ import annotations

from typing import Any

from sc_hw.host.register_map import register_map

REGISTERS = register_map(
    kind=3,
    build_id="0123456789ab",
    design_hash="fedcba9876543210",
    counters=("updates", "saturated_weight"),
    errors=(("out_of_step", 'An error with "quotes" & a \\.'), ("lost", "Another.")),
    streams=True,
).as_json()
TITLE = 'Registers of "layer" & others'
# of each access: how software reads and writes, and what a write of 1 does
READS = {"ro": True, "rw": True, "wo": False, "w1c": True, "w1": False}
WRITES = {"ro": None, "rw": "as it is", "wo": "as it is", "w1c": "clears", "w1": "sets"}

Row = tuple[str, int, str, int, int, bool, str | None, bool, int | None]


def expected() -> list[Row]:
    """What a reader must find: register, offset, field, lo, bits; whether software reads it, what
    its writes do, whether a read has an effect; value after a reset.
    """
    rows: list[Row] = []
    for register in REGISTERS:
        whole = {"name": "value", "lo": 0, "bits": 32, "access": register["access"]}
        for field in register["fields"] or [whole]:
            reset = register["reset"]
            mask = (1 << field["bits"]) - 1
            rows.append(
                (
                    register["name"],
                    register["offset"],
                    field["name"],
                    field["lo"],
                    field["bits"],
                    READS[field["access"]],
                    WRITES[field["access"]],
                    register["read_effect"],
                    None if reset is None else reset >> field["lo"] & mask,
                )
            )
    return rows


def of_systemrdl(root: Any) -> list[Row]:
    """Rows of what the compiler of SystemRDL has elaborated."""
    from systemrdl.node import FieldNode, RegNode
    from systemrdl.rdltypes import OnWriteType

    writes = {None: "as it is", OnWriteType.woclr: "clears", OnWriteType.woset: "sets"}
    rows = []
    for node in root.descendants():
        if isinstance(node, FieldNode):
            assert isinstance(node.parent, RegNode)
            written = writes[node.get_property("onwrite")] if node.is_sw_writable else None
            effect = node.get_property("onread") is not None
            reset = node.get_property("reset")
            at = (node.parent.inst_name, node.parent.address_offset, node.inst_name)
            where = (node.lsb, node.width)
            rows.append((*at, *where, node.is_sw_readable, written, effect, reset))
    return rows
