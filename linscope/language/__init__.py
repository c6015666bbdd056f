"""The languages that prose is told in: English where it is written, the others as catalogues of it."""

from linscope.language.speaking import LANGUAGES, Say, language_of, speaker

__all__ = ["LANGUAGES", "Say", "language_of", "speaker"]
