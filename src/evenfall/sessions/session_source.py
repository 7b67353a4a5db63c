"""Print a standard session as code for a noxfile: its own module, with a decorator in place of `declare`."""

from __future__ import annotations

import ast
import inspect
from importlib import import_module

from evenfall.project.project import Project


def session_source(name: str, project: Project) -> str:
    """Return the source of a standard session with its declaration for this project, to paste into a noxfile that omits it."""
    module = import_module(f"evenfall.sessions.{name}")
    text = inspect.getsource(module)
    lines = text.splitlines()
    pieces: list[str] = []
    for node in ast.parse(text).body[1:]:
        block = lines[_first_line(node) - 1 : node.end_lineno]
        if isinstance(node, ast.ImportFrom) and node.module == "__future__":
            continue
        if isinstance(node, ast.FunctionDef) and node.name == "declare":
            continue
        if isinstance(node, ast.FunctionDef) and node.name == name:
            block = [_decorator(module.declare(project)), *block]
        gap = [] if isinstance(node, (ast.Import, ast.ImportFrom)) else ["", ""]
        pieces += [*gap, *block]
    header = f'# Paste this below the imports and above evenfall.standard_sessions(omit=("{name}",))\nimport evenfall\n'
    return header + "\n".join(pieces) + "\n"


def _first_line(node: ast.stmt) -> int:
    decorators: list[ast.expr] = getattr(node, "decorator_list", [])
    return min([node.lineno, *(decorator.lineno for decorator in decorators)])


def _decorator(declaration: dict[str, object]) -> str:
    # The constant is printed with the other code of the module.
    texts = {key: "TROUBLESHOOTING" if key == "troubleshooting" else repr(value) for key, value in declaration.items()}
    arguments = "".join(f"    {key}={text},\n" for key, text in texts.items())
    return f"@evenfall.session(\n{arguments})"
