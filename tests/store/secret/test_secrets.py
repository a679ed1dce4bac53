from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from store import accounts, private_file
from store.database import Database
from store.secret import keyrings, secrets, vault
from store.secret.files import (
    FileDamaged,
    HeldKey,
    Locked,
    NotChosen,
    PlainSecrets,
    SecretsError,
    VaultSecrets,
)
from store.secret.secrets import AccountSecrets, CommandSecrets, KeyringSecrets

HERE = Path(__file__).parents[3]


@pytest.fixture(autouse=True)
def cheap_keys(monkeypatch: pytest.MonkeyPatch) -> None:
    """Make keys from passphrases at once; tests/store/secret/test_vault.py has the real price."""
    monkeypatch.setattr("store.secret.vault._LOG_N", 4)


@pytest.fixture
def closed(tmp_path: Path) -> VaultSecrets:
    """A vault with one password, unlocked."""
    made = VaultSecrets(tmp_path)
    made.create("correct horse")
    made.put("a:password", "s3cret")
    return made


def test_nothing_is_opened_before_somebody_chose(tmp_path: Path) -> None:
    assert secrets.chosen(tmp_path) is None
    with pytest.raises(NotChosen):
        secrets.open_secrets(tmp_path)


@pytest.mark.parametrize("kind", secrets.KINDS)
def test_the_choice_is_remembered(tmp_path: Path, kind: secrets.Kind) -> None:
    secrets.choose(tmp_path, kind, 'pw "{name}" ü')
    assert secrets.chosen(tmp_path) == (kind, 'pw "{name}" ü')
    assert secrets.open_secrets(tmp_path).kind == kind
    assert (tmp_path / secrets.CHOICE_NAME).stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("text", ["kind = 1", 'kind = "cloud"', "kind =", ""])
def test_a_choice_that_cannot_be_read_is_told(tmp_path: Path, text: str) -> None:
    (tmp_path / secrets.CHOICE_NAME).write_text(text)
    with pytest.raises(SecretsError, match=r"secrets\.toml"):
        secrets.chosen(tmp_path)


def test_a_plain_file_keeps_and_forgets(tmp_path: Path) -> None:
    plain = PlainSecrets(tmp_path)
    assert plain.get("a") is None
    plain.put("a", "1")
    plain.put("b", "ü\n2")
    plain.delete("a")
    plain.delete("never there")
    assert (plain.get("a"), plain.get("b")) == (None, "ü\n2")
    assert '"a"' not in private_file.backup(plain.path).read_text()
    assert plain.path.stat().st_mode & 0o777 == 0o600


def test_a_vault_keeps_what_a_plain_file_keeps(closed: VaultSecrets, tmp_path: Path) -> None:
    closed.put("b", "2")
    closed.delete("a:password")
    again = VaultSecrets(tmp_path)
    again.unlock("correct horse")
    assert (again.get("a:password"), again.get("b")) == (None, "2")
    assert b"s3cret" not in b"".join(path.read_bytes() for path in tmp_path.iterdir())


def test_a_locked_vault_says_how_to_unlock_it(closed: VaultSecrets, tmp_path: Path) -> None:
    locked = VaultSecrets(tmp_path)
    assert locked.is_locked and not closed.is_locked
    with pytest.raises(Locked, match="press g U or run dealbox unlock"):
        locked.get("a:password")
    with pytest.raises(Locked):
        locked.put("b", "2")


def test_a_wrong_passphrase_unlocks_nothing(closed: VaultSecrets, tmp_path: Path) -> None:
    locked = VaultSecrets(tmp_path)
    with pytest.raises(vault.WrongPassphrase):
        locked.unlock("incorrect horse")
    with pytest.raises(vault.WrongPassphrase):
        locked.accept(b"k" * 32)
    assert locked.is_locked


