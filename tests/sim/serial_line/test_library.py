"""A library is built once for its sources."""

from __future__ import annotations

from pathlib import Path

from serial_boards import uart_library


def test_a_library_is_built_once(builds: Path) -> None:
    first = uart_library(builds)
    made = first.stat().st_mtime_ns
    uart_library.cache_clear()
    assert uart_library(builds) == first
    assert first.stat().st_mtime_ns == made
