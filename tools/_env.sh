# Shared by the scripts beside it: says what is missing, makes .venv once, builds once.
# Sourced, with ROOT set to the top of the repository. Leaves only .venv and build behind.

set -eu
cd "$ROOT"
PYTHON=${PYTHON:-python3}
VENV="$ROOT/.venv"

say() { printf '$ %s\n' "$*"; }
run() { say "$@"; "$@"; }
need() { printf 'error: %s\n' "$*" >&2; exit 2; }

require_toolchain() {
  command -v "$PYTHON" >/dev/null 2>&1 ||
    need "no $PYTHON: install Python 3.11 or newer, or set PYTHON"
  "$PYTHON" -c 'import sys; sys.exit(sys.version_info < (3, 11))' ||
    need "$($PYTHON --version) is too old: cstark needs Python 3.11 or newer (set PYTHON)"
  "$PYTHON" -c 'import venv, ensurepip' 2>/dev/null ||
    need "this Python has no venv module: install it (on Debian: apt install python3-venv)"
  command -v "${CC:-cc}" >/dev/null 2>&1 ||
    need "no C compiler: install one (on Debian: apt install gcc), or set CC"
  "$PYTHON" - <<'PY' || need "no Python.h: install Python's headers (on Debian: apt install python3-dev)"
import os, sys, sysconfig
sys.exit(not os.path.exists(os.path.join(sysconfig.get_path("include"), "Python.h")))
PY
}

# ensure_packages NAME PACKAGE...: install once; a mark remembers what was asked for.
ensure_packages() {
  mark="$VENV/.cstark-$1"; shift
  if [ "$(cat "$mark" 2>/dev/null)" != "$*" ]; then
    run "$VENV/bin/python" -m pip install --quiet --disable-pip-version-check "$@"
    printf '%s' "$*" > "$mark"
  fi
}

ensure_venv() {
  if [ ! -x "$VENV/bin/python" ]; then
    require_toolchain
    run "$PYTHON" -m venv "$VENV"
  fi
  ensure_packages build "setuptools>=77" "cython>=3.3,<3.4" "numpy>=1.26"
}

# Compiles what changed; a build that is up to date takes a second.
ensure_build() {
  run "$VENV/bin/python" setup.py --quiet build_ext --inplace -j2
}

export PYTHONPATH="$ROOT${PYTHONPATH:+:$PYTHONPATH}"
export PYTHONDONTWRITEBYTECODE=1
export HYPOTHESIS_STORAGE_DIRECTORY="$ROOT/build/hypothesis"
