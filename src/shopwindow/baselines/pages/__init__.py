"""Rivals of the ranker on logged pages: each orders a page's items from the same inputs and by the same validation."""
