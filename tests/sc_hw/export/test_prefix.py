"""Systems whose modules have a prefix."""

from __future__ import annotations

import json
import re
import subprocess
from pathlib import Path

import pytest
from support import ROOT

from sc_hw.build.elaborate import elaborate, sha256
from sc_hw.export.bundle import bundle
from sc_hw.export.prefix import with_prefix
from sc_hw.tools import find
from sc_model.spec import ConfigError, load_design


def test_two_systems_are_in_one_design(tmp_path: Path) -> None:
    """Of one build: without prefixes all of their modules would have the same names."""
    build = elaborate(load_design(ROOT / "examples" / "lane.toml").behind("spi"), tmp_path / "b")
    original = (build.folder / "system.v").read_text(encoding="utf-8")
    bundle(build, tmp_path / "first", "sys0")
    manifest = json.loads((tmp_path / "first" / "manifest.json").read_text(encoding="utf-8"))
    assert manifest["host"]["top"] == "sys0_sc_system"
    assert (tmp_path / "first" / "sys0_lane.core").is_file()
    files = [tmp_path / "first" / manifest["host"]["verilog"], tmp_path / "second.v"]
    files[1].write_text(with_prefix(original, "sys1"), encoding="utf-8")
    assert sha256(files[0].read_text(encoding="utf-8")) == manifest["host"]["verilog_sha256"]
    for prefix, file in zip(("sys0", "sys1"), files, strict=True):
        text = file.read_text(encoding="utf-8")
        # nothing but the names is changed
        assert text.replace(f"{prefix}_", "") == original
        modules = re.findall(r"^module \\?(\w+)", text, re.M)
        assert len(modules) > 5
        assert all(name.startswith(f"{prefix}_") for name in modules)
    top = tmp_path / "top.v"
    top.write_text(
        "module top(input clk, input rst);\n"
        "sys0_sc_system left(.clk(clk), .rst(rst));\nsys1_sc_system right(.clk(clk), .rst(rst));\n"
        "endmodule\n",
        encoding="utf-8",
    )
    verilator = find("verilator")
    command = [*verilator.command, "--lint-only", "-Wno-lint", "-Wno-style", "--top-module", "top"]
    done = subprocess.run(
        [*command, str(top), *map(str, files)],
        env=verilator.environ(),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("prefix", ["2nd", "a-b", "", "a b", "\\esc"])
def test_a_prefix_is_an_identifier(prefix: str) -> None:
    with pytest.raises(ConfigError) as caught:
        with_prefix("module a(b);\nendmodule\n", prefix)
    assert str(caught.value) == (
        "a prefix must be letters, digits and underscores, not beginning with a digit, not"
        f" '{prefix}'."
    )


def test_names_of_signals_are_left_alone() -> None:
    text = "module m (clk);\n  wire m ;\n  \\m.part  part (\n    .m(m)\n  );\nendmodule\n"
    text += "module \\m.part (m);\nendmodule\n"
    assert with_prefix(text, "p") == (
        "module p_m (clk);\n  wire m ;\n  \\p_m.part  part (\n    .m(m)\n  );\nendmodule\n"
        "module \\p_m.part (m);\nendmodule\n"
    )
