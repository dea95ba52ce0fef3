"""The release bundle: a system with all that somebody needs to put it into a design of theirs."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from sc_hw.build.constraints import Clock, constraint_files
from sc_hw.build.elaborate import Build, sha256
from sc_hw.export.fusesoc import core_file, short_name
from sc_hw.export.host import export_host
from sc_hw.export.prefix import check_prefix, with_prefix
from sc_hw.export.readme import readme
from sc_hw.export.waivers import waivers
from sc_hw.files import make_folder, output_error, write_json, write_text
from sc_model.spec import ConfigError

DRIVER_FILES = ("sc_host.h", "sc_host.c", "sc_mmio.h")
ENTRIES = ("README.md", "c", "constraints", "lint", "manifest.json", "registers", "rtl")
CLOCK, DOMAIN = "clk", "clk"


def driver_folder() -> Path:
    """Where the C driver lies: inside the installed package, or in the repository."""
    package = Path(__file__).parents[1]
    for folder in (package / "drivers" / "c", package.parent / "drivers" / "c"):
        if (folder / DRIVER_FILES[0]).is_file():
            return folder
    raise ConfigError("the C driver is not installed with this package; install sc-hw again.")


def bundle(build: Build, folder: Path, prefix: str = "") -> list[Path]:
    """Write the bundle of a build with a host; the same build gives the same bytes.

    Parameters
    ----------
    build : from a design with a host.
    folder : gets ``rtl/sc_system.v``, ``manifest.json``, ``registers/``, ``c/``, ``constraints/``,
        ``lint/``, a FuseSoC core and a ``README.md``.
    prefix : of all modules' names, so that several systems can be in one design; "" for none.

    Returns
    -------
    list[Path] : all files, sorted.

    Raises
    ------
    ConfigError
        The build has no host, the prefix is no identifier, or the folder holds other things than a
        bundle.
    ToolError
        A package of the extra `registers` is missing.
    OutputError
        The folder can't be written.
    """
    manifest, system = _system_of(build, prefix)
    check_request(folder, prefix)
    for entry in sorted(make_folder(folder).iterdir()):
        if entry.is_dir():
            shutil.rmtree(entry)
        else:
            entry.unlink()
    write_text(folder / manifest["host"]["verilog"], system)
    write_json(folder / "manifest.json", manifest)
    export_host(manifest, folder / "registers", ["rdl", "html", "ipxact", "svd"])
    export_host(manifest, folder / "c", ["c"])
    for name in DRIVER_FILES:
        text = (driver_folder() / name).read_text(encoding="utf-8")
        write_text(folder / "c" / name, text)
    clock = Clock(CLOCK, DOMAIN, manifest["host"]["clock_mhz"] * 1e6)
    # all of a system is in one clock: there are no crossings
    files = constraint_files([clock], ())
    for suffix in ("sdc", "lpf", "pcf"):
        write_text(folder / "constraints" / f"clocks.{suffix}", files[f"clocks.{suffix}"])
    write_text(folder / "constraints" / "clocks.xdc", files["crossings.xdc"])
    write_text(folder / "lint" / "verilator.vlt", waivers(manifest["host"]["top"]))
    write_text(folder / f"{short_name(manifest)}.core", core_file(manifest))
    write_text(folder / "README.md", readme(manifest))
    return sorted(path for path in folder.rglob("*") if path.is_file())


def _system_of(build: Build, prefix: str) -> tuple[dict[str, Any], str]:
    """The manifest as it is in the bundle, and the system's Verilog."""
    manifest = build.manifest
    if "host" not in manifest:
        raise ConfigError(
            f"design '{manifest['design']['name']}' has no host; give it a table [host], or --door."
        )
    host: Mapping[str, Any] = manifest["host"]
    system = (build.folder / host["verilog"]).read_text(encoding="utf-8")
    start = ""
    if prefix:
        system, start = with_prefix(system, prefix), f"{prefix}_"
    top = f"{start}{host['top']}"
    renamed = {"top": top, "verilog": f"rtl/{top}.v", "verilog_sha256": sha256(system)}
    inner = {"top": f"{start}{manifest['top']}", "prefix": prefix}
    return {**manifest, **inner, "host": {**host, **renamed}}, system


def check_request(folder: Path, prefix: str = "") -> None:
    """ConfigError for a prefix that is no identifier, or a folder that can't be a bundle's.

    Parameters are those of `bundle`; nothing is written, so it can be asked before elaborating.
    """
    if prefix:
        check_prefix(prefix)
    try:
        entries = sorted(folder.iterdir())
    except FileNotFoundError:
        return
    except NotADirectoryError:
        what = "is" if folder.exists() else "lies in"
        raise ConfigError(f"{folder} {what} a file; name a folder for the bundle.") from None
    except OSError as error:
        raise output_error(folder, error) from None
    for entry in entries:
        if entry.name not in ENTRIES and entry.suffix != ".core":
            raise ConfigError(
                f"{folder} must be empty or hold an earlier bundle, not '{entry.name}'; name"
                " another folder."
            )
