from datetime import UTC, datetime

import pytest
from pydantic import SecretStr
from standardwebhooks import Webhook
from standardwebhooks.webhooks import WebhookVerificationError

from common.adapters.webhooks.signing import Secrets, headers_of

ONE = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
OTHER = "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD"


def test_the_receiver_can_tell_who_called():
    body = '{"name": "Grüße"}'
    headers = headers_of("e1", datetime.now(UTC), body, SecretStr(ONE))

    assert Webhook(ONE).verify(body, headers) == {"name": "Grüße"}
    with pytest.raises(WebhookVerificationError):
        Webhook(OTHER).verify(body, headers)
    with pytest.raises(WebhookVerificationError):
        Webhook(ONE).verify(body + " ", headers)


def test_the_signature_is_that_of_the_specification_s_own_example():
    body = '{"test": 2432232314}'
    headers = headers_of(
        "msg_p5jXN8AQM9LWM0D4loKWxJek", datetime.fromtimestamp(1614265330, UTC), body, SecretStr(ONE)
    )
    assert headers["webhook-signature"] == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="
    assert headers["webhook-timestamp"] == "1614265330"


def test_without_a_secret_nothing_is_signed():
    assert set(headers_of("e1", datetime.now(UTC), "{}", None)) == {"webhook-id", "webhook-timestamp"}


@pytest.mark.parametrize(
    ("url", "secret"),
    [
        ("https://crm.example.org/hooks", "near"),
        ("https://crm.example.org/hooks/a", "near"),
        ("https://crm.example.org/hooks?a=1", "near"),
        ("https://crm.example.org/hooksandmore", "wide"),
        ("https://crm.example.org", "wide"),
        ("https://crm.example.org.evil.example/hooks", "general"),
        ("https://crm.example.orgevil/", "general"),
        ("http://crm.example.org/hooks", "general"),
    ],
)
def test_the_secret_for_the_longest_beginning_of_an_address_signs(url, secret):
    by_address = {
        "https://crm.example.org": SecretStr("wide"),
        "https://crm.example.org/hooks": SecretStr("near"),
    }
    found = Secrets(SecretStr("general"), by_address).of(url)
    assert found is not None and found.get_secret_value() == secret
