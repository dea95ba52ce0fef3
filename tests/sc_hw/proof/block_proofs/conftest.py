"""What tests of proofs that only hand on share."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from sc_hw.proof.block_proofs import proof_of

Check = Callable[[str, ModuleType, tuple[str, str, str]], None]


@pytest.fixture
def hands_on(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Check:
    """Check that a proof calls three functions: of its parts, its claims, and its rules'."""

    class Build:
        design, folder = "design", tmp_path

    def check(block: str, module: ModuleType, names: tuple[str, str, str]) -> None:
        calls: list[str] = []
        for name in names:

            def answer(*arguments: object, name: str = name) -> list[str]:
                calls.append(name)
                return [str(each) for each in arguments]

            monkeypatch.setattr(module, name, answer)
        proof, lines = proof_of(block), list[str]()
        build: Any = Build
        proof.emit(build, every_size=True, parts=(), progress=lines.append)
        assert lines == ["emitting the parts"]
        assert proof.claims(tmp_path, {}, 7.0) == [str(tmp_path), "{}", "7.0"]
        assert proof.rule_claims({}, 7.0) == ["{}", "7.0"]
        assert calls == [*names]

    return check
