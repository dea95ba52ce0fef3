"""Registers as data, and the page that is made from them."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from host_tables import PAGE, page

from sc_hw.build.elaborate import elaborate
from sc_hw.build.naming import design_hash
from sc_hw.host.doors import doors, load_door
from sc_hw.host.packets import StepPacket, common_fields
from sc_hw.host.register_map import MAGIC, register_map
from sc_hw.host.registers import Field, Register, RegisterMap
from sc_hw.host.system import system_of
from sc_model.spec import ConfigError, Design, HostSpec


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


@pytest.mark.parametrize(
    ("registers", "text"),
    [
        ([("A", 0), ("A", 4)], "registers must have names of their own and rising offsets"),
        ([("A", 4), ("B", 0)], "registers must have names of their own and rising offsets"),
        ([("A", 2)], "register A must be at a multiple of 4, not at 2"),
    ],
)
def test_a_map_with_a_fault_is_refused(registers: list[tuple[str, int]], text: str) -> None:
    with pytest.raises(ValueError, match=f"^{text}"):
        RegisterMap(tuple(Register(name, offset, "ro", "") for name, offset in registers))


def test_fields_that_overlap_are_refused() -> None:
    fields = (Field("x", 0, 4, "rw", ""), Field("y", 3, 1, "rw", ""))
    with pytest.raises(ValueError, match=r"^field A\.y must have bits of its own below 32, not \["):
        RegisterMap((Register("A", 0, "rw", "", 0, fields),))


def test_common_fields_stay_within_words_where_they_can() -> None:
    placed = common_fields((("a", 20, True), ("b", 12, False), ("c", 1, False), ("d", 40, True)))
    assert [(f.word, f.lo, f.offset) for f in placed] == [
        (0, 0, 0),
        (0, 20, 20),
        (1, 0, 32),
        (2, 0, 64),
    ]
    packet = StepPacket(3, 11, (), placed)
    assert (packet.common_words, packet.transfers_per_word, packet.words) == (4, 2, 6)
    assert (StepPacket(3, 40, ()).words_per_transfer, StepPacket(3, 40, ()).words) == (2, 6)


@pytest.mark.parametrize(
    ("host", "text"),
    [
        (
            {"door": "usart"},
            "Host.door must be one of axi, spi, uart, wishbone, not 'usart'; did you mean 'uart'?",
        ),
        (
            {"door": "wishbone", "baud": 9600},
            "[host] has no key 'baud' with door 'wishbone'. Its keys are: door, clock_mhz,"
            " step_words, output_words.",
        ),
    ],
)
def test_a_wrong_host_is_one_line(host: dict[str, object], text: str) -> None:
    design = Design(name="a", block="lane", host=HostSpec(**host))
    with pytest.raises(ConfigError) as caught:
        system_of(design)
    assert str(caught.value) == text
    assert {"axi", "spi", "uart", "wishbone"} <= set(doors().names())
    assert load_door("wishbone").name == "wishbone"


def test_a_design_without_a_host_has_no_system(tmp_path: Path) -> None:
    plain = Design(name="a", block="lane")
    hosted = plain.behind("wishbone")
    first, second = elaborate(plain, tmp_path), elaborate(hosted, tmp_path)
    assert first.id != second.id
    assert design_hash(plain) == design_hash(hosted)
    assert "host" not in first.manifest
    assert not (first.folder / "system.v").exists()
    assert first.verilog.read_bytes() == second.verilog.read_bytes()
    host = second.manifest["host"]
    assert host["verilog"] == "system.v"
    assert (second.folder / "system.v").read_text().startswith(first.verilog.read_text())
    identity = {r["name"]: r["reset"] for r in host["registers"]}
    assert f"{identity['BUILD_ID_HIGH']:04x}{identity['BUILD_ID_LOW']:08x}" == second.id
    assert hosted.behind("wishbone") == hosted
    serial = HostSpec(door="uart", baud=9600, clock_mhz=24.0)
    moved = plain.model_copy(update={"host": serial}).behind("spi").host
    assert moved == HostSpec(door="spi", clock_mhz=24.0)  # the door's own keys stay behind
