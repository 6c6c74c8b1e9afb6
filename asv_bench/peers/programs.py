"""The Rust programs, built by cargo under ``build/peers``."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from compare.errors import BenchError

__all__ = ["Programs", "build"]

SOURCE = Path(__file__).resolve().with_name("rust")


@dataclass(frozen=True)
class Programs:
    """What cargo built.

    Attributes
    ----------
    folder : Path
        Holds ``peer-NAME`` for each prover.
    compiler : str
        Version of rustc.
    """

    folder: Path
    compiler: str

    def of(self, prover: str) -> Path:
        """The program of a prover."""
        return self.folder / f"peer-{prover}"


def build(folder: Path, target_cpu: str, threads: int, say: Callable[[str], None]) -> Programs:
    """Both programs, as cargo brings them up to date.

    Parameters
    ----------
    folder : Path
        For builds, one folder a kind; may be deleted at any time.
    target_cpu : str
        As ``rustc --print target-cpus`` lists them.
    threads : int
        For one thread the peers are built without their thread pools.
    say : callable
        Called with a line before building.

    Raises
    ------
    BenchError
        If there is no cargo, or the programs do not build.
    """
    cargo = shutil.which("cargo")
    if cargo is None:
        raise BenchError(
            "no cargo: comparing with Plonky3 and winterfell needs Rust 1.87 or newer, with "
            "cargo; cstark itself, its tests and its other tools do not"
        )
    kind = "serial" if threads == 1 else "parallel"
    target = folder / f"{kind}-{target_cpu}"
    # flags of the caller's would make another program, and another target would hide it
    variables = {
        name: value
        for name, value in os.environ.items()
        if name not in ("CARGO_ENCODED_RUSTFLAGS", "CARGO_BUILD_TARGET")
    }
    variables |= {"CARGO_TARGET_DIR": str(target), "RUSTFLAGS": f"-C target-cpu={target_cpu}"}
    command = [cargo, "build", "--release", "--locked", "--quiet", "--workspace"]
    command += ["--features", "parallel"] if threads != 1 else []
    say(f"building Plonky3 and winterfell for {target_cpu}, {kind} (minutes, the first time)")
    done = subprocess.run(
        command, cwd=SOURCE, env=variables, stderr=subprocess.PIPE, text=True, errors="replace"
    )
    if done.returncode:
        end = "\n".join(done.stderr.splitlines()[-12:])
        raise BenchError(f"the Rust programs do not build\n{end}".rstrip())
    version = subprocess.run(
        ["rustc", "--version"], cwd=SOURCE, capture_output=True, text=True, check=False
    ).stdout.strip()
    return Programs(target / "release", version or "unknown rustc")
