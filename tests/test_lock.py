"""The lock file: one version of each package, and hashes that pip compares."""

from __future__ import annotations

import re

from support import ROOT

HASH = r"    --hash=sha256:[0-9a-f]{64}"


def test_every_release_has_its_hashes() -> None:
    text = (ROOT / "requirements.lock").read_text(encoding="utf-8")
    lines = [line for line in text.splitlines() if not line.startswith("#")]
    names = [line.split("==")[0] for line in lines if "==" in line]
    assert len(names) == len(set(names)) > 100
    for line, following in zip(lines, [*lines[1:], ""], strict=True):
        if line.startswith("    "):
            assert re.fullmatch(HASH + r"(?: \\)?", line), line
            assert line.endswith("\\") == following.startswith("    ")
        else:
            assert re.fullmatch(r"[a-z0-9.-]+==[\w.+-]+ \\", line), line
            assert following.startswith("    --hash"), line


def test_what_has_none_is_not_mixed_in() -> None:
    """One line without a hash would keep pip from installing any of the others."""
    text = (ROOT / "requirements-torch.lock").read_text(encoding="utf-8")
    assert [line for line in text.splitlines() if not line.startswith("#")] == ["torch==2.13.0"]
    assert '"torch==2.13.0"' in (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    assert "--require-hashes -r requirements.lock" in makefile
    assert "-r requirements-torch.lock" in makefile
