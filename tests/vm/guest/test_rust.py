"""Guests in Rust: the example once more, its crate, and what is refused.

What builds them takes half a minute the first time, and is not everywhere: nightly.
"""

from __future__ import annotations

import shutil

import pytest

from cstark.vm import guest
from cstark.vm.errors import BuildError
from cstark.vm.guest import cargo, examples
from tests.vm.guest.emulator import execute

SEARCH = guest.CRATE.parent / "search"
needs_rust = pytest.mark.skipif(cargo._cargo() is None, reason="no Rust with rust-src")


@pytest.fixture(scope="module")
def target(tmp_path_factory):
    """Where cargo builds: the library once, for all of these tests."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("CARGO_TARGET_DIR", str(tmp_path_factory.mktemp("target")))
        yield


@pytest.fixture(scope="module")
def package(tmp_path_factory, target):
    """``package(source)``: a Cargo package."""
    folder = tmp_path_factory.mktemp("package")
    guest.new(folder, rust=True)

    def write(source: str):
        (folder / "src" / "main.rs").write_text(
            f"#![no_std]\n#![no_main]\nextern crate alloc;\ncstark_guest::entry!(main);\n{source}\n"
        )
        return folder

    return write


def numbers(*words: int) -> bytes:
    return b"".join(word.to_bytes(4, "little") for word in words)


@pytest.mark.nightly
@needs_rust
def test_search(compiler, target, tmp_path):
    program = guest.build_rust(SEARCH, compiler=compiler)
    example = examples.load("search")
    inputs = [example.make_input(1), example.make_input(3), b"", bytes(7), bytes(8), bytes(9),
              numbers(3, 2, 7, 7, 7, 7, 8), numbers(2**32 - 1, 1, 7),
              numbers(2**31, 2**31)]  # fmt: skip
    for data in inputs:
        run = execute(program, data)
        assert (run.output, run.exit_code) == example.reference(data)
    run = execute(program, b"", length=2**40)
    assert run.exit_code == 134 and b"longer than its window" in run.log and not run.output
    assert b"/" + bytes(tmp_path.name, "ascii") not in program


@pytest.mark.nightly
@needs_rust
def test_the_crate(package):
    source = """
    use alloc::{collections::BTreeMap, format, string::String, vec, vec::Vec};

    fn main() -> i32 {
        let input = cstark_guest::input();
        let mut words: BTreeMap<String, u32> = BTreeMap::new();
        for word in input.split(|&byte| byte == b' ') {
            *words.entry(String::from_utf8_lossy(word).into_owned()).or_default() += 1;
        }
        let mut kept: Vec<Vec<u8>> = Vec::new();
        for size in 0..3000usize {
            kept.push(vec![size as u8; size]);
            if size % 3 == 0 {
                kept.swap_remove(size / 7);
            }
        }
        for block in &kept {
            assert!(block.iter().all(|&byte| byte == block.len() as u8));
            assert!(block.is_empty() || block.as_ptr() as usize % 16 == 0);
        }
        let zero = vec![0u8; 5000];
        assert!(zero.iter().all(|&byte| byte == 0));
        let wide = u128::from(words["b"]) * u128::from(u64::MAX) * 3 / 7 % 1_000_000_007;
        let text = format!("{words:?} {wide}");
        cstark_guest::println!("{} blocks", kept.len());
        cstark_guest::output(text.as_bytes());
        cstark_guest::output(&[0; 3]);
        -(words.len() as i32)
    }
    """
    program = guest.build_rust(package(source))
    run = execute(program, b"b a b", most=50_000_000)
    wide = 2 * (2**64 - 1) * 3 // 7 % 1_000_000_007
    assert run.output == b'{"a": 1, "b": 2} %d' % wide + bytes(3)
    assert run.exit_code == 2**64 - 2 and run.log == b"2000 blocks\n"


@pytest.mark.nightly
@needs_rust
def test_limits(package):
    source = """
    fn main() {
        for _ in 0..4 {
            cstark_guest::output(&[1; 64 * 1024]);
        }
        if !cstark_guest::input().is_empty() {
            cstark_guest::output(&[1]);
        }
    }
    """
    program = guest.build_rust(package(source))
    run = execute(program)
    assert run.exit_code == 0 and len(run.output) == 256 * 1024
    run = execute(program, b"x")
    assert run.exit_code == 134 and b"more than 256 KiB of output" in run.log


@pytest.mark.nightly
@needs_rust
def test_a_mistake_in_the_source(package):
    with pytest.raises(BuildError, match=r"does not compile(?s:.*)cannot find"):
        guest.build_rust(package("fn main() { missing() }"))


def test_without_rust(monkeypatch, tmp_path):
    with pytest.raises(BuildError, match=r"no Cargo\.toml"):
        guest.build_rust(tmp_path)
    monkeypatch.setattr(cargo, "_cargo", lambda: None)
    with pytest.raises(BuildError, match="rustup component add rust-src"):
        guest.build_rust(SEARCH)


def test_a_cargo_without_the_source_is_passed_by(monkeypatch, tmp_path):
    for name, text in (("cargo", "exit 0"), ("rustc", f"echo {tmp_path}")):
        (tmp_path / name).write_text(f"#!/bin/sh\n{text}\n")
        (tmp_path / name).chmod(0o755)
    monkeypatch.setattr(cargo.shutil, "which", lambda name: str(tmp_path / "cargo"))
    assert cargo._cargo.__wrapped__() is None
    (tmp_path / "lib/rustlib/src/rust/library/alloc").mkdir(parents=True)
    assert cargo._cargo.__wrapped__() is None  # does not know the target
    (tmp_path / "rustc").write_text(
        f"#!/bin/sh\ncase $2 in sysroot) echo {tmp_path};; *) echo {cargo.TARGET};; esac\n"
    )
    assert cargo._cargo.__wrapped__() == tmp_path / "cargo"
    shutil.rmtree(tmp_path / "lib")
    assert cargo._cargo.__wrapped__() is None
