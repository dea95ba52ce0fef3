"""The nodes of NIR: their fields, what these may hold, and nodes from the tree of a file.

Graphs come from files of strangers, and from Python code. So each field is checked before anything
is computed from it, by one table, and an error names the node, the field and the place in it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import nir
import numpy as np

from sc_model.interchange.errors import InterchangeError
from sc_model.interchange.hdf5 import Tree, shortened
from sc_model.spec.errors import did_you_mean

MAX_NODES = 4096  # of a graph and the graphs within it
MAX_EDGES = 1 << 16
MAX_NESTING = 30  # graphs within each other
MAX_VALUES = 1 << 20  # that one node gives in a step
MAX_NAME = 200  # letters of a node's name
MAX_DIMENSIONS = 8  # of a shape

NEURON = {"tau", "tau_mem", "tau_syn", "r", "v_leak", "v_threshold", "v_reset", "w_in"}

# What each field of each type holds: numbers; integers, at least the number behind the word, one or
# a list; a padding, which may be a word. A "?" marks a field that a file or a node may lack.
FIELDS: dict[str, dict[str, str]] = {
    "Input": {"shape": "integers 1"},
    "Output": {"shape": "integers 1"},
    "Affine": {"weight": "numbers", "bias": "numbers"},
    "Linear": {"weight": "numbers"},
    "Scale": {"scale": "numbers"},
    "Conv1d": {
        "input_shape": "integers 1?",
        "weight": "numbers",
        "stride": "integers 1",
        "padding": "padding",
        "dilation": "integers 1",
        "groups": "integers 1",
        "bias": "numbers?",
    },
    "Conv2d": {
        "input_shape": "integers 1?",
        "weight": "numbers",
        "stride": "integers 1",
        "padding": "padding",
        "dilation": "integers 1",
        "groups": "integers 1",
        "bias": "numbers?",
    },
    "SumPool2d": {"kernel_size": "integers 1", "stride": "integers 1", "padding": "integers 0"},
    "AvgPool2d": {"kernel_size": "integers 1", "stride": "integers 1", "padding": "integers 0"},
    "Flatten": {
        "input_type": "integers 1?",
        "start_dim": "integers -8?",
        "end_dim": "integers -8?",
    },
    "Delay": {"delay": "numbers"},
    "Threshold": {"threshold": "numbers"},
    "I": {"r": "numbers"},
    "IF": {"r": "numbers", "v_threshold": "numbers", "v_reset": "numbers?"},
    "LI": {"tau": "numbers", "r": "numbers", "v_leak": "numbers"},
    "LIF": {
        "tau": "numbers",
        "r": "numbers",
        "v_leak": "numbers",
        "v_threshold": "numbers",
        "v_reset": "numbers?",
    },
    "CubaLI": {
        "tau_syn": "numbers",
        "tau_mem": "numbers",
        "r": "numbers",
        "v_leak": "numbers",
        "w_in": "numbers?",
    },
    "CubaLIF": {
        "tau_syn": "numbers",
        "tau_mem": "numbers",
        "r": "numbers",
        "v_leak": "numbers",
        "v_threshold": "numbers",
        "v_reset": "numbers?",
        "w_in": "numbers?",
    },
}
EVERYWHERE = ("type", "metadata", "input_type", "output_type")
DIMENSIONS = {"Conv1d": 3, "Conv2d": 4}  # of a convolution's weight
WORDS = ("same", "valid")
# What to do about node types that other packages use, beside the general advice.
ADVICE = {
    "SumPool1d": "use SumPool2d, or a Conv1d with weights of 1",
    "AvgPool1d": "use AvgPool2d, or a Conv1d with equal weights",
    "Conv3d": "use Conv2d",
    "BatchNorm1d": "fold it into the Linear or Affine in front of it before the export",
    "BatchNorm2d": "fold it into the Conv2d in front of it before the export",
    "Dropout": "leave it out: it does nothing after training",
}


# -- checks of values --------------------------------------------------------------------------


def check_numbers(where: str, field: str, value: Any, infinite: bool = False) -> None:
    """InterchangeError unless a field is an array of numbers: not empty, all of them finite.

    Parameters
    ----------
    where : the node, as errors name it.
    field : name of the field.
    value : NumPy's, a number, or a tensor that a package left in a graph.
    infinite : whether infinity is allowed.
    """
    array = as_numbers(where, field, value)
    if not array.size:
        raise InterchangeError(
            f"{where} must have one number or more in {field}, not shape {array.shape}."
        )
    # of float16 and float32, too, and without a copy in float64
    wrong = np.isnan(array) if infinite else ~np.isfinite(array)
    if wrong.any():
        place = tuple(int(each) for each in np.argwhere(wrong)[0])
        raise InterchangeError(
            f"{where} must have finite numbers in {field}, not {float(array[place]):g} at"
            f" {place}; look for it in the network before the export."
        )


def as_numbers(where: str, field: str, value: Any) -> Any:
    """A field as an array of its own precision; InterchangeError for anything but real numbers."""
    if value is None:
        raise InterchangeError(f"{where} must have numbers in {field}, not nothing.")
    try:
        array = np.asarray(value)
    except (TypeError, ValueError, RuntimeError) as error:  # ragged lists, tensors with gradients
        raise InterchangeError(
            f"{where} must have an array of numbers in {field}, not what NumPy can't read"
            f" ({' '.join(str(error).split())[:80]})."
        ) from None
    if array.dtype.kind not in "fiub":
        kinds = {"c": "complex numbers", "O": "objects", "U": "text", "S": "text"}
        kind = kinds.get(array.dtype.kind, str(array.dtype))
        if array.dtype.kind == "O" and all(isinstance(each, str) for each in array.flat):
            kind = "text"
        raise InterchangeError(f"{where} must have numbers in {field}, not {kind}.")
    if array.ndim > MAX_DIMENSIONS:
        raise InterchangeError(
            f"{where} must have at most {MAX_DIMENSIONS} dimensions in {field}, not {array.ndim}."
        )
    return array


def check_integers(where: str, field: str, value: Any, least: int) -> None:
    """InterchangeError unless a field is an integer or a list of up to 8, each at least `least`."""
    array = as_numbers(where, field, value)
    if array.ndim > 1 or not 1 <= array.size <= MAX_DIMENSIONS:
        raise InterchangeError(
            f"{where} must have 1 to {MAX_DIMENSIONS} whole numbers in {field}, not shape"
            f" {array.shape}."
        )
    for number in array.reshape(-1).tolist():
        if not least <= number <= MAX_VALUES or number != int(number):
            raise InterchangeError(
                f"{where} must have whole numbers from {least} to {MAX_VALUES:,} in {field}, not"
                f" {number:g}."
            )


def check_values(where: str, node: Any, infinite: tuple[str, ...] = ()) -> None:
    """InterchangeError for a field of a NIR node that does not hold what its type needs.

    Parameters
    ----------
    where : the node, as errors name it.
    node : of a type in `FIELDS`.
    infinite : fields that may hold infinity.
    """
    kind = type_of(node)
    for field, holds in FIELDS[kind].items():
        if field in ("shape", "input_type"):
            types = node.output_type if kind == "Output" else node.input_type
            value = next(iter(types.values()), None) if types else None
            holds = "integers 1?"  # a shape that is missing may follow from the other nodes
        else:
            value = getattr(node, field, None)
        _check_field(where, field, value, holds, field in infinite)
    if kind in ("Linear", "Affine") and np.ndim(node.weight) < 2:
        raise InterchangeError(
            f"{where} must have a weight of two dimensions, (outputs, inputs), not shape"
            f" {np.shape(node.weight)}."
        )
    if kind in DIMENSIONS:
        _check_convolution(where, node, DIMENSIONS[kind])
    if kind in ("SumPool2d", "AvgPool2d"):
        _check_counts(where, node, ("kernel_size", "stride", "padding"), 2)


def type_of(node: Any) -> str:
    """The name of a node's type in `FIELDS`; that of its base for a class derived from one."""
    names = [each.__name__ for each in type(node).__mro__]
    return next((name for name in names if name in FIELDS), type(node).__name__)


