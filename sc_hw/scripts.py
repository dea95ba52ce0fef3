"""Command lines of scripts beside the command `sc-hw`: wrong input ends them as it ends that."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import NoReturn

from sc_driver.errors import LinkError
from sc_hw.errors import EXIT_BAD_INPUT, EXIT_TOOL, ToolError
from sc_model.packages import MissingPackageError
from sc_model.spec import ConfigError, ConfigTypeError

MOST_SEED = (1 << 31) - 1  # of NumPy's, scikit-learn's and gymnasium's seeds


class ScriptParser(argparse.ArgumentParser):
    """A parser that says what is wrong in one line, without the usage in front of it."""

    def error(self, message: str) -> NoReturn:
        """End with exit code 2."""
        self.exit(EXIT_BAD_INPUT, f"error: {message}; see `{self.prog} --help`.\n")


def whole(least: int, most: int) -> Callable[[str], int]:
    """The type of an argument that is a whole number in a range."""

    def parse(text: str) -> int:
        requirement = f"must be a whole number from {least:,} to {most:,}, not {text[:40]!r}"
        try:
            value = int(text) if len(text) <= len(str(most)) else most + 1
        except ValueError:
            raise argparse.ArgumentTypeError(requirement) from None
        if not least <= value <= most:
            raise argparse.ArgumentTypeError(requirement)
        return value

    return parse


@contextmanager
def errors_in_one_line() -> Iterator[None]:
    """End the script with one line on standard error and `sc-hw`'s exit code for its errors."""
    try:
        yield
    except (ConfigError, ConfigTypeError, LinkError) as error:
        _end(error, EXIT_BAD_INPUT)
    except (ToolError, MissingPackageError) as error:
        _end(error, EXIT_TOOL)


def _end(error: Exception, code: int) -> NoReturn:
    print(f"error: {error}", file=sys.stderr)
    raise SystemExit(code) from None
