"""The kinds of elements: each a file of its own, found by being here."""

from typing import TYPE_CHECKING

import common.domain.forms.elements as package
from common.domain.forms.element import Element, elements
from common.domain.kinds import import_all

import_all(package)

if TYPE_CHECKING:
    AnyElement = Element
else:
    AnyElement = elements.union()

__all__ = ["AnyElement"]
