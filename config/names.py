"""Names of settings: what there is at a place, and what an unknown name may have meant. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from difflib import get_close_matches
from typing import Any, get_args

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from config.settings import Settings

Path = tuple[str | int, ...]


def section_of(annotation: Any) -> type[BaseModel] | None:
    """The model in an annotation: a section, or the elements of a list."""
    for each in (annotation, *get_args(annotation)):
        if isinstance(each, type) and issubclass(each, BaseModel):
            return each
    return None


def field_at(path: Path) -> FieldInfo | None:
    """The field of a path as errors give it, numbers for elements of lists; None without one."""
    section: type[BaseModel] | None = Settings
    field = None
    for part in path:
        if isinstance(part, int):
            continue
        field = section.model_fields.get(part) if section else None
        section = section_of(field.annotation) if field else None
    return field


def alike(path: Path) -> str | None:
    """The setting that an unknown path may have meant, None when there is nothing like it.

    A slip of the pen beside the right place first, then the right name at a wrong place.
    """
    *outer, name = path
    parent = field_at(tuple(outer)) if outer else None
    section = Settings if not outer else section_of(parent.annotation) if parent else None
    close = get_close_matches(str(name), section.model_fields, 1) if section else []
    if close:
        return ".".join(map(str, (*outer, close[0])))
    whole = [known for known in _paths(Settings) if known[-1] == name]
    if whole:
        return ".".join(whole[0])
    spelt = get_close_matches(".".join(map(str, path)), map(".".join, _paths(Settings)), 1, 0.8)
    return spelt[0] if spelt else None


def _paths(section: type[BaseModel], path: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    for name, field in section.model_fields.items():
        yield (*path, name)
        inner = section_of(field.annotation)
        if inner is not None:
            yield from _paths(inner, (*path, name))
