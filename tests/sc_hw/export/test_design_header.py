"""`design.h` is the manifest."""

from __future__ import annotations

import re
from typing import Any

import pytest
from host_manifests import NAMES, manifest_behind, manifest_of
from wide_outputs import wide

from sc_hw.export.design_header import design_header


def macros(text: str) -> dict[str, str]:
    """All macros without arguments."""
    return dict(re.findall(r"^#define (\w+) (.+)$", text, re.M))


def check_fields(found: dict[str, str], prefix: str, fields: list[dict[str, Any]]) -> None:
    for field in fields:
        name = f"{prefix}_{field['name'].upper()}"
        assert found[f"{name}_LO"] == str(field["offset"])
        assert found[f"{name}_BITS"] == str(field["width"])
        assert found[f"{name}_SIGNED"] == str(int(field["signed"]))


@pytest.mark.parametrize("name", NAMES)
def test_the_header_is_the_manifest(name: str) -> None:
    manifest = manifest_of(name)
    text, host = design_header(manifest), manifest["host"]
    found = macros(text)
    registers = {register["name"]: register["reset"] for register in host["registers"]}
    assert int(found["SC_BUILD_ID"].removesuffix("ull"), 16) == int(manifest["id"], 16)
    low, high = registers["DESIGN_HASH_LOW"], registers["DESIGN_HASH_HIGH"]
    assert int(found["SC_DESIGN_HASH"].removesuffix("ull"), 16) == high << 32 | low
    assert found["SC_STEP_WORDS"] == str(host["step"]["words"])
    assert found["SC_OUTPUT_WORDS"] == str(host["output"]["words"])
    common = [
        {**field, "offset": field["word"] * 32 + field["lo"], "width": field["bits"]}
        for field in host["step"]["common"]
    ]
    check_fields(found, "SC_STEP", common)
    check_fields(found, "SC_TRANSFER", host["step"]["fields"])
    output = [{**field, "offset": 32 + field["offset"]} for field in host["output"]["fields"]]
    check_fields(found, "SC_OUTPUT", output)
    for number, window in enumerate(host["windows"]):
        prefix = f"SC_WINDOW_{window['name'].upper()}"
        assert found[f"{prefix}_PORT"] == str(number)
        assert found[f"{prefix}_ACCESSES"] == str(window["accesses"])
        check_fields(found, f"{prefix}_ADDRESS", window["address"])
        for space in window["spaces"]:
            inside = f"{prefix}_{space['name'].upper()}"
            assert found[inside] == str(space["code"])
            check_fields(found, inside, space["fields"])


def test_what_a_block_has_no_use_for_is_said() -> None:
    lane, bank, layer = (design_header(manifest_of(name)) for name in ("lane", "bank", "layer"))
    for text, found in (
        ("There is one transfer: the index is 0.", (True, False, False)),
        ("One word has no address: WINDOW_ADDRESS stays 0.", (True, False, False)),
        ("this block has no fields of the whole of it", (True, True, False)),
        ("the number of its step alone", (False, True, False)),
        ("SC_PLACE_: this block has none", (True, True, False)),
    ):
        assert tuple(text in header for header in (lane, bank, layer)) == found, text


@pytest.mark.parametrize("name", NAMES)
def test_transfers_lie_where_the_packet_has_them(name: str) -> None:
    manifest = manifest_of(name)
    step = manifest["host"]["step"]
    formula = re.search(r"SC_STEP_TRANSFER_LO\(index\) \((.+)\)", design_header(manifest))
    assert formula is not None
    for index in {0, 1, step["transfers"] - 1}:
        place = eval(formula[1].replace("/", "//"), {"index": index})
        if "transfers_per_word" in step:
            word, slot = divmod(index, step["transfers_per_word"])
            wanted = (step["common_words"] + word) * 32 + slot * step["transfer_bits"]
        else:
            wanted = (step["common_words"] + index * step["words_per_transfer"]) * 32
        assert place == wanted
        assert place < step["words"] * 32 or index >= step["transfers"]


def test_spikes_of_an_image_lie_where_the_packet_has_them() -> None:
    """Of neuron 203: place 3 of channel 2; in a packet whose first word is the step's number."""
    text = design_header(manifest_behind(wide("conv"), "axi"))
    formula = re.search(r"SC_OUTPUT_SPIKE_LO\(neuron\) \((.+)\)", text)
    assert formula is not None
    place = formula[1].replace("/", "//")
    assert [eval(place, {"neuron": n}) for n in (0, 1, 100, 203)] == [32, 35, 33, 32 + 3 * 3 + 2]
    assert "SPIKE_LO" not in design_header(manifest_behind(wide("events"), "axi"))
