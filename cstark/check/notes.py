"""What a machine leaves open that a reader of its statement might take for proved.

Nothing of it makes a report false: it is what the statement means.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from cstark.air.description import Interaction, TableDescription
from cstark.air.tokens import Token

__all__ = ["free_count_notes", "height_notes", "public_notes"]

_SHOWN = 3


def height_notes(descriptions: Iterable[TableDescription]) -> list[str]:
    """Tables of which first or last rows are stated, but not how far they are apart.

    Parameters
    ----------
    descriptions : iterable of TableDescription
        All tables of a machine.

    Returns
    -------
    list of str
        A sentence, if there is such a table.
    """
    names = [description.name for description in descriptions if description.height_is_open]
    if not names:
        return []
    shown = ", ".join(map(repr, names[:_SHOWN]))
    if len(names) > _SHOWN:
        shown += f", … {len(names) - _SHOWN} more"
    return [
        f"table{'s' if len(names) > 1 else ''} {shown}: height chosen by the prover; state `rows` "
        "or verify(..., heights=) where the number of rows matters"
    ]


def public_notes(descriptions: Iterable[TableDescription]) -> list[str]:
    """Public values that nothing reads, so that a proof says nothing about them.

    Parameters
    ----------
    descriptions : iterable of TableDescription
        All tables of a machine.

    Returns
    -------
    list of str
        A sentence for each table that has such values.
    """
    notes = []
    for description in descriptions:
        read = {node[1] for node in description.nodes if node[0] == "public"}
        names = [name for k, name in enumerate(description.public_names) if k not in read]
        if names:
            shown = ", ".join(map(repr, names[:_SHOWN]))
            if len(names) > _SHOWN:
                shown += f", … {len(names) - _SHOWN} more"
            notes.append(
                f"table {description.name!r}: nothing reads public value"
                f"{'s' if len(names) > 1 else ''} {shown}, so a proof holds for any value there"
            )
    return notes


def free_count_notes(
    descriptions: Sequence[TableDescription], tokens: Iterable[Token]
) -> list[str]:
    """Buses where a token of the verifier meets a provider whose counts are the prover's.

    A provider with free counts has weight 0: its row must be true for any count, p - 1 included,
    which is one the other way.  What a token sends must then be a row of the provider, any number
    of times; what a token receives may be a row that the provider receives -1 times.

    Parameters
    ----------
    descriptions : sequence of TableDescription
        All tables of a machine.
    tokens : iterable of Send or Receive
        Those of a statement.

    Returns
    -------
    list of str
        A sentence for each bus and kind of token, in order of the buses.
    """
    met: dict[tuple[str, int], None] = {}
    for token in tokens:
        met.setdefault((token.bus, token.sign))
    providers: dict[str, list[str]] = {}
    for description in descriptions if met else ():
        for interaction in description.interactions:
            if _is_free(description, interaction):
                label = f"{description.name}: {interaction.label}"
                providers.setdefault(interaction.bus, []).append(label)
    return [
        _free_count_text(bus, sign, providers[bus])
        for bus, sign in sorted(met, key=lambda pair: (pair[0], -pair[1]))
        if bus in providers
    ]


def _is_free(description: TableDescription, interaction: Interaction) -> bool:
    return interaction.weight == 0 and description.nodes[interaction.count][0] != "constant"


def _free_count_text(bus: str, sign: int, labels: Sequence[str]) -> str:
    shown = ", ".join(labels[:_SHOWN])
    if len(labels) > _SHOWN:
        shown += f", … {len(labels) - _SHOWN} more"
    proved = (
        "what a token sends is proved to be one of its rows, not how often it is used"
        if sign > 0
        else "what a token receives may be one of its rows, taken -1 times: it is not proved that "
        "anybody sends it"
    )
    cure = "where that matters, give weight= and hold the count to it"
    return f"bus {bus!r}: the counts of {shown} are free, so {proved}; {cure}"
