"""The timing diagrams of `docs/waves` are what the systems do."""

from __future__ import annotations

import re

import pytest
from support import ROOT
from wave_diagrams import MADE, WAVES, texts

PAGE = ROOT / "docs" / "put_it_into_your_soc.md"


@pytest.mark.parametrize("name", MADE)
def test_a_diagram_is_as_simulated(name: str) -> None:
    for file, text in texts(name).items():
        assert (WAVES / file).read_text(encoding="utf-8") == text, file


def test_the_page_shows_all_diagrams_and_no_others() -> None:
    files = {path.name for path in WAVES.iterdir()}
    assert files == {f"{name}.{suffix}" for name in MADE for suffix in ("json", "svg")}
    shown = re.findall(r"\(waves/(\w+)\.svg\)", PAGE.read_text(encoding="utf-8"))
    assert sorted(shown) == sorted(MADE)
