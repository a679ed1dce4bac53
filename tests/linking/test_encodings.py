from __future__ import annotations

from pathlib import Path

import pytest

from linking.exchange import encodings
from linking.exchange.encodings import Encoding


@pytest.mark.parametrize(
    ("encoding", "text"),
    [
        ("utf-8", "id\n名前 Größe\n"),
        ("utf-8-sig", "id\nGröße\n"),
        ("utf-16", "id\nGröße\n"),
        ("utf-16-le", "id,name\n1,Ana\n"),
        ("utf-16-be", "id,name\n1,Ana\n"),
        ("cp1252", "1;Größe\n"),
        ("cp1252", "José Pérez;Málaga\n«Ça été»; ¿Qué? São João; 1.234,50 €; d’été\n"),
        ("cp1251", "Название сделки;Сумма\nПоставка станков;ООО «Ромашка»\n"),
        ("cp1250", "Łukasz Żółć;Kraków\nPříliš žluťoučký\nŚwiętosława Dąbrowska\n"),
        ("cp932", "名前,会社\n山田太郎,株式会社テスト\n"),
    ],
)
def test_the_encoding_is_told_by_mark_validity_or_the_look_of_words(
    tmp_path: Path, encoding: str, text: str
) -> None:
    path = tmp_path / "x.csv"
    path.write_bytes(text.encode(encoding))
    assert encodings.encoding_of(path) == Encoding(encoding, True)


def test_what_fits_nothing_is_a_guess(tmp_path: Path) -> None:
    path = tmp_path / "x.csv"
    path.write_bytes("名称名称,张三\n".encode("gb18030"))
    assert not encodings.encoding_of(path).is_sure


def test_a_large_file_is_looked_at_to_its_end(tmp_path: Path) -> None:
    path = tmp_path / "x.csv"
    path.write_bytes("Größe\n".encode("cp1252") + b"a\n" * 1_100_000 + "Grüße\n".encode("cp1252"))
    assert encodings.encoding_of(path) == Encoding("cp1252", True)


def test_where_there_are_no_words_nothing_is_sure() -> None:
    assert not encodings.guess("« »".encode("cp1252")).is_sure


def test_a_character_cut_by_the_end_of_the_file_is_not_utf8(tmp_path: Path) -> None:
    path = tmp_path / "x.csv"
    path.write_bytes(b"Gr\xc3")
    assert encodings.encoding_of(path).name != "utf-8"


@pytest.mark.parametrize(
    ("name", "codec"), [("UTF-16", "utf-16"), ("Shift_JIS", "cp932"), ("latin1", "cp1252"), ("x", None)]
)
def test_encodings_go_by_the_names_people_use(name: str, codec: str | None) -> None:
    assert encodings.named(name) == codec
