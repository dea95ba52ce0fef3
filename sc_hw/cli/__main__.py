"""`python -m sc_hw.cli`, the same as `sc-hw`."""

import os
import sys
from contextlib import suppress

# `python -m` looks for modules in the working folder first, where a user's json.py would hide the
# library's. Only where this package itself is in that folder does it stay on the path.
_home = os.path.dirname(os.path.dirname(os.path.dirname(os.path.realpath(__file__))))
with suppress(OSError):  # the working folder is gone
    if os.path.realpath(sys.path[0]) == os.path.realpath(os.getcwd()) != _home:
        del sys.path[0]

from sc_hw.cli import main  # noqa: E402

main()