def test_a_key_file_unlocks_on_a_server(
    closed: VaultSecrets, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    key_file = tmp_path / "key"
    monkeypatch.setenv("DEALBOX_KEY_FILE", str(key_file))
    with pytest.raises(SecretsError, match="cannot be read"):
        VaultSecrets(tmp_path).get("a:password")
    key_file.write_text("wrong\n")
    with pytest.raises(SecretsError, match="not the one"):
        VaultSecrets(tmp_path).get("a:password")
    key_file.write_text("correct horse\n")
    assert VaultSecrets(tmp_path).get("a:password") == "s3cret"


def test_a_vault_made_anew_asks_for_its_new_passphrase(closed: VaultSecrets, tmp_path: Path) -> None:
    closed.path.unlink()
    VaultSecrets(tmp_path).create("another")
    with pytest.raises(Locked):
        closed.get("a:password")


def test_a_vault_is_never_made_over_another(closed: VaultSecrets, tmp_path: Path) -> None:
    with pytest.raises(SecretsError, match="there already"):
        VaultSecrets(tmp_path).create("another")


def test_there_is_nothing_to_unlock_before_there_is_a_vault(tmp_path: Path) -> None:
    with pytest.raises(NotChosen):
        VaultSecrets(tmp_path).unlock("x")


@pytest.mark.parametrize("kind", ["file", "plain"])
def test_a_damaged_file_is_told_and_its_copy_can_be_restored(tmp_path: Path, kind: str) -> None:
    """F43: the file is truncated by whatever; the token before is still there."""
    kept = VaultSecrets(tmp_path) if kind == "file" else PlainSecrets(tmp_path)
    if isinstance(kept, VaultSecrets):
        kept.create("correct horse")
    kept.put("a", "before")
    kept.put("a", "after")
    octets = kept.path.read_bytes()
    kept.path.write_bytes(octets[: len(octets) - 3])
    with pytest.raises(FileDamaged, match="dealbox unlock --restore") as told:
        kept.get("a")
    assert told.value.has_copy
    with pytest.raises(FileDamaged):
        kept.put("b", "would be lost with the rest")
    kept.restore()
    assert kept.get("a") == "before"
    with pytest.raises(SecretsError, match="no copy"):
        kept.restore()


def test_a_damaged_file_without_a_copy_says_so(tmp_path: Path) -> None:
    (tmp_path / "secrets.json").write_text("{")
    with pytest.raises(FileDamaged, match="no copy") as told:
        PlainSecrets(tmp_path).get("a")
    assert not told.value.has_copy


def test_a_file_that_cannot_be_written_keeps_what_it_had(tmp_path: Path) -> None:
    """F38: the disk is full in the token write; here a directory takes the place of the new file."""
    plain = PlainSecrets(tmp_path)
    plain.put("a", "1")
    (tmp_path / "secrets.json.new").mkdir()
    with pytest.raises(SecretsError, match="still there"):
        plain.put("a", "2")
    assert plain.get("a") == "1"


def test_a_file_that_cannot_be_read_is_told(tmp_path: Path) -> None:
    (tmp_path / "secrets.json").mkdir()
    with pytest.raises(SecretsError, match="cannot be read"):
        PlainSecrets(tmp_path).get("a")


def test_processes_that_write_together_lose_nothing(tmp_path: Path) -> None:
    program = (
        "import sys; from pathlib import Path; from store.secret.files import PlainSecrets\n"
        "for n in range(20): PlainSecrets(Path(sys.argv[1])).put(f'{sys.argv[2]}:{n}', 'x')"
    )
    writers = [
        subprocess.Popen([sys.executable, "-c", program, str(tmp_path), name], cwd=HERE) for name in "abc"
    ]
    assert [writer.wait(60) for writer in writers] == [0, 0, 0]
    assert len(json.loads((tmp_path / "secrets.json").read_text())) == 60


def test_a_writer_killed_anywhere_leaves_old_or_new(tmp_path: Path) -> None:
    """F43: kill -9 in the middle of writing."""
    program = (
        "import sys; from pathlib import Path; from store.secret.files import PlainSecrets\n"
        "plain = PlainSecrets(Path(sys.argv[1])); n = 0\n"
        "while True: n += 1; plain.put('token', str(n) * 2000); print(n, flush=True)"
    )
    seen = 0
    for _ in range(8):
        writer = subprocess.Popen(
            [sys.executable, "-c", program, str(tmp_path)], stdout=subprocess.PIPE, cwd=HERE
        )
        assert writer.stdout is not None
        for _ in range(3):
            seen = int(writer.stdout.readline())
        writer.kill()
        rest = writer.stdout.read().split()
        writer.wait()
        writer.stdout.close()
        seen = int(rest[-1]) if rest else seen
        assert PlainSecrets(tmp_path).get("token") in (str(seen) * 2000, str(seen + 1) * 2000)


def test_one_thread_at_a_time_renews_a_token(tmp_path: Path) -> None:
    """F47: two refreshing together."""
    plain = PlainSecrets(tmp_path)
    plain.put("token", "0")
    asked: list[str] = []

    def renew() -> None:
        with plain.refreshing("token"):
            token = plain.get("token")
            if token == "0":
                asked.append(token)
                plain.put("token", "1")

    together = [threading.Thread(target=renew) for _ in range(5)]
    for thread in together:
        thread.start()
    for thread in together:
        thread.join()
    assert asked == ["0"]


def test_renewing_one_token_does_not_wait_for_another(tmp_path: Path) -> None:
    plain = PlainSecrets(tmp_path)
    with plain.refreshing("a"), plain.refreshing("b"):
        assert len(list(tmp_path.glob("refresh-*.lock"))) == 2


def test_waiting_for_another_to_renew_has_an_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("store.secret.files.REFRESH_S", 0.1)
    plain = PlainSecrets(tmp_path)
    with plain.refreshing("a"), pytest.raises(SecretsError, match="too long"), plain.refreshing("a"):
        pass


def test_waiting_for_another_to_write_has_an_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("store.secret.files._WRITE_S", 0.1)
    with private_file.locked(tmp_path / "secrets.lock", 1), pytest.raises(SecretsError, match="writing"):
        PlainSecrets(tmp_path).put("a", "1")


class InMemory:
    def __init__(self) -> None:
        self.kept: dict[str, str] = {}

    def get_password(self, service: str, username: str) -> str | None:
        return self.kept.get(username)

    def set_password(self, service: str, username: str, password: str) -> None:
        self.kept[username] = password

    def delete_password(self, service: str, username: str) -> None:
        del self.kept[username]


def test_a_keyring_keeps_and_forgets(tmp_path: Path) -> None:
    found = keyrings.Keyring(InMemory())
    kept = KeyringSecrets(tmp_path, lambda: found)
    kept.put("a", "1")
    assert kept.get("a") == "1"
    kept.delete("a")
    assert kept.get("a") is None


def test_a_keyring_that_is_gone_is_told(tmp_path: Path) -> None:
    """F50: the keyring does not answer."""
    with pytest.raises(SecretsError, match="keyring is locked, or not there"):
        KeyringSecrets(tmp_path, lambda: None).get("a")


def test_a_command_reads_and_never_writes(tmp_path: Path) -> None:
    kept = CommandSecrets(tmp_path, "echo {name}")
    assert kept.get("ana/password") == "ana/password"
    kept.put("ana/password", "ana/password")
    with pytest.raises(SecretsError, match="only reads"):
        kept.put("ana/password", "another")
    kept.delete("ana/password")
    with pytest.raises(SecretsError, match="status 1"):
        CommandSecrets(tmp_path, "false {name}").get("a")


def test_an_account_knows_its_secrets_by_short_names(db: Database, tmp_path: Path) -> None:
    for address in ("ana@example.com", "bo@example.com"):
        accounts.add(db, "imap", address, address, {})
    ana, bo = accounts.all(db)
    kept = PlainSecrets(tmp_path)
    AccountSecrets(kept, ana).put("password", "1")
    AccountSecrets(kept, bo).put("password", "2")
    assert kept.get(f"{ana.uuid}:password") == "1"
    AccountSecrets(kept, ana).delete_all()
    assert (AccountSecrets(kept, ana).get("password"), AccountSecrets(kept, bo).get("password")) == (
        None,
        "2",
    )
    with AccountSecrets(kept, bo).refreshing("token"):
        assert list(tmp_path.glob("refresh-*"))


def test_a_command_is_asked_by_address(db: Database, tmp_path: Path) -> None:
    accounts.add(db, "imap", "Ana", "ana@example.com", {})
    (ana,) = accounts.all(db)
    kept = CommandSecrets(tmp_path, "echo {name}")
    assert AccountSecrets(kept, ana).get("password") == "ana@example.com/password"


def test_the_key_of_one_process_serves_all_its_accounts(closed: VaultSecrets, tmp_path: Path) -> None:
    secrets.choose(tmp_path, "file")
    held = HeldKey()
    first, second = secrets.open_secrets(tmp_path, held), secrets.open_secrets(tmp_path, held)
    assert isinstance(first, VaultSecrets)
    first.unlock("correct horse")
    assert second.get("a:password") == "s3cret"


@pytest.mark.skipif(
    not all(Path("/usr/bin", name).exists() for name in ("dbus-run-session", "gnome-keyring-daemon")),
    reason="needs dbus and gnome-keyring",
)
def test_an_unlocked_gnome_keyring_is_found(tmp_path: Path) -> None:
    program = (
        "from store import keyrings; found = keyrings.find(); found.put('a', '1'); print(found.get('a'))"
    )
    shell = f'echo -n pw | gnome-keyring-daemon --unlock --components=secrets >/dev/null; {sys.executable} -c "$1"'
    ended = subprocess.run(
        ["dbus-run-session", "--", "sh", "-c", shell, "sh", program],
        cwd=HERE,
        check=False,
        env={**os.environ, "HOME": str(tmp_path)},
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert ended.stdout.strip() == "1", ended.stderr
