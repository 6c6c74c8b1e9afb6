"""Compiling guests in Rust: a Cargo package in, an ELF file for the machine out."""

from __future__ import annotations

import functools
import json
import os
import shlex
import shutil
import subprocess
from os import PathLike
from pathlib import Path
from typing import overload

from cstark.files import write_whole
from cstark.vm.errors import BuildError
from cstark.vm.guest.build import KIT
from cstark.vm.guest.compilers import Compiler, find
from cstark.vm.guest.purity import check_guest

__all__ = ["CRATE", "build_rust"]

#: The folder of the crate ``cstark-guest``, for ``path = ...`` in a Cargo.toml.
CRATE = Path(__file__).resolve().parent / "rust" / "cstark-guest"

TARGET = "riscv64im-unknown-none-elf"

_INSTALL = f"""\
no Rust was found that knows {TARGET} and has its library's source.  Any of these will do:
    rustup component add rust-src                       for Rust 1.95 or newer from rustup.rs
    apt install rustc-web cargo-web rust-web-src        on Debian 12"""


@functools.cache
def _cargo() -> Path | None:
    """A cargo whose rustc can build the library for the target."""
    for place in ("cargo", "/usr/bin/cargo"):  # rustup's may hide the system's
        found = shutil.which(place)
        if found is None:
            continue
        rustc = Path(found).with_name("rustc")
        try:
            sysroot, targets = (
                subprocess.run(
                    [rustc, "--print", what], capture_output=True, text=True, check=True
                ).stdout
                for what in ("sysroot", "target-list")
            )
        except (OSError, subprocess.CalledProcessError):
            continue
        source = Path(sysroot.strip()) / "lib" / "rustlib" / "src" / "rust" / "library" / "alloc"
        if source.is_dir() and TARGET in targets.split():
            return Path(found)
    return None


def _linker(compiler: Compiler, folder: Path) -> Path:
    """A program that takes the options of ld; in `folder` if none is there under one name.

    Always the same path: for another one Cargo would build everything again.
    """
    command = compiler.link
    if compiler.name == "gcc":
        command = (
            subprocess.run(
                [command[0], "-print-prog-name=ld"], capture_output=True, text=True, check=True
            ).stdout.strip(),
        )
    wrapper = folder / "cstark-linker"
    text = f'#!/bin/sh\nexec {shlex.join(command)} "$@"\n'
    try:
        folder.mkdir(parents=True, exist_ok=True)
        if not wrapper.exists() or wrapper.read_text() != text:
            write_whole(wrapper, text.encode())
        wrapper.chmod(0o755)
    except OSError as error:
        raise BuildError(
            f"{folder}: {error.strerror or error}; set CARGO_TARGET_DIR to another folder"
        ) from None
    return wrapper


@overload
def build_rust(
    folder: str | PathLike[str], output: None = None, *, compiler: str | None = None
) -> bytes: ...
@overload
def build_rust(
    folder: str | PathLike[str], output: str | PathLike[str], *, compiler: str | None = None
) -> Path: ...
def build_rust(
    folder: str | PathLike[str],
    output: str | PathLike[str] | None = None,
    *,
    compiler: str | None = None,
) -> bytes | Path:
    """Compile and link a guest in Rust.

    Parameters
    ----------
    folder : path
        A Cargo package with one binary that uses the crate in `CRATE`.  Cargo builds it in the
        package's ``target``, or where ``CARGO_TARGET_DIR`` says.
    output : path, optional
        The file to write, whole or not at all; default none, and the bytes are returned.
    compiler : str, optional
        Whose linker is used: as for `cstark.vm.guest.build`.

    Returns
    -------
    bytes or Path
        The ELF file; with `output`, the path to it.

    Raises
    ------
    BuildError
        If there is no Rust with its library's source, or no linker; if Cargo reports an error; or
        if the program is not RV64IM.

    Notes
    -----
    The library (core and alloc) is compiled with the guest, because Rust has none for this target;
    the first time Cargo fetches what it is made of.  ``RUSTC_BOOTSTRAP=1`` lets a stable compiler
    do so.
    """
    place = Path(folder).resolve()
    if not (place / "Cargo.toml").is_file():
        raise BuildError(f"{folder}: there is no Cargo.toml")
    cargo = _cargo()
    if cargo is None:
        raise BuildError(_INSTALL)
    target = Path(os.environ.get("CARGO_TARGET_DIR") or place / "target").resolve()
    linker = _linker(find(compiler), target)
    flags = [
        "-Clinker-flavor=ld",
        "-Crelocation-model=static",
        f"-Clink-arg=--script={KIT / 'link.ld'}",
        "-Clink-arg=-zmax-page-size=4096",
        "-Clink-arg=--build-id=none",
        # A misaligned access works on the machine, and is cheaper than single bytes.
        "-Ctarget-feature=+unaligned-scalar-mem",
        f"--remap-path-prefix={CRATE}=cstark-guest",
    ]
    environment = {
        **{name: value for name, value in os.environ.items() if name != "RUSTFLAGS"},
        "RUSTC_BOOTSTRAP": "1",
        "CARGO_TARGET_DIR": str(target),
        f"CARGO_TARGET_{TARGET.upper().replace('-', '_')}_LINKER": str(linker),
        "CARGO_ENCODED_RUSTFLAGS": "\x1f".join(flags),
        "PATH": f"{cargo.parent}{os.pathsep}{os.environ.get('PATH', '')}",
    }
    command = [
        str(cargo), "rustc", "--release", "--target", TARGET,
        "-Zbuild-std=core,alloc,compiler_builtins",
        "--message-format=json-render-diagnostics",
        "--", f"--remap-path-prefix={place}=.",  # no path of this computer in a message of panic
    ]  # fmt: skip
    done = subprocess.run(
        command, cwd=place, env=environment, capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise BuildError(f"{folder} does not compile ({cargo}):\n{done.stderr.strip()}")
    messages = [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")]
    made = [message["executable"] for message in messages if message.get("executable")]
    if len(made) != 1:
        raise BuildError(f"{folder} has {len(made)} binaries; a guest is one")
    program = Path(made[0]).read_bytes()
    check_guest(program)
    if output is None:
        return program
    try:
        write_whole(Path(output), program)
    except OSError as error:
        raise BuildError(f"{output}: {error.strerror or error}") from None
    return Path(output)
