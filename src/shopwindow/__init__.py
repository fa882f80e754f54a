"""Personalised ranking for shops and marketplaces: from logs to a page that changes with the next click."""

__version__ = "0.1.0"
