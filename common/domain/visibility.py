"""Who sees a flow (domain.md §3, §10): its owner, the owner's group, everybody; and whom it is shared with."""

from dataclasses import dataclass

from common.domain.flow import Flow, Visibility


@dataclass(frozen=True, slots=True)
class Viewer:
    """A person who asks. `group`: empty for one who is in none; `colleagues`: everybody of it."""

    user: str
    group: str = ""
    colleagues: frozenset[str] = frozenset()

    def sees(self, flow: Flow) -> bool:
        shared = flow.shared_with
        if self.user == flow.owner or self.user in shared.users:
            return True
        if self.group and self.group in shared.groups:
            return True
        match flow.visible_for:
            case Visibility.ALL:
                return True
            case Visibility.GROUP:
                return flow.owner in self.colleagues
            case Visibility.OWNER:
                return False
