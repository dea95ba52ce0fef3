"""Run one Yosys script file with pyosys: `python -m sc_hw.tools.run_pyosys SCRIPT`."""

import sys

from pyosys import libyosys

design = libyosys.Design()
libyosys.run_pass(f"script {sys.argv[1]}", design)
