"""Learned suggestions (学习建议): what a matter is probably about, by the words of those that were resolved. A naive
Bayes classifier over pairs of characters, multinomial with Laplace's one (Manning, Raghavan, Schütze: Introduction to
Information Retrieval, ch. 13), in whole numbers. It only suggests. Pure.

Pairs are counted by a hash of them, one of BUCKETS: nobody reads out of the counts what somebody wrote.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from itertools import pairwise
from math import log
from zlib import crc32

from hub.kernel.dataclass import dataclass

BUCKETS = 1024
TOPICS_LIMIT = 20
"""So many topics are told apart: those with the most tickets."""
LEAST_TICKETS = 20
"""With fewer than these nothing is suggested."""
SURE = 1000
"""By so much (a thousandth of a natural logarithm each) the best topic leads the second, else nothing is suggested."""
TEXT_LIMIT = 500

Counts = Mapping[str, Mapping[str, int]]
"""Topic → bucket, as a text → how often; "n": how many tickets."""
TICKETS = "n"


def pairs_of(text: str) -> Counter[str]:
    """The pairs of neighbouring characters of a text, by bucket; case, blanks and what is no letter aside."""
    letters = [letter for letter in text[:TEXT_LIMIT].casefold() if letter.isalnum()]
    return Counter(str(crc32(f"{a}{b}".encode()) % BUCKETS) for a, b in pairwise(letters))


def learn(counts: Counts, examples: Iterable[tuple[str, str]]) -> dict[str, dict[str, int]]:
    """The counts with more examples: (text, topic) each."""
    learned = {topic: Counter(buckets) for topic, buckets in counts.items()}
    for text, topic in examples:
        if text and topic:
            learned.setdefault(topic, Counter()).update({TICKETS: 1, **pairs_of(text)})
    most = sorted(learned, key=lambda topic: (-learned[topic][TICKETS], topic))[:TOPICS_LIMIT]
    return {topic: dict(learned[topic]) for topic in sorted(most)}


@dataclass(frozen=True)
class Model:
    """What was learned, ready to be asked: thousandths of a natural logarithm. priors, others: topic → of the topic,
    and of a pair that it never had; pairs: topic → bucket → of a pair that it had."""

    tickets: int
    priors: Mapping[str, int]
    others: Mapping[str, int]
    pairs: Mapping[str, Mapping[str, int]]

    @classmethod
    def of(cls, counts: Counts) -> Model:
        """From the counts."""
        tickets = sum(buckets[TICKETS] for buckets in counts.values())
        priors, others, pairs = {}, {}, {}
        for topic, buckets in counts.items():
            total = sum(count for bucket, count in buckets.items() if bucket != TICKETS) + BUCKETS
            priors[topic], others[topic] = _log(buckets[TICKETS], tickets), _log(1, total)
            pairs[topic] = {b: _log(count + 1, total) for b, count in buckets.items() if b != TICKETS}
        return cls(tickets, priors, others, pairs)

    def suggest(self, text: str) -> str:
        """The topic that a text is probably about, "" where it is not sure."""
        pairs = pairs_of(text)
        if self.tickets < LEAST_TICKETS or len(self.priors) < 2 or not pairs:
            return ""
        odds = {topic: self._odds(topic, pairs) for topic in self.priors}
        best, second = sorted(odds, key=lambda topic: (-odds[topic], topic))[:2]
        return best if odds[best] - odds[second] >= SURE else ""

    def _odds(self, topic: str, pairs: Mapping[str, int]) -> int:
        known, other = self.pairs[topic], self.others[topic]
        return self.priors[topic] + sum(count * known.get(bucket, other) for bucket, count in pairs.items())


NOTHING = Model(0, {}, {}, {})
"""Of a hub that has learned nothing yet."""


def _log(part: int, whole: int) -> int:
    return round(1000 * log(part / whole))
