"""OData over HTTP from real rows, as Power BI, Excel and Tableau ask for them."""

import json
from base64 import b64encode
from collections.abc import AsyncIterator
from typing import Any
from urllib.parse import quote, urlencode
from xml.etree import ElementTree

import httpx
import pytest
import pytest_asyncio
from bson.decimal128 import Decimal128

from common.adapters.mongo.keys import MongoKeys
from common.adapters.mongo.report_filters import CALLS, stored_name
from common.adapters.mongo.report_reader import query_of
from common.domain.access import Scope
from common.domain.odata import read_query
from common.domain.odata.functions import ARITHMETIC, FUNCTIONS
from common.domain.odata.skip_token import SkipToken, write_token
from common.domain.report_tables import TABLES, Kind
from common.ports.report_tables import RowsAsked
from common.runtime.keys import make_key
from tests.integration.reporting.conftest import Reporting
from tests.integration.reporting.rows import START, fill, revenue

pytestmark = pytest.mark.mongo


@pytest_asyncio.fixture
async def tables(reporting: Reporting) -> Reporting:
    await fill(reporting)
    return reporting


async def found(tables: Reporting, filter_: str) -> list[int]:
    answer = await tables.read("/odata/report_revenue", **{"$filter": filter_, "$select": "run"})
    return [row["run"] for row in answer["value"]]


async def key(tables: Reporting, *scopes: Scope) -> str:
    new = make_key("another", scopes)
    await MongoKeys(tables.process.database).add(new.key)
    return new.secret


ALL = list(range(10))
EVEN, ODD = ALL[::2], ALL[1::2]
MEANINGS = [
    ("contains(flow,'.')", EVEN),
    ("not contains(flow,'.')", ODD),
    ("contains(flow,'^A')", []),
    ("startswith(flow,'a')", EVEN),
    ("endswith(flow,'b')", ALL),
    ("endswith(flow,'.b') eq false", ODD),
    ("flow eq 'a.b'", EVEN),
    ("tolower(flow) eq 'axb'", ODD),
    ("toupper(flow) eq 'A.B'", EVEN),
    ("trim(concat(flow,' ')) eq flow", ALL),
    ("substring(flow,1) eq 'xb'", ODD),
    ("substring(flow,1,1) eq '.'", EVEN),
    ("substring(flow,99999999999) eq ''", ALL),
    ("length(flow) add 1 eq 4", ALL),
    ("indexof(flow,'x') ge 0", ODD),
    ("amount gt 3", [4, 5, 7, 8]),
    ("not (amount gt 3)", [0, 1, 2, 3, 6, 9]),
    ("amount gt null", []),
    ("amount eq null", [0, 3, 6, 9]),
    ("null ne amount", [1, 2, 4, 5, 7, 8]),
    ("not (amount add 1 gt 4)", [0, 1, 2, 3, 6, 9]),
    ("not contains(concat(flow,kind),'x')", EVEN),
    ("amount le run", []),
    ("run lt amount", [1, 2, 4, 5, 7, 8]),
    ("amount div 2 gt 3", [7, 8]),
    ("run div 3 eq 1", [3, 4, 5]),
    ("run div 0 eq 1", []),
    ("run mod 0 eq 1", []),
    ("run mod 2 eq 0 or id eq 'r01'", [0, 1, 2, 4, 6, 8]),
    ("run sub 3.5 gt 5", [9]),
    ("-run lt -7", [8, 9]),
    ("3 lt run", [4, 5, 6, 7, 8, 9]),
    ("run in (1,2,77)", [1, 2]),
    ("not (run in (1,2))", [0, 3, 4, 5, 6, 7, 8, 9]),
    ("run mul 2 in (2,4)", [1, 2]),
    ("round(amount) eq 6", [5]),
    ("floor(amount) eq run", [1, 2, 4, 5, 7, 8]),
    ("ceiling(amount) le 2", [1]),
    ("year(at) eq 2024 and month(at) eq 1 and day(day) eq 3", [2]),
    ("hour(at) eq 9 and minute(at) eq 30 and second(at) eq 0", ALL),
    ("date(at) eq 2024-01-04", [3]),
    ("day ge 2024-01-08 and day lt 2024-01-10", [7, 8]),
    ("day gt 2024-01-08 and day le 2024-01-10", [8, 9]),
    ("day eq 2024-01-08 or day ne 2024-01-09", [n for n in ALL if n != 8]),
    ("not (day eq 2024-01-08) and not (day ge 2024-01-10)", [n for n in ALL if n not in (7, 9)]),
    ("day gt 0001-01-01 and day lt 9999-12-31", ALL),
]


