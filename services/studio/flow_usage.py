"""What a flow names, looked up for what its author should be warned of."""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

from common.domain.action_warnings import FORM, LINK, Used
from common.domain.chart import layout, used_contents
from common.domain.content import ContentVersion, EmailContent, TrackedLink
from common.domain.content_action import Action
from common.domain.flow import Flow
from common.domain.kept_elsewhere import Here, named_forms, named_links
from common.domain.patterns.pattern import Pattern
from common.domain.user_warnings import named_users
from common.ports import Contents, Forms, SubscriptionTypes, Users

Doubts = Callable[[EmailContent], Sequence[str]]


@dataclass(frozen=True, slots=True)
class Usage:
    """`doubts`: what looks broken in a content."""

    contents: Contents
    forms: Forms
    subscription_types: SubscriptionTypes
    users: Users
    doubts: Doubts

    async def of(self, flow: Flow) -> Used:
        patterns = [
            *flow.triggers,
            *(each for place in layout(flow.steps) for each in place.step.listens_for()),
        ]
        found = [await self.contents.latest(content) for content in sorted(used_contents(flow))]
        sent = [each for each in found if each is not None]
        clicked = [each for link in named(patterns, LINK) for each in await self.contents.acting(link)]
        return Used(
            forms=await self._forms(named(patterns, FORM)),
            links=dict(
                pair for each in {c.content: c for c in [*clicked, *sent]}.values() for pair in acting(each)
            ),
            doubts={each.content: self.doubts(each.body) for each in sent},
        )

    async def here(self, flow: Flow) -> Here:
        types = await self.subscription_types.all()
        return Here(
            frozenset(await self.forms.heads()),
            frozenset(each.id for each in types),
            await self._fields(named_forms(flow)),
            await self.contents.with_links(named_links(flow)),
        )

    async def _fields(self, names: Iterable[str]) -> Mapping[str, Collection[str]]:
        """What the forms that are here ask for."""
        found = [await self.forms.latest(name) for name in sorted(names)]
        return {
            each.form: [element.id for element in each.body.elements if element.asks]
            for each in found
            if each is not None
        }

    async def users_known(self, flow: Flow) -> Collection[str]:
        """Those whom it names and who are there."""
        return (await self.users.many(named_users(flow))).keys()

    async def _forms(self, names: Iterable[str]) -> Mapping[str, Sequence[Action]]:
        found = [await self.forms.latest(name) for name in names]
        return {each.form: each.body.actions for each in found if each is not None and each.body.actions}


def named(patterns: Iterable[Pattern], kind: str) -> list[str]:
    """The forms, or links, that these listen for."""
    told = (each.discriminator for each in patterns)
    return sorted({each[1] for each in told if each is not None and each[0] == kind})


def acting(content: ContentVersion) -> Iterable[tuple[tuple[str, str], Sequence[Action]]]:
    """Its links that have actions."""
    for name, link in content.body.links.items():
        if isinstance(link, TrackedLink) and link.actions:
            yield (content.content, name), link.actions