def _check_field(where: str, field: str, value: Any, holds: str, infinite: bool) -> None:
    """InterchangeError unless a value is what `holds` says, see `FIELDS`."""
    if value is None and holds.endswith("?"):
        return
    word, _, least = holds.rstrip("?").partition(" ")
    if word == "padding" and isinstance(value, str | bytes):
        text = value.decode("utf-8", "replace") if isinstance(value, bytes) else value
        if text not in WORDS:
            raise InterchangeError(
                f"{where} must have a padding of 'same', 'valid' or whole numbers, not"
                f" '{shortened(text)}'."
            )
    elif word == "numbers":
        check_numbers(where, field, value, infinite)
    else:
        check_integers(where, field, value, int(least or 0))


def _check_convolution(where: str, node: Any, dimensions: int) -> None:
    shape = np.shape(node.weight)
    if len(shape) != dimensions:
        axes = "height, width" if dimensions == 4 else "length"
        raise InterchangeError(
            f"{where} must have a weight of {dimensions} dimensions, (outputs, inputs / groups,"
            f" {axes}), not shape {shape}."
        )
    words = isinstance(node.padding, str | bytes)
    _check_counts(
        where, node, ("stride", "dilation", *(() if words else ("padding",))), dimensions - 2
    )
    groups = np.asarray(node.groups)
    if groups.size != 1 or shape[0] % int(groups.reshape(-1)[0]):
        raise InterchangeError(
            f"{where} must have groups that divide its {shape[0]} outputs, not {groups.tolist()}."
        )
    if node.bias is not None and np.size(node.bias) not in (1, shape[0]):
        raise InterchangeError(
            f"{where} must have one number in bias or {shape[0]}, one for each output, not shape"
            f" {np.shape(node.bias)}."
        )


