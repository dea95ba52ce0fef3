"""Every name at its place; those that need another package say so where it is missing."""

from __future__ import annotations

import pytest
from support import python

import sc_model.learning


@pytest.mark.parametrize("name", sc_model.learning.__all__)
def test_every_name_is_there(name: str) -> None:
    assert getattr(sc_model.learning, name) is not None
    assert name in dir(sc_model.learning)


def test_what_is_loaded_later_loads_nothing_before() -> None:
    heavy = {
        "torch",
        "joblib",
        "distributed",
        "tensorboard",
        "flwr",
        "rich",
        "cryptography",
        "Crypto",
    }
    loaded = python("import sys, sc_model.learning; print(*sys.modules)").split()
    assert heavy & set(loaded) == set()
    assert (
        "torch"
        in python(
            "import sys; from sc_model.learning import EWCPenalty; print(*sys.modules)"
        ).split()
    )


MISSING = """
import sys
package, *names = sys.argv[1:]
sys.modules[package] = None
import sc_model.learning as l
for name in names:
    try:
        getattr(l, name)
    except l.MissingPackageError as error:
        print(error)
"""


@pytest.mark.parametrize("package", sorted({each[1] for each in sc_model.learning._LATER.values()}))
def test_a_missing_package_is_one_clear_error(package: str) -> None:
    later = {name: row for name, row in sc_model.learning._LATER.items() if row[1] == package}
    messages = python(MISSING, package, *later).splitlines()
    for message, (name, (_, _, extra)) in zip(messages, later.items(), strict=True):
        text = f"needs {package}, which is not installed; pip install sc-hw[{extra}]"
        assert message == f"{name} {text}"


def test_a_name_that_is_not_there() -> None:
    with pytest.raises(
        AttributeError, match=r"^module 'sc_model.learning' has no attribute 'Nothing'$"
    ):
        sc_model.learning.Nothing  # noqa: B018
