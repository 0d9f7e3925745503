"""The house rules of CONTRIBUTING.md, each a function from one source file to the faults found in it.

A fault is a sentence that begins with the line. The rules read source only; nothing is imported.
"""

from __future__ import annotations

import ast
import io
import tokenize
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

MODULE_LINES_MAX = 500
FOLDER_MODULES_MAX = 10
FUNCTION_LINES_MAX = 70
POSITIONAL_MAX = 2
FORBIDDEN_NAMES = frozenset({"utils", "common", "core", "models", "services", "manager"})
# Written in two parts, so that this file does not break its own rule.
UNFINISHED_WORDS = ("TO" + "DO", "FIX" + "ME", "raise NotImplemented" + "Error")

FunctionNode = ast.FunctionDef | ast.AsyncFunctionDef


@dataclass(frozen=True)
class Source:
    """One source file: its path below src/chaintwin and its text."""

    path: str
    text: str

    @cached_property
    def tree(self) -> ast.Module:
        return ast.parse(self.text, filename=self.path)

    @property
    def name(self) -> str:
        return self.path.rsplit("/", 1)[-1].removesuffix(".py")

    @property
    def holds_kernels(self) -> bool:
        return self.name.endswith("_kernels")


def module_length(source: Source) -> list[str]:
    """A module holds one idea: at most 500 lines."""
    count = len(source.text.splitlines())
    return [f"1: module has {count} lines; allowed: {MODULE_LINES_MAX}"] if count > MODULE_LINES_MAX else []


def function_length(source: Source) -> list[str]:
    """A function has at most 70 lines of code; docstrings, comments and blanks are free."""
    code = code_lines(source.text) - docstring_lines(source.tree)
    faults = []
    for function in functions(source.tree):
        lines = set(range(function.lineno, (function.end_lineno or function.lineno) + 1))
        count = len(lines & code)
        if count > FUNCTION_LINES_MAX:
            faults.append(f"{function.lineno}: {function.name} has {count} lines of code; allowed: {FUNCTION_LINES_MAX}")
    return faults


def names(source: Source) -> list[str]:
    """No room and no module has a name that says nothing."""
    parts = source.path.removesuffix(".py").split("/")
    return [f"1: {part} is a name that says nothing; name the idea" for part in parts if part in FORBIDDEN_NAMES]


def catch_all_arguments(source: Source) -> list[str]:
    """A public function takes no **kwargs, so that a misspelled argument is an error."""
    return [
        f"{function.lineno}: {name} takes **{function.args.kwarg.arg}; name the arguments"
        for name, function, _ in public_functions(source.tree)
        if function.args.kwarg is not None
    ]


def positional_arguments(source: Source) -> list[str]:
    """In a public function every argument after the second is keyword-only; kernels are called by position."""
    if source.holds_kernels:
        return []
    faults = []
    for name, function, is_method in public_functions(source.tree):
        if function.name.startswith("__") and function.name != "__init__":
            continue  # The language fixes the arguments of special methods.
        if {"kernel", "device_kernel"} & decorators(function):
            continue
        is_static = "staticmethod" in decorators(function)
        count = len(function.args.posonlyargs) + len(function.args.args) - (is_method and not is_static)
        if count > POSITIONAL_MAX:
            faults.append(f"{function.lineno}: {name} has {count} positional arguments; put * after the second")
    return faults


def chance(source: Source) -> list[str]:
    """Random numbers come only from chaintwin.rng."""
    faults = []
    for node in ast.walk(source.tree):
        if isinstance(node, ast.Import | ast.ImportFrom):
            found = sorted({name for name in imported(node) if name.split(".")[0] == "random" or name.startswith("numpy.random")})
            faults += [f"{node.lineno}: imports {name}; use chaintwin.rng" for name in found]
        elif isinstance(node, ast.Attribute) and dotted(node) in ("np.random", "numpy.random"):
            faults.append(f"{node.lineno}: uses {dotted(node)}; use chaintwin.rng")
    return faults


def time(source: Source) -> list[str]:
    """Time comes only from a Clock, which only chaintwin.clock may read from the machine."""
    if source.path == "clock.py" or source.path.startswith("clock/"):
        return []
    readers = ("time.time", "time.time_ns", "datetime.now", "datetime.utcnow", "datetime.today", "date.today")
    faults = []
    for node in ast.walk(source.tree):
        if isinstance(node, ast.Attribute) and any(("." + dotted(node)).endswith("." + reader) for reader in readers):
            faults.append(f"{node.lineno}: reads {dotted(node)}; take a chaintwin.clock.Clock")
        elif isinstance(node, ast.ImportFrom) and node.module == "time" and {"time", "time_ns"} & {a.name for a in node.names}:
            faults.append(f"{node.lineno}: imports time from time; take a chaintwin.clock.Clock")
    return faults


