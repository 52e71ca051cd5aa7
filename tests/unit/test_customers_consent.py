"""Consent: a merge never loosens a "no"."""

from __future__ import annotations

from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st

from functions.customers.people.consent import Word, refused_channels, words_of

A_NO = Word("sms", "no", datetime(2026, 11, 1, tzinfo=UTC))
B_YES = Word("sms", "yes", datetime(2026, 11, 5, tzinfo=UTC))
MERGED = datetime(2026, 11, 10, tzinfo=UTC)
WORDS = st.builds(
    Word, st.sampled_from(["sms", "email"]), st.sampled_from(["yes", "no"]),
    st.integers(1, 28).map(lambda day: datetime(2026, 11, day, tzinfo=UTC)),
)  # fmt: skip


def test_of_two_records_words_the_stricter_holds() -> None:
    """A refused SMS on 11-01, B agreed on 11-05; merged on 11-10: no SMS."""
    assert refused_channels([[A_NO], [B_YES]], MERGED) == ("sms",)


def test_an_express_yes_after_the_merge_is_one() -> None:
    """On 11-20 the merged person says yes, on whichever record it is kept."""
    late = Word("sms", "yes", datetime(2026, 11, 20, tzinfo=UTC))
    assert refused_channels([[A_NO], [late]], MERGED) == ()
    assert refused_channels([[late], [B_YES]], MERGED) == ()


def test_split_off_each_has_its_own_words() -> None:
    """Apart again, A refuses and B does not."""
    assert (refused_channels([[A_NO]], None), refused_channels([[B_YES]], None)) == (("sms",), ())


def test_facts_are_words_by_their_name() -> None:
    """Only those that speak of consent, however they are spelled."""
    facts = {"consent_sms": (" NO ", A_NO.at), "phone": ("138", A_NO.at), "consent_all": ("yes", A_NO.at)}
    assert words_of(facts) == (A_NO, Word("all", "yes", A_NO.at))


@given(st.lists(st.lists(WORDS, max_size=3), min_size=1, max_size=4), st.integers(1, 28))
def test_merging_never_loosens(records: list[list[Word]], day: int) -> None:
    """Whatever was said before the merge: what one of them refuses, and nobody spoke of after, stays refused."""
    merged_at = datetime(2026, 11, day, tzinfo=UTC)
    refused = set(refused_channels(records, merged_at))
    for record in records:
        for word in record:
            spoken_after = any(w.channel == word.channel and w.at > merged_at for r in records for w in r)
            assert word.value == "yes" or spoken_after or word.channel in refused
