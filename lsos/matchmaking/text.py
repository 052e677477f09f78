"""Free words about people, Polish or English: what they say, what weighs in them, and which listed names stand in them.

A word is folded (case, accents) and cut to its first five letters, so that the endings of Polish and the plurals of
English fall together, and words that both languages have from Greek or Latin often do too. Cutting words at a
fixed length finds about as much as a stemmer in inflected languages (McNamee, Mayfield, Information Retrieval 7, 2004).
"""

import re
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from math import log, sqrt

#: Letters of a word that are read.
LETTERS = 5
#: Two forms of one word differ in so many letters at the end; what is compared with listed names is held to that.
ENDING = 3
#: Shorter words are not weighed; names may have them.
SHORTEST = 3
#: So many of the weightiest words of somebody are compared: more add little, and their cost grows with the crowd.
KEPT = 32
#: The words of a name may stand this much further apart than in the name itself.
SLACK = 2

_WORD = re.compile(r"[^\W_]+")
_IN_BRACKETS = re.compile(r"\(([^()]*)\)")
#: The one letter of the two languages that has no accent to take away.
_STROKES = str.maketrans({"ł": "l", "Ł": "l"})
#: English, then Polish without accents.
_STOP_WORDS = frozenset(
    _WORD.findall(
        """
        a about above after again all also although always am an and any are as at be because been before being below
        between both but by can could did do does doing down during each few for from further had has have having he
        her here hers him his how i if in into is it its itself just many may me might more most much must my new no nor
        not now of off on once one only or other our ours out over own per same she should so some such than that the
        their theirs them then there these they this those through to together too under until up upon us use used uses
        using very via was we well were what when where which while who whom whose why will with within without would
        you your yours

        aby albo ale ani az bardzo bez bo byc byl byla bylo byly beda bedzie bedziemy chce chcemy ci cie co cos czy
        czyli dla dlatego do dzieki gdy gdyz gdzie go i ich ile im inne innych inny iz ja jak jaka jakie jako je jeden
        jednak jego jej jemu jesli jest jestem jestesmy jeszcze juz kazda kazdy kiedy kilka kto ktora ktore ktorego
        ktorej ktory ktorych ktorym ktorzy lub ma maja mam mamy mi mimo miedzy mnie moga moj moja moje moze mozemy mozna
        my na nad nam nami nas nasz nasza nasze naszej naszego naszych nich nie niej niego nim niz no o od oraz on ona
        one oni ono po pod podczas ponad poniewaz poprzez pracuje pracujemy przed przede przez przy raz rowniez sa sam
        sie soba swoj swoja swoje swoich ta tak takich takie taki tam te tego tej ten tez to tu tych tylko tym u w was
        wasz we wedlug wiec wiele wielu wobec wraz wszystkich wszystkie wszystko z za zas ze zeby
        """
    )
)


def fold(text: str) -> str:
    """Take case and accents away: "Łódź" and "LODZ" read the same."""
    if text.isascii():
        return text.lower()
    lowered = unicodedata.normalize("NFKD", text.casefold()).translate(_STROKES)
    return lowered if lowered.isascii() else "".join(sign for sign in lowered if not unicodedata.combining(sign))


def words_of(text: str) -> list[str]:
    """List the words of a text in their order, folded, without those that say nothing."""
    return [word for word in _WORD.findall(fold(text)) if len(word) > 1 and word not in _STOP_WORDS]


def stems(words: Iterable[str]) -> list[str]:
    """Cut folded words to what is compared of them; the shortest fall out."""
    return [word[:LETTERS] for word in words if len(word) >= SHORTEST]


def are_forms_of_one(word: str, other: str) -> bool:
    """Say whether two folded words differ in their endings only."""
    shared = max(min(len(word), len(other)) - ENDING, min(LETTERS, max(len(word), len(other))))
    return word[:shared] == other[:shared]


@lru_cache(1 << 16)  # asked anew for every pair that shares the word
def spelled(text: str, stem: str) -> str | None:
    """Give the first word of a text that has this stem, in small letters with its accents."""
    for match in _WORD.finditer(text):
        word = match.group()
        folded = fold(word)
        if folded[:LETTERS] == stem and folded not in _STOP_WORDS:
            return word.lower()
    return None


@dataclass(frozen=True)
class Lexicon:
    """How much each word of a crowd says.

    Attributes:
        idf: stem -> ln((1 + n) / (1 + users)) + 1, of words that at least two of n people use; others meet nothing.
    """

    idf: Mapping[str, float] = field(default_factory=dict)


def lexicon(texts: Iterable[Iterable[str]]) -> Lexicon:
    """Weigh the words of a crowd; each text as its `stems`, and an empty one counts for nobody."""
    users: Counter[str] = Counter()
    people = 0
    for words in texts:
        own = set(words)
        people += bool(own)
        users.update(own)
    return Lexicon({word: log((1 + people) / (1 + count)) + 1 for word, count in users.items() if count > 1})


def weighed(words: Iterable[str], known: Lexicon | None) -> dict[str, float]:
    """Write a text as a vector of length 1: (1 + ln count) · idf of its weightiest words, at most `KEPT`.

    Args:
        words: the stems of the text.
        known: how much each says; None where no crowd is known, so that every word says the same.

    Source:
        Salton, Buckley, Information Processing and Management 24(5), 1988.
    """
    idf = known.idf if known else None
    counts = Counter(words)
    weights = {
        word: (1 + log(count)) * (idf[word] if idf else 1.0)
        for word, count in counts.items()
        if idf is None or word in idf
    }
    if len(weights) > KEPT:
        weights = dict(sorted(weights.items(), key=lambda item: (-item[1], item[0]))[:KEPT])
    length = sqrt(sum(weights[word] ** 2 for word in sorted(weights)))
    return {word: weights[word] / length for word in sorted(weights)}


class Phrasebook:
    """Finds listed names in texts, whatever their endings and case."""

    def __init__(self, names: Mapping[str, Iterable[str]]) -> None:
        self._by_first: dict[str, set[tuple[tuple[str, ...], str]]] = defaultdict(set)
        for code, wordings in names.items():
            for words in {tuple(words_of(form)) for wording in wordings for form in _forms(wording)}:
                if words:
                    self._by_first[words[0][:LETTERS]].add((words, code))

    def __bool__(self) -> bool:
        return bool(self._by_first)

    def found(self, words: list[str]) -> frozenset[str]:
        """Give the codes of the names all words of which stand near each other among the words of a text."""
        codes = set()
        for place, word in enumerate(words):
            for name, code in self._by_first.get(word[:LETTERS], ()):
                if code not in codes:
                    reach = len(name) + SLACK
                    near = words[max(0, place - reach + 1) : place + reach] if len(name) > 1 else [word]
                    if all(any(are_forms_of_one(part, other) for other in near) for part in name):
                        codes.add(code)
        return frozenset(codes)


def _forms(wording: str) -> Iterator[str]:
    """Give a name as it may stand in a text: without what is in brackets, that alone, and each side of a stroke."""
    yield from (part for part in _IN_BRACKETS.sub(" ", wording).split(" / ") if part.strip())
    yield from _IN_BRACKETS.findall(wording)
