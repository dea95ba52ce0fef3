"""`python -m campaigns.freshness [--index | --stamp | --derive]`: which reports are older.

Without an option it prints a line for each report; the exit code is 0 in any case, for old figures
are no fault. `--index` writes `reports/README.md`. `--stamp` stamps the reports without a stamp as
made from the files as they are now, which is right just after they were made. `--derive` takes the
files of the commit that brought each instead.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from campaigns.freshness.stamps import (
    ROOT,
    index,
    reports_in,
    stamp,
    stamp_committed,
    state,
    write_all,
)
from sc_hw.files import write_text


def main(arguments: list[str] | None = None) -> None:
    """Run the command."""
    parser = argparse.ArgumentParser(prog="campaigns.freshness", description=__doc__)
    parser.add_argument("--reports", type=Path, default=ROOT / "reports")
    for option in ("--index", "--stamp", "--derive"):
        parser.add_argument(option, action="store_true")
    options = parser.parse_args(arguments)
    if options.stamp or options.derive:
        put = stamp if options.stamp else stamp_committed
        for name in write_all(options.reports, put):
            print(f"{name}: stamped")
    if options.index:
        print(write_text(options.reports / "README.md", index(options.reports)))
    if not (options.stamp or options.derive or options.index):
        states = {name: state(options.reports, name) for name in reports_in(options.reports)}
        print(
            "\n".join(f"{date:10} {name:16} {verdict}" for name, (verdict, date) in states.items())
        )


if __name__ == "__main__":
    main()
