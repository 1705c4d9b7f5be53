import pytest

from common.adapters.mail.texts import fill, fill_all, lint_text
from tests.support.flows import a_contact

ADA = a_contact(first_name="Ada", last_name='O"Neil', custom={"seats": 3})


@pytest.mark.parametrize(
    ("text", "wrong"),
    [
        ("Hi {{ contact.first_name | default: 'you' }} of {{ company.name }}", None),
        ("Hi {{ contact.nickname }}", "names nothing"),
        ("{{ links.offer }}", "begin with contact, company, owner, service_contact"),
        ("{{ contact.first_name | shout }}", "no filter shout"),
        ("{{ contact.first_name", ""),
    ],
)
def test_what_is_wrong_with_merge_tags_is_told(text, wrong):
    found = list(lint_text(text))
    assert not found if wrong is None else wrong in found[0]


def test_every_text_of_a_document_is_filled_and_its_shape_stays():
    document = {
        "name": "{{ contact.name }}",
        "list": [1, True, None, {"{{ x }}": "{{ contact.custom.seats }}"}],
    }
    assert fill_all(document, ADA) == {"name": 'Ada O"Neil', "list": [1, True, None, {"{{ x }}": "3"}]}


def test_nothing_is_escaped_in_plain_text():
    assert fill("{{ contact.last_name }} & co", ADA) == 'O"Neil & co'
