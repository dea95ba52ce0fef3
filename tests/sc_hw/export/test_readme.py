"""The page of a bundle."""

from __future__ import annotations

import re

import pytest
from encoded_networks import encoded
from host_manifests import NAMES, manifest_behind, manifest_of
from wide_outputs import wide

from sc_hw.export.readme import readme

OUTPUTS = {
    "lane": "After each step OUTPUT_DATA gives a packet of 3 words: first the number of the step,"
    " then, packed from bit 0 of the second word on, `weight` (16 bits),",
    "bank": "After each step OUTPUT_DATA gives 1 word, the number of the step, and no results: the"
    " state is read through the window (WINDOW_DATA).",
    "layer": "After each step OUTPUT_DATA gives a packet of 2 words: first the number of the step,"
    " then, packed from bit 0 of the second word on, `spikes` (3 bits).",
    "network": "After every 10 steps OUTPUT_DATA gives a packet of 2 words: first the number",
}


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("door", ["axi", "uart"])
def test_a_page_has_ports_and_packets(name: str, door: str) -> None:
    manifest = manifest_of(name, door)
    page = readme(manifest)
    host = manifest["host"]
    for port in host["ports"]:
        assert f"| `{port['name']}` | {port['direction']} | {port['width']} |" in page
    assert re.search(rf"^A step is {host['step']['words']} words? of STEP_DATA:$", page, re.M)
    assert not re.search(r"\b1 (words|bits|transfers)\b|\bnothing\.", page)
    assert OUTPUTS[name] in page
    for field in (*host["step"]["common"], *host["step"]["fields"], *host["output"]["fields"]):
        assert f"`{field['name']}`" in page
    assert ("synchronised inside" in page) == (door == "uart")


def test_a_step_of_a_network_with_an_encoder_is_a_set_of_values() -> None:
    page = readme(manifest_behind(encoded("latency"), "uart"))
    assert "6 transfers of 4 bits, one for each value," in page
    assert "`spikes` (3 bits), `winner` (2 bits)." in page


def test_the_order_of_an_image_is_said() -> None:
    page = readme(manifest_behind(wide("conv"), "axi"))
    assert "Spikes come place by place: that of place p and channel c, neuron c x 100 + p," in page
    assert "is bit p x 3 + c of them." in page
    assert "place by place" not in readme(manifest_behind(wide("events"), "axi"))
