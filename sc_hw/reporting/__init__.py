"""Reports in HTML, Markdown and JSON from what the other stages left."""

from __future__ import annotations

import os
from contextlib import suppress

from sc_model.environment import cache_for_now, cache_problem

# Matplotlib looks for its folders when it is imported, and prints a warning where it can't write.
if cache_problem() is not None:
    with suppress(OSError):
        os.environ.setdefault("MPLCONFIGDIR", str(cache_for_now() / "matplotlib"))