async def test_every_function_and_operator_finds_what_it_should(tables: Reporting) -> None:
    wrong = [(text, rows) for text, right in MEANINGS if (rows := await found(tables, text)) != right]
    assert wrong == []
    told = " ".join(text for text, _ in MEANINGS)
    assert [name for name in (*FUNCTIONS, *ARITHMETIC) if name not in told] == []
    assert set(CALLS) == {*FUNCTIONS, *ARITHMETIC}


SENT: list[tuple[str, list[int] | None]] = [
    # Power BI: navigator and preview, then folded steps of its query editor.
    ("$top=1000", ALL),
    ("$filter=flow eq 'a.b' and at ge 2024-01-03T00:00:00Z&$select=id,run,amount", [2, 4, 6, 8]),
    ("$filter=at ge 2024-01-02T00:00:00Z and at lt 2024-01-04T00:00:00Z", [1, 2]),
    ("$filter=at ge 2024-01-08T09:30:00.0000000Z", [7, 8, 9]),
    ("$filter=(flow eq 'a.b' or flow eq 'Axb') and run gt 7&$orderby=at desc&$top=1", [9]),
    ("$filter=amount ne null&$orderby=amount desc&$top=2", [8, 7]),
    ("$filter=contains(flow,'.')&$select=run&$orderby=run", EVEN),
    ("$filter=year(at) eq 2024 and month(at) eq 1&$count=true&$top=0", []),
    ("$filter=day ge 2024-01-08 and day le 2024-01-09", [7, 8]),
    # Excel: a table as a whole, then its filters and sorting.
    ("", ALL),
    ("$orderby=run desc,id&$skip=2&$top=3", [7, 6, 5]),
    ("$filter=startswith(flow,'A')", ODD),
    ("$filter=not startswith(flow,'A')", EVEN),
    ("$filter=substringof('x',flow)", None),
    # Tableau: an extract with chosen columns, and filters as it writes them.
    ("$select=id,flow,run,at&$format=application/json;odata.metadata=minimal", ALL),
    ("$filter=((run ge 2) and (run le 4))&$select=run", [2, 3, 4]),
    ("$filter=((flow eq 'a.b'))&$top=5&$skip=0", EVEN),
    ("$filter=amount eq null", [0, 3, 6, 9]),
    ("$inlinecount=allpages", None),
]
"""What these tools send, and the runs found; `None`: a form of OData v2, which is refused."""


async def test_forms_that_tools_send_are_understood(tables: Reporting) -> None:
    for asked, runs in SENT:
        answer = await tables.http.get("/odata/report_revenue?" + quote(asked, safe="$=&,()':;/"))
        assert answer.headers["OData-Version"] == "4.0"
        if runs is None:
            assert answer.status_code in (400, 501)
            assert answer.json()["error"]["message"]
        else:
            assert [row["run"] for row in answer.json()["value"]] == runs, asked


async def test_the_service_tells_what_it_has(tables: Reporting) -> None:
    root = await tables.read("/odata/")
    assert [each["url"] for each in root["value"]] == list(TABLES)
    assert root["@odata.context"] == "http://reporting/odata/$metadata"
    assert (await tables.read("/odata"))["value"] == root["value"]
    told = await tables.ask("/odata/$metadata")
    assert told.headers["Content-Type"].startswith("application/xml")
    ElementTree.fromstring(told.text)
    page = await tables.ask("/odata/report_revenue", **{"$top": 1, "$count": "true"})
    assert page.headers["Content-Type"].startswith("application/json;odata.metadata=minimal")
    assert page.json()["@odata.context"] == "http://reporting/odata/$metadata#report_revenue"
    assert page.json()["@odata.count"] == 10


async def test_every_table_can_be_read_as_a_whole(tables: Reporting) -> None:
    for name in TABLES:
        await tables.read(f"/odata/{name}")
    contact = (await tables.read("/odata/report_contacts"))["value"][0]
    assert (contact["id"], contact["country"]) == ("c1", "NO")


