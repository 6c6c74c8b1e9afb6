"""Writing a folder with a guest to start from."""

from __future__ import annotations

import json
from os import PathLike
from pathlib import Path

from cstark.vm.errors import BuildError
from cstark.vm.guest.build import INCLUDE, KIT
from cstark.vm.guest.cargo import CRATE
from cstark.vm.guest.examples import load

__all__ = ["new"]


def new(
    folder: str | PathLike[str], example: str | None = None, *, rust: bool = False
) -> list[Path]:
    """Write a small guest that works, to start your own from.

    Parameters
    ----------
    folder : path
        Made if it is not there; what is in it stays as it is.
    example : str, optional
        One of `cstark.vm.guest.examples.EXAMPLES`, with its headers and a small input; default a
        guest that counts words.

    rust : bool, optional
        Write a Cargo package instead: the example ``search``.

    Returns
    -------
    list of Path
        The files written: the C file first, then its headers, then an input for it, then
        ``compile_flags.txt``, which tells an editor (clangd) where ``cstark.h`` is.
        In Rust: ``src/main.rs``, ``Cargo.toml``, and an input.

    Raises
    ------
    BuildError
        If one of the files exists already, or cannot be written; nothing is written then.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as place:
    ...     [path.name for path in new(Path(place) / "mine")]
    ['main.c', 'input.txt', 'compile_flags.txt']
    """
    place = Path(folder)
    files: dict[str, bytes]
    if rust:
        files = _rust(example)
    elif example is None:
        template = KIT / "template"
        sources = [template / "main.c"]
        files = {path.name: path.read_bytes() for path in sources}
        files["input.txt"] = (template / "input.txt").read_bytes()
    else:
        found = load(example)
        files = {path.name: path.read_bytes() for path in (found.source, *found.headers)}
        files["input.bin"] = found.make_input(1)
    if not rust:
        files["compile_flags.txt"] = _flags()
    if place.exists() and not place.is_dir():
        raise BuildError(f"{place} is a file; name a folder")
    for name in files:
        if (place / name).exists():
            raise BuildError(
                f"{place / name} exists already and has been left as it is; name another folder"
            )
    written: list[Path] = []
    try:
        place.mkdir(parents=True, exist_ok=True)
        for name, data in files.items():
            (place / name).parent.mkdir(exist_ok=True)
            with open(place / name, "xb") as file:  # x: never over an existing file
                written.append(place / name)
                file.write(data)
    except OSError as error:
        for path in written:
            path.unlink(missing_ok=True)
        raise BuildError(f"{error.filename or place}: {error.strerror or error}") from None
    return written


def _flags() -> bytes:
    """What an editor has to know."""
    flags = ["--target=riscv64-unknown-elf", "-march=rv64im", "-mabi=lp64", "-ffreestanding",
             f"-isystem{INCLUDE}"]  # fmt: skip
    return "".join(flag + "\n" for flag in flags).encode()


def _rust(example: str | None) -> dict[str, bytes]:
    """Names and contents of a Cargo package."""
    if example not in (None, "search"):
        raise BuildError(f"there is no example {example!r} in Rust, only 'search'")
    package = CRATE.parent / "search"
    manifest = (package / "Cargo.toml").read_text(encoding="utf-8")
    return {
        "src/main.rs": (package / "src" / "main.rs").read_bytes(),
        "Cargo.toml": manifest.replace('"../cstark-guest"', json.dumps(str(CRATE))).encode(),
        "input.bin": load("search").make_input(1),
    }
