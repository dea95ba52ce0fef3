"""The register map in SystemRDL, read by its compiler."""

from __future__ import annotations

from pathlib import Path

from register_rows import TITLE, expected, of_systemrdl


def test_systemrdl_is_the_map(folder: Path) -> None:
    from systemrdl import RDLCompiler

    compiler = RDLCompiler()
    compiler.compile_file(str(folder / "registers.rdl"))
    root = compiler.elaborate()
    assert root.top.get_property("name") == TITLE
    assert of_systemrdl(root) == expected()
