"""Work for engines, in a module of its own that processes can import."""

from __future__ import annotations

import os
import signal
from pathlib import Path
from typing import Any


def doubled(item: dict[str, Any]) -> int:
    """Twice a number. An item with `dies` kills its process so many times, counted in a folder."""
    for number in range(item.get("dies", 0)):
        mark = Path(item["folder"]) / f"{item['number']}_{number}"
        if not mark.exists():
            mark.touch()
            os.kill(os.getpid(), signal.SIGKILL)
    return 2 * int(item["number"])
