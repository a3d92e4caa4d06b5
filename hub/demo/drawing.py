"""Draws values that look like what people and machines leave in failure cases; every run draws its own."""

from __future__ import annotations

import base64
import json
import random
import string
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from unicodedata import combining, normalize

import yaml

ALPHANUMERIC = string.ascii_letters + string.digits
IBAN_SHAPES = {  # country: how the national part is made up (a letter class per position)
    "DE": "n" * 18,
    "GB": "a" * 4 + "n" * 14,
    "FR": "n" * 10 + "n" * 11 + "n" * 2,
    "NL": "a" * 4 + "n" * 10,
    "ES": "n" * 20,
    "IT": "a" + "n" * 22,
}
MAIL_HOSTS = (  # under the names reserved for documentation, so that no real mailbox is ever drawn
    "mail.example.com", "inbox.example.net", "post.example.org", "webmail.example.com", "nordpost.example.net",
    "correo.example.org", "briefkasten.example.com", "mailhaus.example.net", "letterbox.example.org",
)  # fmt: skip
HANDLE_WORDS = (
    "copper", "lantern", "meadow", "pebble", "thimble", "juniper", "saffron", "walnut", "harvest", "marigold",
    "driftwood", "bramble", "cinnamon", "hazelnut", "moonstone", "paperboat", "sparrow", "tangerine", "yarrow",
)  # fmt: skip
STREET_STEMS = (
    "Alder", "Bracken", "Cinder", "Dunmore", "Elderberry", "Foxglove", "Gorse", "Hawthorn", "Ironwood", "Kestrel",
    "Larkspur", "Mulberry", "Nettle", "Osprey", "Pinecrest", "Quarrier", "Rowan", "Sycamore", "Thornbury", "Willowmere",
)  # fmt: skip
STREETS = {
    "de": ("Ahornweg", "Birkenallee", "Dohlenstieg", "Eschengasse", "Fliederstraße", "Holunderweg", "Kranichstraße",
           "Lerchenfeld", "Mühlgrabenstraße", "Schlehenring", "Tannenhofstraße", "Weidendamm"),
    "fr": ("rue des Glycines", "rue du Vieux Pressoir", "avenue des Tilleuls", "chemin de la Garenne",
           "impasse des Mésanges", "quai de la Tannerie", "allée des Genêts", "boulevard du Moulin Neuf"),
    "nl": ("Reigerlaan", "Kastanjeplein", "Lijsterbesstraat", "Molenkade", "Zwaluwhof", "Vlierweg", "Korenbloemsingel"),
    "es": ("Calle de los Almendros", "Calle del Molino Viejo", "Avenida de las Encinas", "Paseo del Romeral",
           "Travesía de la Fuente", "Plaza del Olivar"),
    "it": ("Via dei Ciliegi", "Via del Mulino Vecchio", "Viale delle Ginestre", "Vicolo della Fontana",
           "Corso dei Platani", "Piazza dell'Uliveto"),
}  # fmt: skip
CITIES = {
    "us": (("Dayton", "OH", "454"), ("Boise", "ID", "837"), ("Tucson", "AZ", "857"), ("Madison", "WI", "537"),
           ("Eugene", "OR", "974"), ("Savannah", "GA", "314")),
    "gb": (("Leeds", "LS"), ("Norwich", "NR"), ("Exeter", "EX"), ("Dundee", "DD"), ("Preston", "PR")),
    "de": (("Kassel", "341"), ("Bremen", "281"), ("Erfurt", "990"), ("Freiburg", "791"), ("Rostock", "180")),
    "fr": (("Lille", "590"), ("Nantes", "440"), ("Dijon", "210"), ("Toulouse", "310")),
    "nl": (("Utrecht", "35"), ("Groningen", "97"), ("Zwolle", "80"), ("Arnhem", "68")),
    "es": (("Zaragoza", "500"), ("Sevilla", "410"), ("Murcia", "300"), ("Burgos", "090")),
    "it": (("Bologna", "401"), ("Torino", "101"), ("Padova", "351"), ("Bari", "701")),
}  # fmt: skip


@dataclass(frozen=True)
class Person:
    given: str
    family: str

    @property
    def full(self) -> str:
        return f"{self.given} {self.family}"


@cache
def name_lists() -> dict[str, tuple[tuple[str, ...], tuple[str, ...]]]:
    """Given and family names by culture, from the project's own data file."""
    cultures = yaml.safe_load(Path(__file__).with_name("names.yaml").read_text(encoding="utf-8"))
    return {
        culture: tuple(tuple(name.strip() for name in lists[part].split(",")) for part in ("given", "family"))  # type: ignore[misc]
        for culture, lists in cultures.items()
    }


def ascii_letters(name: str) -> str:
    """A name as it is spelled in addresses and user names: lower case, no accents, letters only."""
    spelled = name.casefold().replace("ø", "o").replace("ł", "l").replace("ı", "i").replace("đ", "d")
    return "".join(c for c in normalize("NFKD", spelled) if not combining(c) and c in string.ascii_lowercase)


