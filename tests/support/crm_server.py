"""The reference CRM's REST interface as far as it is used (domain.md §13): a real server, the test's records."""

import copy
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

from common.adapters.crm.session import Account
from tests.support.http_sink import Asked, HttpSink, Reply

BASE = "/Cust1/api/v1"
FILTER = re.compile(r"(?P<column>\w+) (?P<how>after|eq|gt) '?(?P<value>[^']*)'?")
KEYS = {"User": "associateDbId"}
"""Where a list does not call an id by the name of its place."""
MADE, CHANGED = ("registereddate", "createdat"), ("updateddate", "personupdateddate", "lastchanged")
TOKEN = "/login/common/oauth/tokens"


@dataclass
class CrmServer(HttpSink):
    """`records`: by place and id, with when they were `touched` and `made`. `tokens` given out so far; only the last
    one is good. Answers to a path can be told beforehand, as of every `HttpSink`."""

    records: dict[str, dict[int, dict[str, Any]]] = field(default_factory=dict)
    touched: dict[str, dict[int, str]] = field(default_factory=dict)
    made: dict[str, dict[int, str]] = field(default_factory=dict)
    tokens: int = 0
    ticket: str | None = None
    page: int = 2
    expires_in: int = 3600

    @property
    def account(self) -> Account:
        return Account(f"{self.url}{BASE}", f"{self.url}{TOKEN}", "client", "client secret", "refresh")

    def put(
        self,
        place: str,
        key: int,
        updated: str = "2026-03-02T12:00:00",
        made: str | None = None,
        **record: Any,
    ) -> None:
        """`made`: when; without it, when it was put there first."""
        self.records.setdefault(place, {})[key] = record
        self.touched.setdefault(place, {})[key] = updated
        moments = self.made.setdefault(place, {})
        moments[key] = made or moments.get(key) or updated

    def reply(self, asked: Asked) -> Reply:
        parts = urlsplit(asked.path)
        if parts.path == TOKEN:
            return self._grant(asked)
        signed = (asked.headers.get("authorization"), asked.headers.get("so-apptoken"))
        if signed not in ((f"Bearer token-{self.tokens}", None), (f"SOTicket {self.ticket}", "app token")):
            return Reply(401)
        if asked.method == "POST":
            return self._created(parts.path.removeprefix(f"{BASE}/"), asked)
        place, _, key = parts.path.removeprefix(f"{BASE}/").partition("/")
        if place == "Webhook" and not key:
            rows = [{"WebhookId": number, **row} for number, row in self.records.get(place, {}).items()]
            return Reply(200, json.dumps(rows).encode())
        if not key:
            return self._listed(place, {name: value[0] for name, value in parse_qs(parts.query).items()})
        record = self.records.get(place, {}).get(int(key))
        if record is None:
            return Reply(404)
        if asked.method == "PUT":
            self.records[place][int(key)] = asked.document
            return self._shown(place, int(key))
        if asked.method == "PATCH":
            return self._patched(place, int(key), asked)
        if asked.method == "DELETE":
            del self.records[place][int(key)]
            return Reply(204, b"")
        return self._shown(place, int(key))

    def _shown(self, place: str, key: int) -> Reply:
        changed = {"UpdatedDate": self.touched[place][key]} if place in DATED else {}
        return Reply(200, json.dumps(changed | self.records[place][key]).encode())

    def _grant(self, asked: Asked) -> Reply:
        form = {name: value[0] for name, value in parse_qs(asked.body.decode()).items()}
        if form.get("refresh_token") != "refresh" or form.get("client_secret") != "client secret":
            return Reply(400)
        self.tokens += 1
        granted = {
            "access_token": f"token-{self.tokens}",
            "token_type": "Bearer",
            "expires_in": self.expires_in,
        }
        return Reply(200, json.dumps(granted).encode())

    def _created(self, place: str, asked: Asked) -> Reply:
        """Under the next number; a selection's member has none."""
        made = self.records.setdefault(place, {})
        key = max(made, default=0) + 1
        made[key] = asked.document
        if place.endswith("Person") and place != "Person":
            return Reply(204, b"")
        if place in DATED:
            made[key] = asked.document | {f"{place}Id": key}
            for moments in (self.touched, self.made):
                moments.setdefault(place, {})[key] = "2026-03-02T12:00:00"
            return self._shown(place, key)
        told = asked.document | ({"TicketId": key} if place == "Ticket" else {})
        return Reply(200, json.dumps(told).encode())

    def _patched(self, place: str, key: int, asked: Asked) -> Reply:
        """All of a JSON Patch on fields of the record itself, or none."""
        since = asked.headers.get("if-unmodified-since")
        if since and parsedate_to_datetime(since) < datetime.fromisoformat(
            self.touched[place][key] + "+00:00"
        ):
            return Reply(412)
        changed = copy.deepcopy(self.records[place][key])
        for change in asked.document:
            *path, name = change["path"].removeprefix("/").split("/")
            target: Any = changed
            for part in path:
                target = target.setdefault(part, []) if isinstance(target, dict) else target[int(part)]
            if not patched(target, name.replace("~1", "/").replace("~0", "~"), change):
                return Reply(409)
        self.records[place][key] = changed
        later = datetime.fromisoformat(self.touched[place][key]) + timedelta(seconds=1)
        self.touched[place][key] = later.isoformat()
        return self._shown(place, key)

    def _listed(self, place: str, options: dict[str, str]) -> Reply:
        """Rows in their order, a few at a time, whatever `$top` says: it is a limit, and not a promise."""
        if "$orderBy" not in options:
            rows = [row for row in self._rows(place) if fits(row, options["$filter"])]
            return Reply(200, json.dumps({"value": rows[: int(options.get("$top", 99))]}).encode())
        skip, columns = int(options.get("$skip", 0)), options["$select"].split(",")
        order, _, way = options["$orderBy"].partition(" ")
        keys = [key for key in self.records.get(place, {}) if self._meets(place, key, options.get("$filter"))]
        found = sorted(keys, key=lambda key: (self._column(place, key, order), key), reverse=way == "desc")
        page = min(self.page, int(options["$top"]))
        rows = [
            {name: self._column(place, key, name) for name in columns} for key in found[skip : skip + page]
        ]
        answer: dict[str, Any] = {"value": rows}
        if skip + page < len(found):
            following = urlencode(options | {"$skip": str(skip + page)})
            answer["odata.nextLink"] = f"{self.url}{BASE}/{place}?{following}"
        return Reply(200, json.dumps(answer).encode())

    def _meets(self, place: str, key: int, asked: str | None) -> bool:
        """`after` compares days: what was touched on that day is among them."""
        if asked is None:
            return True
        found = FILTER.fullmatch(asked)
        assert found is not None, f"the CRM knows no such filter: {asked}"
        value = self._column(place, key, found["column"])
        match found["how"]:
            case "after":
                return str(value)[:10] >= found["value"]
            case "eq":
                return int(value) == int(found["value"])
        return int(value) > int(found["value"])

    def _column(self, place: str, key: int, name: str) -> Any:
        lowered = name.lower()
        if lowered == KEYS.get(place, f"{place}Id").lower():
            return key
        if lowered in MADE:
            return self.made[place][key]
        if lowered in CHANGED:
            return self.touched[place][key]
        record = {each.lower(): value for each, value in self.records[place][key].items()}
        return record.get(lowered)

    def _rows(self, place: str) -> Iterator[dict[str, Any]]:
        """Records as lists have them: the columns by which they are sought."""
        for key, record in self.records.get(place, {}).items():
            if place == "Person":
                for email in record.get("Emails", ()):
                    yield {"personId": key, "email/emailAddress": email["Value"]}
            else:
                yield {
                    "projectmemberId": key,
                    "projectId": record["ProjectId"],
                    "personId": record["PersonId"],
                }


