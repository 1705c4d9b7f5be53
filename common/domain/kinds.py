"""Families of kinds that are open to new members: one file each, found by being there."""

import pkgutil
import sys
from collections.abc import Callable, Iterable
from importlib import import_module
from types import ModuleType
from typing import Annotated, Any, Generic, TypeVar, Union

from pydantic import BaseModel, Field

K = TypeVar("K", bound=BaseModel)


class Family(Generic[K]):
    """The registered kinds of one family (steps, patterns, condition lines).

    A member is a pydantic model with a literal field (`kind`, unless another is named) that says which it is.
    """

    def __init__(self, name: str, tag: str = "kind") -> None:
        self.name = name
        self.tag = tag
        self.members: dict[str, type[K]] = {}

    def register(self, member: type[K]) -> type[K]:
        """Class decorator; raises `ValueError` when the kind is already taken."""
        kind = member.model_fields[self.tag].default
        if kind in self.members:
            raise ValueError(f"{self.name} {kind!r} is registered twice")
        self.members[kind] = member
        return member

    def union(self, fits: Callable[[type[K]], bool] = lambda member: True) -> Any:
        """The discriminated union of the members that fit, in the order of their names."""
        members = tuple(member for _, member in sorted(self.members.items()) if fits(member))
        return Annotated[Union[members], Field(discriminator=self.tag)]  # noqa: UP007 - built at run time


def import_all(package: ModuleType) -> None:
    """Import each module of a package, so that its kinds are registered."""
    for module in pkgutil.iter_modules(package.__path__):
        import_module(f"{package.__name__}.{module.name}")


def complete(models: Iterable[type[BaseModel]], **names: Any) -> None:
    """Give models that named a union before it could be built what they name. Each is built when it is first used,
    since one that holds steps takes a megabyte, and most are only ever parts of another."""
    for module in {model.__module__ for model in models}:
        for name, value in names.items():
            setattr(sys.modules[module], name, value)
