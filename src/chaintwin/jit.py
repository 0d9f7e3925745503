"""The only place that sets numba flags and the folder of compiled code.

Compiled code lives in a user cache folder named by a hash of every kernel source and of the numba version, because numba
does not recompile a cached caller when a callee in another file changes. A stamp in it says that every kernel of a simulation
has been compiled; a folder that a killed run left half-filled has none.
"""

from __future__ import annotations

import hashlib
import os
import sys
from collections.abc import Callable
from contextlib import suppress
from functools import cache, partial
from pathlib import Path
from typing import Any, TypeVar, cast

Function = TypeVar("Function", bound=Callable[..., object])


def kernel(function: Function) -> Function:
    """Compile a kernel on its first call, with the flags every kernel shares.

    ``error_model="numpy"`` removes a branch per division; the interpreter lock is released so that blocks run on threads;
    ``fastmath`` stays off so that the bytes of a result do not depend on the machine. The type of the function is kept for
    the type checker.
    """
    return _compiled(function, {})


def inlined_kernel(function: Function) -> Function:
    """Compile a small kernel that every caller takes in whole, so that the caller's loop over replications vectorizes.

    LLVM leaves a call to anything as long as ten rounds of Philox in place, and a loop with a call in it runs one
    replication at a time; measured on uniforms, inlining is worth a factor of five.
    """
    return _compiled(function, {"forceinline": True})


def part_kernel(function: Function) -> Function:
    """Compile a kernel that only other kernels call.

    It gets no wrapper for Python: unpacking sixty arrays takes more code than most kernels, and half of the time to compile.
    """
    return _compiled(function, {"no_cpython_wrapper": True, "no_cfunc_wrapper": True})


def row_kernel(function: Function) -> Function:
    """Compile a kernel that only other kernels call, and whose arrays never overlap.

    Knowing that, the compiler turns its loop into vector instructions without comparing the addresses first; measured on the
    engine's loops, that is worth 1.2 to 1.7. Whoever calls it with one array twice gets wrong numbers.
    """
    return _compiled(function, {"no_cpython_wrapper": True, "no_cfunc_wrapper": True, "noalias": True})


def inner_kernel(function: Function) -> Function:
    """Merge a kernel into the one kernel that calls it, before anything is compiled.

    Every level of calls is optimized again with the levels below it, so naming the steps of a long kernel would otherwise be
    paid for in seconds of compilation.
    """
    return _compiled(function, {"inline": "always", "no_cpython_wrapper": True, "no_cfunc_wrapper": True})


def cache_folder() -> Path:
    """Return the folder for compiled code, one per set of kernel sources and numba version."""
    base = os.environ.get("CHAINTWIN_CACHE_DIR")
    if base:
        root = Path(base)
    elif sys.platform == "darwin":
        root = Path.home() / "Library" / "Caches" / "chaintwin"
    else:
        root = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "chaintwin"
    return root / "kernels" / _source_digest()


def is_cold() -> bool:
    """Tell whether the kernels of a simulation are still to be compiled, so that the first run will take a while.

    They are compiled if there is a stamp for this installation and this processor, and the files it names are still there.
    """
    try:
        names = _stamp().read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError):
        return True
    folder = cache_folder()
    return not names or not all((folder / name).is_file() for name in names)


def mark_compiled() -> None:
    """Write the stamp that ``is_cold`` looks for; to be called when every kernel of a simulation has been compiled.

    A folder that cannot be written to gets no stamp: nothing can be kept there, and the next run compiles again.
    """
    folder, stamp = cache_folder(), _stamp()
    staging = stamp.with_name(f"{stamp.name}.{os.getpid()}")
    with suppress(OSError):
        names = sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*.nbc"))
        staging.write_text("\n".join(names), encoding="utf-8")
        staging.replace(stamp)


def _stamp() -> Path:
    """Return the file whose name says for which place of the sources and which processor numba keeps code apart."""
    from numba.core.registry import cpu_target

    digest = hashlib.blake2b(digest_size=8)
    digest.update(str(Path(__file__).parent).encode())
    digest.update(repr(cpu_target.target_context.codegen().magic_tuple()).encode())
    return cache_folder() / f"compiled-{digest.hexdigest()}"


def _compiled(function: Function, options: dict[str, object]) -> Function:
    import numba
    from numba.core.cpu import CPUTargetOptions
    from numba.core.options import TargetOptions

    # Numba knows the flag and hands it to LLVM, but offers no word for it to callers.
    CPUTargetOptions.noalias = TargetOptions.Mapping("noalias")
    numba.config.CACHE_DIR = str(cache_folder())
    # Kernels never allocate, so they need no reference counts (_nrt), which would be taken for every array of every call.
    compiled = numba.njit(cache=True, nogil=True, error_model="numpy", fastmath=False, _nrt=False, **options)(function)
    # With compilation switched off (NUMBA_DISABLE_JIT) the function comes back as it is.
    kept: Any = getattr(compiled, "_cache", None)
    if kept is not None:
        kept.load_overload = partial(_load_compiled, kept)
    return cast(Function, compiled)


def _load_compiled(kept: Any, signature: object, target: object) -> object:
    """Load a compiled kernel as numba does, but leave the compiler where it is.

    Numba reads in all it knows about Python, some 200 ms, before it looks into its cache, and again before it compiles. Code
    that is there needs none of it.
    """
    with kept._guard_against_spurious_io_errors():
        return kept._load_overload(signature, target)


@cache
def _source_digest() -> str:
    import numba

    digest = hashlib.blake2b(digest_size=8)
    digest.update(f"numba {numba.__version__} python {sys.version_info[:2]}".encode())
    package = Path(__file__).parent
    # The flags are part of the code they make.
    for path in (Path(__file__), *sorted(package.rglob("*_kernels.py"))):
        digest.update(str(path.relative_to(package)).encode())
        digest.update(path.read_bytes())
    return digest.hexdigest()