def _check_counts(where: str, node: Any, fields: tuple[str, ...], count: int) -> None:
    """InterchangeError unless fields have one integer, or one for each of `count` dimensions."""
    for field in fields:
        if np.size(getattr(node, field)) not in (1, count):
            raise InterchangeError(
                f"{where} must have one whole number in {field}"
                f"{f' or {count}' if count > 1 else ''}, not shape"
                f" {np.shape(getattr(node, field))}."
            )


# -- from the tree of a file -------------------------------------------------------------------


def graph_of(tree: Tree) -> Any:
    """The `nir.NIRGraph` of the group `node` of a file.

    Parameters that some neurons share are repeated: the classes of nir want them one for each.

    Raises InterchangeError, with the name of the node, for a type or a field that NIR does not
    have, a field that is missing, and one that holds something else than its type needs.
    """
    node = tree.get("node")
    kind = _type("the group 'node'", node)
    if kind != "NIRGraph":
        raise InterchangeError(f"the outermost node must be a NIRGraph, not {shortened(kind)}.")
    return _graph("", node, 0)


def _type(where: str, node: Any) -> str:
    """The word in a group's field `type`."""
    if not isinstance(node, dict):
        raise InterchangeError(f"{where} must be a group with a field type, not an array.")
    if "type" not in node:
        raise InterchangeError(f"{where} must have a field type, and has none.")
    return _text(where, "type", node["type"])


def _text(where: str, field: str, value: Any) -> str:
    if isinstance(value, np.ndarray) and value.dtype == object and value.size == 1:
        return str(value.reshape(-1)[0])
    raise InterchangeError(
        f"{where} must have one word of text in {field}, not numbers or a group."
    )


def _graph(prefix: str, group: Any, depth: int) -> Any:
    """A graph and the graphs within it.

    Parameters
    ----------
    prefix : of its nodes' names: where it lies.
    depth : number of graphs that it lies in.
    """
    where = f"node '{shortened(prefix[:-1])}' (NIRGraph)" if prefix else "the graph"
    if depth > MAX_NESTING:
        raise InterchangeError(
            f"{where} must lie in at most {MAX_NESTING} graphs in each other; write the graph flat."
        )
    nodes = group.get("nodes")
    if not isinstance(nodes, dict):
        raise InterchangeError(f"{where} must have a group nodes, and has none.")
    members = {}
    for name, node in nodes.items():
        check_name(name, prefix)
        members[name] = _node(f"{prefix}{name}", node, depth)
    edges = _edges(where, group.get("edges"))
    return nir.NIRGraph(members, edges, metadata=_metadata(group), type_check=False)


