"""Split by the links that the contact has clicked since it entered the flow."""

from collections.abc import Iterator, Sequence
from typing import Literal

from pydantic import Field

from common.domain.model import Choice, Slug
from common.domain.patterns.link_clicked import LinkClicked
from common.domain.patterns.pattern import Pattern
from common.domain.steps.branching import Asked, Branching, Way
from common.domain.steps.did import did
from common.domain.steps.step import Scene, steps


class LinkBranch(Way):
    """Those who clicked this link, in any e-mail, or in the one given by `content`."""

    link: Choice = ""
    content: Slug | None = None

    @property
    def action(self) -> LinkClicked:
        return LinkClicked(link=self.link, content=self.content)


@steps.register
class SplitByLink(Branching):
    kind: Literal["split_by_link"] = "split_by_link"
    branches: list[LinkBranch] = Field(default_factory=list, max_length=50)

    def ask(self, branch: LinkBranch, scene: Scene) -> Asked:
        return did(branch.action, branch.link, scene)

    def listens_for(self) -> Sequence[Pattern]:
        return [branch.action for branch in self.branches if branch.link]

    def branch_problems(self, branch: LinkBranch) -> Iterator[tuple[str, str]]:
        if not branch.link:
            yield "link", f"choose the link of branch {branch.name!r}"