async def test_links_lead_through_the_proxy_that_was_asked(tables: Reporting) -> None:
    headers = {"Host": "bi.example.org", "X-Forwarded-Proto": "https", "Prefer": "odata.maxpagesize=4"}
    page = (await tables.http.get("/odata/report_revenue", headers=headers)).json()
    assert page["@odata.nextLink"].startswith(
        "https://bi.example.org/odata/report_revenue?%24skiptoken=".replace("%24", "$")
    )
    assert page["@odata.context"].startswith("https://bi.example.org/odata/$metadata")


async def pages(tables: Reporting, size: int, **options: Any) -> AsyncIterator[dict[str, Any]]:
    link = f"/odata/report_revenue?{urlencode({f'${name}': value for name, value in options.items()})}"
    while link:
        answer = await tables.http.get(link, headers={"Prefer": f"odata.maxpagesize={size}"})
        assert answer.status_code == 200, answer.text
        assert answer.headers["Preference-Applied"] == f"odata.maxpagesize={size}"
        yield answer.json()
        link = answer.json().get("@odata.nextLink", "")


@pytest.mark.parametrize("orderby", ["", "amount", "amount desc", "flow desc, amount", "id desc"])
async def test_pages_are_read_as_of_one_moment(tables: Reporting, orderby: str) -> None:
    """Rows come, go and change between the pages: nothing of it is seen."""
    rows, counts = [], []
    whole = (await tables.read("/odata/report_revenue", **{"$orderby": orderby}))["value"]
    stored = tables.process.database["report_revenue"]
    async for number, page in numbered(pages(tables, 3, orderby=orderby, count="true")):
        rows += page["value"]
        counts.append(page["@odata.count"])
        await stored.insert_many([revenue(20 + 2 * number), revenue(21 + 2 * number)])
        await stored.delete_one({"_id": f"r{9 - number:02}"})
        await stored.update_many({}, {"$set": {"amount": Decimal128("1.25")}})
    assert rows == whole
    assert counts == [10, 10, 10, 10]


async def numbered(pages: AsyncIterator[dict[str, Any]]) -> AsyncIterator[tuple[int, dict[str, Any]]]:
    number = 0
    async for page in pages:
        yield number, page
        number += 1


async def test_top_and_skip_hold_across_pages(tables: Reporting) -> None:
    got = [page async for page in pages(tables, 2, top=5, skip=1, filter="run ge 2")]
    assert [[row["run"] for row in page["value"]] for page in got] == [[3, 4], [5, 6], [7]]


async def test_a_page_of_a_moment_that_is_gone_says_to_begin_again(tables: Reporting) -> None:
    page = await anext(pages(tables, 9))
    link = httpx.URL(page["@odata.nextLink"])
    for moment in ((1_000_000, 1), (4_000_000_000, 1)):
        after, kinds = (START, "r05"), [Kind.INSTANT, Kind.TEXT]
        token = write_token(SkipToken(after, moment), ("report_revenue", "", ""), kinds)
        answer = await tables.http.get(link.copy_set_param("$skiptoken", token))
        assert answer.status_code == 410
        assert "begin again" in answer.json()["error"]["message"]


async def test_one_row_is_read_by_its_key(tables: Reporting) -> None:
    row = await tables.read("/odata/report_revenue('r03')", **{"$select": "run"})
    assert row == {"@odata.context": "http://reporting/odata/$metadata#report_revenue(run)/$entity", "run": 3}
    assert (await tables.ask("/odata/report_revenue('it''s%2Fgone')")).status_code == 404
    assert (await tables.ask("/odata/report_revenue(3)")).json()["error"]["code"] == "not-found"


async def test_rows_are_counted(tables: Reporting) -> None:
    counted = await tables.http.get("/odata/report_revenue/$count", headers={"Accept": "text/plain"})
    assert (counted.text, counted.headers["Content-Type"].partition(";")[0]) == ("10", "text/plain")
    assert (await tables.ask("/odata/report_revenue/$count", **{"$filter": "run gt 6"})).text == "3"