def compiler(source: Source) -> list[str]:
    """Only chaintwin.jit imports numba, so that flags and cache are set in one place."""
    if source.path == "jit.py" or source.path.startswith("jit/"):
        return []
    return [
        f"{node.lineno}: imports numba; use chaintwin.jit.kernel"
        for node in ast.walk(source.tree)
        if isinstance(node, ast.Import | ast.ImportFrom) and any(n.split(".")[0] in ("numba", "llvmlite") for n in imported(node))
    ]


def module_state(source: Source) -> list[str]:
    """No module holds state that changes: no lower-case container, no constant that is changed, no `global`."""
    faults = []
    containers = {}
    for node in source.tree.body:
        for name, value in assigned(node):
            if name != "__all__" and is_container(value):
                containers[name] = node.lineno
                if not name.strip("_").isupper():
                    faults.append(f"{node.lineno}: {name} is mutable state of the module; use a tuple, a frozenset or a constant")
    for node in ast.walk(source.tree):
        if isinstance(node, ast.Global):
            faults.append(f"{node.lineno}: global {', '.join(node.names)}; pass and return values")
        for name in changed_names(node):
            if name in containers:
                faults.append(f"{node.lineno}: {name} of line {containers[name]} is changed; pass and return values")
    return faults


def docstrings(source: Source) -> list[str]:
    """Every public function and class says what it is for; a method of a derived class may leave that to its base."""
    derived = {node.name for node in source.tree.body if isinstance(node, ast.ClassDef) and node.bases}
    faults = [
        f"{function.lineno}: {name} has no docstring"
        for name, function, _ in public_functions(source.tree)
        if not function.name.startswith("__")
        and name.partition(".")[0] not in derived
        and not {"overload", "setter"} & decorators(function)
        and not ast.get_docstring(function)
    ]
    return faults + [
        f"{node.lineno}: {node.name} has no docstring"
        for node in source.tree.body
        if isinstance(node, ast.ClassDef) and not node.name.startswith("_") and not ast.get_docstring(node)
    ]


def order(source: Source) -> list[str]:
    """Public functions come first, helpers after."""
    faults = []
    helper = ""
    for node in source.tree.body:
        if isinstance(node, FunctionNode):
            if node.name.startswith("_") and not node.name.startswith("__"):
                helper = helper or node.name
            elif helper and not node.name.startswith("__"):
                faults.append(f"{node.lineno}: public {node.name} comes after helper {helper}")
    return faults


def records(source: Source) -> list[str]:
    """A dataclass is frozen and has slots."""
    faults = []
    for node in ast.walk(source.tree):
        if not isinstance(node, ast.ClassDef):
            continue
        for decorator in node.decorator_list:
            call = decorator if isinstance(decorator, ast.Call) else None
            if dotted(call.func if call else decorator).rsplit(".", 1)[-1] != "dataclass":
                continue
            given = {
                k.arg for k in (call.keywords if call else ()) if isinstance(k.value, ast.Constant) and k.value.value is True
            }
            if not {"frozen", "slots"} <= given:
                faults.append(f"{node.lineno}: {node.name} is not @dataclass(frozen=True, slots=True)")
    return faults


def unfinished(source: Source) -> list[str]:
    """Nothing is left for later in the source."""
    return [
        f"{number}: holds {word}"
        for number, line in enumerate(source.text.splitlines(), start=1)
        for word in UNFINISHED_WORDS
        if word in line
    ]


def room_list(source: Source) -> list[str]:
    """An `__init__` only lists public names: imports, constants, `__getattr__` and `__dir__` for lazy names."""
    if source.name != "__init__":
        return []
    faults = []
    for node in source.tree.body:
        is_text = isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
        is_lazy = isinstance(node, ast.FunctionDef) and node.name in ("__getattr__", "__dir__")
        is_typing = isinstance(node, ast.If) and dotted(node.test).endswith("TYPE_CHECKING")
        is_constant = all(name.isupper() or name.startswith("__") for name, _ in assigned(node)) and bool(assigned(node))
        if not (is_text or is_lazy or is_typing or is_constant or isinstance(node, ast.Import | ast.ImportFrom)):
            faults.append(f"{node.lineno}: {type(node).__name__} in an __init__; it only lists public names")
    return faults


