"""Packages that only one learner or callback needs: loaded when it is made, with one clear error
where they are missing.
"""

from __future__ import annotations

from importlib import import_module
from types import ModuleType


class MissingPackageError(ImportError):
    """An optional package is not installed; the message holds the command that installs it."""


def optional_import(package: str, extra: str, subject: str) -> ModuleType:
    """The module `package`; MissingPackageError that names `subject`, what it needs and the extra
    that brings it.
    """
    try:
        return import_module(package)
    except ImportError as error:
        if error.name is None or package.split(".")[0] != error.name.split(".")[0]:
            raise  # installed, but broken: its own message says more
        top = package.split(".")[0]
        raise MissingPackageError(
            f"{subject} needs {top}, which is not installed; pip install sc-hw[{extra}]"
        ) from None