WRONG: list[tuple[str, int, str | None]] = [
    ("/odata/report_revenue?$filter=speed gt 3", 400, "$filter"),
    ("/odata/report_revenue?$filter=" + "(" * 90, 400, "$filter"),
    ("/odata/report_revenue?$expand=flow", 501, "$expand"),
    ("/odata/report_revenue?$select=email", 400, "$select"),
    ("/odata/report_revenue?$skiptoken=abc", 400, "$skiptoken"),
    ("/odata/report_contacts?$filter=startswith(email,'a')", 400, "$filter"),
    ("/odata/participants", 404, None),
    ("/odata/contacts", 404, None),
    ("/odata/report_revenue/r01/flow", 404, None),
    ("/odata/report_revenue?$format=atom", 406, None),
]


async def test_errors_are_in_odatas_form(tables: Reporting) -> None:
    for path, status, target in WRONG:
        answer = await tables.http.get(path)
        error = answer.json()["error"]
        assert (answer.status_code, error.get("target")) == (status, target), error
        assert answer.headers["OData-Version"] == "4.0"


async def test_operators_of_the_database_are_only_text(tables: Reporting) -> None:
    for text in ('{"$ne":null}', "$where", "a.b'); db.dropDatabase()"):
        quoted = text.replace("'", "''")
        assert await found(tables, f"flow eq '{quoted}' or contains(kind,'{quoted}')") == []


async def test_a_spreadsheet_gives_its_key_as_a_password(tables: Reporting) -> None:
    def basic(password: str) -> dict[str, str]:
        return {"Authorization": "Basic " + b64encode(f"anybody:{password}".encode()).decode()}

    async with httpx.AsyncClient(transport=tables.http._transport, base_url="http://reporting") as http:
        refused = await http.get("/odata/")
        assert refused.status_code == 401
        assert refused.headers["WWW-Authenticate"].startswith("Basic ")
        assert refused.json()["error"]["code"] == "unauthorized"
        assert (await http.get("/odata/", headers=basic("hr_wrong"))).status_code == 401
        reader, poster = await key(tables, Scope.REPORTS), await key(tables, Scope.EVENTS)
        assert (await http.get("/odata/", headers=basic(reader))).status_code == 200
        assert (await http.get("/odata/", headers=basic(poster))).status_code == 403


async def test_columns_about_persons_need_an_address_and_a_right_of_their_own(tables: Reporting) -> None:
    assert "email" not in json.dumps(await tables.read("/odata/report_contacts"))
    assert '"email"' not in (await tables.ask("/odata/$metadata")).text
    assert (await tables.ask("/odata/personal/report_contacts")).status_code == 403
    may = {"X-API-Key": await key(tables, Scope.REPORTS, Scope.PERSONAL)}
    read = await tables.http.get(
        "/odata/personal/report_contacts?$filter=email eq 'ada@example.org'", headers=may
    )
    assert [row["email"] for row in read.json()["value"]] == ["ada@example.org"]
    assert '"email"' in (await tables.http.get("/odata/personal/$metadata", headers=may)).text
    only = {"X-API-Key": await key(tables, Scope.PERSONAL)}
    assert (await tables.http.get("/odata/personal/", headers=only)).status_code == 403


async def test_tables_tell_of_every_flow_and_so_are_for_machines(tables: Reporting) -> None:
    new = make_key("a person's", [Scope.REPORTS], user="ada")
    await MongoKeys(tables.process.database).add(new.key)
    answer = await tables.http.get("/odata/report_flows", headers={"X-API-Key": new.secret})
    assert (answer.status_code, answer.json()["error"]["code"]) == (403, "forbidden")


@pytest.mark.parametrize("order", ["", "at desc"])
async def test_rows_since_an_instant_are_found_along_an_index(tables: Reporting, order: str) -> None:
    """Of any flow, however many are older."""
    stored = tables.process.database["report_revenue"]
    await stored.insert_many([revenue(1) | {"_id": f"x{number:04}"} for number in range(2_000)])
    asked = [("$filter", "at ge 2024-01-08T00:00:00Z"), *([("$orderby", order)] if order else [])]
    query = read_query(TABLES["report_revenue"], asked)
    rows = RowsAsked(query.table, query.columns, query.order, 5_000, query.where)
    sort = [(stored_name(each.column), -1 if each.descending else 1) for each in query.order]
    told = await stored.find(query_of(rows)).sort(sort).explain()
    assert told["executionStats"]["nReturned"] == 3
    assert told["executionStats"]["totalDocsExamined"] == 3
