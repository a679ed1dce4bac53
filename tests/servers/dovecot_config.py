"""What a throw-away Dovecot is told, in the syntax of 2.3 and of 2.4."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

Storage = Literal["maildir", "sdbox", "mdbox"]

# What Dovecot 2.3 announces after sign-in: hiding a capability means announcing the others.
CAPABILITY = (
    "IMAP4rev1 SASL-IR LOGIN-REFERRALS ID ENABLE IDLE SORT SORT=DISPLAY THREAD=REFERENCES THREAD=REFS "
    "THREAD=ORDEREDSUBJECT MULTIAPPEND URL-PARTIAL CATENATE UNSELECT CHILDREN NAMESPACE UIDPLUS LIST-EXTENDED "
    "I18NLEVEL=1 CONDSTORE QRESYNC ESEARCH ESORT SEARCHRES WITHIN CONTEXT=SEARCH LIST-STATUS BINARY MOVE "
    "SNIPPET=FUZZY PREVIEW=FUZZY PREVIEW STATUS=SIZE SAVEDATE LITERAL+ NOTIFY SPECIAL-USE COMPRESS=DEFLATE QUOTA"
)

SPECIAL_USE = {
    "Drafts": "\\Drafts",
    "Sent": "\\Sent",
    "Archive": "\\Archive",
    "Junk": "\\Junk",
    "Trash": "\\Trash",
}

# Nothing in this configuration asks for it, and a process without privileges cannot do it.
_CHROOTED = ("anvil", "stats", "imap-login", "submission-login")

# Nobody exists by such a name: mail to them is refused. The last place to look for passwords is an empty file:
# when every place was passed over, Dovecot calls that an error of its own.
UNKNOWN_USERS = "nosuch*"


def capability_without(hidden: Iterable[str]) -> str:
    """Announce what Dovecot can do except `hidden`, compared up to a "=" as SORT and THREAD are."""
    gone = {name.upper() for name in hidden}
    return " ".join(
        name for name in CAPABILITY.split() if name not in gone and name.partition("=")[0] not in gone
    )


@dataclass(frozen=True, slots=True)
class Facts:
    """Everything that differs from one throw-away Dovecot to the next."""

    root: Path
    user: str
    group: str
    ports: Mapping[str, int]
    password: str
    storage: Storage
    separator: str
    capability: str | None
    connections_per_user: int
    quota_kibibytes: int
    chain: Path
    key: Path


def version_2_3(facts: Facts) -> str:
    """Write the configuration of Dovecot 2.3."""
    root = facts.root
    location = f"{facts.storage}:~/{facts.storage}"
    return _common(facts, "service_count", "0") + _dedent(f"""
        mail_home = {root}/home/%u
        mail_location = {location}
        disable_plaintext_auth = no
        ssl_cert = <{facts.chain}
        ssl_key = <{facts.key}
        mail_plugins = zlib quota
        protocols = imap lmtp submission
        passdb {{
          driver = oauth2
          mechanisms = xoauth2 oauthbearer
          args = {root}/oauth2.conf.ext
          username_filter = !{UNKNOWN_USERS}
        }}
        passdb {{
          driver = static
          args = password={facts.password}
          username_filter = !{UNKNOWN_USERS}
        }}
        passdb {{
          driver = passwd-file
          args = {root}/nobody-else
        }}
        userdb {{
          driver = static
          args = uid={facts.user} gid={facts.group} home={root}/home/%u
        }}
        plugin {{
          quota = count:User quota
          quota_vsizes = yes
          quota_rule = *:storage={facts.quota_kibibytes}K
          quota_grace = 0
        }}
        protocol imap {{
          mail_plugins = zlib quota imap_zlib imap_quota
        }}
        service ipc {{
          chroot =
        }}
    """)


def oauth2_2_3(root: Path) -> str:
    """Write what Dovecot 2.3 reads of token checking from a file of its own."""
    return _dedent(f"""
        introspection_mode = local
        local_validation_key_dict = fs:posix:prefix={root}/keys/
        username_attribute = email
    """)


def version_2_4(facts: Facts) -> str:
    """Write the configuration of Dovecot 2.4."""
    root = facts.root
    versions = "dovecot_config_version = 2.4.0\ndovecot_storage_version = 2.4.0\n"
    return (
        versions
        + _common(facts, "restart_request_count", "unlimited")
        + _dedent(f"""
        mail_home = {root}/home/%{{user}}
        mail_driver = {facts.storage}
        mail_path = ~/{facts.storage}
        mail_inbox_path =
        auth_allow_cleartext = yes
        ssl_server_cert_file = {facts.chain}
        ssl_server_key_file = {facts.key}
        mail_plugins {{
          mail_compress = yes
          quota = yes
        }}
        protocols {{
          imap = yes
          lmtp = yes
          submission = yes
        }}
        oauth2 {{
          introspection_mode = local
          username_attribute = email
          oauth2_local_validation {{
            dict fs {{
              fs posix {{
                prefix = {root}/keys/
              }}
            }}
          }}
        }}
        passdb static {{
          password = {facts.password}
          username_filter = !{UNKNOWN_USERS}
        }}
        passdb passwd-file {{
          passwd_file_path = {root}/nobody-else
        }}
        userdb static {{
          fields {{
            uid = {facts.user}
            gid = {facts.group}
            home = {root}/home/%{{user}}
          }}
        }}
        quota "User quota" {{
          storage_size = {facts.quota_kibibytes}K
          storage_grace = 0
        }}
        protocol imap {{
          mail_plugins {{
            imap_quota = yes
          }}
        }}
    """)
    )


def _common(facts: Facts, uses: str, without_end: str) -> str:
    ports = facts.ports
    return _dedent(f"""
        base_dir = {facts.root}/run
        state_dir = {facts.root}/state
        log_path = {facts.root}/dovecot.log
        instance_name = dealbox{ports["imap"]}
        listen = 127.0.0.1
        default_internal_user = {facts.user}
        default_internal_group = {facts.group}
        default_login_user = {facts.user}
        first_valid_uid = 1
        mail_uid = {facts.user}
        mail_gid = {facts.group}
        mail_fsync = never
        mail_max_userip_connections = {facts.connections_per_user}
        auth_failure_delay = 0
        auth_mechanisms = plain login xoauth2 oauthbearer
        ssl = yes
        submission_relay_host = 127.0.0.1
        submission_relay_port = {ports["relay"]}
        hostname = mail.example.com
        postmaster_address = postmaster@example.com
        namespace inbox {{
          inbox = yes
          separator = {facts.separator}
        {_mailboxes()}
        }}
        service imap-login {{
          {uses} = {without_end}
          process_min_avail = 1
          inet_listener imap {{
            port = {ports["imap"]}
          }}
          inet_listener imaps {{
            port = {ports["imaps"]}
            ssl = yes
          }}
        }}
        service imap {{
          {uses} = 1000
          process_min_avail = 1
        }}
        service submission-login {{
          inet_listener submission {{
            port = {ports["submission"]}
          }}
          inet_listener submissions {{
            port = {ports["submissions"]}
            ssl = yes
          }}
        }}
        service lmtp {{
          inet_listener lmtp {{
            port = {ports["lmtp"]}
          }}
        }}
        service anvil {{
          unix_listener anvil-auth-penalty {{
            mode = 0
          }}
        }}
        {_unchrooted()}
        {_capability(facts)}
    """)


def _mailboxes() -> str:
    return "\n".join(
        f"mailbox {name} {{\n special_use = {flag}\n auto = subscribe\n}}"
        for name, flag in SPECIAL_USE.items()
    )


def _unchrooted() -> str:
    return "\n".join(f"service {service} {{\n chroot =\n}}" for service in _CHROOTED)


def _capability(facts: Facts) -> str:
    return f"imap_capability = {facts.capability}" if facts.capability else ""


def _dedent(text: str) -> str:
    return textwrap.dedent(text).strip() + "\n"
