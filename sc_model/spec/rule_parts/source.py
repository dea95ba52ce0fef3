"""Places in a rule file: the file and line that an error about the rule names."""

from __future__ import annotations

import ast
import os
import traceback
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class RuleSource:
    """The text of a rule file and where it lies.

    Members
    -------
    file : absolute path, as tracebacks name it; empty for a rule that no file defines.
    text : the whole file.
    """

    file: str
    text: str

    def place(self, line: int | None = None) -> str:
        """`FILE:LINE` for an error, or `FILE` where no line is known; empty without a file.

        The path is relative where the file lies in the current folder or below it.
        """
        if not self.file:
            return ""
        here = Path(os.path.relpath(self.file))
        path = self.file if here.parts[:1] == ("..",) else str(here)
        return f"{path}:{line}" if line else path

    def line_of_error(self, error: BaseException) -> int | None:
        """Line of this file that was being run when the error was raised; None if none was."""
        if isinstance(error, SyntaxError) and error.filename == self.file:
            return error.lineno
        lines = [
            frame.lineno
            for frame in traceback.extract_tb(error.__traceback__)
            if frame.filename == self.file
        ]
        return lines[-1] if lines else None

    def line_of(self, name: str) -> int | None:
        """Line in which a name is defined at the top of the file; the last one, as it counts."""
        node = self._definition(name)
        return node.lineno if node is not None else None

    def line_of_item(self, name: str, index: int) -> int | None:
        """Line of an element of a tuple or list that a top-level name is bound to."""
        node = self._definition(name)
        value = node.value if isinstance(node, ast.Assign | ast.AnnAssign) else None
        if isinstance(value, ast.Tuple | ast.List) and index < len(value.elts):
            return value.elts[index].lineno
        return node.lineno if node is not None else None

    def line_of_return(self, function: str, key: str | None = None) -> int | None:
        """Line of the last `return` of a top-level function, or of the function without one.

        With `key`: line of the value that the returned dictionary has under that key, where the
        dictionary is written out in the `return`.
        """
        node = self._definition(function)
        if not isinstance(node, ast.FunctionDef):
            return node.lineno if node is not None else None
        returns = [each for each in _own_nodes(node) if isinstance(each, ast.Return)]
        if not returns:
            return node.lineno
        last = max(returns, key=lambda each: each.lineno)
        if key is not None and isinstance(last.value, ast.Dict):
            for each, value in zip(last.value.keys, last.value.values, strict=True):
                if isinstance(each, ast.Constant) and each.value == key:
                    return value.lineno
        return last.lineno

    def _definition(self, name: str) -> ast.stmt | None:
        """The last top-level statement that binds a name."""
        try:
            body = ast.parse(self.text).body
        except SyntaxError:
            return None
        return next((node for node in reversed(body) if name in _bound(node)), None)


def _bound(node: ast.stmt) -> list[str]:
    """Names that a statement binds."""
    if isinstance(node, ast.FunctionDef | ast.ClassDef):
        return [node.name]
    if isinstance(node, ast.Assign):
        targets = node.targets
    elif isinstance(node, ast.AnnAssign):
        targets = [node.target]
    else:
        return []
    return [target.id for target in targets if isinstance(target, ast.Name)]


def _own_nodes(function: ast.FunctionDef) -> list[ast.AST]:
    """All nodes of a function but those of functions inside it, whose returns are not its own."""
    nodes: list[ast.AST] = []
    stack: list[ast.AST] = list(function.body)
    while stack:
        node = stack.pop()
        nodes.append(node)
        if not isinstance(node, ast.FunctionDef | ast.Lambda | ast.ClassDef):
            stack.extend(ast.iter_child_nodes(node))
    return nodes
