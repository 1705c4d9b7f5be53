"""What the sites behind a mail's links are told of the flow, and that nothing of ours is."""

import re
from urllib.parse import urlsplit

from tests.integration.services.engine import Engine
from tests.support.flows import a_flow

ANALYTICS = {"source": "news", "campaign": "spring"}
UTM = "utm_source=news&utm_medium=email&utm_campaign=spring"
HTML = (
    '<a href="{{ links.offer }}">l</a> <a href="https://example.org/own#a">o</a> '
    '<a href="{{ unsubscribe }}">u</a> <a href="{{ preferences }}">p</a>'
)


async def test_tracked_links_and_own_addresses_carry_the_flows_tags_and_ours_do_not(engine: Engine) -> None:
    links = {"offer": "https://shop.example.org/offer?a=1#b"}
    body = {"name": "told", "subject": "told", "html": HTML, "links": links}
    await engine.call("PUT", "/v1/contents/told", json=body)
    flow = a_flow().triggered_by({"kind": "manual"}).mailing(analytics=ANALYTICS).mail("told")
    await engine.runs("told", flow)
    await engine.contacts("ada")
    await engine.suggests("told", "ada")
    mail = next(mail for mail in engine.sink.mails if mail["To"].addresses[0].username == "ada")
    part = mail.get_body(("html",))
    assert part is not None
    found = dict(re.findall(r'href="([^"]+)">(\w)<', part.get_content()))
    at = {word: address.replace("&amp;", "&") for address, word in found.items()}

    answer = await engine.ask("GET", urlsplit(at["l"]).path, headers={"Authorization": ""})

    assert answer.headers["Location"] == f"https://shop.example.org/offer?a=1&{UTM}#b"
    assert at["o"] == f"https://example.org/own?{UTM}#a"
    assert not any("utm_" in at[word] for word in "lup")
    for word in "up":
        page = await engine.ask("GET", urlsplit(at[word]).path, headers={"Authorization": ""})
        assert (page.status_code, "utm_" in page.text) == (200, False)
