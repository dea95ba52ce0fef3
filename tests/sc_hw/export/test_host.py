"""Registers and packets of a build."""

from __future__ import annotations

from pathlib import Path

from host_manifests import manifest_of

from sc_hw.export.host import export_host


def test_c_comes_with_the_header_of_the_design(tmp_path: Path) -> None:
    manifest = manifest_of("lane")
    written = export_host(manifest, tmp_path, ["svd", "c"])
    assert [path.name for path in written] == ["registers.svd", "registers.h", "design.h"]
    title = f"Registers of lane, build {manifest['id']}"
    assert title in written[0].read_text(encoding="utf-8")
