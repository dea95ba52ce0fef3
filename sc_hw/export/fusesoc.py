"""The core file of FuseSoC (CAPI 2) that goes with a bundle."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

_CORE = """\
CAPI=2:
name: {name}
description: "{description}"

filesets:
  rtl:
    files:
      - rtl/{top}.v
    file_type: verilogSource-2005
  lint:
    files:
      - lint/verilator.vlt
    file_type: vlt
  driver:
    files:
      - c/registers.h: {{is_include_file: true, file_type: cSource}}
      - c/design.h: {{is_include_file: true, file_type: cSource}}
      - c/sc_host.h: {{is_include_file: true, file_type: cSource}}
      - c/sc_mmio.h: {{is_include_file: true, file_type: cSource}}
      - c/sc_host.c: {{file_type: cSource}}

targets:
  # what a core that depends on this one gets
  default:
    filesets: [rtl]
  lint:
    description: Verilator's linter, with all warnings
    filesets: [lint, rtl]
    toplevel: {top}
    flow: lint
    flow_options:
      tool: verilator
      verilator_options: [-Wall]
  driver:
    description: the C driver and the headers of this design
    filesets: [driver]
"""


def short_name(manifest: Mapping[str, Any]) -> str:
    """The design's name, behind the prefix of its modules if they have one."""
    prefix, name = manifest.get("prefix"), manifest["design"]["name"]
    return f"{prefix}_{name}" if prefix else str(name)


def core_name(manifest: Mapping[str, Any]) -> str:
    """Vendor, library, name and version, as FuseSoC and other cores name it."""
    return f"sc-hw:systems:{short_name(manifest)}:{manifest['package']}"


def core_file(manifest: Mapping[str, Any]) -> str:
    """The core file's text, for a bundle's folder.

    Parameters
    ----------
    manifest : of a build with a host.
    """
    host, design = manifest["host"], manifest["design"]
    text = (
        f"{design['block']} {design['name']} of sc-hw, build {manifest['id']}, door {host['door']}"
    )
    return _CORE.format(name=core_name(manifest), description=text, top=host["top"])
