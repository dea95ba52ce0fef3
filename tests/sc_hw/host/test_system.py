"""Systems of designs: what they write, and hosts that are refused."""

from __future__ import annotations

from pathlib import Path

import pytest

from sc_hw.audit.audit import audit
from sc_hw.build.elaborate import elaborate
from sc_hw.build.naming import design_hash
from sc_hw.host.doors import doors, load_door
from sc_hw.host.system import TOP, system_of
from sc_model.spec import ConfigError, Design, HostSpec


@pytest.mark.parametrize(
    ("host", "text"),
    [
        (
            {"door": "usart"},
            "Host.door must be one of axi, spi, spi_bus, uart, wishbone, not 'usart'; did you mean"
            " 'uart'?",
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
    assert {"axi", "spi", "spi_bus", "uart", "wishbone"} <= set(doors().names())
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


@pytest.mark.parametrize("door", ["uart", "wishbone"])
def test_a_system_has_one_clock(door: str, tmp_path: Path) -> None:
    build = elaborate(Design(name="a", block="lane").behind(door), tmp_path)
    ports = {port["name"]: port["direction"] for port in build.manifest["host"]["ports"]}
    assert ports["activity"] == "output"
    inputs = [name for name, direction in ports.items() if direction == "input" and name != "clk"]
    result = audit(
        build.folder / "system.v", TOP, {"clk": "sync"}, [], inputs=dict.fromkeys(inputs, "sync")
    )
    assert (result.passed, result.findings) == (True, ())