def check_name(name: Any, prefix: str = "") -> None:
    """InterchangeError for a name that can't stand in an error, a report, or a list of edges."""
    text = str(name)
    if not text or not text.isprintable() or len(text) > MAX_NAME:
        raise InterchangeError(
            f"the name of a node must be 1 to {MAX_NAME} letters that can be printed, not"
            f" '{shortened(prefix + text)}' ({len(text):,} letters)."
        )


def _edges(where: str, value: Any) -> list[tuple[str, str]]:
    """Pairs of names."""
    if isinstance(value, np.ndarray) and value.size == 0:
        return []
    if (
        not isinstance(value, np.ndarray)
        or value.dtype != object
        or value.ndim != 2
        or value.shape[1] != 2
    ):
        form = "nothing"
        if isinstance(value, np.ndarray):
            numbers = "" if value.dtype.kind == "O" else " of numbers"
            form = f"shape {np.shape(value)}{numbers}"
        raise InterchangeError(
            f"{where} must have edges as pairs of node names, text of shape (edges, 2), not {form}."
        )
    if len(value) > MAX_EDGES:
        raise InterchangeError(
            f"{where} must have at most {MAX_EDGES:,} edges, not {len(value):,}."
        )
    return [(str(a), str(b)) for a, b in value.tolist()]


def _metadata(group: Tree) -> dict[str, Any]:
    """The metadata of a node, as nir reads it: text of one word as str, numbers as they are."""
    metadata = group.get("metadata")

    def plain(value: Any) -> Any:
        if isinstance(value, dict):
            return {name: plain(each) for name, each in value.items()}
        if isinstance(value, np.ndarray) and value.ndim == 0:
            return value.item() if value.dtype == object else value[()]
        return value

    return plain(metadata) if isinstance(metadata, dict) else {}


def _node(name: str, group: Any, depth: int) -> Any:
    """A node of a file, or a graph within."""
    subject = f"node '{shortened(name)}'"
    kind = _type(subject, group)
    if kind == "NIRGraph":
        return _graph(f"{name}.", group, depth + 1)
    if kind not in FIELDS:
        raise InterchangeError(unknown_type(name, kind))
    where = f"{subject} ({kind})"
    table = FIELDS[kind]
    for field in sorted(group):
        if field not in table and field not in EVERYWHERE:
            hint = did_you_mean(field, table) or ""
            raise InterchangeError(
                f"{where} must have the fields {', '.join(table)}, not '{shortened(field)}'"
                f"{hint or f', which nir {nir.version} does not know.'}"
            )
    values: dict[str, Any] = {}
    for field, holds in table.items():
        value = group.get(field)
        if isinstance(value, dict):
            raise InterchangeError(f"{where} must have an array in {field}, not a group.")
        if value is None and not holds.endswith("?"):
            raise InterchangeError(f"{where} must have a field {field}, and has none.")
        if holds == "padding" and isinstance(value, np.ndarray) and value.dtype == object:
            value = _text(where, field, value)
        if value is not None and not isinstance(value, str):
            as_numbers(where, field, value)
        values[field] = value
    return _nir_node(where, kind, values, _metadata(group))


