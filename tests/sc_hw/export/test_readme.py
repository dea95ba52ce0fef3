"""The page of a bundle."""

from __future__ import annotations

import pytest
from host_manifests import NAMES, manifest_of

from sc_hw.export.readme import readme


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("door", ["axi", "uart"])
def test_a_page_has_ports_and_packets(name: str, door: str) -> None:
    manifest = manifest_of(name, door)
    page = readme(manifest)
    host = manifest["host"]
    for port in host["ports"]:
        assert f"| `{port['name']}` | {port['direction']} | {port['width']} |" in page
    assert f"A step is {host['step']['words']} words of STEP_DATA:" in page
    for field in (*host["step"]["common"], *host["step"]["fields"], *host["output"]["fields"]):
        assert f"`{field['name']}`" in page
    assert ("synchronised inside" in page) == (door == "uart")
