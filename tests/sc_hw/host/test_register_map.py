"""Registers as data, and the page that is made from them."""

from __future__ import annotations

import json
import re

from host_tables import PAGE, page

from sc_hw.host.register_map import MAGIC, register_map


def test_tables_of_the_page_are_made_from_the_data() -> None:
    assert PAGE.read_text(encoding="utf-8") == page()


def test_links_of_the_page_exist() -> None:
    for target in re.findall(r"\]\(([^)#]+)\)", PAGE.read_text(encoding="utf-8")):
        assert (PAGE.parent / target).exists(), target


def test_the_map_holds_identity_counters_and_errors() -> None:
    made = register_map(
        kind=3,
        build_id="0123456789ab",
        design_hash="fedcba9876543210",
        counters=("updates",),
        errors=(("lost", "A spike."),),
    )
    resets = {r.name: r.reset for r in made}
    assert resets["MAGIC"] == MAGIC == int.from_bytes(b"SCHW", "big")
    assert resets["PROTOCOL"] == 0x0003_0001
    assert (resets["BUILD_ID_HIGH"], resets["BUILD_ID_LOW"]) == (0x0123, 0x4567_89AB)
    assert (resets["DESIGN_HASH_HIGH"], resets["DESIGN_HASH_LOW"]) == (0xFEDC_BA98, 0x7654_3210)
    assert made["UPDATES"].offset == 0x80
    assert made["ERRORS"].field("lost").lo == 8
    assert made.address_bits == 6
    assert json.loads(json.dumps(made.as_json()))[0]["name"] == "MAGIC"
