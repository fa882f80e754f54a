"""Logged pages through a release again: what was served must come out again."""
