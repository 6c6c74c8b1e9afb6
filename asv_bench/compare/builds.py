"""Commits made ready to run: each in a folder of its own, whole or not at all.

``build/bench`` holds

* ``commits/COMMIT``: the commit's files with the extensions built in place;
* ``environments/KEY``: a virtual environment for a set of requirements.  Revisions that ask for
  the same share one, so that both meet the same NumPy; neither is installed in it.

A folder is finished when it has ``finished.json``, written last; without it, or with other facts
in it (another compiler, other flags), it is made again.  A failure leaves a log and no folder.  All
of ``build/bench`` may be deleted at any time.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import shlex
import shutil
import subprocess
import sys
import tarfile
import tomllib
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from compare.errors import BenchError
from compare.revisions import Revision, git

__all__ = ["Build", "Workshop"]

#: Variables that a build listens to: with other values it is another build.
FLAGS = (
    "CC",
    "CFLAGS",
    "CPPFLAGS",
    "LDFLAGS",
    "CSTARK_CFLAGS",
    "CSTARK_REQUIRE_OPENMP",
    "LIBOMP_PREFIX",
)
#: Variables that would break the isolation, or build something else than users have.
REMOVED = ("PYTHONPATH", "PYTHONHOME", "VIRTUAL_ENV", "CSTARK_ONLY", "CSTARK_DEBUG")


@dataclass(frozen=True)
class Build:
    """A commit that can run.

    Attributes
    ----------
    revision : Revision
    source : Path
        Folder to import the package from.
    python : Path
        Interpreter of its environment.
    compiler : str
        First line of the compiler's version.
    """

    revision: Revision
    source: Path
    python: Path
    compiler: str


class Workshop:
    """Builds commits of a repository under a folder.

    Parameters
    ----------
    repository : Path
    folder : Path
        For builds, environments and logs; made when needed.
    say : callable
        Called with a line about each thing that takes a while.
    """

    def __init__(self, repository: Path, folder: Path, say: Callable[[str], None]) -> None:
        self.repository = repository
        self.folder = folder
        self.say = say
        self.variables = {k: v for k, v in os.environ.items() if k not in REMOVED}

    def build(self, revision: Revision) -> Build:
        """The finished build of a commit, made now if there is none.

        Raises
        ------
        BenchError
            If it cannot be built; says where the log is and how it ends.
        """
        environment = self._environment(self._requirements(revision))
        python = environment / "bin" / "python"
        compiler = _version_line(shlex.split(os.environ.get("CC", "cc")))
        facts = {
            "commit": revision.commit,
            "environment": environment.name,
            "compiler": compiler,
            "flags": {name: os.environ[name] for name in FLAGS if name in os.environ},
        }

        def make(folder: Path, log: Path) -> None:
            self.say(f"building {revision.short} ({revision.subject})")
            self._export(revision, folder)
            jobs = os.cpu_count() or 1
            command = [str(python), "setup.py", "--quiet", "build_ext", "--inplace", f"-j{jobs}"]
            self._run(command, folder, log, f"{revision.name} ({revision.short}) does not build")

        source = self._made(f"commits/{revision.commit}", facts, make)
        return Build(revision, source, python, compiler)

    def _requirements(self, revision: Revision) -> list[str]:
        text = git(self.repository, "show", f"{revision.commit}:pyproject.toml")
        if text is None:
            raise BenchError(
                f"{revision.name} ({revision.short}) has no pyproject.toml to build by"
            )
        try:
            data = tomllib.loads(text)
            wanted = [*data["build-system"]["requires"], *data["project"].get("dependencies", [])]
        except (tomllib.TOMLDecodeError, KeyError) as error:
            raise BenchError(
                f"{revision.name} ({revision.short}): its pyproject.toml cannot be used: "
                f"{type(error).__name__}: {error}"
            ) from None
        return sorted(wanted)

    def _environment(self, requirements: Sequence[str]) -> Path:
        facts = {"requirements": list(requirements), "python": [sys.executable, sys.version]}
        key = hashlib.sha256(json.dumps(facts).encode()).hexdigest()[:12]

        def make(folder: Path, log: Path) -> None:
            self.say(f"making an environment with {', '.join(requirements) or 'nothing in it'}")
            failure = "the environment cannot be made"
            venv = [sys.executable, "-m", "venv", *([] if requirements else ["--without-pip"])]
            self._run([*venv, str(folder)], self.folder, log, failure)
            if requirements:
                pip = [str(folder / "bin" / "python"), "-m", "pip", "--disable-pip-version-check"]
                self._run([*pip, "install", "--quiet", *requirements], folder, log, failure)

        return self._made(f"environments/{key}", facts, make)

    def _export(self, revision: Revision, folder: Path) -> None:
        """The commit's files.  No work tree of git's: nothing is left behind in the repository."""
        archive = folder / "archive.tar"
        if git(self.repository, "archive", "-o", str(archive), revision.commit) is None:
            raise BenchError(f"git cannot export {revision.name} ({revision.short})")
        with tarfile.open(archive) as tar:
            if hasattr(tarfile, "data_filter"):
                tar.extractall(folder, filter="data")
            else:  # Python 3.11.0 to 3.11.3; the archive is git's own
                tar.extractall(folder)
        archive.unlink()

    def _made(
        self, name: str, facts: Mapping[str, Any], make: Callable[[Path, Path], None]
    ) -> Path:
        """The folder `name` with these facts, by `make(folder, log)` unless it is finished."""
        folder = self.folder / name
        log = folder.with_name(folder.name + ".log")
        folder.parent.mkdir(parents=True, exist_ok=True)
        with _locked(folder.with_name(folder.name + ".lock")):
            finished = folder / "finished.json"
            if _facts(finished) != facts:
                if folder.exists():
                    shutil.rmtree(folder)
                folder.mkdir()
                log.unlink(missing_ok=True)
                try:
                    make(folder, log)
                except BaseException:  # an interruption as well
                    shutil.rmtree(folder, ignore_errors=True)
                    raise
                log.unlink(missing_ok=True)
                fresh = folder / "finished.json.new"
                fresh.write_text(json.dumps(facts, indent=1))
                fresh.replace(finished)
        return folder

    def _run(self, command: list[str], folder: Path, log: Path, failure: str) -> None:
        """Run a command; its output goes to the log, and the end of it into the error."""
        with log.open("a") as file:
            print("$", shlex.join(command), file=file, flush=True)
            code = subprocess.run(
                command, cwd=folder, env=self.variables, stdout=file, stderr=subprocess.STDOUT
            ).returncode
        if code:
            last = "\n".join(log.read_text(errors="replace").splitlines()[-30:])
            raise BenchError(f"{failure} (exit code {code}); the end of {log}:\n{last}")


def _facts(finished: Path) -> Any:
    """What a folder says it was made from; None if it does not say."""
    try:
        return json.loads(finished.read_text())
    except (OSError, ValueError):
        return None


@contextmanager
def _locked(path: Path) -> Iterator[None]:
    """Hold a lock file, so that two reports at once do not build into one folder.

    The system lets go of it when the process ends, however it ends.
    """
    with path.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def _version_line(command: list[str]) -> str:
    try:
        done = subprocess.run([*command, "--version"], capture_output=True, text=True)
    except OSError as error:
        raise BenchError(f"the C compiler {shlex.join(command)} cannot be run: {error}") from None
    return done.stdout.partition("\n")[0]
