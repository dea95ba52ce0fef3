"""The list of boards says what is missing for each."""

from __future__ import annotations

import pytest

from sc_hw.bitstream import listing
from sc_hw.errors import ToolError


def test_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(name: str) -> None:
        raise ToolError(f"{name} is needed")

    monkeypatch.setattr(listing, "command", missing)
    rows = {row["board"]: row for row in listing.listing()}
    assert rows["icebreaker"]["to_do"] == "icepack is needed"
    assert rows["arty-a7-35t"]["to_do"] is None  # no packer is called for it
