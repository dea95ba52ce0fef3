"""Import and export of NIR, the Neuromorphic Intermediate Representation.

Its paper is doi:10.1038/s41467-024-52259-9. A `FloatGraph` stands between all formats::

    to a FloatGraph:    read(path)          from_nir(graph)  from_network(network)
                        from_layers(layers, dt_ms=...)
    from a FloatGraph:  write(path, graph)  to_nir(graph)    to_network(graph)
                        to_layers(graph)

`import_design` makes a design for hardware of a file, and reports the errors of rounding.
"""

try:
    import nir as _nir
except ImportError as _error:
    raise ImportError(
        "sc_model.interchange must have the package nir; install it with: pip install 'sc-hw[nir]'"
    ) from _error

from sc_model.interchange.design import Imported, Report, Row, import_design
from sc_model.interchange.errors import InterchangeError
from sc_model.interchange.graph import Connection, FloatGraph, FloatPopulation, Plasticity
from sc_model.interchange.layers import from_layers, to_layers
from sc_model.interchange.network import Comparator, from_network, run, to_network
from sc_model.interchange.profile import SOURCES, VERSION
from sc_model.interchange.reader import from_nir, read
from sc_model.interchange.taps import Taps
from sc_model.interchange.writer import to_nir, write

del _nir

__all__ = [
    "SOURCES",
    "VERSION",
    "Comparator",
    "Connection",
    "FloatGraph",
    "FloatPopulation",
    "Imported",
    "InterchangeError",
    "Plasticity",
    "Report",
    "Row",
    "Taps",
    "from_layers",
    "from_network",
    "from_nir",
    "import_design",
    "read",
    "run",
    "to_layers",
    "to_network",
    "to_nir",
    "write",
]
