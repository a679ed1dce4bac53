"""What every account must do, written against the Protocol alone. An adapter's test runs each of CHECKS on it.

A check gets an OtherSide: another program at the same account. Nothing here knows how the account keeps mail.
"""

import conformance_doing
import conformance_fetching
import conformance_telling

CHECKS = (*conformance_telling.CHECKS, *conformance_doing.CHECKS, *conformance_fetching.CHECKS)
