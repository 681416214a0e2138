"""How a refused batch is taken apart to find the guilty elements. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from sinks.outgoing import Outgoing

Parts = tuple[Sequence[Outgoing], Sequence[Outgoing]]


def halves(elements: Sequence[Outgoing]) -> Parts:
    """Two parts of about the same number of elements; both have some when there are two."""
    middle = len(elements) // 2
    return elements[:middle], elements[middle:]


def split(elements: Sequence[Outgoing], hints: Sequence[tuple[str, str]] = ()) -> Parts:
    """Two parts: suspects and the rest when the hints tell them apart, else halves.

    Args:
        hints: (field, rejected value) pairs of a partial answer. How an error names its element
            is not documented, so hints only choose the cut; they convict nobody.
    Source: Synerise API: partial success of a batch.
    """
    if hints:
        rejected = set(hints)
        suspects = [each for each in elements if _is_named(each, rejected)]
        if 0 < len(suspects) < len(elements):
            named = {id(each) for each in suspects}
            return suspects, [each for each in elements if id(each) not in named]
    return halves(elements)


def _is_named(element: Outgoing, rejected: set[tuple[str, str]]) -> bool:
    body = element.payload.body
    return any(str(body.get(field.split(".")[-1])) == value for field, value in rejected)
