"""The waivers that go with a system."""

from __future__ import annotations

import re

from sc_hw.export.waivers import waivers
from sc_hw.simulation.cosim import WAIVERS


def test_those_of_the_block_hold_for_the_system_s_file() -> None:
    text = waivers("sc_system")
    block = re.findall("^lint_off.*$", WAIVERS.read_text(encoding="utf-8"), re.M)
    rules = re.findall("^lint_off.*$", text, re.M)
    assert len(rules) > len(block) > 5
    assert all('-file "*sc_system.v"' in rule for rule in rules)
    assert "top.v" not in "".join(rules)


def test_what_would_hide_a_fault_is_never_waived() -> None:
    for rule in ("LATCH", "MULTIDRIVEN", "UNOPTFLAT", "COMBDLY"):
        assert f"-rule {rule}" not in waivers("sc_system")
