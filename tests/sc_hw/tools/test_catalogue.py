"""The tools that stages need: names of their own, versions that can be compared, a way to mend."""

from __future__ import annotations

import re

import pytest

from sc_hw.tools.catalogue import TOOLS, Tool


def test_names_are_unique() -> None:
    names = [tool.name for tool in TOOLS]
    assert len(names) == len(set(names))


@pytest.mark.parametrize("tool", TOOLS, ids=lambda tool: tool.name)
def test_declarations(tool: Tool) -> None:
    assert re.fullmatch(r"\d+(\.\d+)*", tool.minimum)
    assert tool.program or tool.wheels  # it can be found somewhere
    kind, package = re.fullmatch(r"(pip|apt-get) install (\S+)", tool.mend).groups()
    assert package == tool.wheels[0] if kind == "pip" else package == tool.name
    stages = {"elaborate", "prove", "cosim", "lint", "estimate"}
    assert set(tool.purpose.split(", ")) <= stages
