"""Postal addresses of English, German, French, Dutch, Spanish, Portuguese and Italian making."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterator, Sequence

from ..letters import LOWER, UPPER
from ..spans import Span
from .lexicon import is_known
from .places import country_of
from .word_lists import word_list

version = "2"

_WORD = rf"[{UPPER}0-9][\w'’.-]{{0,30}}"
_ENGLISH = (
    "Street|St|Avenue|Ave|Road|Rd|Boulevard|Blvd|Lane|Ln|Drive|Dr|Court|Ct|Place|Pl|Square|Sq|Terrace|Ter|Parkway|Pkwy|"
    "Highway|Hwy|Way|Circle|Cir|Trail|Trl|Crescent|Cres|Close|Gardens?|Grove|Mews|Row|Hill|Alley|Plaza|"
    "Loop|Path|Pike|Ridge|Route|Walk|"
    "Wharf|Quay|Bridge|Cove|Estates?|Fields?|Green|Heights|Hollow|Junction|Knoll|Landing|Manor|Meadows?|"
    "Mills?|Orchard|Park|Pass|"
    "Passage|Point|Points|Run|Rise|Spurs?|Springs?|Station|Summit|Turnpike|Union|Valley|View|Views|"
    "Village|Vista|Expressway|Extension|Causeway|"
    "Crossing|Crossroads?|Corners?|Bypass|Freeway|Fort|Forks?|Forges?|Ferry|Falls|Garden|Glens?|Groves?|"
    "Harbors?|Haven|Inlet|Island|Isle|Key|Keys|"
    "Lake|Lakes|Light|Lights|Lodge|Locks?|Motorway|Mount|Mountains?|Neck|Oval|Overpass|Parkways|Pine|"
    "Pines|Plains?|Port|Ports|Prairie|Radial|Ramp|Ranch|"
    "Rapids?|Rest|Ridges|River|Roads|Shoals?|Shores?|Skyway|Squares|Stravenue|Stream|Streets|Throughway|"
    "Trace|Track|Trafficway|Tunnel|"
    "Underpass|Unions|Valleys|Viaduct|Ville|Walks|Wall|Ways|Wells?|Bayou|Beach|Bend|Bluffs?|Bottom|"
    "Branch|Brooks?|Burgs?|Camp|Canyon|Cape|Center|Centers|Circles|"
    "Cliffs?|Club|Common|Commons|Course|Courts|Coves|Creek|Crest|Curve|Dale|Dam|Divide|Drives|Estate|"
    "Flats?|Fords?|Forest"
)
_GLUED = (
    "straße|strasse|str\\.|gasse|weg|platz|allee|ring|damm|steig|stieg|ufer|hof|straat|laan|plein|kade|"
    "singel|gracht|dijk|gatan|vägen|gade|vej|katu|tie"
)
_ROMANCE = (
    "[Rr]ue|[Aa]venue|[Bb]oulevard|[Cc]hemin|[Ii]mpasse|[Qq]uai|[Aa]ll[ée]e|[Pp]lace|[Cc]ours|[Rr]oute|"
    "[Cc]alle|[Aa]venida|[Aa]vda\\.?|[Pp]aseo|[Tt]raves[ií]a|[Pp]laza|"
    "[Cc]amino|[Cc]arrer|[Vv]ia|[Vv]iale|[Vv]icolo|[Cc]orso|[Pp]iazza|[Ll]argo|[Rr]ua|[Tt]ravessa|"
    "[Pp]ra[çc]a|[Ee]strada|[Uu]l\\.|[Uu]lica"
)
_LINKS = (
    r"(?:d[eiu]|de la|de las|de los|del|dell[aeo]?|dei|degli|des|do|da|dos|das|la|le|les|l'|van|van de|van "
    r"den|der|den|of|the|el|al)"
)
_STATE = (
    "AL|AK|AZ|AR|CA|CO|CT|DE|FL|GA|HI|ID|IL|IN|IA|KS|KY|LA|ME|MD|MA|MI|MN|MS|MO|MT|NE|NV|NH|NJ|NM|NY|NC|"
    "ND|OH|OK|OR|PA|RI|SC|SD|TN|TX|UT|VT|VA|WA|"
    "WV|WI|WY|DC|PR|VI|GU|AS|MP|FM|MH|PW|AA|AE|AP"
)
_UK_CODE = r"[A-Z]{1,2}\d[A-Z\d]?\s?\d[A-Z]{2}"
_UNIT = (
    r"(?:Apt|Apartment|Suite|Ste|Unit|Floor|Fl|Flat|Room|Rm|Bldg|Building|App|Appt|Wohnung|Box)\.?\s{0,"
    r"2}(?:\#\s?)?\d{1,5}[A-Za-z]?|\#\s?\d{1,5}"
)

# Lerchenfeld 12, 34112 Kassel: whatever the street is called, a postcode and a town follow its number
_ANY_STREET = re.compile(
    rf"\b[{UPPER}][\w'’.-]{{2,40}}(?:[ -](?:{_LINKS}|{_WORD})){{0,4}}[ ]\d{{1,4}}[a-zA-Z]?(?=\s?[,"
    rf"\n]\s?(?:[A-Z]{{1,2}}-)?\d{{4,5}}(?:[ ]?[A-Z]{{2}})?[ ][{UPPER}])"
)
_STREETS = (
    # 742 Evergreen Terrace, 12a North Mill Lane NW
    re.compile(
        rf"(?<![\w.$€£-])\d{{1,6}}[A-Za-z]?(?:[-/]\d{{1,5}})?,?[ \n](?:{_WORD}[ ]){{0,4}}?{_WORD}[ "
        rf"](?:{_ENGLISH})\b\.?(?:[ ](?:{_ENGLISH})\b\.?)?(?:[ ](?:N|S|E|W|NE|NW|SE|SW|North|South|East|West)\b\.?)?"
    ),
    re.compile(
        r"(?<![\w.$€£-])\d{1,6},?[ ](?:[\w'’.-]{1,30}[ ]){1,3}(?:street|avenue|road|boulevard|blvd|lane|"
        r"drive|court|parkway|highway|square|terrace|crescent|gardens)\b"
    ),
    # Eschengasse 12, Kastanjeplein 7b
    re.compile(
        rf"(?:\b[{UPPER}][\w'’.-]*[ -]){{0,2}}\b[{UPPER}]\w{{1,40}}(?:{_GLUED})\b\.?[ ]\d{{1,4}}(?:[ ]?[a-zA-Z])?\b"
    ),
    re.compile(
        rf"(?<![\w.])\d{{1,5}}[ ](?:{_WORD}[ ]){{0,2}}\w+(?:straße|strasse|straat|gatan|vägen|katu|tie|"
        rf"gade|vej|laan)\b(?:[ ]\d{{1,4}})?"
    ),
    # Calle de los Almendros 14; 12 rue des Glycines
    re.compile(
        rf"\b(?:{_ROMANCE})[ ](?:(?:{_LINKS})[ ']?){{0,2}}{_WORD}(?:[ '](?:(?:{_LINKS})[ ']?){{0,"
        rf"2}}{_WORD}){{0,3}},?[ ](?:n[º°.]?[ ]?)?\d{{1,4}}\b"
    ),
    re.compile(
        rf"(?<![\w.])\d{{1,4}}(?:[ ]?(?:bis|ter))?,?[ ](?:{_ROMANCE})[ ](?:(?:{_LINKS})[ ']?){{0,"
        rf"2}}{_WORD}(?:[ '](?:(?:{_LINKS})[ ']?){{0,2}}{_WORD}){{0,3}}"
    ),
    _ANY_STREET,
    re.compile(
        r"\bP\.?\s?O\.?\s?[Bb]ox\s\d{1,6}\b|\bPostfach\s\d[\d ]{1,8}\b|\b(?:PSC|Unit|CMR|USNS|USS|USNV|"
        r"USCGC)\s[\w ]{1,25}?,?\s{0,2}(?:Box\s\d+|\b[FAD]PO)\b"
    ),
)
_TOWN_CODES = (
    re.compile(
        rf"(?:[{UPPER}][\w'’.-]+(?:[ ][{UPPER}][\w'’.-]+){{0,3}}[ ]?,[ ])?"
        rf"\b(?:{_STATE})\b\.?,?[ ]\d{{5}}(?:-\d{{4}})?\b"
    ),
    re.compile(rf"(?:[{UPPER}][{LOWER}'’-]+,?[ ])?\b{_UK_CODE}\b(?![\w-])"),
    re.compile(r"\b[ABCEGHJ-NPRSTVXY]\d[A-Z][ ]?\d[A-Z]\d\b"),
    re.compile(
        rf"(?<![\w.,-])(?:[A-Z]{{1,2}}-)?\d{{5}}[ ][{UPPER}][{LOWER}]{{2,}}(?:[ -][{UPPER}][{LOWER}]+){{0,2}}"
        r"(?=\s*(?:[,.;)\n]|$))"
    ),
    re.compile(rf"(?<![\w.,-])\d{{4}}[ ]?[A-Z]{{2}}[ ][{UPPER}][{LOWER}]{{2,}}"),
)
_CODE_IN_CONTEXT = re.compile(
    r"(?i:zip(?: ?code)?|postal ?code|post ?code|plz|code postal|c[óo]digo postal|cap)\D{0,12}(\d{4,"
    r"6}(?:-\d{4})?|[A-Z]{1,2}\d[A-Z\d]? ?\d[A-Z]{2})\b"
)
_SECOND = re.compile(_UNIT, re.IGNORECASE)
# Up to four comma or line separated pieces after the street that are capitalised or numeric: town, code, country.
_TAIL = re.compile(
    rf"(?:[ \t]*[,\n]+[ \t]*|[ \t]+)(?:(?:[{UPPER}][\w'’.-]*|\d[\w-]*)(?:[ \t]+(?:[{UPPER}][\w'’.-]*|"
    r"\d[\w-]*|of|the|de|la|am|an|der|sur|upon)){0,4})"
)
_NOT_A_STREET = re.compile(
    r"(?i)(?:\d+\s+)?(?:(?:mon|tues|wednes|thurs|fri|satur|sun)day|jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|"
    r"apr(?:il)?|may|june?|july?|aug(?:ust)?|sep\w*|"
    r"oct(?:ober)?|nov(?:ember)?|dec(?:ember)?|article|section|rule|protocol|chapter|version|page|figure|"
    r"table|step|line|phase|level|model|"
    r"round|grade|class|part|volume|issue|epoch|layer|batch|seed|port|error|warnings?|tests?|items?|"
    r"rows?|cases?|percent|times|samples?)\b"
)
_LONGEST_TAIL = 90
# What makes an address of a street that stands over a line end or in small letters: a code and a town behind it.
_CODE_AND_TOWN = re.compile(
    rf"[ ]?[,\n][ ]?(?:(?:[A-Za-z]{{1,2}}-)?\d{{4,5}}(?:[ ]?[A-Za-z]{{2}}\b)?[ \n](?:{_LINKS}[ ])?[^\W\d_][\w'’-]+|"
    rf"[^\W\d_][\w'’ -]{{1,30}},?[ \n](?:(?i:{_STATE})[ \n]\d{{5}}|(?i:{_UK_CODE}))\b)"
)
_WORD_BEGINS = re.compile(rf"(?<![\w'’])[{LOWER}]")


def find(text: str) -> Iterator[Span]:
    """Postal addresses with what belongs to them."""
    if not any(character.isdigit() for character in text):
        return
    streets = [
        match.span() for pattern in _STREETS for match in pattern.finditer(text) if not _NOT_A_STREET.match(match[0])
    ]
    for start, end in streets:
        yield Span(start, _tail_end(text, end), "ADDRESS", 0.8, "address")
    yield from _written_otherwise(text)
    starts, ends = sorted(start for start, _ in streets), sorted(end for _, end in streets)
    for match in _SECOND.finditer(text):
        if _any_within(ends, match.start() - 6, match.start()) or _any_within(starts, match.end(), match.end() + 6):
            yield Span(match.start(), _tail_end(text, match.end()), "ADDRESS", 0.7, "address")
    for pattern in _TOWN_CODES:
        for match in pattern.finditer(text):
            yield Span(*match.span(), "ADDRESS", 0.6, "address")
    for match in _CODE_IN_CONTEXT.finditer(text):
        yield Span(*match.span(1), "ADDRESS", 0.6, "address")


def _written_otherwise(text: str) -> Iterator[Span]:
    """Streets in small letters, or over a line end; each of them only with a code and a town behind it."""
    if _CODE_AND_TOWN.search(text) is None:
        return
    one_line = text.replace("\n", " ")
    capitalised = _WORD_BEGINS.sub(
        lambda letter: letter[0].upper() if len(letter[0].upper()) == 1 else letter[0], one_line
    )
    for pattern in _STREETS:
        for match in pattern.finditer(capitalised):
            is_small = one_line[match.start() : match.end()] != match[0]
            if not is_small and "\n" not in text[match.start() : match.end()]:
                continue  # the patterns see it as it is written
            rest = _CODE_AND_TOWN.match(text, match.end())
            if rest is None or _NOT_A_STREET.match(match[0]) or (is_small and pattern is _ANY_STREET):
                continue
            town = re.split(r"[\s,]+", rest[0])[-1]
            is_sure = re.search(r"\d{5}", rest[0]) or not town.isalpha() or town[0].isupper()
            if is_sure or country_of(town.title()) or not is_known(town):
                yield Span(match.start(), rest.end(), "ADDRESS", 0.75, "address")


def _any_within(positions: Sequence[int], lowest: int, highest: int) -> bool:
    """Whether one of the sorted positions lies between the two; by halving, since a text may hold thousands."""
    index = bisect_left(positions, lowest)
    return index < len(positions) and positions[index] <= highest


def _tail_end(text: str, end: int) -> int:
    last = end
    for _ in range(5):
        piece = _TAIL.match(text, last)
        if piece is None or piece.end() - end > _LONGEST_TAIL:
            break
        words = piece[0]
        if "\n" not in words and "," not in words and not any(character.isdigit() for character in words):
            break
        if "\n" in words and not any(character.isdigit() for character in words) and len(words.split()) > 3:
            break
        last = piece.end()
    return last


_PIECES = frozenset({"ADDRESS", "LOCATION"})
_BRIDGE = re.compile(
    rf"[\s,;/-]*(?:(?:[{UPPER}][\w'’.-]*|\d[\w/-]*|[\w'’-]{{1,20}}\.?)[\s,;/-]+){{0,"
    rf"3}}(?:[{UPPER}][\w'’.-]*|\d[\w/-]*|[\w'’-]{{1,20}}\.?)?[\s,;/-]*"
)
_LONGEST_GAP = 32
_BEFORE = re.compile(r"(?:(?<=[\s,(:\"'])|^)([^\s,.;:!?()\"']{1,24})[ ,]{1,2}$")
_AFTER = re.compile(r"[ ,]{1,2}(\d{1,5}[A-Za-z]?|[A-Z]{2,3}|\d{4,5}(?:[ -]\d{3,4})?)(?![\w.,/%-]\w|\w)")


def completed(text: str, spans: list[Span]) -> Iterator[Span]:
    """The words between and beside pieces of one address that no pattern and no model claimed."""
    pieces = sorted((span for span in spans if span.category in _PIECES), key=lambda span: span.start)
    if not any(span.category == "ADDRESS" for span in pieces):
        return
    clusters: list[tuple[int, int, bool]] = []
    for span in pieces:
        is_address = span.category == "ADDRESS"
        if clusters:
            start, end, has_address = clusters[-1]
            gap = text[end : span.start]
            joins = span.start <= end or (len(gap) <= _LONGEST_GAP and (has_address or is_address) and _is_bridge(gap))
            if joins:
                clusters[-1] = (start, max(end, span.end), has_address or is_address)
                continue
        clusters.append((span.start, span.end, is_address))
    for start, end, is_address in clusters:
        if is_address:
            yield Span(_head(text, start), _foot(text, end), "ADDRESS", 0.6, "address")


def _is_bridge(gap: str) -> bool:
    if not _BRIDGE.fullmatch(gap):
        return False
    words = re.findall(r"[^\W\d_]+", gap)
    # Ordinary words in lower case end an address; particles and words of no dictionary belong to it.
    return all(
        word[0].isupper() or (len(word) <= 3 and word not in _SENTENCE_WORDS) or not is_known(word) for word in words
    )


_SENTENCE_WORDS = word_list("sentence_words.txt")
_KINDS_OF_STREET = re.compile(rf"(?:{_ROMANCE})")


def _head(text: str, start: int) -> int:
    for _ in range(3):
        before = _BEFORE.search(text, max(0, start - 30), start)
        if before is None:
            break
        word = before[1]
        opens = _opens_sentence(text, before.start(1))
        is_number = word.replace("-", "").replace("/", "").isdigit() and len(word) <= 6
        # In a text without capitals a strange word may be a street's name; elsewhere a small one ends the address.
        is_strange = word.isalpha() and len(word) > 2 and not is_known(word) and (word[0].isupper() or text.islower())
        is_part = is_number or _KINDS_OF_STREET.fullmatch(word) or is_strange
        if not is_part and not (word[0].isupper() and word.isalpha() and not opens and len(word) > 2):
            break
        start = before.start(1)
        if is_number:
            break
    return start


def _opens_sentence(text: str, position: int) -> bool:
    while position > 0 and text[position - 1] == " ":
        position -= 1
    return position == 0 or text[position - 1] in ".!?:\n"


def _foot(text: str, end: int) -> int:
    after = _AFTER.match(text, end)
    return after.end(1) if after else end