def fits(row: dict[str, Any], asked: str) -> bool:
    """Whether each `column eq value`, joined by `and`, holds."""
    wanted = [line.split(" eq ") for line in asked.split(" and ")]
    return all(str(row[column]) == value.strip("'").replace("''", "'") for column, value in wanted)


def patched(target: Any, name: str, change: dict[str, Any]) -> bool:
    """One operation of a JSON Patch; `False` for a test that fails."""
    at: Any = name if isinstance(target, dict) else len(target) if name == "-" else int(name)
    match change["op"]:
        case "test":
            found: Any = target.get(at) if isinstance(target, dict) else target[at]
            return bool(found == change["value"])
        case "add" if isinstance(target, list):
            target.insert(at, change["value"])
        case "add" | "replace":
            target[at] = change["value"]
        case "remove":
            del target[at]
    return True


DATED = ("Person", "Contact")
"""Records that say when they were changed."""

ADA = {
    "PersonId": 8,
    "Firstname": "Ada",
    "Lastname": "Neil",
    "Emails": [{"Value": "not an address"}, {"Value": "ada@example.org", "Description": "work"}],
    "MobilePhones": [{"Value": "+49 151 12345678"}],
    "Country": {"TwoLetterISOCountry": "de"},
    "Contact": {"ContactId": 5, "Name": "Mill & Co", "Category": {"Value": "Customer"}},
    "Interests": [{"Id": 1, "Name": "Wine", "Selected": True}, {"Id": 2, "Name": "Tea", "Selected": False}],
    "Retired": False,
}