def crowded_folders(paths: list[str]) -> list[str]:
    """A folder holds at most 10 modules, its `__init__` and `__main__` not counted."""
    counts: dict[str, int] = {}
    for path in paths:
        folder, _, name = path.rpartition("/")
        if not name.startswith("__"):
            counts[folder] = counts.get(folder, 0) + 1
    return [
        f"{folder or 'the package root'} has {count} modules; allowed: {FOLDER_MODULES_MAX}"
        for folder, count in sorted(counts.items())
        if count > FOLDER_MODULES_MAX
    ]


def code_lines(text: str) -> set[int]:
    """Return the lines that hold code: neither blank nor comment only."""
    free = {tokenize.COMMENT, tokenize.NL, tokenize.NEWLINE, tokenize.INDENT, tokenize.DEDENT, tokenize.ENDMARKER}
    lines: set[int] = set()
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        if token.type not in free:
            lines.update(range(token.start[0], token.end[0] + 1))
    return lines


def docstring_lines(tree: ast.Module) -> set[int]:
    """Return the lines that belong to docstrings."""
    lines: set[int] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Module | ast.ClassDef | FunctionNode) and ast.get_docstring(node, clean=False) is not None:
            first = node.body[0]
            lines.update(range(first.lineno, (first.end_lineno or first.lineno) + 1))
    return lines


def functions(tree: ast.Module) -> Iterator[FunctionNode]:
    """Yield every function, nested ones too."""
    yield from (node for node in ast.walk(tree) if isinstance(node, FunctionNode))


def public_functions(tree: ast.Module) -> Iterator[tuple[str, FunctionNode, bool]]:
    """Yield name, node and whether it is a method, for public functions and for the public methods of public classes."""
    for node in tree.body:
        if isinstance(node, FunctionNode) and not node.name.startswith("_"):
            yield node.name, node, False
        elif isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
            for item in node.body:
                if isinstance(item, FunctionNode) and (not item.name.startswith("_") or item.name.startswith("__")):
                    yield f"{node.name}.{item.name}", item, True


def decorators(function: FunctionNode) -> set[str]:
    """Return the last part of each decorator's name."""
    nodes = [d.func if isinstance(d, ast.Call) else d for d in function.decorator_list]
    return {dotted(node).rsplit(".", 1)[-1] for node in nodes}


def dotted(node: ast.expr) -> str:
    """Return `a.b.c` for names and attributes, an empty string for anything else."""
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, ast.Attribute):
        return f"{dotted(node.value)}.{node.attr}"
    return ""


def imported(node: ast.Import | ast.ImportFrom) -> list[str]:
    """Return the full names an import statement asks for; relative imports stay inside the package and give nothing."""
    if isinstance(node, ast.Import):
        return [alias.name for alias in node.names]
    if node.level:
        return []
    return [f"{node.module}.{alias.name}" for alias in node.names]


def assigned(node: ast.stmt) -> list[tuple[str, ast.expr | None]]:
    """Return the names a statement assigns to, with the value."""
    if isinstance(node, ast.Assign):
        return [(target.id, node.value) for target in node.targets if isinstance(target, ast.Name)]
    if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
        return [(node.target.id, node.value)]
    return []


def is_container(value: ast.expr | None) -> bool:
    """Tell whether an expression makes a list, dict or set."""
    if isinstance(value, ast.Call):
        makers = {"list", "dict", "set", "defaultdict", "OrderedDict", "Counter", "deque", "bytearray"}
        return dotted(value.func).rsplit(".", 1)[-1] in makers
    return isinstance(value, ast.List | ast.Dict | ast.Set | ast.ListComp | ast.DictComp | ast.SetComp)


def changed_names(node: ast.AST) -> list[str]:
    """Return the plain names whose value this node changes in place."""
    changers = {
        "append",
        "extend",
        "insert",
        "add",
        "update",
        "pop",
        "popitem",
        "clear",
        "remove",
        "discard",
        "setdefault",
        "sort",
    }
    targets: list[ast.expr] = []
    if isinstance(node, ast.Assign | ast.Delete):
        targets = node.targets
    elif isinstance(node, ast.AugAssign):
        targets = [node.target]
    elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in changers:
        return [node.func.value.id] if isinstance(node.func.value, ast.Name) else []
    return [t.value.id for t in targets if isinstance(t, ast.Subscript) and isinstance(t.value, ast.Name)]