class Draw:
    """One run's source of values; a family name is never drawn twice, so that a family name points to one person."""

    def __init__(self, rng: random.Random) -> None:
        self.rng = rng
        people = [(culture, family) for culture, (_, families) in name_lists().items() for family in families]
        rng.shuffle(people)
        self._families = people

    def _of(self, alphabet: str, length: int) -> str:
        return "".join(self.rng.choice(alphabet) for _ in range(length))

    def _digits(self, length: int) -> str:
        return self.rng.choice("123456789") + self._of(string.digits, length - 1)

    def person(self) -> Person:
        """A person whose given and family name are each long enough to be searched for on their own."""
        while True:
            culture, family = self._families.pop()
            given = self.rng.choice([name for name in name_lists()[culture][0] if len(name) >= 6])
            if len(family) >= 6:
                return Person(given, family)

    def email(self, person: Person | None) -> str:
        host = self.rng.choice(MAIL_HOSTS)
        if person is not None and self.rng.random() < 0.7:
            given, family = ascii_letters(person.given), ascii_letters(person.family)
            local = self.rng.choice(
                [
                    f"{given}.{family}",
                    f"{given[0]}.{family}",
                    f"{family}.{given}{self.rng.randint(2, 98)}",
                    f"{given}_{family}",
                ]
            )
        else:
            first, second = self.rng.sample(HANDLE_WORDS, 2)
            local = f"{first}{self.rng.choice(['.', '_', '-', ''])}{second}{self.rng.randint(10, 9999)}"
        return f"{local}@{host}"

    def username(self, person: Person | None) -> str:
        if person is None:
            return f"{self.rng.choice(HANDLE_WORDS)}{self._of(string.ascii_lowercase, 3)}{self.rng.randint(10, 99)}"
        return f"{ascii_letters(person.given)[0]}{ascii_letters(person.family)[:12]}{self.rng.randint(10, 99)}"

    def address(self, style: str | None) -> str:
        """A postal address on one line: street, number, town and code in the order of its country."""
        country = style or self.rng.choice(tuple(CITIES))
        town, *codes = self.rng.choice(CITIES[country])
        if country == "us":
            street = " ".join(
                (
                    *self.rng.sample(STREET_STEMS, 2),
                    self.rng.choice(("Road", "Avenue", "Lane", "Drive")),
                )
            )
            return f"{self.rng.randint(101, 9899)} {street}, {town}, {codes[0]} {codes[1]}{self._of(string.digits, 2)}"
        if country == "gb":
            street = f"{self.rng.choice(STREET_STEMS)} {self.rng.choice(('Terrace', 'Close', 'Gardens', 'Crescent'))}"
            inward = f"{self.rng.randint(1, 9)}{self._of('ABDEFGHJLNPQRSTUWXYZ', 2)}"
            return f"{self.rng.randint(2, 189)} {street}, {town} {codes[0]}{self.rng.randint(1, 19)} {inward}"
        street, number = self.rng.choice(STREETS[country]), self.rng.randint(3, 187)
        code = codes[0] + self._of(string.digits, (4 if country == "nl" else 5) - len(codes[0]))
        if country == "nl":
            code += f" {self._of('ABCDEGHJKLMNPRSTVWXZ', 2)}"
        if country == "fr":
            return f"{number} {street}, {code} {town}"
        if country in ("es", "it"):
            return f"{street} {number}, {code} {town}"
        return f"{street} {number}, {code} {town}"

    def account(self, style: str | None) -> str:
        """A customer, contract or bank account number as such systems print them."""
        shape = style or self.rng.choice(("customer", "bank", "policy", "meter"))
        return {
            "bank": lambda: self._digits(10),
            "customer": lambda: f"CU-{self._digits(4)}-{self._digits(5)}",
            "policy": lambda: f"PL{self._digits(9)}",
            "meter": lambda: f"{self._digits(3)}-{self._digits(4)}-{self._digits(4)}",
        }[shape]()

    def iban(self, style: str | None) -> str:
        country = style.upper() if style else self.rng.choice(tuple(IBAN_SHAPES))
        body = "".join(
            self.rng.choice(string.digits if c == "n" else string.ascii_uppercase) for c in IBAN_SHAPES[country]
        )
        check = 98 - int("".join(str(int(c, 36)) for c in f"{body}{country}00")) % 97
        compact = f"{country}{check:02d}{body}"
        grouped = " ".join(compact[i : i + 4] for i in range(0, len(compact), 4))
        return self.rng.choice((compact, grouped))

    def card(self, style: str | None) -> str:
        prefix, length = self.rng.choice((("4", 16), ("51", 16), ("54", 16), ("2720", 16)))
        body = prefix + self._of(string.digits, length - len(prefix) - 1)
        number = body + luhn_digit(body)
        separator = {"compact": "", "grouped": " "}.get(style or "", self.rng.choice(("", " ", "-")))
        return separator.join(number[i : i + 4] for i in range(0, length, 4))

    def phone(self, style: str | None) -> str:
        """Numbers from the ranges kept for fiction where a country has one, in the notations people use."""
        country = style or self.rng.choice(("us", "gb", "de", "fr", "nl", "es", "it"))
        d = self._of
        if country == "us":
            area = self.rng.choice(("206", "312", "415", "503", "614", "718", "804", "919"))
            return self.rng.choice(
                (
                    "({a}) 555-01{n}",
                    "{a}-555-01{n}",
                    "+1 {a} 555 01{n}",
                    "+1.{a}.555.01{n}",
                )
            ).format(a=area, n=d(string.digits, 2))
        if country == "gb":
            exchange = self.rng.choice(("20 7946 0", "117 496 0", "161 496 0", "29 2018 0"))
            return f"{self.rng.choice(('0', '+44 '))}{exchange}{d(string.digits, 3)}"
        if country == "de":
            return self.rng.choice((f"030 23125 {d(string.digits, 3)}", f"+49 171 39{d(string.digits, 5)}"))
        if country == "fr":
            exchange = self.rng.choice(("1 99 00", "2 61 91", "3 53 01", "4 65 71", "5 36 49"))
            return f"{self.rng.choice(('0', '+33 '))}{exchange} {d(string.digits, 2)} {d(string.digits, 2)}"
        if country == "nl":
            return f"{self.rng.choice(('+31 6 ', '06-'))}{d('123458', 1)}{d(string.digits, 7)}"
        if country == "es":
            return f"+34 6{d(string.digits, 2)} {d(string.digits, 3)} {d(string.digits, 3)}"
        return f"+39 34{d(string.digits, 1)} {d(string.digits, 3)} {d(string.digits, 4)}"

    def key(self, style: str | None) -> str:
        """An API key in the shape its issuer is known for, with a body of our own."""
        issuer = style or self.rng.choice(
            (
                "github",
                "aws",
                "stripe",
                "slack",
                "gitlab",
                "huggingface",
                "google",
                "npm",
            )
        )
        return {
            "github": lambda: "ghp_" + self._of(ALPHANUMERIC, 36),
            "aws": lambda: "AKIA" + self._of(string.ascii_uppercase + "234567", 16),
            "stripe": lambda: "sk_live_" + self._of(ALPHANUMERIC, 24),
            "slack": lambda: f"xoxb-{self._digits(12)}-{self._digits(12)}-{self._of(ALPHANUMERIC, 24)}",
            "gitlab": lambda: "glpat-" + self._of(ALPHANUMERIC, 20),
            "huggingface": lambda: "hf_" + self._of(string.ascii_letters, 34),
            "google": lambda: "AIza" + self._of(ALPHANUMERIC + "_-", 35),
            "npm": lambda: "npm_" + self._of(ALPHANUMERIC, 36),
        }[issuer]()

    def jwt(self) -> str:
        def part(content: dict[str, object]) -> str:
            return base64.urlsafe_b64encode(json.dumps(content, separators=(",", ":")).encode()).rstrip(b"=").decode()

        subject = f"svc-{self._of(string.ascii_lowercase + string.digits, 14)}"
        claims = {"sub": subject, "iat": self.rng.randint(10**9, 2 * 10**9), "scope": "predict:write"}
        signature = self._of(ALPHANUMERIC + "_-", 43)
        return f"{part({'alg': 'HS256', 'typ': 'JWT'})}.{part(claims)}.{signature}"

    def bearer(self) -> str:
        return self._of(ALPHANUMERIC, 40)

    def password(self) -> str:
        body = list(self._of(string.ascii_letters, 10) + self._of(string.digits, 3) + self._of("-_.~", 1))
        middle = body[1:-1]
        self.rng.shuffle(middle)
        return self.rng.choice(string.ascii_letters) + "".join(middle) + self.rng.choice(string.digits)

    def ip(self, style: str | None) -> str:
        """Addresses from private, benchmark and documentation ranges: nobody outside answers them."""
        r = self.rng.randint
        shape = style or self.rng.choice(("private", "class_b", "bench", "v6"))
        if shape == "v6":
            return "2001:db8:" + ":".join(f"{r(0x1000, 0xFFFF):x}" for _ in range(3)) + f"::{r(0x10, 0xFFF):x}"
        if shape == "class_b":
            return f"172.{r(16, 31)}.{r(10, 250)}.{r(10, 250)}"
        return f"{'10.' + str(r(16, 250)) if shape == 'private' else '198.' + str(r(18, 19))}.{r(10, 250)}.{r(10, 250)}"


def luhn_digit(body: str) -> str:
    """The check digit that makes body + digit a valid card number."""
    doubled = (sum(divmod(int(c) * 2, 10)) if i % 2 == 0 else int(c) for i, c in enumerate(reversed(body)))
    return str(-sum(doubled) % 10)
