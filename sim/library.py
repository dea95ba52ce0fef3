"""`python -m sc_sim.library BUILD_FOLDER [--waves | --bus | --line | --board]`: Verilog as a
library.

With `--bus` that is the system behind its door `wishbone`, with `--line` the one behind its door
`uart`; with `--board` it is a whole board, whose Verilog is named in place of the folder. Prints
where the library is. Exit status 2 for a bad folder and 3 where a tool fails, with one line that
says why. `sc_sim.rtl.Rtl` loads the library of a block, `sc_sim.blocks.network.NetworkRtl` that of
a network, `sc_sim.serial_line` that of a line.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from sc_model.texts import one_line, warnings_in_one_line
from sc_sim.bus.library import build_bus
from sc_sim.design import BuildFolderError
from sc_sim.driver.library import build_library
from sc_sim.files import unwritable
from sc_sim.serial_line.library import build_board_line, build_system_line
from sc_sim.toolchain import SimulationError

BAD_FOLDER, TOOL_FAILED = 2, 3


def main(arguments: Sequence[str] | None = None) -> int:
    """Parse, build, print; the exit status."""
    parser = argparse.ArgumentParser(prog="python -m sc_sim.library", description=__doc__)
    parser.add_argument("folder", type=Path)
    kind = parser.add_mutually_exclusive_group()
    kind.add_argument("--waves", action="store_true")
    kind.add_argument("--bus", action="store_true")
    kind.add_argument("--line", action="store_true")
    kind.add_argument("--board", action="store_true")
    options = parser.parse_args(arguments)
    warnings_in_one_line()
    try:
        build = options.folder
        if options.bus:
            print(build_bus(build))
        elif options.line:
            print(build_system_line(build))
        elif options.board:
            print(build_board_line(build))
        else:
            print(build_library(build, options.waves))
    except BuildFolderError as error:
        print(one_line(str(error)), file=sys.stderr)
        return BAD_FOLDER
    except OSError as error:
        print(one_line(unwritable(error)), file=sys.stderr)
        return BAD_FOLDER
    except SimulationError as error:
        print(one_line(str(error)), file=sys.stderr)
        return TOOL_FAILED
    return 0


if __name__ == "__main__":
    sys.exit(main())
