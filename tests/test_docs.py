"""The HTML reference: docstrings as Markdown, and links that must lead somewhere."""

from __future__ import annotations

import importlib
import inspect
import re
import sys
from pathlib import Path

import pytest

import cstark as cs
from tests.test_public import CALLABLES

TOOLS = Path(__file__).resolve().parent.parent / "tools"


def tool(name: str):
    sys.path.insert(0, str(TOOLS))
    try:
        return importlib.import_module(name)
    finally:
        sys.path.remove(str(TOOLS))


markdown = tool("numpydoc_markdown").markdown

TABLE = """\
Two ways to say it.

=========  ==========================
name       what it is
=========  ==========================
`one`      a | b
`two`      more than
           one line
=========  ==========================

========  ===
`three`   x*y
========  ===
"""


def test_tables_with_a_header_and_without():
    assert markdown(TABLE) == (
        "Two ways to say it.\n\n"
        "| name | what it is |\n| --- | --- |\n| `one` | a \\| b |\n"
        "| `two` | more than one line |\n\n"
        "|  |  |\n| --- | --- |\n| `three` | x\\*y |\n"
    )


def test_sections_have_lists_of_names():
    text = """Do it.

    Parameters
    ----------
    a, b : array_like, default ()
        What is added.

        A second paragraph.
    *rest
        More.

    Returns
    -------
    ndarray
        The sum.
    """
    assert markdown(text) == (
        "Do it.\n\n###### Parameters\n\n"
        "* **a, b** : *array\\_like, default ()*\n\n    What is added.\n\n"
        "    A second paragraph.\n\n"
        "* **\\*rest**\n\n    More.\n\n"
        "###### Returns\n\n* **ndarray**\n\n    The sum.\n"
    )


@pytest.mark.parametrize(
    "text",
    [
        "A.\n\nAttributes\n----------\na : int\n\nTwo are equal if they are.\n",
        "A.\n\nRaises\n------\nWhen it fails.\n",
    ],
)
def test_a_sentence_in_the_place_of_a_name_is_refused(text):
    with pytest.raises(ValueError, match="no name"):
        markdown(text)


def test_blocks():
    text = """First::

        x = 1
          y = 2

    What is proved:

        I know `n`, a
        number.

    * an item
      of two lines, with code::

          z

    * another
    1. numbered

    A heading
    ---------
    >>> f(2)
    *4*
    """
    assert markdown(text) == (
        "First:\n\n```text\nx = 1\n  y = 2\n```\n\nWhat is proved:\n\n"
        "> I know `n`, a\n> number.\n\n"
        "*   an item\n    of two lines, with code:\n\n    ```text\n    z\n    ```\n\n"
        "*   another\n\n1.  numbered\n\n## A heading\n\n```pycon\n>>> f(2)\n*4*\n```\n"
    )


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("s_a m_a and a * b * c", "s\\_a m\\_a and a \\* b \\* c"),
        ("*this* and **that**, not 2*3*4", "*this* and **that**, not 2\\*3\\*4"),
        ("`a_b` and ``x * y``", "`a_b` and ``x * y``"),
        ("a < b & [c]", "a &lt; b &amp; \\[c\\]"),
        ("see https://a.org/x_y.", "see <https://a.org/x_y>."),
        ("one\n- two", "one\n\\- two"),
        ("one\n# two", "one\n\\# two"),
        ("of degree\n1. It is", "of degree\n1\\. It is"),
    ],
)
def test_only_what_is_meant_is_marked(text, expected):
    assert markdown(text) == expected + "\n"


@pytest.mark.parametrize("name", sorted(CALLABLES))
def test_every_public_docstring_is_read(name):
    """None has a table without an end, or a sentence among its parameters."""
    text = inspect.getdoc(CALLABLES[name])
    assert markdown(text).strip()


def test_the_pages_are_read():
    for name in ("cstark", "cstark.guide", "cstark.protocol", "cstark.gadgets", "cstark.vm"):
        assert (
            "\n## " in markdown(importlib.import_module(name).__doc__) or name == "cstark.gadgets"
        )


# --- links -----------------------------------------------------------------------------------


def pages(folder: Path, **texts: str) -> list[str]:
    for name, text in texts.items():
        path = folder / f"{name.replace('__', '/')}.html"
        path.parent.mkdir(exist_ok=True)
        path.write_text(text)
    return list(tool("html_links").broken(folder))


def test_links_that_hold(tmp_path):
    assert not pages(
        tmp_path,
        a='<p id="here"><a href="#here">x</a><a href="b/c.html#There.x">y</a></p>'
        '<a href="https://example.org/x#y">z</a><code>cstark.check.rank</code>'
        "<code>cs.Machine.check</code><code>cs.Options.blowup</code><code>cs.fft.lde</code>",
        b__c='<p id="There.x"><a href="../a.html">x</a> <code>cstark.h</code> cs.nothing</p>',
    )


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ('<a href="b.html">x</a>', "a.html: b.html leads to no page"),
        ('<a href="#there">x</a>', "a.html: #there leads to no place on the page"),
        ('<a href="a.html#there">x</a>', "a.html: a.html#there leads to no place on the page"),
        ('<img src="x.png">', "a.html: x.png leads to no page"),
        ("<code>cstark.chek</code>", "a.html: there is no cstark.chek"),
        ("<code>cs.Machine.chek</code>", "a.html: there is no cs.Machine.chek"),
        ("<code>cstark.check.rank.rang</code>", "a.html: there is no cstark.check.rank.rang"),
    ],
)
def test_links_that_lead_nowhere(tmp_path, text, found):
    assert pages(tmp_path, a=text) == [found]


def test_every_name_quoted_in_a_public_docstring_exists():
    """Also where no page shows it."""
    exists = tool("html_links").exists
    for name, thing in CALLABLES.items():
        for quoted in re.findall(r"(?<!`)`((?:cs|cstark)(?:\.\w+)+)`", inspect.getdoc(thing)):
            assert exists(quoted), (name, quoted)
    assert exists("cs.Machine") and not exists("cs.Machin")
    assert cs.__doc__
