"""Small machines for the tests of the command line, and how they call it."""

from __future__ import annotations

import json

from cstark.cli.main import main

SMALL = ["--queries", "20", "--grinding", "0"]
WEAK = ["--min-security", "5"]

PROVE = {
    "fib_pair": ["fib_pair", "--log-rows", "4", "--sequences", "2"],
    "add_mul": ["add_mul", "--operations", "50", "--seed", "3"],
    "read_only_memory": ["read_only_memory", "--accesses", "30"],
}


def run(words, capsys):
    """Exit code, standard output, standard error."""
    code = main([str(word) for word in words])
    captured = capsys.readouterr()
    assert "Traceback" not in captured.err
    return code, captured.out, captured.err


def run_json(words, capsys):
    code, out, _ = run([*words, "--json"], capsys)
    return code, json.loads(out)
