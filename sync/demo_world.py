"""The people, companies and items of the sample mailbox, made from a seed."""

from __future__ import annotations

import random
import tomllib
import unicodedata
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

LANGUAGES = ("en", "de", "fr", "es", "it", "pt", "pl")
CURRENCIES = {"GB": ("GBP", 0.85), "US": ("USD", 1.08), "CH": ("CHF", 0.95), "PL": ("PLN", 4.3)}
STROKES: dict[int, str] = str.maketrans({"ł": "l", "ß": "ss", "ø": "o", "æ": "ae", "đ": "d"})
SYMBOLS = {"GBP": "£", "USD": "$", "EUR": "€", "CHF": "CHF ", "PLN": "zł"}


@cache
def data(name: str) -> dict[str, Any]:
    """Return the texts of sync/demo_data/`name`.toml."""
    return tomllib.loads(files("sync").joinpath("demo_data", f"{name}.toml").read_text("utf-8"))


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody who writes or is written to."""

    id: int
    name: str
    email: str
    title: str = ""
    phone: str = ""
    organization: str = ""
    city: str = ""
    language: str = "en"

    @property
    def first(self) -> str:
        """Return the name one is greeted by."""
        return self.name.split(" ")[0]


@dataclass(frozen=True, slots=True)
class Company:
    """A customer, or one that may become one."""

    id: int
    name: str
    domain: str
    city: str
    country: str
    language: str
    trade: str
    people: tuple[Person, ...]

    @property
    def currency(self) -> tuple[str, float]:
        """Return the currency it is invoiced in, and how many of it make a euro."""
        return CURRENCIES.get(self.country, ("EUR", 1.0))


@dataclass(frozen=True, slots=True)
class Product:
    """Something of the price list. `kind` is hardware, supply, or yearly for what is paid every year."""

    name: str
    code: str
    price: float
    kind: str


@dataclass(frozen=True, slots=True)
class World:
    """Everybody there is."""

    owner: Person
    colleagues: tuple[Person, ...]
    companies: tuple[Company, ...]
    products: tuple[Product, ...]

    def colleague(self, name: str) -> Person:
        """Return the colleague called `name`."""
        return next(person for person in (self.owner, *self.colleagues) if person.name == name)

    def company(self, name: str) -> Company:
        """Return the company called `name`."""
        return next(company for company in self.companies if company.name == name)


def alias() -> str:
    """Return the owner's other address."""
    return str(data("world")["owner"]["alias"])


def plain(text: str) -> str:
    """Return `text` as an address spells it: ASCII, lower case, dots between words."""
    swapped = text.lower().translate(STROKES)
    letters = unicodedata.normalize("NFKD", swapped)
    return "".join(c if c.isascii() and c.isalnum() else "." if c == " " else "" for c in letters).strip(".")


def make_world(rng: random.Random) -> World:
    """Return the same world for the same `rng`."""
    texts = data("world")
    own = texts["company"]
    owner = Person(
        id=1,
        name=texts["owner"]["name"],
        email=texts["owner"]["email"],
        title=texts["owner"]["title"],
        phone=texts["owner"]["phone"],
        organization=own["name"],
        city=own["city"],
    )
    colleagues = tuple(
        Person(n, name, f"{plain(name)}@{own['domain']}", title, phone, own["name"], own["city"])
        for n, (name, title, phone) in enumerate(texts["colleagues"], 2)
    )
    names = {language: _names(texts, language, rng) for language in LANGUAGES}
    companies = tuple(_company(n, row, texts, names, rng) for n, row in enumerate(texts["companies"], 1))
    products = tuple(Product(name, code, float(price), kind) for name, code, price, kind in texts["products"])
    return World(owner, colleagues, companies, products)


def _names(texts: dict[str, Any], language: str, rng: random.Random) -> list[str]:
    firsts, lasts = list(texts["first_names"][language]), list(texts["last_names"][language])
    rng.shuffle(firsts)
    rng.shuffle(lasts)
    count = 3 * sum(row[4] == language for row in texts["companies"])
    return [f"{firsts[n % len(firsts)]} {lasts[(n + n // len(firsts)) % len(lasts)]}" for n in range(count)]


def _company(
    number: int, row: list[str], texts: dict[str, Any], names: dict[str, list[str]], rng: random.Random
) -> Company:
    name, domain, city, country, language, trade = row
    titles = rng.sample(texts["titles"][language], 3)
    people = []
    for n in range(3):
        person = names[language].pop()
        phone = texts["phones"][country].replace("{n}", str(rng.randint(110, 989)))
        key = (number - 1) * 3 + n + 1
        address = f"{_local_part(person, number)}@{domain}"
        people.append(Person(key, person, address, titles[n], phone, name, city, language))
    return Company(number, name, domain, city, country, language, trade, tuple(people))


def _local_part(name: str, number: int) -> str:
    """Return how the company with this number spells its addresses: ann.lee, alee or lee."""
    first, _, last = plain(name).partition(".")
    return (f"{first}.{last}", f"{first}.{last}", f"{first[0]}.{last}", last.replace(".", "-"))[number % 4]
