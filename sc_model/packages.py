"""Optional packages, imported when the object that needs them is made.

A package that is missing gives one clear error with the command that installs it.
"""

from __future__ import annotations

from importlib import import_module
from types import ModuleType


class MissingPackageError(ImportError):
    """An optional package is not installed; the message holds the command that installs it."""


def optional_import(package: str, extra: str, subject: str) -> ModuleType:
    """Import an optional package, or say how to install it.

    Parameters
    ----------
    package : name of the module, for example `flwr.common`.
    extra : extra of `sc-hw` that installs it.
    subject : what needs the package, the first words of the error message.

    Returns
    -------
    The module.

    Raises
    ------
    MissingPackageError : the package is not installed.
    ImportError : the package is installed, but fails to import; this is its own error.
    """
    top = package.split(".")[0]
    try:
        return import_module(package)
    except ImportError as error:
        # A missing module of another name means that the package is there and broken: its own
        # message says more than ours could.
        if error.name is None or error.name.split(".")[0] != top:
            raise
        raise MissingPackageError(
            f"{subject} needs {top}, which is not installed; pip install sc-hw[{extra}]"
        ) from None
