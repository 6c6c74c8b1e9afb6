"""What must hold of a built wheel: its tag, what it contains, what it needs.

    python tools/check_wheel.py dist/cstark-....whl

Needs no package, so that it runs in any job.
"""

from __future__ import annotations

import re
import struct
import sys
import zipfile
from email.parser import Parser

SOURCE = {".c", ".cpp", ".o", ".a", ".pyc"}
GUEST = "cstark/vm/guest/"  # sources that are shipped to be compiled by the user
KIT = ["kit/link.ld", "kit/include/cstark.h", "kit/lib/crt0.S", "kit/lib/io.c",
       "kit/template/main.c", "examples/sha256.c", "examples/sha256.h"]  # fmt: skip


def elf_sections(data: bytes) -> list[str]:
    """Names of the sections of a 64-bit little-endian ELF file; none for any other file."""
    if data[:6] != b"\x7fELF\x02\x01":
        return []
    start = struct.unpack_from("<Q", data, 0x28)[0]
    size, count, names = struct.unpack_from("<HHH", data, 0x3A)
    headers = [struct.unpack_from("<IIQQQQ", data, start + size * k) for k in range(count)]
    table = headers[names][4]
    return [data[table + h[0] : data.index(b"\0", table + h[0])].decode() for h in headers]


def faults(path: str) -> list[str]:
    """Everything that is wrong with a wheel."""
    found = []
    if not re.search(r"-cp311-abi3-\w+\.whl$", path):
        found.append("the tag is not cp311-abi3")
    if re.search(r"-linux_\w+\.whl$", path):
        found.append("not repaired: bound to this Linux alone")
    with zipfile.ZipFile(path) as wheel:
        names = wheel.namelist()
        for name in names:
            suffix = "." + name.rsplit(".", 1)[-1]
            top = name.split("/")[0]
            if suffix in SOURCE and not (suffix == ".c" and name.startswith(GUEST)):
                found.append(f"{name}: generated or built on the way")
            if not re.fullmatch(r"cstark|cstark\.libs|cstark-[\w.]+\.(dist-info|data)", top):
                found.append(f"{name}: not part of the package")
            if suffix == ".so" and top == "cstark":
                if not name.endswith(".abi3.so"):
                    found.append(f"{name}: not for the stable ABI")
                debug = [s for s in elf_sections(wheel.read(name)) if s.startswith(".debug")]
                if debug:
                    found.append(f"{name}: debug symbols {debug}")
        modules = {n.removesuffix(".pyx") for n in names if n.endswith(".pyx")}
        built = {n.removesuffix(".abi3.so") for n in names if n.endswith(".abi3.so")}
        if modules != built or not built:
            found.append(f"modules without a build, or the reverse: {sorted(modules ^ built)}")
        # What editors and type checkers read of it.
        typed = {"cstark/py.typed", "cstark/__init__.pyi", *(f"{m}.pyi" for m in modules)}
        if typed - set(names):
            found.append(f"not shipped: {sorted(typed - set(names))}")
        guest = {GUEST + name for name in KIT}
        if guest - set(names):
            found.append(f"not shipped, and no guest can be built: {sorted(guest - set(names))}")
        meta = next(n for n in names if n.endswith(".dist-info/METADATA"))
        needs = Parser().parsestr(wheel.read(meta).decode()).get_all("Requires-Dist") or []
        always = [need for need in needs if "extra ==" not in need]
        if len(always) != 1 or not always[0].startswith("numpy"):
            found.append(f"needs {always}, not NumPy alone")
        sizes = sorted(((i.file_size, i.filename) for i in wheel.infolist()), reverse=True)
        packed = sum(i.compress_size for i in wheel.infolist())
    unpacked = sum(size for size, _ in sizes)
    print(path.rsplit("/", 1)[-1])
    print(f"  {packed / 1e6:.2f} MB, unpacked {unpacked / 1e6:.2f} MB in {len(sizes)} files:")
    for size, name in sizes[:4]:
        print(f"  {size / 1e3:8.0f} kB  {name}")
    return found


def main(paths: list[str]) -> int:
    if not paths:
        print(__doc__, file=sys.stderr)
        return 2
    found = [f"{path}: {fault}" for path in paths for fault in faults(path)]
    print(*found, sep="\n", file=sys.stderr, end="\n" if found else "")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
