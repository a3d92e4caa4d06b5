"""Words of machine learning, computing and failure reports that models take for names, places or companies."""

from __future__ import annotations

from .word_lists import word_list

TECHNICAL = word_list(
    "technical_terms.txt", "report_words.txt", "calendar_words.txt", "letter_words.txt", "function_words.txt"
)
