from __future__ import annotations

import pytest
from servers.dovecot import Dovecot, User

from providers import probing
from providers.opening import Endpoint
from providers.probing import Key, Trouble, Trust


def test_a_port_that_waits_for_tls_from_the_start_is_named_when_starttls_hears_nothing(
    dovecot: Dovecot, user: User
) -> None:
    endpoint = Endpoint("localhost", dovecot.ports["imaps"], "starttls")
    with pytest.raises(Trouble, match=r"did not answer on port .*--security tls"):
        probing.imap(endpoint, Key(user.address, user.password), Trust(str(dovecot.ca_file)), timeout_s=0.5)
