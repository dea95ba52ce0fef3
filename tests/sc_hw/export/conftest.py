"""A register map in all languages, written once."""

from __future__ import annotations

from pathlib import Path

import pytest
from register_rows import REGISTERS, TITLE

from sc_hw.export.registers import export_registers


@pytest.fixture(scope="package")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("registers")
    written = export_registers(REGISTERS, TITLE, place)
    assert [path.name for path in written] == [
        *("registers.rdl", "registers.h", "registers_html", "registers.xml", "registers.svd")
    ]
    return place
