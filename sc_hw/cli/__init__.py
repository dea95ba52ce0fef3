"""The command `sc-hw`: parses, calls the stages, prints. One file for each group of commands.

Stages are imported inside the commands that need them: `--help` and `doctor` import none.
"""

from sc_hw.cli.application import app, main

__all__ = ["app", "main"]
