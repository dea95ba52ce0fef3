"""External tools: which of them are here, which versions, and how to run them."""

from sc_hw.errors import ToolError
from sc_hw.tools.catalogue import TOOLS, Tool
from sc_hw.tools.processes import run, run_yosys
from sc_hw.tools.search import Found, Status, doctor, find, status

__all__ = [
    "TOOLS",
    "Found",
    "Status",
    "Tool",
    "ToolError",
    "doctor",
    "find",
    "run",
    "run_yosys",
    "status",
]