def _nir_node(where: str, kind: str, values: dict[str, Any], metadata: dict[str, Any]) -> Any:
    """The object of nir for a node.

    The constructors of convolutions and of Flatten compute shapes from fields, which is done here
    later and with checks. So they get no shape at first.
    """
    make = getattr(nir, kind)
    if kind in ("Input", "Output"):
        check_integers(where, "shape", values["shape"], 1)
        shape = values["shape"].reshape(-1)
        types = {"input_type" if kind == "Input" else "output_type": {kind.lower(): shape}}
        return make(**types, metadata=metadata)
    if kind == "Flatten":
        check_values_of_flatten(where, values)
        dims = {
            each: int(values[each].reshape(-1)[0])
            for each in ("start_dim", "end_dim")
            if values[each] is not None
        }
        node = make({"input": None}, **dims, metadata=metadata)
        node.input_type = {"input": values["input_type"]}
        return node
    if kind in DIMENSIONS:
        for field in ("stride", "dilation", "groups", "padding"):
            _check_field(where, field, values[field], FIELDS[kind][field], False)
        groups = values["groups"].reshape(-1)
        node = make(**{**values, "input_shape": None}, metadata=metadata)
        node.input_shape = values["input_shape"]
        node.groups = int(groups[0]) if groups.size == 1 else values["groups"]
        return node
    if set(values) & NEURON:
        shape = common_shape(
            where, {field: each for field, each in values.items() if each is not None}
        )
        if kind in ("CubaLI", "CubaLIF") and values["w_in"] is None:
            values["w_in"] = np.ones(())
        values = {
            field: None if each is None else fitted(each, shape) for field, each in values.items()
        }
        # `w_in` is multiplied with ones in the precision of a potential: it keeps its own
        node = make(**values, metadata=metadata)
        if "w_in" in values:
            node.w_in = values["w_in"]
        return node
    if kind in ("Linear", "Affine") and values["weight"].ndim < 2:
        raise InterchangeError(
            f"{where} must have a weight of two dimensions, (outputs, inputs), not shape"
            f" {values['weight'].shape}."
        )
    return make(**values, metadata=metadata)


def check_values_of_flatten(where: str, values: Mapping[str, Any]) -> None:
    """InterchangeError unless the dimensions of a Flatten are integers."""
    for field in ("start_dim", "end_dim"):
        if values[field] is not None:
            check_integers(where, field, values[field], -MAX_DIMENSIONS)


def unknown_type(name: str, kind: str) -> str:
    """The error for a node of a type that can't be read, with what to do."""
    types = sorted((*FIELDS, "NIRGraph"))
    advice = ADVICE.get(kind) or "replace it by nodes of these types before the export"
    return (
        f"node '{shortened(name)}' must be one of {', '.join(types)}, not {shortened(kind)};"
        f" {advice}."
    )


# -- shapes of parameters ----------------------------------------------------------------------


def common_shape(where: str, values: Mapping[str, Any]) -> tuple[int, ...]:
    """The shape of a node's parameters, from those of each: scalars, one for each, or broadcast.

    A parameter of one number goes with any shape. Others must be of one shape, but for dimensions
    of 1 around it, (1, n) and (n,); or must broadcast to it as NumPy does, (channels, 1, 1) to
    (channels, height, width).

    Raises InterchangeError where they are of several.
    """
    shapes = {field: np.shape(value) for field, value in values.items()}
    several = {shape for shape in shapes.values() if int(np.prod(shape, dtype=np.int64)) != 1}
    if not several:
        return max(shapes.values(), key=len, default=())
    if len({bare(shape) for shape in several}) == 1:
        return min(several, key=len)
    try:
        together = np.broadcast_shapes(*several)
    except ValueError:
        together = None
    if together is None or together not in several:
        listed = ", ".join(f"{field} {shape}" for field, shape in sorted(shapes.items()))
        raise InterchangeError(
            f"{where} must have parameters of one shape, or single numbers, not {listed}."
        )
    return together


def bare(shape: tuple[int, ...]) -> tuple[int, ...]:
    """A shape without its dimensions of 1."""
    return tuple(each for each in shape if each != 1)


def fitted(value: Any, shape: tuple[int, ...]) -> Any:
    """A parameter in a shape that `common_shape` found, in its own precision."""
    array = np.asarray(value)
    if array.size == int(np.prod(shape, dtype=np.int64)):
        return array.reshape(shape)
    return np.broadcast_to(array.reshape(()) if array.size == 1 else array, shape).copy()
